use super::{assert_refused, read, with};
use crate::plan::{Body, CaptureFrom, Expect, Method, Plan, SecretOr, SmokeTest, Statuses};
use proptest::prelude::*;
use std::time::Duration;

/// Every feature at once.
const EVERYTHING: &str = r#"
[smoke-test-defaults]
base-url = "https://green.example.com:8443/app"
headers = { Host = "shop.example.com", Authorization = { secret = "arn:aws:ssm:eu-west-1:123456789012:parameter/token" } }
ca = """
-----BEGIN CERTIFICATE-----
MIIB
-----END CERTIFICATE-----
"""
server-name = "shop.example.com"
timeout = "3s"
concurrency = 8

[[smoke-test]]
name = "health"
get = "/health"
expect = { status = 200, json = { "$.database" = true, "$.cache" = true }, within = "2s" }
retry = { times = 5, every = "3s" }

[[smoke-test]]
name = "log in"
post = "/login"
form = { user = "smoke", password = { secret = "arn:aws:ssm:eu-west-1:123456789012:parameter/password" }, remember = true, days = 3 }
expect = { status = [200, "300-302"], headers = { Set-Cookie = { matches = "^session=" }, X-Debug = { exists = false }, Server = "shop" } }
capture = { session = { matches = 'csrf="([^"]+)"' }, next = { header = "Location" } }
follow-redirects = 2
timeout = "20s"
max-body = "64KiB"

[[smoke-test]]
name = "order"
put = "{next}"
query = { page = 2, of = "{session}" }
headers = { X-Csrf = "{session}" }
json = { item = [1, 2.5, "{session}"], note = { secret = "arn:aws:ssm:eu-west-1:123456789012:parameter/note" }, literal = "{{x}}" }
expect.text = "ok {session}"
expect.contains = ["a", "{session}"]
expect.matches = ['\d{2}', "b"]
expect.json."$.total" = { above = 1, at-most = 9.5 }
expect.json."$.items[*].id" = { count = 3, at-least = 1 }
expect.json."$.items[?@.price > 3].name" = { exists = true, matches = "^[a-z]+$" }
expect.json."$.nothing" = { exists = false }
expect.json."$['two words']" = { equals = { a = [1, "{session}"] } }
expect.json."$.none" = { equals = "" }
capture = { id = { json = "$.id", show = true } }
after = "health"

[[smoke-test]]
name = "whole"
patch = "https://other.example.com/{id}"
body = "{ not a placeholder }"
after = ["health", "order"]

[[smoke-test]]
name = "gone"
delete = "/orders/{id}"

[[smoke-test]]
name = "head"
head = "/"
expect = { status = "200-204" }
"#;

#[test]
fn everything_is_read_and_travels_in_the_label() {
    let plan = read(EVERYTHING);
    let [health, login, order, whole, gone, head] = plan.smoke_tests.as_slice() else { panic!() };
    assert_eq!(health.expect.within, Some(Duration::from_secs(2)));
    assert_eq!((health.attempts(), health.max_body), (6, SmokeTest::MAX_BODY));
    assert_eq!(login.max_body, 65536);
    let Some(Body::Form(form)) = &login.body else { panic!() };
    assert_eq!(form["remember"], SecretOr::Plain("true".to_owned()));
    assert_eq!(form["days"], SecretOr::Plain("3".to_owned()));
    assert!(matches!(&login.capture["next"].from, CaptureFrom::Header(name) if name == "Location"));
    assert_eq!(order.uses().into_iter().collect::<Vec<_>>(), ["next", "session"]);
    assert_eq!(order.ask.target, "{next}");
    assert_eq!(order.expect.json.len(), 6);
    assert!(order.capture["id"].show);
    assert_eq!(whole.after, ["health", "order"]);
    assert_eq!((whole.expect.clone(), gone.body.clone()), (Expect::default(), None));
    assert_eq!((head.ask.method, head.expect.status.clone()), (Method::Head, Statuses::range(200, 204)));
    assert_eq!(plan.smoke_test_secrets().len(), 3);
    assert_eq!(plan.smoke_test_defaults.concurrency, 8);
}

#[test]
fn a_small_check_is_small_in_the_label() {
    let one = read("[[smoke-test]]\nname = \"health\"\nget = \"/health\"");
    let json = serde_json::to_value(&one.smoke_tests[0]).unwrap();
    assert_eq!(json, serde_json::json!({ "name": "health", "get": "/health", "expect": { "status": ["200-299"] } }));
}

