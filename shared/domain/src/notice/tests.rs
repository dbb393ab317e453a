use super::{About, Kind, Message, Notice, Revision};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

fn failed() -> Notice {
    let at = "2026-01-01T12:00:00Z".parse().unwrap();
    let about = About {
        application: Some("shop".to_owned()),
        deployment_group: Some("production".to_owned()),
        deployment_id: Some("d-1".to_owned()),
        lifecycle_event: Some("BeforeInstall".to_owned()),
        ..About::default()
    };
    let mut notice = Notice::new(
        Kind::HookFailed,
        "d-1/BeforeInstall",
        "BeforeInstall failed in deployment d-1 of shop/production",
        at,
    )
    .about(about)
    .because("container web exited with code 1\nits last lines:\n  | no such table: products")
    .step("see the whole story", "greenlight why d-1")
    .link("the deployment in the console", "https://example.com/d-1");
    notice.duration = Some(Duration::from_secs(83));
    notice.revision =
        Some(Revision { task_definition: "shop:14".to_owned(), image: Some("shop:v2".to_owned()), commit: None });
    notice
}

#[test]
fn what_others_wrote_is_told_without_secrets() {
    let secret = "no connection to postgres://shop:s3cr3tw0rd@db/shop\nPASSWORD=s3cr3tw0rd";
    let notice = Notice { title: "password: s3cr3tw0rd".to_owned(), ..failed() }.because(secret);
    let message = Message::of(&notice);
    let all = format!("{}{}", message.subject(), message.body());
    assert!(!all.contains("s3cr3tw0rd") && all.contains("postgres://shop:"), "{all}");
}

fn form(protocol: &str) -> String {
    Message::of(&failed()).for_protocol(protocol).unwrap()
}

#[test]
fn a_mail_says_what_why_and_what_to_do_now() {
    let expected = "\
BeforeInstall failed in deployment d-1 of shop/production

Why: container web exited with code 1

its last lines:
  | no such table: products

To see the whole story:
  greenlight why d-1

deployment: d-1
deployment group: shop/production
lifecycle event: BeforeInstall
revision: shop:14, image shop:v2
took: 1m 23s
at: 2026-01-01T12:00:00Z
the deployment in the console: https://example.com/d-1
notice: hook.failed/d-1/BeforeInstall
";
    assert_eq!(form("email"), expected);
    assert_eq!(form("a protocol of its own"), expected, "the default");
}

#[test]
fn a_telephone_gets_one_short_line() {
    let short = form("sms");
    assert_eq!(short, "BeforeInstall failed in deployment d-1 of shop/production: container web exited with code 1");
    let long = Notice { reason: Some("ü".repeat(300)), ..failed() };
    assert!(Message::of(&long).for_protocol("sms").unwrap().len() <= 140);
}

#[test]
fn a_program_gets_a_document() {
    let document: Value = serde_json::from_str(&form("sqs")).unwrap();
    assert_eq!(document["schema"], "dev.greenlight.notice/1");
    assert_eq!(document["id"], "hook.failed/d-1/BeforeInstall");
    assert_eq!(document["level"], "error");
    assert_eq!(document["deployment_id"], "d-1");
    assert_eq!(document["reason"], "container web exited with code 1");
    assert_eq!(document["duration_seconds"], 83);
    assert_eq!(document["next"], json!([{ "what": "see the whole story", "command": "greenlight why d-1" }]));
    assert_eq!(document["job"], Value::Null);
}

#[test]
fn a_chat_gets_a_custom_notification() {
    let notification: Value = serde_json::from_str(&form("https")).unwrap();
    assert_eq!((&notification["version"], &notification["source"]), (&json!("1.0"), &json!("custom")));
    assert_eq!(notification["metadata"]["threadId"], "d-1");
    let description = notification["content"]["description"].as_str().unwrap();
    assert!(description.starts_with("container web exited with code 1\n```\nits last lines:"), "{description}");
    assert!(description.ends_with("<https://example.com/d-1|the deployment in the console>"), "{description}");
    assert_eq!(notification["content"]["nextSteps"], json!(["To see the whole story: `greenlight why d-1`"]));
}

#[test]
fn a_subject_is_one_short_line() {
    let table = [
        ("deployment d-1 failed", "deployment d-1 failed"),
        ("two\nlines\tand\u{7} a bell", "two lines and a bell"),
        ("", ""),
    ];
    let subject = |title: &str| Message::of(&Notice { title: title.to_owned(), ..failed() }).subject().to_owned();
    for (given, expected) in table {
        assert_eq!(subject(given), expected);
    }
    let long = subject(&"ü".repeat(200));
    assert!(long.len() <= Message::LONGEST_SUBJECT);
    assert!(long.ends_with("ü..."));
}

#[test]
fn whatever_is_in_it_a_message_has_the_size_that_sns_takes() {
    let huge = "\u{1}`\"".repeat(200_000);
    let notice =
        Notice { details: Some(huge.clone()), reason: Some(huge.lines().next().unwrap().to_owned()), ..failed() };
    let size = Message::of(&notice).body().len();
    assert!(size < 256 * 1024, "{size}");
}

#[test]
fn filters_find_what_they_ask_for() {
    let message = Message::of(&failed());
    let attributes: Vec<_> = message.attributes().collect();
    assert!(attributes.contains(&("kind", "hook.failed")), "{attributes:?}");
    assert!(attributes.contains(&("deployment-group", "production")), "{attributes:?}");
    assert!(attributes.iter().all(|(name, _)| *name != "job"), "{attributes:?}");
}

#[test]
fn every_kind_has_a_name_of_its_own() {
    let names: BTreeSet<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
    assert_eq!(names.len(), Kind::ALL.len());
}

#[test]
fn a_webhook_of_slack_gets_text_in_which_nobody_is_called() {
    let notice = Notice { reason: Some("<!channel> & co".to_owned()), ..failed() };
    let document = serde_json::from_str(&Message::of(&notice).for_protocol("sqs").unwrap()).unwrap();
    let text = super::slack(&document)["text"].as_str().unwrap().to_owned();
    let expected = "\
:x: *BeforeInstall failed in deployment d-1 of shop/production*
&lt;!channel&gt; &amp; co
```
its last lines:
  | no such table: products
```
To see the whole story: `greenlight why d-1`
<https://example.com/d-1|the deployment in the console>";
    assert_eq!(text, expected);
}
