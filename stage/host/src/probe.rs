//! Health checks: of containers, by a command beside them, and of targets, by HTTP.

use crate::container::Container;
use crate::group::Group;
use crate::process::exit_code;
use crate::watchdog::Watchdog;
use bytes::Bytes;
use greenlight_world::{Probe, ProbeKind};
use http::{Request, header};
use http_body_util::Empty;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use std::net::SocketAddrV4;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::net::TcpStream;

/// Makes one check; `container` is the one that a command is about.
pub(crate) async fn make(probe: Probe, container: Option<Container>, watchdog: Watchdog) -> Result<(), String> {
    let check = async {
        match probe.kind {
            ProbeKind::Command { command, .. } => match container {
                Some(container) => run(&container, &command, &watchdog).await,
                None => Err("the container does not run".to_owned()),
            },
            ProbeKind::Http { target, path, matcher } => get(target, &path, &matcher).await,
        }
    };
    match tokio::time::timeout(probe.timeout, check).await {
        Ok(outcome) => outcome,
        Err(_) => Err(format!("Request timed out after {}", seconds(probe.timeout))),
    }
}

fn seconds(timeout: Duration) -> String {
    format!("{} s", timeout.as_secs_f64())
}

/// A container's own health check. Dropping it half-way, when its time is over, kills what it started.
async fn run(container: &Container, command: &[String], watchdog: &Watchdog) -> Result<(), String> {
    let (program, arguments) = match command {
        [kind, script, ..] if kind == "CMD-SHELL" => ("sh", vec!["-c".to_owned(), container.localize(script)]),
        [kind, program, arguments @ ..] if kind == "CMD" => {
            (program.as_str(), arguments.iter().map(|argument| container.localize(argument)).collect())
        }
        [kind, ..] if kind == "NONE" => return Ok(()),
        _ => return Err("the health check is neither CMD, CMD-SHELL nor NONE".to_owned()),
    };
    let surroundings = &container.surroundings;
    let mut command = surroundings.command(program);
    command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
    let mut group =
        Group::start(&mut command, watchdog).map_err(|error| surroundings.explain(Path::new(program), &error))?;
    match group.wait().await.map(exit_code) {
        Ok(0) => Ok(()),
        Ok(code) => Err(format!("the health check exited with {code}")),
        Err(error) => Err(format!("the health check was lost: {error}")),
    }
}

/// A target group's health check.
async fn get(target: SocketAddrV4, path: &str, matcher: &str) -> Result<(), String> {
    let failed = |error: &dyn std::fmt::Display| format!("Health checks failed: {error}");
    let request = Request::builder()
        .uri(path)
        .header(header::HOST, target.to_string())
        .header(header::USER_AGENT, "ELB-HealthChecker/2.0")
        .header(header::CONNECTION, "close")
        .body(Empty::<Bytes>::new())
        .map_err(|error| failed(&error))?;
    let stream = TcpStream::connect(target).await.map_err(|error| failed(&error))?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|error| failed(&error))?;
    // the connection has to be driven for the answer to come, and ends once nobody wants anything of it
    let answer = async move { sender.send_request(request).await.map(|response| response.status().as_u16()) };
    let (status, _) = tokio::join!(answer, connection);
    let status = status.map_err(|error| failed(&error))?;
    if matches(matcher, status) { Ok(()) } else { Err(format!("Health checks failed with these codes: [{status}]")) }
}

/// Whether a target group's matcher (`200`, `200-299`, `200,302`) takes the status.
fn matches(matcher: &str, status: u16) -> bool {
    matcher.split(',').any(|part| {
        let (low, high) = part.split_once('-').unwrap_or((part, part));
        match (low.trim().parse::<u16>(), high.trim().parse::<u16>()) {
            (Ok(low), Ok(high)) => (low..=high).contains(&status),
            _ => false,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn matchers_are_lists_and_ranges() {
        for (matcher, status, expected) in [
            ("200", 200, true),
            ("200", 201, false),
            ("200-299", 204, true),
            ("200,302", 302, true),
            ("200, 300-301", 301, true),
            ("", 200, false),
            ("ok", 200, false),
        ] {
            assert_eq!(matches(matcher, status), expected, "{matcher} {status}");
        }
    }
}
