//! `bench-warm-up [TASKS] [PATHS] [PROGRAM] [FUNCTION]`: rehearses a deployment with many tasks, whose `warm-up` function may
//! open 1024 files, as in Lambda, and reads what its process took. The tasks are stubs; one server with every loopback address
//! answers for all of them after 20 ms. Ends with 1 if the function needs more memory than a Lambda function of 128 MB has.
//!
//! PROGRAM is `greenlight`, FUNCTION is `warm-up`; both are looked for beside this program.

use greenlight_bench::{measure, table};
use serde_json::{Value, json};
use std::cell::Cell;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};

const DELAY: Duration = Duration::from_millis(20);
const FILES: u32 = 1024;
const MEMORY_KIB: u64 = 128 * 1024;
/// Time in the rehearsal passes this much faster; warm-up is real work and does not.
const SPEED: u64 = 60;

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<ExitCode> {
    let mut arguments = std::env::args().skip(1);
    let mut number = |default| arguments.next().map_or(Ok(default), |text| text.parse().map_err(io::Error::other));
    let (tasks, paths) = (number(200_usize)?, number(5_usize)?);
    let program = arguments.next().map_or_else(|| measure::sibling("greenlight"), |path| Ok(PathBuf::from(path)))?;
    let function = arguments.next().map_or_else(|| measure::sibling("warm-up"), |path| Ok(PathBuf::from(path)))?;

    // every loopback address: each task has its own
    let server = measure::Server::start("0.0.0.0", DELAY)?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("greenlight.toml");
    fs::write(&file, plan(tasks, paths, server.port))?;
    fs::write(folder.path().join("taskdef.json"), task_definition(server.port).to_string())?;
    let functions = folder.path().join("functions");
    bootstraps(&functions, &program, &function)?;

    let mut rehearsal = tokio::process::Command::from(Command::new(&program));
    rehearsal.arg("rehearse").arg(&file).args(["--format", "json", "--speed", &SPEED.to_string()]);
    rehearsal.arg("--functions").arg(&functions);
    let mut child = rehearsal.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
    let stdout = child.stdout.take().ok_or_else(|| io::Error::other("the rehearsal has no output"))?;
    let peak = Cell::new(Peak::default());
    let told = tokio::select! {
        told = read(stdout) => told?,
        never = watch(&function, &peak) => never?,
    };
    child.wait().await?;
    let counts = server.counts()?;
    let peak = peak.get();
    let warm: Vec<&Value> = told.lines.iter().filter(|line| line["event"] == "warm-up.task").collect();
    let sum = |name: &str| warm.iter().filter_map(|line| line[name].as_u64()).sum::<u64>();
    let most = |name: &str| warm.iter().filter_map(|line| line[name].as_u64()).max();
    let warmed = told.outcome["outcome"] == "succeeded" && warm.len() == tasks;
    let holds =
        warmed && sum("failed") == 0 && peak.memory_kib <= MEMORY_KIB && peak.files < FILES.try_into().unwrap_or(0);
    table::print(&json!({
        "benchmark": "warm-up",
        "profile": if cfg!(debug_assertions) { "debug" } else { "release" },
        "tasks": tasks,
        "paths": paths,
        "answer_after_ms": DELAY.as_millis(),
        "outcome": told.outcome["outcome"],
        "tasks_warmed": warm.len(),
        "requests": sum("requests"),
        "failed": sum("failed"),
        "function_ms": told.function_ms(),
        "longest_first_round_ms": most("first_round_ms"),
        "longest_last_round_ms": most("last_round_ms"),
        "peak_memory_kib": peak.memory_kib,
        "open_files": peak.files,
        "files_allowed": FILES,
        "addresses_asked": counts.addresses,
        "claimed": "within 131072 KiB and 1024 open files",
        "holds": holds,
    }))?;
    if !warmed {
        return Err(io::Error::other(format!("the rehearsal did not go as it should: {}", told.outcome)));
    }
    Ok(ExitCode::from(u8::from(!holds)))
}

/// What the rehearsal told.
struct Told {
    /// The lines of functions.
    lines: Vec<Value>,
    outcome: Value,
}

impl Told {
    /// How long the function took, in real time.
    fn function_ms(&self) -> Option<u64> {
        let verdict = |line: &&Value| line["event"] == "hook.verdict" && line["lifecycle_event"] == "AfterInstall";
        self.lines.iter().rev().find(verdict).and_then(|line| line["duration_ms"].as_u64()).map(|stage| stage / SPEED)
    }
}

