//! Twinkey. 
fn main() {}
