//! `bench-hours [HOURS] [PROGRAM]`: rehearses a deployment of ECS whose migration runs for so many hours of the stage's time, and says
//! for how long the function that waits for it was at work. Ends with 1 if that was ten seconds or more.
//!
//! PROGRAM is `greenlight`; it and `shop` are looked for beside this program.

use greenlight_bench::{measure, table};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use tempfile::TempDir;

/// How much faster the stage's clock goes. What a function does takes as long as ever.
const SPEED: i64 = 720;
/// What Lambda would bill, in milliseconds.
const CLAIMED: i64 = 10_000;

fn main() -> io::Result<ExitCode> {
    let mut arguments = std::env::args().skip(1);
    let hours: i64 = arguments.next().map_or(Ok(2), |text| text.parse().map_err(io::Error::other))?;
    let program = arguments.next().map_or_else(|| measure::sibling("greenlight"), |path| Ok(PathBuf::from(path)))?;
    let directory = directory(hours)?;
    let facts = rehearse(&program, directory.path())?;
    let outcome = facts.last().cloned().unwrap_or_default();
    if outcome["outcome"] != "succeeded" {
        return Err(io::Error::other(format!("the rehearsal did not go as it should: {outcome}")));
    }
    let migrate = facts.iter().find_map(|fact| fact["function"].as_str().filter(|name| name.ends_with("migrate")));
    let billed = billed(&facts, migrate.unwrap_or_default())?;
    let all: i64 = billed.iter().sum();
    let holds = !billed.is_empty() && all < CLAIMED;
    let result = json!({
        "benchmark": "hours",
        "profile": if cfg!(debug_assertions) { "debug" } else { "release" },
        "hours of the migration": hours,
        "invocations of migrate": billed.len(),
        "longest_ms": billed.iter().max(),
        "billed_ms": all,
        "claimed": format!("under {CLAIMED} ms"),
        "holds": holds,
    });
    table::print(&result)?;
    Ok(ExitCode::from(u8::from(!holds)))
}

/// A plan for ECS, whose migration sleeps for so long, with the shop's program.
fn directory(hours: i64) -> io::Result<TempDir> {
    let seconds = hours.saturating_mul(3600) / SPEED;
    let version = |number: u8| {
        format!(
            "[rehearsal.images.\"shop:v{number}\"]\ndirectory = \".\"\ncommand = [\"shop\", \"serve\"]\nenvironment = {{ \
             SHOP_VERSION = \"{number}\", SHOP_LISTEN = \"{{ip}}:{{port}}\", SHOP_DATABASE = \"{{scratch}}/shop.sqlite3\" }}\n"
        )
    };
    let plan = format!(
        r#"
cluster = "production-cluster"
service = "shop-web"
task-definition = "taskdef.json"
container = "web"
port = 8000

[migrate]
command = ["sh", "-c", "sleep {seconds} && shop migrate"]
timeout = "{}h"

[rehearsal]
blue = "shop:v1"
green = "shop:v2"
setup = [["shop", "migrate"]]
desired-count = 2
termination-wait = "1m"
health-check-path = "/health"

{}
{}"#,
        hours.saturating_add(1),
        version(1),
        version(2),
    );
    let directory = tempfile::tempdir()?;
    std::fs::write(directory.path().join("greenlight.toml"), plan)?;
    std::fs::write(directory.path().join("taskdef.json"), include_str!("../../../examples/shop/taskdef.json"))?;
    let bin = directory.path().join("bin");
    std::fs::create_dir(&bin)?;
    std::os::unix::fs::symlink(measure::sibling("shop")?, bin.join("shop"))?;
    Ok(directory)
}

fn rehearse(program: &Path, directory: &Path) -> io::Result<Vec<Value>> {
    let inherited = std::env::var_os("PATH").unwrap_or_default();
    let directories = std::iter::once(directory.join("bin")).chain(std::env::split_paths(&inherited));
    let path = std::env::join_paths(directories).map_err(io::Error::other)?;
    let speed = SPEED.to_string();
    let mut command = Command::new(program);
    command.args(["rehearse", "greenlight.toml", "--controller", "ecs", "--speed", &speed, "--format", "json"]);
    let output =
        command.env("PATH", path).current_dir(directory).stdin(Stdio::null()).stderr(Stdio::inherit()).output()?;
    let text = String::from_utf8(output.stdout).map_err(io::Error::other)?;
    Ok(text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
}

/// How long each invocation of a function took, in milliseconds, with the start of its process.
fn billed(facts: &[Value], function: &str) -> io::Result<Vec<i64>> {
    let mut began = BTreeMap::new();
    let mut billed = Vec::new();
    for fact in facts.iter().filter(|fact| fact["function"] == function) {
        let invocation = (fact["request_id"].to_string(), fact["attempt"].to_string());
        match fact["event"].as_str() {
            Some("function.invoked") => drop(began.insert(invocation, at(fact)?)),
            Some("function.ended") => {
                let invoked = began.remove(&invocation).ok_or_else(|| io::Error::other(format!("{fact}: who?")))?;
                billed.push(at(fact)?.saturating_sub(invoked) / SPEED);
            }
            _ => {}
        }
    }
    Ok(billed)
}

/// When it happened, in milliseconds of the stage's time.
fn at(fact: &Value) -> io::Result<i64> {
    let text = fact["at"].as_str().unwrap_or_default();
    let at: jiff::Timestamp = text.parse().map_err(io::Error::other)?;
    Ok(at.as_millisecond())
}
