//! Links the functions of a release at a fixed address. A program that can be loaded anywhere carries a table of every pointer
//! in it, to be mended at each start: 118 KiB of each upload. The index of the tables for unwinding is 54 KiB more, and nothing
//! unwinds in a release.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=../build.rs");
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|found| found == value);
    if is("PROFILE", "release") && is("CARGO_CFG_TARGET_OS", "linux") {
        println!("cargo::rustc-link-arg-bins=-no-pie");
        println!("cargo::rustc-link-arg-bins=-Wl,--no-eh-frame-hdr");
    }
}
