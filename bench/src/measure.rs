//! Runs a program and watches what it takes.

use crate::server::{COUNTS, Counts};
use nix::sys::resource::{UsageWho, getrusage};
use std::fs;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio::time::Instant;

/// How often a running program is looked at.
const LOOK: Duration = Duration::from_millis(5);

/// What one run took.
#[derive(Debug, Clone, Copy)]
pub struct Taken {
    /// From start to end.
    pub wall: Duration,
    /// The processor's time, in the program and for it.
    pub processor: Duration,
    /// Files and sockets at once, at most, as far as was seen.
    pub open_files: usize,
}

/// Runs a program to its end; its output is thrown away.
///
/// # Errors
/// If it cannot be run, or does not end with 0.
pub async fn run(command: &mut Command) -> io::Result<Taken> {
    let before = processor()?;
    let began = Instant::now();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn()?;
    let fds = PathBuf::from(format!("/proc/{}/fd", child.id()));
    let mut open_files = 0;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        open_files = fs::read_dir(&fds).map_or(0, Iterator::count).max(open_files);
        tokio::time::sleep(LOOK).await;
    };
    let wall = began.elapsed();
    if !status.success() {
        return Err(io::Error::other(format!("{command:?} ended with {status}")));
    }
    Ok(Taken { wall, processor: processor()?.saturating_sub(before), open_files })
}

/// The most memory that any program that ended so far had at once, in KiB: `VmHWM`, as the kernel keeps it for `wait`.
///
/// # Errors
/// If the kernel does not tell.
pub fn peak_memory() -> io::Result<u64> {
    u64::try_from(getrusage(UsageWho::RUSAGE_CHILDREN)?.max_rss()).map_err(io::Error::other)
}

fn processor() -> io::Result<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let micros = |seconds: i64, micros: i64| u64::try_from(seconds * 1_000_000 + micros).unwrap_or_default();
    let (user, system) = (usage.user_time(), usage.system_time());
    Ok(Duration::from_micros(micros(user.tv_sec(), user.tv_usec()) + micros(system.tv_sec(), system.tv_usec())))
}

/// A program that was built beside this one.
///
/// # Errors
/// If it is not there.
pub fn sibling(name: &str) -> io::Result<PathBuf> {
    let own = std::env::current_exe()?;
    let path = own.parent().unwrap_or(Path::new(".")).join(name);
    if path.is_file() {
        return Ok(path);
    }
    Err(io::Error::other(format!("{} is not there; build it first, with the same profile", path.display())))
}

/// A server in a process of its own, which ends with this value.
#[derive(Debug)]
pub struct Server {
    child: Child,
    /// Its port.
    pub port: u16,
}

impl Server {
    /// Starts `bench-server` on an address with any port.
    ///
    /// # Errors
    /// If it does not start.
    pub fn start(ip: &str, delay: Duration) -> io::Result<Self> {
        let mut command = Command::new(sibling("bench-server")?);
        command.args([format!("{ip}:0"), delay.as_millis().to_string()]);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let stdout = child.stdout.take().ok_or_else(|| io::Error::other("the server has no output"))?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        Ok(Self { child, port: line.trim().parse().map_err(io::Error::other)? })
    }

    /// What it counted until now.
    ///
    /// # Errors
    /// If it does not answer.
    pub fn counts(&self) -> io::Result<Counts> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(Duration::from_millis(500)))?;
        write!(stream, "GET {COUNTS} HTTP/1.1\r\nhost: localhost\r\n\r\n")?;
        stream.shutdown(std::net::Shutdown::Write)?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let body = answer.split("\r\n\r\n").nth(1).unwrap_or_default();
        Ok(serde_json::from_str(body)?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // it may have ended already
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
