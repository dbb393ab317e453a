//! `greenlight`, as the suite starts it.

use std::process::ExitCode;

fn main() -> ExitCode {
    greenlight::main(std::env::args_os())
}
