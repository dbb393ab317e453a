use super::{assert_refused, read};
use crate::lifecycle::LifecycleEvent;
use crate::plan::{AllowedErrors, Scheme, SecretOr, Statuses, WarmUp, WarmUpRequests};
use std::time::Duration;

fn requests(more: &str) -> WarmUpRequests {
    match read(more).warm_up {
        Some(WarmUp::Requests(requests)) => requests,
        other => panic!("{other:?}"),
    }
}

#[test]
fn paths_are_enough() {
    let requests = requests("[warm-up]\npaths = [\"/\"]");
    assert_eq!((requests.concurrency, requests.rounds), (4, 2));
    assert_eq!((requests.timeout, requests.budget), (Duration::from_secs(5), Duration::from_mins(2)));
    assert_eq!((requests.errors, requests.scheme, requests.port), (AllowedErrors::Count(0), Scheme::Http, None));
    assert_eq!(requests.expect.status, Statuses::range(200, 399));
}

#[test]
fn everything_can_be_said() {
    let requests = requests(
        r#"[warm-up]
paths = ["/", "/products/?page=1"]
headers = { Host = "shop.example.com", X-Key = { secret = "arn:aws:ssm:eu-west-1:123456789012:parameter/key" } }
concurrency = 8
rounds = 3
timeout = "2s"
budget = "5m"
errors = "5%"
scheme = "https"
server-name = "shop.example.com"
ca = { secret = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:ca-AbCdEf" }
expect = { status = [200, "300-399", 404] }
port = 8443
"#,
    );
    assert_eq!(requests.errors.of(50), 2);
    assert!(requests.expect.status.contains(404) && !requests.expect.status.contains(204));
    assert_eq!(requests.headers["Host"], SecretOr::Plain("shop.example.com".to_owned()));
    assert_eq!(requests.secrets().len(), 2);
    assert_eq!(requests.port, Some(8443));
}

#[test]
fn a_command_is_a_one_off_task() {
    let plan = read("[warm-up]\ncommand = [\"python\", \"manage.py\", \"warm_cache\"]\ntimeout = \"5m\"");
    let commands = plan.one_off(LifecycleEvent::AfterInstall).unwrap();
    assert_eq!(commands.timeout, Duration::from_mins(5));
    assert_eq!(plan.one_off(LifecycleEvent::BeforeInstall), None);
    assert_eq!(read("[warm-up]\npaths = [\"/\"]").one_off(LifecycleEvent::AfterInstall), None);
}

#[test]
fn what_is_wrong_is_said_with_a_remedy() {
    assert_refused(&[
        ("[warm-up]", "`warm-up.paths`: is missing; add paths = [\"/\"], or command = ["),
        ("[warm-up]\npaths = []", "`warm-up.paths`: is empty; add a path"),
        (
            "[warm-up]\npaths = [\"products\"]",
            "greenlight.toml:9:10: `warm-up.paths[0]`: expected a path that begins with /",
        ),
        ("[warm-up]\npaths = [\"/\"]\ncommand = [\"a\"]", "`warm-up`: has `paths` and a command; keep one of the two"),
        (
            "[warm-up]\ncommand = [\"a\"]\nrounds = 2",
            "`warm-up.rounds`: is about `paths`, and this warm-up runs a command",
        ),
        ("[warm-up]\npaths = [\"/\"]\nretry = { times = 1 }", "`warm-up.retry`: is about a command"),
        (
            "[warm-up]\npaths = [\"/\"]\nconcurency = 2",
            "`warm-up.concurency`: unknown key; did you mean `concurrency`?",
        ),
        ("[warm-up]\npaths = [\"/\"]\nconcurrency = 0", "expected a number from 1 to 64, not 0"),
        ("[warm-up]\npaths = [\"/\"]\nbudget = \"20m\"", "`warm-up.budget`: is more than 13m"),
        ("[warm-up]\npaths = [\"/\"]\nerrors = \"5\"", "`warm-up.errors`: expected a part of a hundred"),
        ("[warm-up]\npaths = [\"/\"]\nerrors = \"101%\"", "`warm-up.errors`: expected a part of a hundred"),
        ("[warm-up]\npaths = [\"/\"]\nerrors = -1", "`warm-up.errors`: expected how many requests may fail"),
        (
            "[warm-up]\npaths = [\"/\"]\nscheme = \"ftp\"",
            "`warm-up.scheme`: \"ftp\" is not known; there are `http`, `https`",
        ),
        ("[warm-up]\npaths = [\"/\"]\nca = \"ca.pem\"\nscheme = \"https\"", "`warm-up.ca`: is no certificate"),
        ("[warm-up]\npaths = [\"/\"]\nserver-name = \"x\"", "`warm-up.server-name`: is about TLS"),
        (
            "[warm-up]\npaths = [\"/\"]\nscheme = \"https\"\nserver-name = \"https://x\"",
            "`warm-up.server-name`: expected the name of a host alone",
        ),
        ("[warm-up]\npaths = [\"/\"]\nheaders = { \"a b\" = \"x\" }", "is not the name of a header"),
        ("[warm-up]\npaths = [\"/\"]\nheaders = { a = \"x\\ny\" }", "a header is one line"),
        ("[warm-up]\npaths = [\"/\"]\nheaders = { a = \"1\", A = \"2\" }", "in another spelling"),
        ("[warm-up]\npaths = [\"/\"]\nheaders = { Content-Length = \"1\" }", "follows from the request itself"),
        (
            "[warm-up]\npaths = [\"/\"]\nheaders = { a = { secret = \"arn:aws:s3:::bucket\" } }",
            "`warm-up.headers.a.secret`: is not the ARN of an SSM parameter or a Secrets Manager secret",
        ),
        ("[warm-up]\npaths = [\"/\"]\nexpect = { status = \"299-200\" }", "expected status codes from 100 to 599"),
        ("[warm-up]\npaths = [\"/\"]\nexpect = { status = [] }", "`warm-up.expect.status`: is empty"),
    ]);
}
