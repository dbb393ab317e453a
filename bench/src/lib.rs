//! Measures what the program and the functions take: time, memory, open files.
//!
//! Nothing here is a test: what comes out depends on the machine. `docs/performance.md` says how to run it, and what came out.

pub mod measure;
pub mod server;
pub mod table;