#[test]
fn a_wrong_request_is_refused_with_a_remedy() {
    let check = |more: &str| format!("[[smoke-test]]\nname = \"x\"\n{more}");
    let cases = [
        ("", "greenlight.toml:8:1: `smoke-test[0].get`: is missing; add what to ask for"),
        ("get = \"/\"\npost = \"/\"", "`smoke-test[0].post`: stands beside `get`"),
        ("get = \"health\"", "greenlight.toml:10:7: `smoke-test[0].get`: expected a path that begins with /"),
        (
            "get = \"ftp://x/\"",
            "`smoke-test[0].get`: \"ftp\" is no scheme that can be asked; write http:// or https://",
        ),
        ("get = \"file:/etc/passwd\"", "\"file\" is no scheme that can be asked; write a path or an http(s):// URL"),
        ("get = \"//evil/\"", "begins with two slashes"),
        ("get = \"https://u:p@h/\"", "send them in a header"),
        ("get = \"/#top\"", "what follows a # is never sent"),
        ("gte = \"/\"", "`smoke-test[0].gte`: unknown key; did you mean `get`?"),
        ("get = \"/\"\nbody = \"a\"\njson = 1", "`smoke-test[0].json`: stands beside `body`; a request has one body"),
        ("get = \"/\"\njson = { a = 1979-05-27 }", "JSON has no value like a date"),
        ("get = \"/\"\njson = nan", "JSON has no value like a decimal number"),
        ("get = \"/\"\nquery = { a = [1] }", "`smoke-test[0].query.a`: expected a text in quotes or { secret"),
        ("get = \"/\"\nretry = {}", "`smoke-test[0].retry.times`: is missing"),
        ("get = \"/\"\nretry = { times = 600, every = \"1m\" }", "waits longer than 10m in all"),
        ("get = \"/\"\nmax-body = \"1GiB\"", "expected a size of at most 8 MiB"),
        ("get = \"/\"\nmax-body = 0", "expected a size of at most 8 MiB"),
        ("get = \"/\"\nfollow-redirects = true", "expected a whole number from 0 to 20, not true or false"),
        ("get = \"/\"\nafter = \"y\"", "there is no earlier check \"y\""),
        ("head = \"/\"\nexpect = { contains = \"a\" }", "an answer to HEAD has no body"),
        (
            "get = \"/\"\n[[smoke-test]]\nname = \"x\"\nget = \"/\"",
            "`smoke-test[1].name`: \"x\" is the name of an earlier",
        ),
        ("get = \"/\"\n[smoke-test-defaults]\nbase-url = \"shop\"", "`smoke-test-defaults.base-url`: expected a URL"),
        ("get = \"/\"\n[smoke-test-defaults]\nbase-url = \"ws://shop\"", "\"ws\" is no scheme"),
        ("get = \"/\"\n[smoke-test-defaults]\nbase-url = \"http://shop?a\"", "a base URL has no query"),
    ];
    for (more, expected) in cases {
        assert_refused(&[(&check(more), expected)]);
    }
    assert_refused(&[("smoke-test = 3", "`smoke-test`: expected a list of tables: [[smoke-test]], not a number")]);
}

