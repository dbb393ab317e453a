//! How processes are started: what they see of the stage's own environment, and how a failure reads.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use tokio::process::Command;

/// What a process needs of the environment of whoever started the stage. Everything else stays hidden from it: a
/// developer's credentials are none of its business.
const INHERITED: [&str; 5] = ["PATH", "HOME", "LANG", "LC_ALL", "TMPDIR"];

/// Where a process runs, and what it sees.
#[derive(Debug, Clone, Default)]
pub(crate) struct Surroundings {
    pub(crate) directory: PathBuf,
    pub(crate) environment: BTreeMap<String, String>,
}

impl Surroundings {
    /// The variables that every process inherits.
    pub(crate) fn inherited() -> BTreeMap<String, String> {
        INHERITED.iter().filter_map(|name| Some(((*name).to_owned(), std::env::var(name).ok()?))).collect()
    }

    /// A command in these surroundings, without standard input.
    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear().envs(&self.environment).current_dir(&self.directory).stdin(Stdio::null());
        command
    }

    /// Why `program` did not start, for people.
    pub(crate) fn explain(&self, program: &Path, error: &std::io::Error) -> String {
        let (program, directory) = (program.display(), self.directory.display());
        if !self.directory.is_dir() {
            return format!("cannot start `{program}`: the directory {directory} does not exist");
        }
        match error.kind() {
            std::io::ErrorKind::NotFound => format!(
                "cannot start `{program}` in {directory}: there is no such program; install it, or give its path or a PATH"
            ),
            _ => format!("cannot start `{program}` in {directory}: {error}"),
        }
    }
}

/// The exit code as a container runtime reports it: 128 + the signal's number, if a signal ended the process.
pub(crate) fn exit_code(status: ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt as _;
    status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(-1)
}
