use super::{
    CheckResult, Next, Outcome, Queue, Report, Request, Response, Values, capture, evaluate, redirect, resolve,
};
use crate::plan::{Method, Plan};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::time::Duration;

const ARN: &str = "arn:aws:ssm:eu-west-1:123456789012:parameter/token";

fn plan(checks: &str) -> Plan {
    let text = format!(
        "application = \"a\"\ndeployment-group = \"b\"\ncluster = \"c\"\nservice = \"d\"\ncontainer = \"e\"\nport = 1\n{checks}"
    );
    Plan::parse(&text, "x").unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn values() -> Values {
    Values::new(BTreeMap::from([(ARN.to_owned(), "s3cret-value\n".to_owned())]))
}

fn response(status: u16, headers: &[(&str, &str)], body: &str) -> Response {
    Response {
        status,
        headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        body: body.as_bytes().to_vec(),
        cut: false,
        took: Duration::from_millis(20),
    }
}

/// What is wrong with `answer` if `expect` is expected.
fn failures(expect: &str, answer: &Response) -> Vec<String> {
    let plan = plan(&format!("[[smoke-test]]\nname = \"x\"\nget = \"/\"\n[smoke-test.expect]\n{expect}"));
    evaluate(&plan.smoke_tests[0], answer, &values()).iter().map(ToString::to_string).collect()
}

#[test]
fn an_answer_is_held_against_everything_that_is_expected() {
    let html = [("Content-Type", "text/html"), ("Set-Cookie", "a=1"), ("set-cookie", "b=2")];
    let table: [(&str, Response, &[&str]); 17] = [
        ("", response(204, &[], ""), &[]),
        ("", response(302, &[], ""), &["status: expected 200-299, got 302"]),
        (
            "",
            response(302, &[("location", "/login")], "<html>moved</html>"),
            &["status: expected 200-299, got 302, a redirect to \"/login\""],
        ),
        (
            "status = [200, \"301-302\"]",
            response(503, &[], "down\nfor now"),
            &["status: expected 200, 301-302, got 503 with \"down for now\""],
        ),
        ("within = \"10ms\"", response(200, &[], ""), &["time: expected at most 10ms, got 20ms"]),
        ("headers.content-type = \"text/html\"", response(200, &html, ""), &[]),
        (
            "headers.content-type = \"text/plain\"",
            response(200, &html, ""),
            &["header content-type: expected \"text/plain\", got \"text/html\""],
        ),
        ("headers.set-cookie = { matches = '^a=.*b=' }", response(200, &html, ""), &[]),
        (
            "headers.x = { matches = 'a' }",
            response(200, &[], ""),
            &["header x: expected a match of /a/, got no such header"],
        ),
        (
            "headers.x = { exists = true }",
            response(200, &[], ""),
            &["header x: expected to be there, got no such header"],
        ),
        (
            "headers.x = { exists = false }",
            response(200, &[("X", "1")], ""),
            &["header x: expected not to be there, got \"1\""],
        ),
        ("text = \"ok\"", response(200, &[], "ok\n"), &[]),
        ("text = \"\"", response(200, &[], "more"), &["text: expected \"\", got \"more\""]),
        ("contains = [\"a\", \"z\"]", response(200, &[], "abc"), &["body: expected to contain \"z\", got \"abc\""]),
        ("matches = 'a(?i)B'", response(200, &[], "xabx"), &[]),
        ("matches = '^b'", response(200, &[], ""), &["body: expected a match of /^b/, got an empty body"]),
        ("json = { \"$.a\" = 1 }", response(200, &[], "<html>"), &["body: expected JSON, got \"<html>\""]),
    ];
    for (expect, answer, expected) in table {
        assert_eq!(failures(expect, &answer), expected, "{expect}");
    }
}

#[test]
fn values_in_json_are_held_against_everything_that_is_expected() {
    let body = r#"{"database": true, "cache": false, "n": 3, "f": 1.0, "name": "blue", "none": null, "list": [1, 2, 3],
                   "items": [{"id": 1, "price": 5}, {"id": 2, "price": 15}], "o": {"a": [1, {"b": 2}]}}"#;
    let table: [(&str, &[&str]); 27] = [
        ("\"$.database\" = true", &[]),
        ("\"$.cache\" = true", &["json $.cache: expected true, got false"]),
        ("\"$.gone\" = true", &["json $.gone: expected true, got no value"]),
        ("\"$.f\" = 1", &[]),
        ("\"$.n\" = 3.0", &[]),
        ("\"$.n\" = \"3\"", &["json $.n: expected \"3\", got 3"]),
        ("\"$.none\" = { exists = true }", &[]),
        ("\"$.gone\" = { exists = false }", &[]),
        ("\"$.n\" = { exists = false }", &["json $.n: expected no value, got 3"]),
        ("\"$.gone\" = { exists = true }", &["json $.gone: expected a value, got no value"]),
        ("\"$.n\" = { above = 2, below = 4, at-least = 3, at-most = 3 }", &[]),
        ("\"$.n\" = { above = 3, at-most = 2.5 }", &["json $.n: expected above 3 and at most 2.5, got 3"]),
        ("\"$.name\" = { above = 1 }", &["json $.name: expected a number, got \"blue\""]),
        ("\"$.gone\" = { above = 1 }", &["json $.gone: expected a number, got no value"]),
        ("\"$.list\" = { count = 3 }", &[]),
        ("\"$.list\" = { count = 1 }", &["json $.list: expected 1 value, got 3 values: [1,2,3]"]),
        ("\"$.n\" = { count = 0 }", &["json $.n: expected 0 values, got 1 value: 3"]),
        ("\"$.gone\" = { count = 2 }", &["json $.gone: expected 2 values, got no value"]),
        ("\"$.items[*]\" = { count = 2 }", &[]),
        ("\"$.items[*].id\" = { count = 3 }", &["json $.items[*].id: expected 3 values, got 2 values: 1, 2"]),
        ("\"$.items[?@.price > 10].id\" = 2", &[]),
        ("\"$.items[*].price\" = { below = 10 }", &["json $.items[*].price: expected below 10, got 15"]),
        ("\"$.items[*].id\" = 1", &["json $.items[*].id: expected 1, got 2 values: 1, 2"]),
        ("\"$.o\" = { equals = { a = [1, { b = 2.0 }] } }", &[]),
        ("\"$.name\" = { matches = '^bl' }", &[]),
        ("\"$.n\" = { matches = '3' }", &["json $.n: expected a text that matches /3/, got 3"]),
        ("\"$.items[?match(@.id, 'x')]\" = { count = 0 }", &[]),
    ];
    for (expect, expected) in table {
        assert_eq!(failures(&format!("json = {{ {expect} }}"), &response(200, &[], body)), expected, "{expect}");
    }
}