#[test]
fn a_wrong_expectation_is_refused_with_a_remedy() {
    let cases = [
        ("statsu = 200", "`smoke-test[0].expect.statsu`: unknown key; did you mean `status`?"),
        ("status = 99", "greenlight.toml:11:10: `smoke-test[0].expect.status`: expected status codes"),
        (
            "matches = '('",
            "`smoke-test[0].expect.matches`: is not a regular expression: found open group without closing",
        ),
        ("matches = '((((a{1,99}){1,99}){1,99}){1,99})'", "takes more than 256 KiB"),
        ("json = { \"$.\" = 1 }", "`smoke-test[0].expect.json.\"$.\"`: is not a JSONPath: at character"),
        ("json = { \"database\" = 1 }", "is not a JSONPath: at character 1"),
        ("json = { \"$.a\" = { eqals = 1 } }", "unknown assertion; did you mean `equals`? (to compare with a table"),
        ("json = { \"$.a\" = {} }", "asserts nothing; there are `equals`"),
        ("json = { \"$.a\" = { above = \"x\" } }", "expected a number, not a text"),
        ("json = { \"$.a\" = { count = -1 } }", "expected a number from 0 to 1000000, not -1"),
        ("json = { \"$.a\" = { exists = false, count = 1 } }", "exists = false leaves nothing to expect more of"),
        ("json = true", "expected a table of what is expected, by JSONPath"),
        ("headers = { a = { exists = 1 } }", "expected true or false, not a number"),
        ("headers = { a = { mathces = \"x\" } }", "unknown assertion; did you mean `matches`?"),
        ("headers = { a = { exists = true, matches = \"x\" } }", "is one too many; expect one thing of a header"),
        ("headers = { \"a:\" = \"x\" }", "is not the name of a header"),
        ("within = 2", "expected a time span with its unit, not a number: write \"2s\""),
    ];
    for (expect, expected) in cases {
        let text = format!("[[smoke-test]]\nname = \"x\"\nget = \"/\"\n[smoke-test.expect]\n{expect}");
        // `expect` begins one line further down than in the other cases.
        let expected = expected.replace("greenlight.toml:11:10", "greenlight.toml:12:10");
        assert_refused(&[(&text, &expected)]);
    }
}

#[test]
fn a_capture_is_used_behind_its_check_alone() {
    let makes = "[[smoke-test]]\nname = \"login\"\nget = \"/\"\ncapture = { token = { json = \"$.token\" } }\n";
    let uses = "[[smoke-test]]\nname = \"me\"\nget = \"/me\"\nheaders = { A = \"Bearer {token}\" }\n";
    read(&format!("{makes}{uses}"));
    let literal = uses.replace("{token}", "{{token}}");
    read(&literal);
    let same = format!("{makes}query = {{ t = \"{{token}}\" }}\n");
    let cases = [
        (
            format!("{uses}{makes}"),
            "greenlight.toml:11:17: `smoke-test[0].headers.A`: {token} is used before check \"login\" captures it; move this check behind that",
        ),
        (
            uses.to_owned(),
            "no check captures {token}; add capture = { token = { json = \"$.token\" } } to an earlier check",
        ),
        (format!("{makes}{}", uses.replace("token", "tokne")), "no check captures {tokne}; did you mean {token}?"),
        (same, "{token} is captured from the answer of this same check"),
        (format!("{makes}{}", makes.replace("login", "again")), "an earlier check captures a value of this name too"),
        (makes.replace("json = \"$.token\"", ""), "says not where the value is"),
        (makes.replace("json = \"$.token\"", "json = \"$[\""), "is not a JSONPath"),
        (makes.replace("json = \"$.token\"", "matches = 'id=\\d+'"), "has no group to take the value from"),
        (makes.replace("json = \"$.token\"", "json = \"$\", header = \"a\""), "stands beside `json`"),
        (makes.replace("token =", "\"a b\" ="), "cannot be a placeholder"),
        (
            uses.replace("headers = { A = \"Bearer {token}\" }", "expect.json.\"$.a\" = { equals = [\"{token}\"] }"),
            "no check captures {token}",
        ),
        (
            uses.replace("headers = { A = \"Bearer {token}\" }", "expect.contains = \"{token}\""),
            "no check captures {token}",
        ),
    ];
    for (text, expected) in cases {
        assert_refused(&[(&text, expected)]);
    }
    // A pattern's braces are its own.
    read(
        &uses
            .replace("headers = { A = \"Bearer {token}\" }", "expect.matches = '\\p{token}|a{2}'")
            .replace("\\p{token}", "a{3}"),
    );
}

proptest! {
    #[test]
    fn no_check_makes_the_reader_panic(
        key in "(get|headers|query|json|form|expect|capture|retry|max-body|after|follow-redirects)",
        value in "(-?[0-9]{1,20}|\"[^\"\\\\\n]{0,12}\"|\\[[0-9,]{0,6}\\]|true|nan|1979-05-27|\\{ [a-z]{1,7} = (\"[$a-z.({]{0,6}\"|[0-9]|\\{ [a-z]{1,7} = \"[$(\\[{]{0,3}\" \\}) \\})",
    ) {
        let _ = Plan::parse(&with(&format!("[[smoke-test]]\nname = \"a\"\n{key} = {value}\n[[smoke-test]]\nname = \"b\"\nget = \"{{a}}\"")), "x");
    }
}
