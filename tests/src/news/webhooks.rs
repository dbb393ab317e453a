//! What goes to webhooks, and where it does not go.

use super::{MINUTE, failed, failing, letters};
use crate::deployments::account::{self, Account};
use crate::shop;
use greenlight::rehearse::Options;
use greenlight_aws::http::{Http, Request, Response};
use greenlight_aws::{Env, Invocation, Settings};
use greenlight_simulation::Behaviours;
use greenlight_world::Setup;
use jiff::SignedDuration;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const SECRET: &str = "arn:aws:ssm:us-east-1:123456789012:parameter/webhook";

/// An account whose news go to webhooks with this URL.
fn with_webhooks(url: &str, story: impl AsyncFnOnce(Account)) {
    with_webhooks_of(url, Behaviours::new(), story);
}

fn with_webhooks_of(url: &str, behaviours: Behaviours, story: impl AsyncFnOnce(Account)) {
    let parameters = [("SlackWebhookArn", SECRET), ("WebhookArn", SECRET), ("ParameterArns", SECRET)];
    let parameters = parameters.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let options = Options { parameters: BTreeMap::from(parameters), ..Options::default() };
    let rehearsal = shop::rehearsal(&format!("[rehearsal.secrets]\n\"{SECRET}\" = \"{url}\"\n"), &options);
    account::with_rehearsal(rehearsal, behaviours, |_| {}, story);
}

/// What the functions wrote of this kind.
fn lines(account: &Account, event: &str) -> Vec<Value> {
    let played = account.played();
    let lines = played.facts("log.line").into_iter();
    let read = |fact: &Value| serde_json::from_str::<Value>(fact["message"].as_str()?).ok();
    lines.filter_map(read).filter(|line| line["event"] == event).collect()
}

#[test]
fn webhooks_get_the_news_and_their_url_is_nowhere() {
    // the application's own load balancer answers whatever it is asked
    let balancer = greenlight::rehearse::setup(&shop::rehearsal("", &Options::default()), Setup::EPOCH, 1.0);
    let host = balancer.dns_name(&balancer.infrastructure.load_balancers[0]);
    with_webhooks(&format!("https://{host}/T0PSECRET"), async |account| {
        let id = account.deploy_green(Some("")).await;
        account.end_of(&id).await;
        account.pass(MINUTE).await;
        let posted: Vec<String> = lines(&account, "webhook.posted")
            .iter()
            .map(|line| format!("{} {}", line["webhook"].as_str().unwrap(), line["notice"].as_str().unwrap()))
            .filter(|line| line.contains(&id))
            .collect();
        for form in ["slack", "json"] {
            for kind in ["started", "succeeded"] {
                assert!(posted.contains(&format!("{form} deployment.{kind}/{id}")), "{posted:?}");
            }
        }
        let said = serde_json::to_string(&account.played().facts("log.line")).unwrap();
        assert!(!said.contains("T0PSECRET"));
    });
}

#[test]
fn a_webhook_that_may_not_be_asked_is_not() {
    for url in [
        "http://example.com/hook",
        "https://[fe80::1]/T0PSECRET",
        "https://169.254.169.254/T0PSECRET",
        "https://localhost/T0PSECRET",
        "nonsense",
    ] {
        with_webhooks(url, async |account| {
            let id = account.deploy_green(Some("")).await;
            assert_eq!(account.end_of(&id).await.ending(&id).0, "Succeeded");
            account.pass(10 * MINUTE).await;
            assert!(lines(&account, "webhook.posted").is_empty(), "{url}");
            assert!(!lines(&account, "webhook.failed").is_empty(), "{url}");
            let said = serde_json::to_string(&account.played().facts("log.line")).unwrap();
            assert!(!said.contains("T0PSECRET") && !said.contains("nonsense"), "{url}");
        });
    }
}

/// Answers every request with this status, and keeps what was sent.
fn answering(status: u16) -> (Http, Arc<Mutex<Vec<Request>>>) {
    let sent: Arc<Mutex<Vec<Request>>> = Arc::default();
    let kept = Arc::clone(&sent);
    let http = Http::over(Arc::new(move |request| {
        kept.lock().unwrap().push(request);
        let headers = vec![("location".to_owned(), "https://elsewhere.example/".to_owned())];
        let answer = Response { status, headers, body: Vec::new(), truncated: false, took: Duration::ZERO };
        Box::pin(async move { Ok(answer) })
    }));
    (http, sent)
}

