mod finish;
mod freeze;
mod jobs;
mod rollback;
mod smoke_test;
mod validate;
mod warm_up;

use super::*;
use proptest::prelude::*;

const MINIMAL: &str = r#"
application = "django-app"
deployment-group = "production"
cluster = "production-cluster"
service = "django-web"
container = "web"
port = 8000
"#;

fn with(more: &str) -> String {
    format!("{MINIMAL}{more}")
}

fn refused(text: &str) -> String {
    Plan::parse(text, "greenlight.toml").expect_err("must be refused").to_string()
}

#[test]
fn a_minimal_plan_is_enough() {
    let plan = Plan::parse(MINIMAL, "greenlight.toml").unwrap();
    assert_eq!((plan.application.as_str(), plan.port), ("django-app", 8000));
    assert_eq!((plan.migrate, plan.rehearsal, plan.logs), (None, None, None));
}

#[test]
fn where_ecs_deploys_by_itself_hooks_may_take_hours() {
    let own = MINIMAL.lines().filter(|line| !line.starts_with("application") && !line.starts_with("deployment-group"));
    let own = own.collect::<Vec<_>>().join("\n");
    let migrate = |timeout: &str| format!("[migrate]\ncommand = [\"migrate\"]\ntimeout = \"{timeout}\"\n");
    let plan = Plan::parse(&format!("{own}\n{}", migrate("8h")), "greenlight.toml").unwrap();
    assert_eq!((plan.application.as_str(), plan.deployment_group.as_str()), ("", ""));
    assert_eq!(Plan::from_label(&plan.embed().unwrap()), Ok(plan));
    let message = refused(&format!("{own}\n{}", migrate("24h")));
    assert!(message.contains("ECS's day leaves 23h 55m"), "{message}");
    let message = refused(&with(&migrate("8h")));
    assert!(message.contains("CodeDeploy's hour leaves 55m"), "{message}");
    let half = refused(&format!("application = \"shop\"\n{own}"));
    assert!(half.contains("deployment-group"), "{half}");
}

#[test]
fn a_whole_plan_is_read() {
    let plan = Plan::parse(
        &with(
            r#"
task-definition = "taskdef.json"
[logs]
link = "https://logs.example.com/{task}/{container}?of={task-definition}"
[migrate]
commands = [["python", "manage.py", "migrate", "--noinput"], ["python", "manage.py", "check"]]
timeout = "5m30s"
retry = { times = 2, exit-codes = [75], log-lines = ["lock timeout"], wait = "20s" }
[rehearsal]
blue = "app:v1"
green = "app:v2"
secrets = { "arn:aws:ssm:us-east-1:123456789012:parameter/prod/key" = "rehearsal-only" }
setup = [["python", "manage.py", "migrate"]]
desired-count = 3
deployment-config = "CodeDeployDefault.ECSCanary10Percent5Minutes"
termination-wait = "1h"
health-check-path = "/health"
paths = ["/", "/products/"]
alarms = ["app-5xx"]
services = { "app-worker" = { task-definition = "worker.json" } }
task-definitions = ["job.json"]
[rehearsal.images."app:v1"]
directory = "v1"
command = ["gunicorn", "-b", "{ip}:{port}"]
environment = { DEBUG = "" }
[rehearsal.images."app:v2"]
directory = "v2"
command = ["gunicorn"]
"#,
        ),
        "greenlight.toml",
    )
    .unwrap();
    let migrate = plan.migrate.unwrap();
    assert_eq!(migrate.commands.len(), 2);
    assert_eq!(migrate.timeout, Duration::from_secs(330));
    assert_eq!(migrate.attempts(), 3);
    assert_eq!(migrate.retry.unwrap().wait, Duration::from_secs(20));
    let rehearsal = plan.rehearsal.unwrap();
    assert_eq!(rehearsal.termination_wait, Duration::from_hours(1));
    assert_eq!(rehearsal.images["app:v1"].environment["DEBUG"], "");
    assert_eq!(rehearsal.alarms, ["app-5xx"]);
    let worker = &rehearsal.services["app-worker"];
    assert_eq!((worker.task_definition.as_str(), worker.desired_count), ("worker.json", 1));
    assert_eq!(rehearsal.task_definitions, ["job.json"]);
    assert_eq!(plan.logs.unwrap().link("t1", "web", "app:3"), "https://logs.example.com/t1/web?of=app:3");
}

