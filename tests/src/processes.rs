//! Plays rehearsals with real processes: by the program itself, as a user does.

use crate::played::Played;
use crate::shop;
use serde_json::Value;
use std::ffi::OsString;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc::Receiver;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tempfile::TempDir;

/// The program under test.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_greenlight-tested");

/// A safety net: no rehearsal of the suites takes nearly as long.
const PATIENCE: Duration = Duration::from_mins(5);

/// One rehearsal at a time: each is a dozen processes, and its health checks have real timeouts.
static STAGE: Mutex<()> = Mutex::new(());

/// A directory with the shop's plan and task definition, and a `bin` with its program.
pub fn directory(migrate: &str) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(directory.path().join(name), text).unwrap();
    write("greenlight.toml", &shop::plan(migrate));
    write("taskdef.json", shop::TASK_DEFINITION);
    let bin = directory.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    std::os::unix::fs::symlink(PROGRAM, bin.join("shop")).unwrap();
    directory
}

/// The program with the directory's `bin` before everything else on its search path.
pub fn program(directory: &Path) -> Command {
    let inherited = std::env::var_os("PATH").unwrap_or_default();
    let directories = std::iter::once(directory.join("bin")).chain(std::env::split_paths(&inherited));
    let path: OsString = std::env::join_paths(directories).unwrap();
    let mut command = Command::new(PROGRAM);
    command.env("PATH", path).env_remove("NO_COLOR").current_dir(directory).stdin(Stdio::null());
    command
}

/// Runs it to its end, while no other stage runs.
pub fn run(command: Command) -> Output {
    let _alone = alone();
    finish(command)
}

/// While this is held, no other stage runs.
pub fn alone() -> MutexGuard<'static, ()> {
    STAGE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs it to its end, whatever else runs.
pub fn finish(mut command: Command) -> Output {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // both pipes are read at once: a full one would stop the program
    let stdout = read(child.stdout.take().unwrap());
    let stderr = read(child.stderr.take().unwrap());
    let Ok(stdout) = stdout.recv_timeout(PATIENCE) else {
        // asked, not killed: it has processes of its own to end
        Command::new("kill").arg(child.id().to_string()).status().unwrap();
        panic!("{command:?} does not end");
    };
    Output { status: child.wait().unwrap(), stdout, stderr: stderr.recv().unwrap() }
}

fn read(mut pipe: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut text = Vec::new();
        pipe.read_to_end(&mut text).map(|_| sender.send(text))
    });
    receiver
}

/// The JSON lines of a program that prints nothing else.
pub fn lines(output: &Output) -> Vec<Value> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    let line = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in: {line}"));
    text.lines().map(line).collect()
}

/// Plays a whole rehearsal; the exit code beside it.
pub fn play(migrate: &str, arguments: &[&str]) -> (Played, i32) {
    let directory = directory(migrate);
    let mut command = program(directory.path());
    command.args(["rehearse", "greenlight.toml", "--format", "json", "--speed", "120"]).args(arguments);
    let output = run(command);
    let mut facts = lines(&output);
    let errors = String::from_utf8_lossy(&output.stderr);
    let outcome = facts.pop().unwrap_or_else(|| panic!("no line at all; {errors}"));
    assert_eq!(outcome["event"], "outcome", "the last line is the outcome; {errors}");
    (Played { facts, outcome }, output.status.code().expect("an exit code"))
}