/// Hands what the topic handed to the function to it once more, where webhooks answer with this status: what was sent, and the
/// lines that were written.
async fn posted(account: &Account, kind: &str, status: u16) -> (Result<Value, String>, Vec<Request>, String) {
    let variables = [
        ("AWS_REGION", "us-east-1"),
        ("GREENLIGHT_SLACK_WEBHOOK_ARN", SECRET),
        ("GREENLIGHT_WEBHOOK_ARN", SECRET),
        ("GREENLIGHT_DEAD_LETTER_ARN", "arn:aws:sqs:us-east-1:123456789012:greenlight-dead-letters"),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let settings = Settings::from_map(&BTreeMap::from(variables)).unwrap();
    let (http, sent) = answering(status);
    let lines: Arc<Mutex<String>> = Arc::default();
    let kept = Arc::clone(&lines);
    let env = Env::new(account.simulation.sdk_config(), account.simulation.clock(), settings)
        .with_http(http)
        .with_log(Arc::new(move |line| kept.lock().unwrap().push_str(&line)));
    let about = |payload: &Value| payload["Records"][0]["Sns"]["Message"].as_str().unwrap_or_default().contains(kind);
    let payload = account.simulation.invocations().into_iter().map(|invoke| invoke.payload).find(about).unwrap();
    let deadline = account.now().checked_add(SignedDuration::from_mins(1)).unwrap();
    let invocation = Invocation { payload, deadline, request_id: "again".to_owned(), panics: Vec::new() };
    let answer = greenlight_notify::handle(invocation, &env).await.map_err(|error| error.to_string());
    let (sent, lines) = (sent.lock().unwrap().clone(), lines.lock().unwrap().clone());
    (answer, sent, lines)
}

#[test]
fn slack_gets_its_own_form_and_others_the_document() {
    with_webhooks_of("https://hooks.example.com/T0PSECRET", failing(), async |account| {
        let (id, _) = failed(&account).await;
        account.pass(MINUTE).await;
        let (answer, sent, lines) = posted(&account, "hook.failed/", 200).await;
        answer.unwrap();
        let bodies: Vec<Value> = sent.iter().map(|one| serde_json::from_slice(&one.body).unwrap()).collect();
        assert!(sent.iter().all(|one| one.method == "POST" && one.header("content-type") == Some("application/json")));
        assert!(sent.iter().all(|one| one.url == "https://hooks.example.com/T0PSECRET"), "the URL is the secret's");
        let [slack, document] = &bodies[..] else { panic!("{bodies:?}") };
        let text = slack["text"].as_str().unwrap();
        assert_eq!(slack.as_object().unwrap().len(), 1);
        for said in [
            ":x: *shop/production: BeforeInstall failed",
            "```\nno such table\n",
            "To see what came of it, and why: `greenlight why d-",
            "|console>",
        ] {
            assert!(text.contains(said), "`{said}` in {text}");
        }
        assert_eq!(
            (&document["schema"], &document["kind"]),
            (&"dev.greenlight.notice/1".into(), &"hook.failed".into())
        );
        assert_eq!(document["deployment_id"], id);
        assert!(!lines.contains("T0PSECRET") && lines.contains("webhook.posted"), "{lines}");
    });
}

#[test]
fn what_a_webhook_does_not_take_is_tried_again_or_kept() {
    with_webhooks("https://hooks.example.com/T0PSECRET", async |account| {
        let id = account.deploy_green(Some("")).await;
        account.end_of(&id).await;
        account.pass(MINUTE).await;
        // Lambda tries again what may pass; a redirect is not followed, and like a refusal it will not pass
        for (status, may_pass) in [(503, true), (429, true), (302, false), (404, false)] {
            let (answer, sent, lines) = posted(&account, "deployment.succeeded/", status).await;
            assert_eq!(answer.is_err(), may_pass, "{status}: {answer:?}");
            assert_eq!(sent.len(), 2, "{status}: one for each webhook");
            let said = format!("{answer:?}{lines}");
            assert!(said.contains(&format!("answered with status {status}")), "{said}");
            assert!(!said.contains("T0PSECRET") && !said.contains("hooks.example.com"), "{said}");
        }
        let kept: Vec<String> = letters(&account)
            .await
            .iter()
            .filter_map(|letter| Some(format!("{}: {}", letter["webhook"].as_str()?, letter["reason"].as_str()?)))
            .collect();
        let expected = ["302", "404"].map(|status| {
            ["slack", "json"].map(|form| format!("{form}: webhook {form} answered with status {status}"))
        });
        for one in expected.as_flattened() {
            assert!(kept.contains(one), "{one} in {kept:?}");
        }
    });
}
