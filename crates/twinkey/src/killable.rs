//! The program of the kill matrix: `main.rs` as it is, under a name of its own, so that it never stands in the place
//! of the one that people use.

#[path = "main.rs"]
mod program;

fn main() -> std::process::ExitCode {
    program::main()
}
