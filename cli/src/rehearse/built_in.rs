//! The built-in example: the shop, played by this very program under another name.

use crate::Error;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

pub(super) const PLAN: &str = include_str!("../../../examples/shop/greenlight.toml");
pub(super) const PLAN_FILE: &str = "examples/shop/greenlight.toml";
pub(super) const TASK_DEFINITION: &str = include_str!("../../../examples/shop/taskdef.json");
const WORKER: &str = include_str!("../../../examples/shop/worker.json");

/// A file that stands beside the plan.
pub(super) fn text(path: &Path) -> Result<String, Error> {
    match path.file_name().and_then(|name| name.to_str()) {
        Some("taskdef.json") => Ok(TASK_DEFINITION.to_owned()),
        Some("worker.json") => Ok(WORKER.to_owned()),
        _ => Err(Error::File { path: path.to_owned(), source: std::io::ErrorKind::NotFound.into() }),
    }
}

/// Puts a program `shop` into `scratch` and returns the search path on which it comes first.
pub(super) fn install(program: &Path, scratch: &Path) -> Result<OsString, Error> {
    let start = |what| move |source| Error::Start { what, source };
    let bin = scratch.join("bin");
    std::fs::create_dir(&bin).map_err(start("make the scratch directory"))?;
    std::os::unix::fs::symlink(program, bin.join("shop")).map_err(start("link the built-in example"))?;
    let inherited = std::env::var_os("PATH").unwrap_or_default();
    let directories = std::iter::once(bin).chain(std::env::split_paths(&inherited));
    let path = std::env::join_paths(directories.filter(|directory: &PathBuf| !directory.as_os_str().is_empty()));
    path.map_err(|error| Error::Start { what: "extend PATH", source: std::io::Error::other(error) })
}