#[test]
fn one_command_may_stand_alone() {
    let plan = Plan::parse(&with("[migrate]\ncommand = [\"./migrate\"]"), "greenlight.toml").unwrap();
    let migrate = plan.migrate.unwrap();
    assert_eq!(migrate.commands, [["./migrate"]]);
    assert_eq!(migrate.timeout, OneOffCommands::TIMEOUT);
}

/// What is written after the minimal plan (its first line is line 8), and what the refusal must say.
#[test]
fn a_wrong_value_is_refused_with_its_place_and_a_remedy() {
    let cases = [
        ("[migrate]\ntimeuot = \"1m\"", "greenlight.toml:9:1: `migrate.timeuot`: unknown key; did you mean `timeout`?"),
        ("[jobs]\nx = 1", "greenlight.toml:9:5: `jobs.x`: expected a table, not a number"),
        (
            "[migrate]\ncommand = [\"a\"]\ntimeout = 30",
            "greenlight.toml:10:11: `migrate.timeout`: expected a time span with its unit, not a number: write \"30s\"",
        ),
        ("[migrate]\ncommand = [\"a\"]\ntimeout = \"-3m\"", "`migrate.timeout`: expected a time span such as \"30s\""),
        ("[migrate]\ncommand = [\"a\"]\ntimeout = \"0s\"", "`migrate.timeout`: must be longer than nothing"),
        ("[migrate]\ncommand = [\"a\"]\ntimeout = \"soon\"", "`migrate.timeout`: expected a time span such as"),
        ("[migrate]\ncommand = \"manage.py migrate\"", "`migrate.command`: expected a command as a list of texts"),
        ("[migrate]\ncommand = []", "`migrate.command`: a command needs a program"),
        ("[migrate]\ncommand = [\"\"]", "`migrate.command[0]`: must not be empty"),
        ("[migrate]\ncommands = []", "`migrate.commands`: is empty; take out [migrate]"),
        ("[migrate]\ncommands = [[\"a\"], \"b\"]", "`migrate.commands[1]`: expected a command as a list of texts"),
        ("[migrate]\ncommand = [\"a\"]\ncommands = [[\"a\"]]", "`migrate.command`: stands beside `commands`; keep one"),
        ("[migrate]\ntimeout = \"1m\"", "`migrate.command`: is missing; add command = ["),
        (
            "[migrate]\ncommand = [\"a\"]\nretry = { times = 2 }",
            "`migrate.retry`: says nothing about when to try again",
        ),
        (
            "[migrate]\ncommand = [\"a\"]\nretry = { times = 2, exit-codes = [0] }",
            "`migrate.retry.exit-codes[0]`: expected a number from 1 to 255, not 0",
        ),
        ("[logs]\nlink = \"https://x/{tsak}\"", "`logs.link`: unknown placeholder {tsak}; did you mean `task`?"),
        ("logs = 3", "`logs`: expected a table, not a number"),
        ("aplication = \"x\"", "greenlight.toml:8:1: `aplication`: unknown key; did you mean `application`?"),
        ("port = 3", "greenlight.toml:8:1: not valid TOML: duplicate key `port`; keep one of the two"),
        ("[migrate", "greenlight.toml:8:"),
    ];
    for (more, expected) in cases {
        let message = refused(&with(more));
        assert!(message.contains(expected), "{more}\nwas refused with\n{message}\nwhich lacks\n{expected}");
    }
}

