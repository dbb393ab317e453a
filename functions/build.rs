//! Links the functions of a release for their upload.
//!
//! At a fixed address: a program that can be loaded anywhere carries a table of every pointer in it, to be mended at each start,
//! which is 118 KiB of each upload. And without the tables for unwinding, which are 270 KiB.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=../build.rs");
    println!("cargo::rerun-if-changed=../discard.ld");
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|found| found == value);
    // cargo says of no profile whether it unwinds: that of a release does not
    let fits = is("PROFILE", "release") && is("CARGO_CFG_TARGET_OS", "linux");
    if let (true, Ok(folder)) = (fits, env::var("CARGO_MANIFEST_DIR")) {
        println!("cargo::rustc-link-arg-bins=-no-pie");
        println!("cargo::rustc-link-arg-bins=-Wl,-T,{folder}/../discard.ld");
    }
}