#[test]
fn what_is_shown_is_short_and_masked() {
    let shown = failures("contains = \"x\"", &response(200, &[], &"ü".repeat(10_000)));
    assert!(shown[0].chars().count() < 300 && shown[0].ends_with("…\""), "{shown:?}");
    let shown = failures("json = { \"$.token\" = 1 }", &response(200, &[], r#"{"token":"s3cret-value"}"#));
    assert_eq!(shown, ["json $.token: expected 1, got \"•••\""]);
    let cut = Response { cut: true, ..response(200, &[], "{") };
    assert_eq!(failures("contains = \"x\"", &cut), ["body: expected at most 1048576 bytes (max-body), got more"]);
    assert!(failures("status = 200", &cut).is_empty(), "nobody looks at the body");
}

fn request(checks: &str, values: &Values) -> Result<Request, String> {
    let plan = plan(checks);
    resolve(plan.smoke_tests.last().unwrap(), &plan.smoke_test_defaults, "http://lb:9000/app/", values)
}

const DEFAULTS: &str = "[smoke-test-defaults]\nheaders = { Host = \"shop\", X-Key = { secret = \"arn:aws:ssm:eu-west-1:123456789012:parameter/token\" } }\n\
                        server-name = \"shop\"\ntimeout = \"4s\"\n[[smoke-test]]\nname = \"x\"\n";

#[test]
fn a_request_has_what_the_plan_says() {
    let ask = "get = \"/ü?a=b\"\nquery = { q = \"x y\", t = true }\nheaders = { host = \"other\" }\n";
    let made = request(&format!("{DEFAULTS}{ask}"), &values()).unwrap();
    assert_eq!(made.url, "http://lb:9000/app/%C3%BC?a=b&q=x%20y&t=true");
    assert_eq!(
        made.headers,
        [("X-Key".to_owned(), "s3cret-value".to_owned()), ("host".to_owned(), "other".to_owned())]
    );
    assert_eq!((made.method, made.body.as_deref(), made.timeout), (Method::Get, None, Duration::from_secs(4)));
    assert_eq!(made.server_name.as_deref(), Some("shop"));
    assert!(!format!("{made:?}").contains("s3cret"));

    let made = request(&format!("{DEFAULTS}get = \"https://elsewhere/\""), &values()).unwrap();
    assert_eq!((made.headers.as_slice(), made.server_name), (&[][..], None), "nothing of ours goes to others");

    let bodies = [
        ("form = { a = \"1&2\", b = \"ä\" }", "a=1%262&b=%C3%A4", "application/x-www-form-urlencoded"),
        (
            "json = { a = [1, { secret = \"arn:aws:ssm:eu-west-1:123456789012:parameter/token\" }] }",
            "{\"a\":[1,\"s3cret-value\\n\"]}",
            "application/json",
        ),
        ("body = \"{ as it is }\"", "{ as it is }", "text/plain; charset=utf-8"),
        ("body = \"<a/>\"\nheaders = { Content-Type = \"text/xml\" }", "<a/>", "text/xml"),
    ];
    for (body, expected, content_type) in bodies {
        let made = request(&format!("[[smoke-test]]\nname = \"x\"\npost = \"/\"\n{body}"), &values()).unwrap();
        assert_eq!(String::from_utf8(made.body.clone().unwrap()).unwrap(), expected);
        assert_eq!(made.header("content-type"), Some(content_type));
    }
    let missing = request(&format!("{DEFAULTS}get = \"/\""), &Values::default()).unwrap_err();
    assert_eq!(missing, "header X-Key: the value of arn:aws:ssm:eu-west-1:123456789012:parameter/token was not read");
}

const TWO: &str = "[[smoke-test]]\nname = \"login\"\nget = \"/\"\ncapture = { id = { json = \"$.id\" }, next = { header = \"Location\" }, \
                   token = { matches = 'token=(\\w+)' } }\n[[smoke-test]]\nname = \"then\"\n";

#[test]
fn captured_values_are_filled_in() {
    let mut values = values();
    let login = &plan(&format!("{TWO}get = \"/\"")).smoke_tests[0];
    let answer = response(200, &[("location", "/a b/?x=1")], "{\"id\": 7, \"s\": \"token=abc12345\"}");
    assert_eq!(capture(login, &answer, &mut values), []);
    let made = request(
        &format!("{TWO}put = \"{{next}}\"\njson = [\"{{id}}\", \"no {{id}}\"]\nquery.t = \"{{token}}\""),
        &values,
    );
    let made = made.unwrap();
    assert_eq!(made.url, "http://lb:9000/app/a%20b/?x=1&t=abc12345");
    assert_eq!(made.body.as_deref(), Some(&b"[7,\"no 7\"]"[..]));
    assert_eq!(made.line(&values), "PUT http://lb:9000/app/a%20b/?x=1&t=•••");
    let made = request(&format!("{TWO}get = \"/x/{{next}}\""), &values).unwrap();
    assert_eq!(made.url, "http://lb:9000/app/x/%2Fa%20b%2F%3Fx%3D1");

    let then = plan(&format!("{TWO}get = \"/\"\nexpect.json.\"$.id\" = \"{{id}}\"\nexpect.contains = \"{{token}}\""));
    assert_eq!(evaluate(&then.smoke_tests[1], &response(200, &[], "{\"id\": 7, \"t\": \"abc12345\"}"), &values), []);
    let wrong = evaluate(&then.smoke_tests[1], &response(200, &[], "{\"id\": 8}"), &values);
    let wrong: Vec<String> = wrong.iter().map(ToString::to_string).collect();
    assert_eq!(wrong, ["body: expected to contain \"•••\", got \"{\"id\": 8}\"", "json $.id: expected 7, got 8"]);
}

#[test]
fn a_capture_that_finds_nothing_fails_its_check() {
    let mut values = values();
    let login = &plan(&format!("{TWO}get = \"/\"")).smoke_tests[0];
    let failures = capture(login, &response(200, &[], "[]"), &mut values);
    let failures: Vec<String> = failures.iter().map(ToString::to_string).collect();
    assert_eq!(
        failures,
        [
            "capture id: expected one value at $.id, got no value",
            "capture next: expected a header Location, got no such header",
            "capture token: expected a match of /token=(\\w+)/ in the body, got none",
        ]
    );
    let error = request(&format!("{TWO}get = \"/{{id}}\""), &values).unwrap_err();
    assert_eq!(error, "no value was captured for {id}");
    let answer = response(200, &[("location", "ftp://x/")], "{\"id\": 7, \"s\": \"token=abc\"}");
    assert_eq!(capture(login, &answer, &mut values), []);
    let error = request(&format!("{TWO}get = \"{{next}}\""), &values).unwrap_err();
    assert!(error.contains("\"ftp\" is no scheme"), "{error}");
}

#[test]
fn a_redirect_stays_with_green_and_takes_no_secret_elsewhere() {
    let text = format!("{DEFAULTS}post = \"/login\"\nform = {{ a = 1 }}\nfollow-redirects = 1");
    let login = request(&text, &values()).unwrap();
    let to = |status: u16, location: &str| redirect(&login, &response(status, &[("location", location)], ""));
    let next = to(302, "/home#top").unwrap().unwrap();
    assert_eq!((next.method, next.url.as_str(), next.body.as_ref()), (Method::Get, "http://lb:9000/home", None));
    assert_eq!(
        (next.follow_redirects, next.header("x-key"), next.header("content-type")),
        (0, Some("s3cret-value"), None)
    );
    assert_eq!(redirect(&next, &response(302, &[("location", "/")], "")), Ok(None), "one redirect was allowed");

    let next = to(307, "https://shop/home").unwrap().unwrap();
    assert_eq!(
        (next.method, next.url.as_str()),
        (Method::Post, "http://lb:9000/home"),
        "the name of production is green here"
    );
    assert!(next.body.is_some() && next.header("x-key").is_some());

    let next = to(303, "https://elsewhere/").unwrap().unwrap();
    assert_eq!((next.url.as_str(), next.headers.as_slice(), next.server_name), ("https://elsewhere/", &[][..], None));
    assert!(to(302, "ftp://x/").unwrap_err().contains("cannot follow a redirect: \"ftp\" is no scheme"));
    assert_eq!(to(200, "/"), Ok(None));
    assert_eq!(redirect(&login, &response(302, &[], "")), Ok(None));
}

#[test]
fn checks_wait_for_what_they_use_and_for_nothing_else() {
    let plan = plan(
        "[[smoke-test]]\nname = \"login\"\nget = \"/\"\ncapture = { t = { json = \"$\" } }\n\
         [[smoke-test]]\nname = \"me\"\nget = \"/{t}\"\n[[smoke-test]]\nname = \"health\"\nget = \"/\"\n\
         [[smoke-test]]\nname = \"later\"\nget = \"/\"\nafter = \"me\"\n[[smoke-test]]\nname = \"free\"\nget = \"/\"",
    );
    let nobody = |_: &str| None;
    let mut queue = Queue::new(&plan.smoke_tests, 2, nobody);
    assert_eq!((queue.pick(), queue.pick(), queue.pick()), (Some(Next::Run(0)), Some(Next::Run(2)), None));
    queue.done(2, true);
    assert_eq!((queue.pick(), queue.pick()), (Some(Next::Run(4)), None));
    queue.done(0, true);
    assert_eq!(queue.pick(), Some(Next::Run(1)));
    queue.done(4, false);
    assert_eq!(queue.pick(), None);
    queue.done(1, true);
    assert_eq!(queue.pick(), Some(Next::Run(3)));
    assert!(!queue.is_finished());
    queue.done(3, true);
    assert!(queue.is_finished() && queue.pick().is_none());

    let mut queue = Queue::new(&plan.smoke_tests, 9, nobody);
    std::iter::from_fn(|| queue.pick()).for_each(drop);
    queue.done(0, false);
    let reason = "it comes after check \"login\", which failed".to_owned();
    assert_eq!(queue.pick(), Some(Next::Skip(1, reason)));
    // A check that only comes after one that was skipped loses nothing it uses.
    assert_eq!(queue.pick(), Some(Next::Run(3)));

    let mut queue = Queue::new(&plan.smoke_tests, 9, |name| (name == "login").then(|| "on request".to_owned()));
    let next: Vec<Next> = std::iter::from_fn(|| queue.pick()).collect();
    let uses = "it uses a value of check \"login\", which was skipped".to_owned();
    assert_eq!(
        next,
        [Next::Skip(0, "on request".to_owned()), Next::Skip(1, uses), Next::Run(2), Next::Run(3), Next::Run(4)]
    );
}

fn report() -> Report {
    let health = plan("[[smoke-test]]\nname = \"a<b>\"\nget = \"/\"\nexpect.contains = \"&\"");
    let failed = evaluate(&health.smoke_tests[0], &response(500, &[], "\u{1}"), &values());
    let result = |name: &str, outcome, attempts| CheckResult {
        name: name.to_owned(),
        request: "GET http://lb/".to_owned(),
        outcome,
        attempts,
        took: Duration::from_micros(12_345),
    };
    Report {
        results: vec![
            result("ok", Outcome::Passed, 2),
            result("a<b>", Outcome::Failed(failed), 1),
            result("no", Outcome::Skipped("on request".to_owned()), 0),
        ],
        took: Duration::from_millis(1500),
    }
}

#[test]
fn a_report_is_for_people() {
    assert!(!report().passed());
    let reason = report().reason().unwrap();
    assert!(reason.starts_with("1 of 3 smoke tests failed\na<b>: status: expected 200-299, got 500"), "{reason}");
    let lines: Vec<String> = report().results.iter().map(CheckResult::describe).collect();
    assert_eq!((lines[0].as_str(), lines[2].as_str()), ("ok: passed in 12ms, attempt 2", "no: skipped: on request"));
    assert_eq!(Report { results: Vec::new(), ..report() }.reason(), None);
}

#[test]
fn a_report_is_for_programs() {
    let json = report().json();
    assert_eq!((&json["passed"], &json["failed"], &json["skipped"]), (&1.into(), &1.into(), &1.into()));
    assert_eq!(json["checks"][1]["failures"][0]["expected"], "200-299");
    assert_eq!(json["checks"][0]["duration_ms"], 12);
    let xml = report().junit();
    assert!(xml.contains(
        "<testsuite name=\"smoke-test\" tests=\"3\" failures=\"1\" skipped=\"1\" errors=\"0\" time=\"1.500\">"
    ));
    assert!(xml.contains("<testcase classname=\"smoke-test\" name=\"ok\" time=\"0.012\"/>"), "{xml}");
    assert!(xml.contains("name=\"a&lt;b&gt;\"") && xml.contains("contain &quot;&amp;&quot;"), "{xml}");
    assert!(xml.contains("<skipped message=\"on request\"/>") && !xml.contains('\u{1}'), "{xml}");
}

proptest! {
    #[test]
    fn no_answer_panics_and_no_failure_tells_a_secret(
        status in any::<u16>(), body in "([\\[\\]{}\":,0-9a-z ü]|s3cret-value){0,40}", value in "\\PC{0,12}",
    ) {
        let expect = "contains = \"zzzz\"\nmatches = 'y{3}'\ntext = \"q\"\nheaders.x = \"y\"\n[smoke-test.expect.json]\n\"$..a\" = { above = 1, count = 2, matches = 'z' }\n\"$\" = 1";
        let answer = response(status, &[("x", &value), ("x", "s3cret-value")], &body);
        for failure in failures(expect, &answer) {
            prop_assert!(!failure.contains("s3cret-value"), "{}", failure);
        }
    }

    #[test]
    fn every_check_is_run_once(picks in prop::collection::vec(any::<bool>(), 64), at_once in 1_u32..4) {
        let checks: Vec<String> = (0..8).map(|index| {
            let uses = if index >= 2 { format!("get = \"/{{v{}}}\"", index / 2 - 1) } else { "get = \"/\"".to_owned() };
            format!("[[smoke-test]]\nname = \"c{index}\"\n{uses}\ncapture = {{ v{index} = {{ json = \"$\" }} }}\n")
        }).collect();
        let plan = plan(&checks.concat());
        let mut queue = Queue::new(&plan.smoke_tests, at_once, |_| None);
        let (mut seen, mut running) = (Vec::new(), Vec::new());
        for passed in picks {
            while let Some(next) = queue.pick() {
                match next {
                    Next::Run(index) => { seen.push(index); running.push(index); }
                    Next::Skip(index, _) => seen.push(index),
                }
            }
            prop_assert!(running.len() <= usize::try_from(at_once).unwrap());
            let Some(index) = running.pop() else { break };
            queue.done(index, passed);
        }
        prop_assert!(queue.is_finished());
        seen.sort_unstable();
        prop_assert_eq!(seen, (0..8).collect::<Vec<_>>());
    }
}