#[test]
fn a_test_rule_says_what_it_wants_of_a_request() {
    let text = |rule: &str| {
        let image = "[rehearsal.images.\"a:1\"]\ndirectory = \"v1\"\ncommand = [\"run\"]";
        with(&format!("[rehearsal]\nblue = \"a:1\"\ngreen = \"a:1\"\n{rule}\n{image}"))
    };
    let read = |rule: &str| Plan::parse(&text(rule), "greenlight.toml").unwrap().rehearsal.unwrap().test_rule;
    assert_eq!(read(""), None);
    let header = Some(("x-ecs-test".to_owned(), "1".to_owned()));
    let rule = read("test-rule = { header = \"x-ecs-test\", value = \"1\" }").unwrap();
    assert_eq!(rule, TestRule { header, host: None, path: None });
    let rule = read("test-rule = { host = \"green.example.com\", path = \"/green/*\" }").unwrap();
    assert_eq!((rule.host.as_deref(), rule.path.as_deref()), (Some("green.example.com"), Some("/green/*")));

    let long = format!("{{ header = \"x\", value = \"{}\" }}", "v".repeat(129));
    for (rule, expected) in [
        ("{}", "`rehearsal.test-rule`: wants nothing of a request; write { header = "),
        ("{ header = \"x-ecs-test\" }", "`rehearsal.test-rule.value`: is missing"),
        ("{ value = \"1\" }", "`rehearsal.test-rule.value`: is the value of a header that has no name"),
        ("{ header = \"Host\", value = \"a.example.com\" }", "write host = "),
        ("{ header = \"x test\", value = \"1\" }", "`rehearsal.test-rule.header`: expected a header's name"),
        ("{ header = \"x-test\", value = \"\" }", "`rehearsal.test-rule.value`: must not be empty"),
        ("{ host = \"localhost\" }", "`rehearsal.test-rule.host`: expected the name of a host"),
        ("{ header = \"x-test\", value = \"g*\" }", "`rehearsal.test-rule.value`: has a wildcard"),
        ("{ host = \"*.example.com\" }", "`rehearsal.test-rule.host`: has a wildcard"),
        ("{ host = \"10.0.0.1\" }", "expected the name of a host"),
        ("{ path = \"green\" }", "`rehearsal.test-rule.path`: expected a path that begins with /"),
        ("{ headers = \"x\" }", "did you mean `header`?"),
        ("\"x-ecs-test\"", "`rehearsal.test-rule`: expected"),
        (long.as_str(), "at most 128 characters"),
        ("{ path = \"/\" }\ntest-listener = false", "`test-listener = false` says that there is none"),
    ] {
        let message = refused(&text(&format!("test-rule = {rule}")));
        assert!(message.contains(expected), "{rule}: {message}");
        assert!(message.contains("greenlight.toml:11"), "{rule}: {message}");
    }
}

#[test]
fn a_wrong_rehearsal_is_refused() {
    let rehearsal = |more: &str, image: &str| {
        with(&format!("[rehearsal]\nblue = \"a:1\"\ngreen = \"a:1\"\n{more}\n[rehearsal.images.\"a:1\"]\n{image}"))
    };
    let image = "directory = \"v1\"\ncommand = [\"run\"]";
    assert!(Plan::parse(&rehearsal("", image), "x").is_ok());
    let cases = [
        (rehearsal("termination-wait = \"90s\"", image), "CodeDeploy counts whole minutes"),
        (rehearsal("termination-wait = \"48h\"", image), "at most 2800 minutes"),
        (rehearsal("desired-count = 0", image), "`rehearsal.desired-count`: expected a number from 1 to 200, not 0"),
        (rehearsal("health-check-path = \"health\"", image), "expected a path that begins with /"),
        (rehearsal("paths = [\"products/\"]", image), "expected a path that begins with /"),
        (rehearsal("paths = []", image), "is empty"),
        (rehearsal("services = [\"worker\"]", image), "expected a table per service"),
        (rehearsal("deployment = { ready-wait = \"90s\" }", image), "CodeDeploy counts whole minutes"),
        (rehearsal("deployment = { ready-wait = \"0m\" }", image), "a deployment waits 1 to 2880 minutes"),
        (rehearsal("deployment = { continue-after = \"5m\" }", image), "continues a wait, and there is none"),
        (rehearsal("deployment = { traffic = { interval = \"5m\" } }", image), "says nothing about the steps"),
        (
            rehearsal("deployment = { traffic = { linear = 100, interval = \"5m\" } }", image),
            "expected a number from 1 to 99",
        ),
        (rehearsal("deployment = { traffic = { linear = 10, canary = 10 } }", image), "keep one of the two"),
        (
            rehearsal("deployment = { traffic = { linear = 10 } }", image),
            "`rehearsal.deployment.traffic.interval`: is missing",
        ),
        (rehearsal("deployment = { keep-blue = 1 }", image), "`rehearsal.deployment.keep-blue`: expected"),
        (rehearsal("services = { worker = {} }", image), "`rehearsal.services.\"worker\".task-definition`: is missing"),
        (
            rehearsal("services = { worker = { task-definition = \"w.json\", desired-count = 0 } }", image),
            "`rehearsal.services.\"worker\".desired-count`: expected a number from 1 to 200",
        ),
        (rehearsal("paths = \"/\"", image), "expected a list of paths"),
        (
            rehearsal("", "directory = \" \"\ncommand = [\"run\"]"),
            "`rehearsal.images.\"a:1\".directory`: must not be empty",
        ),
        (rehearsal("", "directory = \"v1\""), "`rehearsal.images.\"a:1\".command`: is missing"),
        (
            rehearsal("", "directory = \"v1\"\ncommand = [\"run\"]\nenvironment = { A = 1 }"),
            ".environment.A`: expected a text in quotes, not a number",
        ),
        (
            rehearsal("", image).replace("green = \"a:1\"", "green = \"a:2\""),
            "`rehearsal.green`: there is no [rehearsal.images.\"a:2\"]; did you mean `a:1`?",
        ),
        (with("[rehearsal]\nblue = \"a\"\ngreen = \"a\""), "`rehearsal.images`: is missing"),
    ];
    for (text, expected) in cases {
        let message = refused(&text);
        assert!(message.contains(expected), "{text}\nwas refused with\n{message}\nwhich lacks\n{expected}");
    }
}

