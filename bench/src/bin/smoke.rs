//! `bench-smoke [CHECKS] [RUNS] [PROGRAM]`: `greenlight smoke-test` with many checks against a server that takes 20 ms for
//! each. Ends with 1 if it takes longer, or more memory, than is claimed.

use greenlight_bench::{measure, table};
use serde_json::json;
use std::fmt::Write as _;
use std::io;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Duration;

const DELAY: Duration = Duration::from_millis(20);
const CLAIMED: Duration = Duration::from_secs(2);
const CLAIMED_KIB: u64 = 32 * 1024;

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<ExitCode> {
    let mut arguments = std::env::args().skip(1);
    let mut number = |default| arguments.next().map_or(Ok(default), |text| text.parse().map_err(io::Error::other));
    let (checks, runs) = (number(500_usize)?, number(5_usize)?);
    let program = arguments.next().map_or_else(|| measure::sibling("greenlight"), |path| Ok(PathBuf::from(path)))?;

    let folder = tempfile::tempdir()?;
    let file = folder.path().join("checks.toml");
    std::fs::write(&file, plan(checks))?;
    let server = measure::Server::start("127.0.0.1", DELAY)?;
    let mut command = Command::new(&program);
    command.arg("smoke-test").arg(&file).args(["--format", "json"]);
    command.args(["--base-url", &format!("http://127.0.0.1:{}", server.port)]);

    let mut taken = Vec::new();
    for _ in 0..runs {
        taken.push(measure::run(&mut command).await?);
    }
    let counts = server.counts()?;
    if counts.requests != checks * runs {
        return Err(io::Error::other(format!("{} requests came, not {}", counts.requests, checks * runs)));
    }
    // the server has not been waited for yet: the program alone counts
    let peak = measure::peak_memory()?;
    let mut walls: Vec<Duration> = taken.iter().map(|taken| taken.wall).collect();
    walls.sort();
    let worst = walls.last().copied().unwrap_or_default();
    let holds = worst < CLAIMED && peak <= CLAIMED_KIB;
    table::print(&json!({
        "benchmark": "smoke-test",
        "profile": if cfg!(debug_assertions) { "debug" } else { "release" },
        "checks": checks,
        "answer_after_ms": DELAY.as_millis(),
        "runs": runs,
        "wall_ms": walls.iter().map(Duration::as_millis).collect::<Vec<_>>(),
        "processor_ms": taken.iter().map(|taken| taken.processor.as_millis()).collect::<Vec<_>>(),
        "peak_memory_kib": peak,
        "open_files_seen": taken.iter().map(|taken| taken.open_files).max(),
        "connections": counts.connections / runs,
        "connections_at_once": counts.most_connections,
        "requests_at_once": counts.most_requests,
        "claimed": "under 2000 ms and 32768 KiB",
        "holds": holds,
    }))?;
    Ok(ExitCode::from(u8::from(!holds)))
}

/// Checks as teams write them: a status, a header, values in the body, a bound.
fn plan(checks: usize) -> String {
    let mut text = r#"application = "shop"
deployment-group = "production"
cluster = "production-cluster"
service = "shop-web"
container = "web"
port = 8000
"#
    .to_owned();
    for check in 0..checks {
        let _ = write!(
            text,
            r#"
[[smoke-test]]
name = "check {check}"
get = "/health?check={check}"
headers = {{ Accept = "application/json" }}
expect = {{ status = 200, within = "2s", headers = {{ content-type = "application/json" }}, json = {{ "$.database" = true, "$.version" = {{ matches = '^2\.' }}, "$.queue.length" = {{ below = 10 }} }} }}
"#
        );
    }
    text
}
