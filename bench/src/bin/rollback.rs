//! `bench-rollback [RUNS] [PROGRAM]`: rehearses the built-in example's release so often with each of the alarms that take it back,
//! and says how long that took. Ends with 1 if the median of the product's own time is a second or more.
//!
//! PROGRAM is `greenlight`; it is looked for beside this program.

use greenlight_bench::{measure, table};
use serde_json::{Value, json};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

/// While traffic shifts, in the termination wait, after the success, many at once, and by real answers with status 500.
const FAULTS: [&str; 5] = ["alarm@shift", "alarm@bake", "alarm@after", "alarm-storm", "green-500-under-load"];
/// Of the product's own time, in milliseconds.
const CLAIMED: i64 = 1000;

fn main() -> io::Result<ExitCode> {
    let mut arguments = std::env::args().skip(1);
    let runs: usize = arguments.next().map_or(Ok(3), |text| text.parse().map_err(io::Error::other))?;
    let program = arguments.next().map_or_else(|| measure::sibling("greenlight"), |path| Ok(PathBuf::from(path)))?;
    let mut all = Vec::new();
    let mut result = json!({
        "benchmark": "rollback",
        "profile": if cfg!(debug_assertions) { "debug" } else { "release" },
        "runs": runs,
    });
    for fault in FAULTS {
        let mut measured = Vec::new();
        for _ in 0..runs {
            measured.push(rehearse(&program, fault)?);
        }
        let (own, aws): (Vec<i64>, Vec<i64>) = measured.into_iter().unzip();
        result[format!("{fault} own_ms")] = json!(own);
        result[format!("{fault} aws_ms, median")] = json!(median(aws));
        all.extend(own);
    }
    let own = median(all);
    result["own_ms, median of all"] = json!(own);
    result["claimed"] = json!(format!("under {CLAIMED} ms"));
    result["codedeploy_alone"] =
        json!("seen to stop a deployment 20 to 25 s after its alarm, and never after its success");
    let holds = own.is_some_and(|own| own < CLAIMED);
    result["holds"] = json!(holds);
    table::print(&result)?;
    Ok(ExitCode::from(u8::from(!holds)))
}

/// Rehearses once: the product's own milliseconds, and those of the stage's AWS.
fn rehearse(program: &Path, fault: &str) -> io::Result<(i64, i64)> {
    let mut command = Command::new(program);
    command.args(["rehearse", "--fault", fault, "--format", "json"]).stdin(Stdio::null());
    let output = command.output()?;
    let text = String::from_utf8(output.stdout).map_err(io::Error::other)?;
    let outcome: Value = serde_json::from_str(text.lines().last().unwrap_or_default())?;
    let number = |name: &str| outcome["rollback"][name].as_i64();
    match (outcome["outcome"].as_str(), number("own_ms"), number("aws_ms")) {
        (Some("rolled-back"), Some(own), Some(aws)) => Ok((own, aws)),
        _ => Err(io::Error::other(format!("the rehearsal with {fault} did not go as it should: {outcome}"))),
    }
}

fn median(mut values: Vec<i64>) -> Option<i64> {
    values.sort_unstable();
    values.get(values.len() / 2).copied()
}
