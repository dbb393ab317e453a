//! Where the SQL comes from.

use super::Place;
use crate::{Error, file};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// SQL, and how its places are called.
pub(super) struct Input {
    pub(super) source: String,
    pub(super) text: String,
}

/// A file's SQL; that of standard input for `-`.
pub(super) fn from_file(path: &Path) -> Result<Input, Error> {
    if path != Path::new("-") {
        return Ok(Input { source: path.display().to_string(), text: file::text(path)? });
    }
    let name = PathBuf::from("standard input");
    let mut bytes = Vec::new();
    std::io::stdin().lock().read_to_end(&mut bytes).map_err(|source| Error::File { path: name.clone(), source })?;
    Ok(Input { source: name.display().to_string(), text: file::decoded(&name, bytes)? })
}

/// What a command of the shell prints. What it writes to standard error goes there.
pub(super) fn from_command(command: &str) -> Result<Input, Error> {
    let failed = |how: String| Error::MigrationsCommand { command: command.to_owned(), how };
    let mut shell = Command::new("sh");
    shell.args(["-c", command]).stdin(Stdio::null()).stderr(Stdio::inherit());
    let output = shell.output().map_err(|error| failed(format!("cannot be started: {error}")))?;
    if !output.status.success() {
        return Err(failed(format!("failed ({})", output.status)));
    }
    let source = format!("`{command}`");
    let text = file::decoded(Path::new(&source), output.stdout)?;
    Ok(Input { source, text })
}

// === impl Input ===

impl Input {
    /// The place of a byte, and the line that it is in.
    pub(super) fn at(&self, offset: usize) -> (Place, String) {
        let before = self.text.get(..offset).unwrap_or(&self.text);
        let line = 1 + before.matches('\n').count();
        let sql = self.text.lines().nth(line - 1).unwrap_or_default().trim().to_owned();
        (Place { source: self.source.clone(), line }, sql)
    }

    /// The error about SQL that cannot be read.
    pub(super) fn refused(&self, offset: usize, problem: &str) -> Error {
        let (place, sql) = self.at(offset);
        Error::Sql { place: place.to_string(), problem: problem.to_owned(), sql }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.source, self.line)
    }
}
