//! `greenlight approve`, `reject` and `rollback` as processes, against a stage whose shop ECS itself deploys; and what is wrong usage.

use crate::processes::lines;
use crate::shell::{self, Shell, code, error};
use aws_sdk_ecs::types::{
    DeploymentConfiguration, DeploymentLifecycleHook, DeploymentLifecycleHookStage, DeploymentLifecycleHookTargetType,
};
use greenlight::rehearse::{Controller, Options, Rehearsal};
use serde_json::{Value, json};

/// Begins a deployment of this revision that waits for somebody when its tasks run.
pub async fn begin(shell: &Shell, rehearsal: &Rehearsal, revision: u32) -> String {
    let pause = DeploymentLifecycleHook::builder()
        .target_type(DeploymentLifecycleHookTargetType::Pause)
        .lifecycle_stages(DeploymentLifecycleHookStage::PostScaleUp);
    let configuration = DeploymentConfiguration::builder().lifecycle_hooks(pause.build()).build();
    let ecs = aws_sdk_ecs::Client::new(&shell.sdk());
    let request = ecs.update_service().cluster(&rehearsal.plan.cluster).service(&rehearsal.plan.service);
    let request = request.task_definition(format!("{}:{revision}", rehearsal.family()));
    let answer = request.deployment_configuration(configuration).force_new_deployment(true).send().await.unwrap();
    answer.service().unwrap().current_service_deployment().unwrap().to_owned()
}

/// Calls the program until somebody is waited for.
pub async fn until_answered(shell: &Shell, arguments: &[&str]) -> Value {
    loop {
        let output = shell.greenlight(&[arguments, &["--format", "json"]].concat()).await;
        if code(&output) == 0 {
            return lines(&output).pop().unwrap();
        }
        assert_eq!(code(&output), 1, "{}", error(&output));
        assert!(error(&output).contains("nothing waits for an answer"), "{}", error(&output));
    }
}

#[test]
fn a_service_that_ecs_deploys_is_answered_and_taken_back() {
    let options = Options { controller: Controller::Ecs, ..Options::default() };
    shell::with_options(
        "",
        &options,
        |_| {},
        async |shell, rehearsal| {
            let [first, second] = [1, 2].map(|revision| format!("{}:{revision}", rehearsal.family()));
            let arn = begin(&shell, rehearsal, 2).await;
            let told = until_answered(&shell, &["reject"]).await;
            assert_eq!((&told["outcome"], &told["deployment_id"]), (&json!("rejected"), &json!(arn)), "{told}");
            assert!(told["left_s"].as_i64().unwrap() > 3600, "{told}");

            // what is rejected is rolled back, and that is followed; the second revision serves all the time
            let output = shell.greenlight(&["rollback", "--format", "json"]).await;
            let outcome = lines(&output).pop().unwrap();
            assert_eq!(code(&output), 0, "{outcome} {}", error(&output));
            assert!(outcome["task_definition"].as_str().unwrap().ends_with(&second), "{outcome}");

            let arn = begin(&shell, rehearsal, 1).await;
            let told = until_answered(&shell, &["approve", &arn]).await;
            assert_eq!((&told["outcome"], &told["stage"]), (&json!("approved"), &json!("POST_SCALE_UP")), "{told}");

            let output = shell.greenlight(&["rollback", "--emergency", "--to", &second]).await;
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            assert_eq!(code(&output), 0, "{text}{}", error(&output));
            assert!(text.ends_with(&format!("\nrolled back: {second} serves everybody\n")), "{text}");
            let output = shell.greenlight(&["rollback", "--list"]).await;
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(code(&output) == 0 && text.contains(&first), "{text}{}", error(&output));
        },
    );
}

#[test]
fn wrong_usage_ends_with_2_and_says_what_to_do() {
    shell::with_the_shop(
        "",
        |_| {},
        async |shell, _| {
            for (arguments, exit, told) in [
                (&["approve", "d-000000000"][..], 2, "no deployment d-000000000"),
                (&["reject", "arn:aws:ecs:us-east-1:123456789012:service/web"], 2, "no ARN of a service deployment"),
                (&["approve", "EZe5RNVLH6PPzHXINuP28"], 2, "has no service deployment EZe5RNVLH6PPzHXINuP28"),
                (&["approve", "--plan", "nowhere.toml"], 2, "nowhere.toml"),
                (&["approve", "--application", "nobody"], 2, "no deployment group nobody/production"),
                (&["approve", "--hook", "a"], 2, "--hook"),
                (&["approve"], 1, "is Succeeded"),
                (&["reject"], 1, "nothing waits for an answer"),
            ] {
                let output = shell.greenlight(arguments).await;
                assert_eq!(code(&output), exit, "{arguments:?}: {}", error(&output));
                assert!(error(&output).contains(told), "{arguments:?}: {}", error(&output));
                assert!(output.stdout.is_empty(), "{arguments:?}");
            }
        },
    );
}