async fn read(stdout: impl AsyncRead + Unpin) -> io::Result<Told> {
    let mut told = Told { lines: Vec::new(), outcome: Value::Null };
    let mut lines = BufReader::new(stdout).lines();
    while let Some(line) = lines.next_line().await? {
        let fact: Value = serde_json::from_str(&line)?;
        if fact["event"] == "log.line" {
            let message = fact["message"].as_str().unwrap_or_default();
            told.lines.extend(serde_json::from_str::<Value>(message));
        }
        told.outcome = fact;
    }
    Ok(told)
}

#[derive(Debug, Clone, Copy, Default)]
struct Peak {
    memory_kib: u64,
    files: usize,
}

/// Looks at every process of the function. It lives until the rehearsal ends, so its high-water mark is not missed.
async fn watch(function: &Path, seen: &Cell<Peak>) -> io::Result<Told> {
    let function = function.canonicalize()?;
    let mut found: Option<PathBuf> = None;
    loop {
        tokio::time::sleep(Duration::from_millis(5)).await;
        if found.as_ref().is_none_or(|process| !process.exists()) {
            let mut processes = fs::read_dir("/proc")?.flatten().map(|entry| entry.path());
            found = processes.find(|path| fs::read_link(path.join("exe")).is_ok_and(|exe| exe == function));
        }
        let Some(process) = &found else { continue };
        let mut peak = seen.get();
        peak.files = peak.files.max(fs::read_dir(process.join("fd")).map_or(0, Iterator::count));
        let status = fs::read_to_string(process.join("status")).unwrap_or_default();
        let high = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let high = high.and_then(|text| text.trim().trim_end_matches(" kB").parse().ok()).unwrap_or_default();
        peak.memory_kib = peak.memory_kib.max(high);
        seen.set(peak);
    }
}

/// What `sam build` would have made; a function may open no more files than Lambda allows.
fn bootstraps(directory: &Path, program: &Path, warm_up: &Path) -> io::Result<()> {
    let parts = [
        ("MigrateFunction", "migrate"),
        ("WarmUpFunction", "warm-up"),
        ("SmokeTestFunction", "smoke-test"),
        ("ValidateFunction", "validate"),
        ("FinishFunction", "finish"),
        ("SettleFunction", "settle"),
    ];
    for (logical_name, part) in parts {
        let folder = directory.join(logical_name);
        fs::create_dir_all(&folder)?;
        let start = match part {
            "warm-up" => format!("'{}'", warm_up.canonicalize()?.display()),
            _ => format!("'{}' function {part}", program.canonicalize()?.display()),
        };
        let bootstrap = folder.join("bootstrap");
        fs::write(&bootstrap, format!("#!/bin/sh\nulimit -n {FILES}\nexec {start}\n"))?;
        fs::set_permissions(&bootstrap, fs::Permissions::from_mode(0o755))?;
    }
    Ok(())
}

fn plan(tasks: usize, paths: usize, port: u16) -> String {
    let paths: Vec<String> = (0..paths).map(|path| format!("/warm/{path}")).collect();
    format!(
        r#"application = "shop"
deployment-group = "production"
cluster = "production-cluster"
service = "shop-web"
task-definition = "taskdef.json"
container = "web"
port = {port}

[warm-up]
paths = {paths:?}
headers = {{ Host = "shop.example.com", X-Forwarded-Proto = "https" }}

[rehearsal]
blue = "stub:v1"
green = "stub:v2"
desired-count = {tasks}
termination-wait = "1m"
health-check-path = "/health"

[rehearsal.images."stub:v1"]
directory = "."
command = ["sleep", "100000"]

[rehearsal.images."stub:v2"]
directory = "."
command = ["sleep", "100000"]
"#
    )
}

fn task_definition(port: u16) -> Value {
    json!({
        "family": "shop",
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "cpu": "256",
        "memory": "512",
        "executionRoleArn": "arn:aws:iam::123456789012:role/ecsTaskExecutionRole",
        "containerDefinitions": [{
            "name": "web",
            "image": "stub:v2",
            "essential": true,
            "portMappings": [{ "containerPort": port, "protocol": "tcp" }],
        }],
    })
}