#[test]
fn everything_wrong_is_said_at_once_in_the_order_of_the_file() {
    let message = refused("cluster = \"\"\nport = 70000\nservice = 7\n");
    let lines: Vec<&str> = message.lines().collect();
    assert!(lines.iter().all(|line| line.starts_with("greenlight.toml:")), "{message}");
    assert!(lines.iter().any(|line| line.contains("`container`: is missing")), "{message}");
    let places: Vec<usize> = ["`cluster`", "`port`", "`service`"]
        .iter()
        .map(|key| lines.iter().position(|line| line.contains(key)).unwrap())
        .collect();
    assert!(places.is_sorted(), "{message}");
}

#[test]
fn migrations_that_cannot_end_in_time_are_refused_with_the_arithmetic() {
    let fits = "[migrate]\ncommand = [\"a\"]\ntimeout = \"52m\"";
    assert!(Plan::parse(&with(fits), "x").is_ok());
    let message = refused(&with("[migrate]\ncommands = [[\"a\"], [\"b\"]]\ntimeout = \"30m\""));
    assert!(message.contains("2 command(s) × (1 attempt(s) × (30m timeout + 3m to stop)) = 1h 6m"), "{message}");
    let message = refused(&with(
        "[migrate]\ncommand = [\"a\"]\ntimeout = \"15m\"\nretry = { times = 2, exit-codes = [1], wait = \"1m\" }",
    ));
    assert!(
        message.contains("1 command(s) × (3 attempt(s) × (15m timeout + 3m to stop) + 2 × 1m wait) = 56m"),
        "{message}"
    );
}

#[test]
fn the_rehearsal_stays_out_of_the_label() {
    let text =
        with("[rehearsal]\nblue = \"a\"\ngreen = \"a\"\n[rehearsal.images.a]\ndirectory = \".\"\ncommand = [\"x\"]");
    let plan = Plan::parse(&text, "x").unwrap();
    let back = Plan::from_label(&plan.embed().unwrap()).unwrap();
    assert_eq!(back, Plan { rehearsal: None, ..plan });
}

