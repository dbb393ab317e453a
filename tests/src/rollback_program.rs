//! `greenlight rollback` and `greenlight doctor --alarms` as processes, against a stage with the shop deployed on it.

use crate::processes::lines;
use crate::shell::{self, Shell, code, error};
use crate::shop;
use aws_sdk_cloudwatch::types::{ComparisonOperator, Statistic};
use greenlight::rehearse::Rehearsal;
use serde_json::{Value, json};

fn with_the_shop(story: impl AsyncFnOnce(Shell, &Rehearsal)) {
    shell::with_the_shop("", |_| {}, story);
}

#[test]
fn a_release_is_taken_back_and_deployed_again() {
    with_the_shop(async |shell, rehearsal| {
        let family = rehearsal.family();
        let [first, second] = [1, 2].map(|revision| format!("{family}:{revision}"));
        let without_plan = ["--application", "shop", "--deployment-group", "production", "--format", "json"];
        let call = |more: &[&'static str]| [&["rollback"], &without_plan[..], more].concat();

        // the first revision was made with the service, and never deployed
        let output = shell.greenlight(&call(&[])).await;
        let outcome = lines(&output).pop().unwrap();
        assert_eq!((code(&output), &outcome["outcome"]), (1, &json!("failed")), "{outcome}");
        assert!(outcome["reason"].as_str().unwrap().contains("--to FAMILY:REVISION"), "{outcome}");

        let to = ["rollback", "--to", first.as_str(), "--format", "json"];
        let output = shell.greenlight(&[&to[..], &["--dry-run"]].concat()).await;
        let told = lines(&output);
        assert_eq!((code(&output), told.len()), (0, 2), "{told:?} {}", error(&output));
        assert_eq!((&told[0]["event"], &told[1]["outcome"]), (&json!("rollback.planned"), &json!("planned")));

        let output = shell.greenlight(&to).await;
        let told = lines(&output);
        let events: Vec<&str> = told.iter().filter_map(|line| line["event"].as_str()).collect();
        assert_eq!(code(&output), 0, "{told:?} {}", error(&output));
        assert_eq!(events[..2], ["rollback.planned", "rollback.started"]);
        assert!(events.contains(&"deployment.status") && events.contains(&"traffic.shifted"), "{events:?}");
        assert_eq!(events[events.len() - 2..], ["rollback.ended", "outcome"]);
        let outcome = told.last().unwrap();
        assert_eq!(outcome["outcome"], "rolled-back");
        assert!(outcome["task_definition"].as_str().unwrap().ends_with(&first), "{outcome}");

        let back = ["rollback", "--emergency", "--to", second.as_str()];
        let output = shell.greenlight(&back).await;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(code(&output), 0, "{text}{}", error(&output));
        let said = [format!("will: deploy {second} again"), "skips: the deployment group's alarms".to_owned()];
        assert!(said.iter().all(|said| text.contains(said)), "{text}");
        assert!(text.starts_with("rollback of shop/production"), "{text}");
        assert!(text.ends_with(&format!("\nrolled back: {second} serves everybody\n")), "{text}");

        let output = shell.greenlight(&["rollback"]).await;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!((code(&output), text), (0, format!("nothing to do: {second} serves everybody already\n")));

        let output = shell.greenlight(&call(&["--list"])).await;
        let rows = lines(&output);
        let revisions: Vec<&str> =
            rows.iter().map(|row| row["task_definition"].as_str().unwrap().rsplit('/').next().unwrap()).collect();
        assert_eq!((code(&output), revisions), (0, vec![second.as_str(), first.as_str(), second.as_str()]));
        assert!(rows.iter().all(|row| row["event"] == "revision.listed" && row["from"].is_string()), "{rows:?}");
        assert_eq!((&rows[0]["until"], &rows[1]["until"]), (&Value::Null, &rows[0]["from"]));
    });
}

#[test]
fn an_alarm_that_cannot_come_in_time_is_found() {
    with_the_shop(async |mut shell, _| {
        // the group has no alarms, and the plan no [rollback]
        let output = shell.greenlight(&["doctor", "--alarms", "greenlight.toml", "--format", "json"]).await;
        let told = lines(&output);
        assert_eq!((code(&output), &told[0]["findings"]), (1, &json!(1)), "{told:?} {}", error(&output));
        assert_eq!((&told[0]["shift_s"], &told[0]["termination_wait_s"]), (&json!(0), &json!(60)), "{told:?}");

        let plan = shop::plan("[rollback]\nwindow = \"10m\"\nalarms = [\"quick\", \"slow\", \"either\", \"nowhere\"]");
        std::fs::write(shell.directory.path().join("greenlight.toml"), plan).unwrap();
        let cloudwatch = aws_sdk_cloudwatch::Client::new(&shell.sdk());
        for (name, periods) in [("quick", 1), ("slow", 20)] {
            let request = cloudwatch.put_metric_alarm().alarm_name(name).namespace("Shop").metric_name("Errors");
            let request = request.statistic(Statistic::Sum).period(60).evaluation_periods(periods).threshold(0.0);
            request.comparison_operator(ComparisonOperator::GreaterThanThreshold).send().await.unwrap();
        }
        let rule = "ALARM(quick) OR ALARM(slow)";
        cloudwatch.put_composite_alarm().alarm_name("either").alarm_rule(rule).send().await.unwrap();
        let output = shell.greenlight(&["doctor", "--alarms", "--format", "json"]).await;
        let told = lines(&output);
        let comes: Vec<&str> = told.iter().filter_map(|line| line["comes"].as_str()).collect();
        assert_eq!((code(&output), comes), (1, vec!["window", "never", "window", "unknown"]), "{}", error(&output));
        assert_eq!(told[1]["needs_s"], json!(20 * 60 + 60 + 60));

        let output = shell.greenlight(&["doctor", "--alarms"]).await;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        for line in [
            "time for alarms: 0 + 1m + 10m",
            "✓ quick  needs up to 3m: only within rollback.window",
            "✗ slow  needs up to 22m: cannot come in time",
            "✗ nowhere  does not exist",
        ] {
            assert!(text.contains(line), "{text}");
        }

        shell.variables.retain(|(name, _)| *name != "AWS_REGION");
        let output = shell.greenlight(&["doctor", "--alarms"]).await;
        assert!(code(&output) == 2 && error(&output).contains("AWS_REGION"), "{}", error(&output));
    });
}

#[test]
fn wrong_usage_ends_with_2_and_says_what_to_do() {
    with_the_shop(async |mut shell, _| {
        for (arguments, told) in [
            (&["rollback", "nowhere.toml"][..], "nowhere.toml"),
            (&["rollback", "--list", "--emergency"], "--emergency"),
            (&["rollback", "--to", "shop:99"], "--to shop:99"),
            (&["rollback", "--to", "d-000000000"], "has no such deployment"),
            (&["rollback", "--to", ""], "--to has no value"),
            (&["rollback", "--application", "nobody"], "no deployment group nobody/production"),
        ] {
            let output = shell.greenlight(arguments).await;
            assert_eq!(code(&output), 2, "{arguments:?}: {}", error(&output));
            assert!(error(&output).contains(told), "{arguments:?}: {}", error(&output));
            assert!(output.stdout.is_empty(), "{arguments:?}");
        }
        let plan = shop::plan("").replace("service = \"shop-web\"", "service = \"nothing\"");
        std::fs::write(shell.directory.path().join("other.toml"), plan).unwrap();
        let output = shell.greenlight(&["rollback", "other.toml"]).await;
        let told = "no service production-cluster/nothing";
        assert!(code(&output) == 2 && error(&output).contains(told), "{}", error(&output));
        std::fs::remove_file(shell.directory.path().join("greenlight.toml")).unwrap();
        let output = shell.greenlight(&["rollback"]).await;
        assert!(code(&output) == 2 && error(&output).contains("--application"), "{}", error(&output));

        let plan = ["rollback", "--application", "shop", "--deployment-group", "production"];
        for (missing, told) in [("AWS_ACCESS_KEY_ID", "aws sso login"), ("AWS_REGION", "set AWS_REGION")] {
            shell.variables.retain(|(name, _)| *name != missing);
            let output = shell.greenlight(&plan).await;
            assert_eq!(code(&output), 2, "{missing}: {}", error(&output));
            assert!(error(&output).contains(told), "{missing}: {}", error(&output));
        }
    });
}
