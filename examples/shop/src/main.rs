//! The shop as a program of its own; `greenlight rehearse` plays it without this file.

use std::process::ExitCode;

fn main() -> ExitCode {
    greenlight_shop::run(std::env::args_os().skip(1))
}
