//! `greenlight doctor --migrations` as scripts use it: files, standard input and commands, two formats, exit codes.

use crate::processes::PROGRAM;
use serde_json::Value;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::TempDir;

const GOOD: &str = "ALTER TABLE product ADD COLUMN note text;\n";
const BAD: &str = "BEGIN;\nALTER TABLE product DROP COLUMN price;\nCOMMIT;\n";

/// What came of a run.
struct Run {
    code: Option<i32>,
    out: String,
    err: String,
}

fn directory() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in
        [("good.sql", GOOD.as_bytes()), ("bad.sql", BAD.as_bytes()), ("latin1.sql", b"SELECT 1;\n'\xe9'")]
    {
        std::fs::write(directory.path().join(name), text).unwrap();
    }
    directory
}

fn doctor(directory: &Path, arguments: &[&str], given: &str) -> Run {
    let mut command = Command::new(PROGRAM);
    command.arg("doctor").args(arguments).current_dir(directory);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // one that does not read it may be gone already
    let _ = child.stdin.take().unwrap().write_all(given.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Run { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

#[test]
fn sql_comes_from_files_standard_input_and_commands() {
    let directory = directory();
    for (arguments, given, place) in [
        (&["--migrations", "good.sql", "bad.sql"][..], "", "bad.sql:2: "),
        (&["--migrations", "good.sql", "-"], BAD, "standard input:2: "),
        (&["--migrations-command", "cat good.sql", "--migrations-command", "cat bad.sql"], "", "`cat bad.sql`:2: "),
        (
            &["--migrations", "good.sql", "--migrations-command", "cat good.sql bad.sql"],
            "",
            "`cat good.sql bad.sql`:3: ",
        ),
    ] {
        let run = doctor(directory.path(), arguments, given);
        assert_eq!((run.code, run.err.as_str()), (Some(1), ""), "{arguments:?}: {}", run.out);
        assert!(run.out.starts_with(&format!("{place}ban-drop-column\n")), "{arguments:?}: {}", run.out);
        assert!(run.out.contains("findings: 1, "), "{arguments:?}: {}", run.out);
    }
}

#[test]
fn nothing_found_ends_with_0() {
    let directory = directory();
    for (arguments, given) in [
        (&["--migrations", "good.sql"][..], ""),
        (&["--migrations", "-"], ""),
        (&["--migrations", "-"], "-- squawk-ignore ban-drop-table\nDROP TABLE old;"),
        (&["--migrations-command", "true"], ""),
    ] {
        let run = doctor(directory.path(), arguments, given);
        assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "{arguments:?}: {}", run.out);
        assert!(run.out.contains("findings: 0, "), "{arguments:?}: {}", run.out);
    }
}

#[test]
fn json_is_a_line_per_finding_and_the_outcome() {
    let directory = directory();
    let given = "-- squawk-ignore ban-drop-table\nDROP TABLE old;\n-- THIS OPERATION CANNOT BE WRITTEN AS SQL\n";
    let run = doctor(directory.path(), &["--format", "json", "--migrations", "bad.sql", "-"], given);
    assert_eq!(run.code, Some(1));
    let events: Vec<Value> = run.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let names: Vec<&str> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
    assert_eq!(names, ["migration.breaks", "migration.ignored", "migration.not-judged", "outcome"]);
    assert_eq!([&events[0]["source"], &events[0]["rule"]], ["bad.sql", "ban-drop-column"]);
    assert_eq!(events[0]["sql"], "ALTER TABLE product DROP COLUMN price;");
    assert!(events[0]["instead"].as_array().is_some_and(|steps| steps.len() == 2), "{}", events[0]);
    assert_eq!([&events[0]["line"], &events[1]["line"], &events[2]["line"]], [2, 2, 3]);
    let outcome = &events[3];
    let counts = ["inputs", "statements", "findings", "ignored", "not_judged"].map(|name| &outcome[name]);
    assert_eq!(counts, [2, 4, 1, 1, 1]);
}

#[test]
fn what_cannot_be_judged_is_refused_and_says_what_to_do() {
    let directory = directory();
    for (arguments, given, says) in [
        (&["--migrations", "-"][..], "SELECT 1;\nALTER TABLE `product`", &["standard input:2", "PostgreSQL"][..]),
        (&["--migrations", "none.sql"], "", &["none.sql", "check the path"]),
        (&["--migrations", "latin1.sql"], "", &["latin1.sql:2", "UTF-8"]),
        (
            &["--migrations-command", "cat bad.sql; exit 3"],
            "",
            &["cat bad.sql; exit 3", "exit status: 3", "run it by itself"],
        ),
        (&["--migrations-command", "no-such-program-here"], "", &["no-such-program-here", "127"]),
        (&["--migrations", "good.sql", "--template", "good.jsonl"], "", &["cannot be used with"]),
        (&[], "", &["--template", "--migrations", "--migrations-command"]),
    ] {
        let run = doctor(directory.path(), arguments, given);
        assert_eq!((run.code, run.out.as_str()), (Some(2), ""), "{arguments:?}: {}", run.err);
        for text in says {
            assert!(run.err.contains(text), "{arguments:?}: {text} is missing in {}", run.err);
        }
    }
}
