//! How the static binary is linked.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // A static binary that may be loaded anywhere mends its own addresses when it starts. The list of them is read
    // whole: packed it is some kB instead of most of a MB of memory. The libc must know the packed form. Musl's is
    // linked in; a host's own may be too old (glibc before 2.36), and then the program would not start.
    if std::env::var("CARGO_CFG_TARGET_ENV").as_deref() == Ok("musl") {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}