#[test]
fn a_label_that_is_none_is_refused() {
    let bomb = {
        use base64::Engine as _;
        use std::io::Write as _;
        let mut packer = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
        packer.write_all(&vec![b' '; 8 * 1024 * 1024]).unwrap();
        format!("v1.{}", base64::engine::general_purpose::STANDARD.encode(packer.finish().unwrap()))
    };
    let unknown = {
        use base64::Engine as _;
        use std::io::Write as _;
        let mut packer = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
        packer.write_all(br#"{"application":"a","job":{}}"#).unwrap();
        format!("v1.{}", base64::engine::general_purpose::STANDARD.encode(packer.finish().unwrap()))
    };
    let cases = [
        ("", "does not begin with v1."),
        ("v2.abc", "does not begin with v1."),
        ("v1.???", "not base64"),
        ("v1.AAAA", "cannot be unpacked"),
        (bomb.as_str(), "more than 1 MiB"),
        (unknown.as_str(), "`job`: unknown key; did you mean `jobs`?"),
    ];
    for (label, expected) in cases {
        let message = Plan::from_label(label).unwrap_err().to_string();
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn a_plan_too_large_for_a_task_definition_is_refused_with_its_size() {
    // Text without repetition, so that packing does not help.
    let mut state = 1_u64;
    let noise: String = (0..80_000)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            char::from(b'a' + u8::try_from((state >> 40) % 26).unwrap())
        })
        .collect();
    let plan = Plan::parse(&with(&format!("[migrate]\ncommand = [\"a\", \"{noise}\"]")), "x").unwrap();
    let message = plan.embed().unwrap_err().to_string();
    assert!(message.contains("at most 49152 fit"), "{message}");
}

#[test]
fn the_variable_holds_either_form() {
    let plan = Plan::from_variable(MINIMAL).unwrap();
    assert_eq!(Plan::from_variable(&plan.embed().unwrap()).unwrap(), plan);
    let message = Plan::from_variable("port = 0").unwrap_err().to_string();
    assert!(message.contains("GREENLIGHT_PLAN:1:8: `port`"), "{message}");
}

/// Reads `more` behind a minimal plan; what is embedded must come back as it was.
fn read(more: &str) -> Plan {
    let plan = Plan::parse(&with(more), "greenlight.toml").unwrap_or_else(|error| panic!("{more}\n{error}"));
    assert_eq!(Plan::from_label(&plan.embed().unwrap()).as_ref(), Ok(&plan), "{more}");
    plan
}

/// Every refusal names the file and says what is expected of it.
fn assert_refused(cases: &[(&str, &str)]) {
    for (more, expected) in cases {
        let message = refused(&with(more));
        assert!(message.contains(expected), "{more}\nwas refused with\n{message}\nwhich lacks\n{expected}");
        assert!(message.lines().all(|line| line.starts_with("greenlight.toml:")), "{message}");
    }
}

fn a_name() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9äß{}\"\\\\'=#-]{1,24}"
}

prop_compose! {
    fn a_migration()(
        commands in prop::collection::vec(prop::collection::vec(a_name(), 1..4), 1..3),
        timeout in 1_u64..240,
        milliseconds in 0_u64..1000,
        retry in prop::option::of((1_u32..4, prop::collection::vec(1_i32..256, 1..3), prop::collection::vec(a_name(), 0..3), 0_u64..60)),
    ) -> OneOffCommands {
        OneOffCommands {
            commands,
            timeout: Duration::from_secs(timeout) + Duration::from_millis(milliseconds),
            retry: retry.map(|(times, exit_codes, log_lines, wait)| Retry { times, exit_codes, log_lines, wait: Duration::from_secs(wait) }),
        }
    }
}

prop_compose! {
    fn a_plan()(
        names in prop::array::uniform5(a_name()),
        task_definition in prop::option::of(a_name()),
        port in 1_u16..,
        migrate in prop::option::of(a_migration()),
        logs in prop::option::of("[a-z:/?=]{1,20}"),
    ) -> Plan {
        let [application, deployment_group, cluster, service, container] = names;
        let logs = logs.map(|link| Logs { link: format!("{link}{{task}}") });
        Plan {
            application,
            deployment_group,
            cluster,
            service,
            task_definition,
            container,
            port,
            logs,
            migrate,
            warm_up: None,
            smoke_test_defaults: SmokeTestDefaults::default(),
            smoke_tests: Vec::new(),
            validate: None,
            freeze: None,
            finish: None,
            rollback: None,
            jobs: BTreeMap::new(),
            rehearsal: None,
        }
    }
}

proptest! {
    #[test]
    fn what_is_embedded_comes_back(plan in a_plan()) {
        let fits = plan.migrate.as_ref().is_none_or(|migrate| migrate.longest() <= LONGEST_HOOK);
        match Plan::from_label(&plan.embed().unwrap()) {
            Ok(back) => prop_assert_eq!(back, plan),
            Err(error) => prop_assert!(!fits, "{}", error),
        }
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "\\PC{0,200}") {
        let _ = Plan::parse(&text, "x");
        let _ = Plan::from_label(&text);
        let _ = Plan::from_label(&format!("v1.{text}"));
    }

    #[test]
    fn no_value_makes_the_reader_panic(key in "[a-z-]{1,12}", value in "(-?[0-9]{1,20}|\"[^\"\\\\\n]{0,12}\"|\\[[0-9,]{0,6}\\]|true|1979-05-27|[0-9]\\.[0-9]|\\{ [a-z]{1,7} = 1 \\})") {
        let _ = Plan::parse(&with(&format!("[migrate]\ncommand = {value}\ntimeout = {value}\n{key} = {value}\n[rehearsal]\nimages = {value}")), "x");
    }
}
