//! `greenlight smoke-test` as scripts use it: a process, its output in three formats, its exit code.

use crate::processes::PROGRAM;
use crate::site::Site;
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Stdio};

/// What a plan needs besides its checks: six lines, so that the checks begin in the seventh.
const HEAD: &str = r#"application = "shop"
deployment-group = "production"
cluster = "production-cluster"
service = "shop-web"
container = "web"
port = 8000
"#;
const SECRET: &str = "arn:aws:ssm:us-east-1:123456789012:parameter/prod/api-key";
const FORMATS: [&str; 3] = ["text", "json", "junit"];

/// What came of a run.
struct Run {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Run {
    fn events(&self) -> Vec<Value> {
        let event = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in: {line}"));
        self.out.lines().map(event).collect()
    }

    /// The line of a check.
    fn check(&self, name: &str) -> Value {
        let found = self.events().into_iter().find(|event| event["check"] == name);
        found.unwrap_or_else(|| panic!("no check {name} in {}{}", self.out, self.err))
    }
}

/// Runs the checks of a plan in a directory of its own.
fn run(checks: &str, arguments: &[&str]) -> Run {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("greenlight.toml"), format!("{HEAD}{checks}")).unwrap();
    run_in(directory.path(), arguments)
}

fn run_in(directory: &Path, arguments: &[&str]) -> Run {
    let mut command = Command::new(PROGRAM);
    command.arg("smoke-test").args(arguments).current_dir(directory).stdin(Stdio::null());
    let output = command.env("SMOKE_API_KEY", "k-0123456789").output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Run { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// The same against a server.
fn against(site: &Site, checks: &str, arguments: &[&str]) -> Run {
    let url = site.url();
    let arguments: Vec<&str> = ["--base-url", &url].iter().chain(arguments).copied().collect();
    run(checks, &arguments)
}

/// A check that asks for a path.
fn get(name: &str, path: &str, more: &str) -> String {
    format!("[[smoke-test]]\nname = \"{name}\"\nget = \"{path}\"\n{more}\n")
}

#[test]
fn checks_that_hold_end_with_0() {
    let site = Site::start();
    let expect = r#"expect = { status = 200, json = { "$.cache" = true, "$.items" = { count = 2 } } }"#;
    let run = against(&site, &get("health", "/health", expect), &[]);
    assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "{}", run.out);
    assert!(run.out.contains("✓ health") && run.out.contains("1 passed, 0 failed"), "{}", run.out);
    assert!(!run.out.contains('\u{1b}'), "no colours without a terminal");
    assert_eq!(site.asked(), ["GET /health"]);
}

#[test]
fn a_check_that_does_not_hold_says_what_was_expected_and_what_came() {
    let site = Site::start();
    let expect = r#"expect = { json = { "$.database" = true, "$.cache" = true, "$.items" = { count = 3 } }, headers = { X-Revision = "7" }, matches = '^no' }"#;
    let checks = get("sick", "/sick", expect) + &get("down", "/down", "");
    let run = against(&site, &checks, &["--format", "json"]);
    assert_eq!((run.code, run.err.as_str()), (Some(1), ""));
    let body = r#""{"database":true,"cache":false,"items":[1,2]}""#;
    let failure =
        |what: &str, expected: &str, actual: &str| json!({ "what": what, "expected": expected, "actual": actual });
    let sick = [
        failure("header x-revision", "\"7\"", "no such header"),
        failure("body", "a match of /^no/", body),
        failure("json $.cache", "true", "false"),
        failure("json $.items", "3 values", "2 values: [1,2]"),
    ];
    assert_eq!(run.check("sick")["failures"], json!(sick));
    let down = failure("status", "200-299", "503 with \"down for \"maintenance\" & <back> soon\"");
    assert_eq!(run.check("down")["failures"], json!([down]));

    let shown = against(&site, &checks, &[]).out;
    for line in ["✗ sick", "expected  true", "got       false", "got       503 with \"down", "0 passed, 2 failed"] {
        assert!(shown.contains(line), "{line} is missing in:\n{shown}");
    }
}

#[test]
fn json_is_a_line_per_check_in_the_order_of_the_plan_and_the_outcome() {
    let site = Site::start();
    let checks =
        get("health", "/health", "") + &get("down", "/down", "") + &get("later", "/health", "after = \"down\"");
    let run = against(&site, &checks, &["--format", "json"]);
    let events = run.events();
    let names: Vec<&str> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
    assert_eq!(names, ["check.passed", "check.failed", "check.skipped", "outcome"]);
    assert!(events.iter().all(|event| event["at"].as_str().unwrap().parse::<jiff::Timestamp>().is_ok()), "{events:?}");
    assert_eq!(events[2]["reason"], "it comes after check \"down\", which failed");
    let outcome = &events[3];
    assert_eq!(outcome["outcome"], "failed");
    assert_eq!(outcome["base_url"], site.url());
    assert_eq!([&outcome["passed"], &outcome["failed"], &outcome["skipped"]], [1, 1, 1]);
    assert!(outcome["duration_ms"].is_u64(), "{outcome}");
    assert_eq!(site.asked().len(), 2, "what is skipped is not sent: {:?}", site.asked());
}

#[test]
fn junit_is_well_formed_and_counts_right() {
    let site = Site::start();
    let checks = get("a <check> & 'more'", "/health", "")
        + &get("down", "/down", "retry = { times = 1, every = \"1ms\" }")
        + &get("later", "/health", "after = \"down\"");
    let run = against(&site, &checks, &["--format", "junit"]);
    assert_eq!(run.code, Some(1));
    let document = roxmltree::Document::parse(&run.out).unwrap_or_else(|error| panic!("{error} in {}", run.out));
    let root = document.root_element();
    let all = root.first_element_child().unwrap();
    for (element, name) in [(root, "testsuites"), (all, "testsuite")] {
        assert_eq!(element.tag_name().name(), name);
        let counts = ["tests", "failures", "skipped", "errors"].map(|count| element.attribute(count).unwrap());
        assert_eq!(counts, ["3", "1", "1", "0"]);
    }
    let cases: Vec<_> = all.children().filter(|node| node.has_tag_name("testcase")).collect();
    let names: Vec<&str> = cases.iter().map(|case| case.attribute("name").unwrap()).collect();
    assert_eq!(names, ["a <check> & 'more'", "down", "later"]);
    assert!(cases.iter().all(|case| case.attribute("time").unwrap().parse::<f64>().is_ok()), "{}", run.out);
    let child = |case: usize, name: &str| cases[case].children().find(|node| node.has_tag_name(name)).unwrap();
    assert!(cases[0].first_element_child().is_none(), "{}", run.out);
    let failure = child(1, "failure");
    let message = "status: expected 200-299, got 503 with \"down for \"maintenance\" & <back> soon\"";
    assert_eq!(failure.attribute("message"), Some(message));
    let text = failure.text().unwrap();
    assert!(text.contains(&format!("GET {}/down, attempt 2", site.url())) && text.contains(message), "{text}");
    let skipped = child(2, "skipped").attribute("message").unwrap();
    assert_eq!(skipped, "it comes after check \"down\", which failed");
}

#[test]
fn a_check_is_tried_until_it_holds() {
    let site = Site::start();
    let run =
        against(&site, &get("slow", "/third-time", "retry = { times = 5, every = \"1ms\" }"), &["--format", "json"]);
    assert_eq!(run.code, Some(0), "{}", run.out);
    assert_eq!(run.check("slow")["attempts"], 3);
    assert_eq!(site.asked().len(), 3);
}

#[test]
fn a_skipped_check_is_not_sent_and_the_reason_is_shown() {
    let site = Site::start();
    let checks = get("health", "/health", "") + &get("down", "/down", "");
    for (format, skip) in FORMATS.iter().zip(["down", "smoke-test:down", "down"]) {
        let reason = "it expects last week's text";
        let run = against(&site, &checks, &["--skip", skip, "--reason", reason, "--format", format]);
        assert_eq!(run.code, Some(0), "{format}: {}{}", run.out, run.err);
        let shown = run.out.replace("&apos;", "'");
        assert!(shown.contains(reason), "{format}: {shown}");
    }
    assert!(site.asked().iter().all(|line| line == "GET /health"), "{:?}", site.asked());
}

#[test]
fn a_check_is_not_skipped_without_a_reason_or_a_check() {
    let site = Site::start();
    let checks = get("health", "/health", "");
    for (arguments, says) in [
        (&["--skip", "health"][..], "--reason"),
        (&["--skip", "health", "--reason", " "], "--reason"),
        (&["--skip", "helth", "--reason", "x"], "health"),
    ] {
        let run = against(&site, &checks, arguments);
        assert_eq!((run.code, run.out.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(run.err.contains(says), "{arguments:?}: {}", run.err);
    }
    assert_eq!(site.asked(), [""; 0]);
}

#[test]
fn secrets_and_captured_values_are_sent_and_never_shown() {
    let site = Site::start();
    let headers = format!(
        r#"headers = {{ X-Api-Key = {{ secret = "{SECRET}" }}, Authorization = "Bearer {{token}}" }}
expect.json = {{ "$.key" = "another", "$.authorization" = "nobody", "$" = 1 }}"#
    );
    let checks = get("login", "/login", r#"capture = { token = { json = "$.token" } }"#)
        + &get("echo", "/echo", &headers)
        + &get("address", "/down", "query = { token = \"{token}\" }");
    let secret = format!("{SECRET}=SMOKE_API_KEY");
    for format in FORMATS {
        let run = against(&site, &checks, &["--secret-env", &secret, "--format", format]);
        assert_eq!(run.code, Some(1), "{format}: {}{}", run.out, run.err);
        for hidden in ["k-0123456789", "token-of-a-session"] {
            assert!(!run.out.contains(hidden) && !run.err.contains(hidden), "{format}: {}{}", run.out, run.err);
        }
        assert!(run.out.contains("•••") && run.out.contains("Bearer •••"), "{format}: {}", run.out);
    }
    assert!(site.asked().contains(&"GET /down?token=token-of-a-session".to_owned()), "{:?}", site.asked());
}

#[test]
fn a_secret_without_a_value_is_named_and_nothing_is_sent() {
    let site = Site::start();
    let checks = get("key", "/echo", &format!("headers = {{ X-Api-Key = {{ secret = \"{SECRET}\" }} }}"));
    let unset = format!("{SECRET}=SMOKE_NOT_SET");
    for (arguments, remedy) in [(&[][..], "--secret-env"), (&["--secret-env", &unset], "set it to")] {
        let run = against(&site, &checks, arguments);
        assert_eq!((run.code, run.out.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(run.err.contains(SECRET) && run.err.contains(remedy), "{}", run.err);
    }
    assert_eq!(site.asked(), [""; 0]);
}

#[test]
fn where_the_checks_go_must_be_said() {
    let checks = get("health", "/health", "");
    let run = self::run(&checks, &[]);
    assert_eq!((run.code, run.out.as_str()), (Some(2), ""));
    assert!(run.err.contains("--base-url"), "{}", run.err);
    for (url, says) in
        [("ftp://localhost", "http:// or https://"), ("localhost:8000", "https://"), ("http://u:p@h", "header")]
    {
        let run = self::run(&checks, &["--base-url", url]);
        assert_eq!((run.code, run.out.as_str()), (Some(2), ""), "{url}");
        assert!(run.err.contains(says), "{url}: {}", run.err);
    }
}

#[test]
fn nobody_answers() {
    // bound, so that nobody else listens there; the next connection is refused as soon as it is free again
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let run = self::run(&get("health", "/health", ""), &["--base-url", &url, "--format", "json"]);
    assert_eq!(run.code, Some(1));
    let failure = &run.check("health")["failures"][0];
    assert_eq!((&failure["what"], &failure["expected"]), (&json!("answer"), &json!("an answer")));
    let actual = failure["actual"].as_str().unwrap();
    assert!(actual.starts_with("no connection: Connection refused"), "{actual}");
}

#[test]
fn a_plan_that_is_wrong_is_refused_with_its_place_and_a_remedy_and_nothing_is_sent() {
    let site = Site::start();
    let good = get("good", "/health", "");
    // (checks that are wrong, in which of their lines, what the message says besides)
    let cases = [
        (get("a", "ftp://shop.example.com/", ""), 3, &["\"ftp\"", "write http:// or https://"][..]),
        (get("a", "health", ""), 3, &["a path that begins with /"]),
        (get("a", "/", r#"expect.json = { "$[" = 1 }"#), 4, &["is not a JSONPath", "RFC 9535"]),
        (get("a", "/", "expect.matches = '('"), 4, &["is not a regular expression", "open group without closing"]),
        (get("a", "/", "expect = { statsu = 200 }"), 4, &["`smoke-test[1].expect.statsu`", "did you mean `status`?"]),
        (
            get("a", "/", r#"expect.json = { "$.a" = { eqals = 1 } }"#),
            4,
            &["unknown assertion", "did you mean `equals`?"],
        ),
        (get("a", "/{token}", ""), 3, &["no check captures {token}", "add capture ="]),
        (
            get("a", "/{token}", "") + &get("b", "/login", r#"capture = { token = { json = "$.token" } }"#),
            3,
            &["{token} is used before check \"b\" captures it", "move this check behind that"],
        ),
        (get("a", "/", "") + &get("a", "/", ""), 6, &["is the name of an earlier check", "give each its own"]),
        ("[[smoke-test]\n".to_owned(), 1, &["not valid TOML"]),
    ];
    for (wrong, line, says) in cases {
        // the good check stands before: nothing of a plan with a mistake is run
        let run = against(&site, &format!("{good}{wrong}"), &[]);
        assert_eq!((run.code, run.out.as_str()), (Some(2), ""), "{wrong}: {}", run.err);
        let place = format!("greenlight.toml:{}:", line + format!("{HEAD}{good}").lines().count());
        for text in says.iter().copied().chain([place.as_str()]) {
            assert!(run.err.contains(text), "{wrong}: {text} is missing in {}", run.err);
        }
    }
    assert_eq!(site.asked(), [""; 0]);
}

#[test]
fn files_that_cannot_be_read_are_named() {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| std::fs::write(directory.path().join(name), bytes).unwrap();
    write("good.toml", format!("{HEAD}{}", get("a", "/", "")).as_bytes());
    write("empty.toml", HEAD.as_bytes());
    write("latin1.toml", b"application = \"shop\"\ncluster = \"caf\xe9\"\n");
    write("ca.pem", b"no certificate");
    for (arguments, says) in [
        (&[][..], &["greenlight.toml", "check the path"][..]),
        (&["."], &["name a file"]),
        (&["latin1.toml"], &["latin1.toml:2", "UTF-8"]),
        (&["empty.toml"], &["empty.toml", "no [[smoke-test]]"]),
        (&["good.toml", "--ca", "ca.pem"], &["ca.pem", "BEGIN CERTIFICATE"]),
        (&["good.toml", "--header", "A=b\nC: d"], &["--header A", "line break"]),
    ] {
        let all: Vec<&str> = arguments.iter().copied().chain(["--base-url", "http://127.0.0.1:9"]).collect();
        let run = run_in(directory.path(), &all);
        assert_eq!((run.code, run.out.as_str()), (Some(2), ""), "{arguments:?}: {}", run.err);
        for text in says {
            assert!(run.err.contains(text), "{arguments:?}: {text} is missing in {}", run.err);
        }
    }
}
