//! Jobs with a task definition family of their own.

use super::play::{Jobs, MINUTE, job, with};
use crate::shop;
use aws_sdk_ecs::types::{Tag, TaskDefinition, TaskDefinitionField};
use greenlight_simulation::{Behaviour, Behaviours};
use greenlight_world::Setup;
use jiff::SignedDuration;
use serde_json::{Value, json};

const FAMILY: &str = "shop-job";

/// What a job says that has one.
pub const OWN: &str = "task-definition = \"shop-job\"\ncontainer = \"worker\"\n";

/// The input of `register-task-definition`: smaller than the web task, with a container, a log and tags of its own.
pub fn definition(image: &str, memory: &str) -> Value {
    json!({
        "family": FAMILY, "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"], "cpu": "256", "memory": memory,
        "executionRoleArn": "arn:aws:iam::123456789012:role/ecsTaskExecutionRole",
        "taskRoleArn": "arn:aws:iam::123456789012:role/shop-task",
        "containerDefinitions": [
            { "name": "worker", "image": image, "essential": true, "command": ["shop", "nothing"],
              "environment": [{ "name": "ONLY", "value": "jobs" }],
              "logConfiguration": { "logDriver": "awslogs", "options": {
                  "awslogs-group": "/ecs/shop-job", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "worker" } } },
        ],
        "tags": [{ "key": "team", "value": "shop" }],
    })
}

fn sync(more: &str) -> String {
    job("sync", &format!("{OWN}{more}"))
}

/// Plays a job every hour whose family has one revision, with an image that does not serve.
fn play(table: &str, behaviours: Behaviours, story: impl AsyncFnOnce(Jobs)) {
    with(
        &[("sync", "rate(1 hour)", table)],
        behaviours,
        |_| {},
        async |jobs: Jobs| {
            jobs.account.register_definition(&definition("shop:old", "512")).await;
            story(jobs).await;
        },
    );
}

impl Jobs {
    async fn described(&self, name: &str) -> (TaskDefinition, Vec<Tag>) {
        let request = self.account.ecs.describe_task_definition().task_definition(name);
        let answer = request.include(TaskDefinitionField::Tags).send().await.unwrap();
        (answer.task_definition().unwrap().clone(), answer.tags().to_vec())
    }

    /// What the runs were started from: `family:revision` and the worker's image.
    async fn ran(&self) -> Vec<(String, String)> {
        let mut ran = Vec::new();
        for line in self.played().said("job.started") {
            let (definition, _) = self.described(line["task_definition"].as_str().unwrap()).await;
            let name = format!("{}:{}", definition.family().unwrap(), definition.revision());
            ran.push((name, definition.container_definitions()[0].image().unwrap().to_owned()));
        }
        ran
    }

    /// Deploys another image with this plan.
    async fn release(&self, table: &str) -> String {
        let green = self.account.register_image(&shop::plan(table), "shop:v1").await;
        self.bring(&green).await;
        green
    }

    async fn bring(&self, task_definition: &str) {
        let id = self.account.deploy_with(task_definition, &[]).await;
        assert_eq!(self.account.end_of(&id).await.ending(&id).0, "Succeeded");
    }
}

fn pairs(ran: &[(String, String)]) -> Vec<(&str, &str)> {
    ran.iter().map(|(name, image)| (name.as_str(), image.as_str())).collect()
}

#[test]
fn a_job_runs_the_image_that_serves_in_a_task_of_its_own() {
    play(&sync(""), Behaviours::new(), async |jobs| {
        jobs.hours(1).await;
        // DescribeServices, DescribeTaskDefinition of both, RegisterTaskDefinition, CreateSchedule, RunTask
        assert_eq!(jobs.calls().len(), 6, "{:?}", jobs.calls());
        jobs.hours(4).await;
        // DescribeServices, DescribeTaskDefinition of the family, CreateSchedule, RunTask
        assert_eq!(jobs.calls().len(), 6 + 3 * 4, "{:?}", jobs.calls());
        assert_eq!(pairs(&jobs.ran().await), [("shop-job:2", "shop:v2"); 4]);
        let played = jobs.played();
        assert_eq!(played.outcomes(), ["succeeded"; 4]);
        assert!(played.notices().is_empty() && played.denied().is_empty(), "{:?}", played.denied());
        assert!(jobs.runs("sync").await.is_empty(), "every run is settled");

        let ((old, old_tags), (new, tags)) = (jobs.described("shop-job:1").await, jobs.described("shop-job:2").await);
        assert_eq!((new.cpu(), new.memory(), tags), (old.cpu(), old.memory(), old_tags));
        let (old, new) = (&old.container_definitions()[0], &new.container_definitions()[0]);
        assert_eq!((new.environment(), new.command()), (old.environment(), old.command()));
        assert_eq!(new.log_configuration(), old.log_configuration());
    });
}

#[test]
fn a_job_of_its_own_follows_deployments_and_rollbacks() {
    play(&sync(""), Behaviours::new(), async |jobs| {
        jobs.hours(1).await;
        let before = jobs.account.service().await.task_sets()[0].task_definition().unwrap().to_owned();
        jobs.release(&sync("timeout = \"7m\"")).await;
        jobs.hours(3).await;
        jobs.bring(&before).await;
        jobs.hours(5).await;
        let (v2, v1, back) = (("shop-job:2", "shop:v2"), ("shop-job:3", "shop:v1"), ("shop-job:4", "shop:v2"));
        assert_eq!(pairs(&jobs.ran().await), [v2, v1, v1, back, back]);
        assert_eq!(jobs.calls().len(), 3 * 6 + 2 * 4, "{:?}", jobs.calls());
        assert_eq!(jobs.played().outcomes(), ["succeeded"; 5]);
    });
}

#[test]
fn the_plan_that_serves_counts_and_not_one_that_served() {
    play(&sync(""), Behaviours::new(), async |jobs| {
        jobs.hours(1).await;
        // the schedule still names the family
        jobs.release(&job("sync", "")).await;
        jobs.hours(2).await;
        jobs.release("").await;
        jobs.hours(3).await;
        let ran = jobs.ran().await;
        assert_eq!(ran.len(), 2, "{ran:?}");
        assert!(ran[1].0.starts_with("shop-web") || ran[1].0.starts_with("shop:"), "{ran:?}");
        assert!(jobs.played().said("job.skipped")[0]["reason"].as_str().unwrap().contains("has no job \"sync\""));
    });
}

#[test]
fn a_new_revision_of_the_family_is_taken_over() {
    play(&sync(""), Behaviours::new(), async |jobs| {
        jobs.hours(1).await;
        // made from the revision that was registered here: with its labels, and an image that does not serve yet
        let (made, _) = jobs.described(FAMILY).await;
        let labels = made.container_definitions()[0].docker_labels().cloned().unwrap();
        let mut next = definition("shop:v1", "1024");
        next["containerDefinitions"][0]["dockerLabels"] =
            json!(labels.into_iter().collect::<std::collections::BTreeMap<_, _>>());
        jobs.account.register_definition(&next).await;
        jobs.hours(3).await;
        let again = ("shop-job:4", "shop:v2");
        assert_eq!(pairs(&jobs.ran().await), [("shop-job:2", "shop:v2"), again, again]);
        assert_eq!(jobs.described(FAMILY).await.0.memory(), Some("1024"));
    });
}

#[test]
fn a_retry_runs_what_serves_then() {
    let table = sync("retry = { times = 1, wait = \"30m\" }");
    let behaviours = Behaviours::new().command_times("shop sync", 1, Behaviour::exits(75, &["later"]));
    play(&table, behaviours, async |jobs| {
        jobs.hours(1).await;
        jobs.release(&table).await;
        jobs.account.pass(40 * MINUTE).await;
        assert_eq!(pairs(&jobs.ran().await), [("shop-job:2", "shop:v2"), ("shop-job:3", "shop:v1")]);
        assert_eq!(jobs.played().outcomes(), ["retry", "succeeded"]);
    });
}

#[test]
fn the_exit_code_of_the_jobs_own_container_counts() {
    let behaviours = Behaviours::new().command("shop sync", Behaviour::exits(3, &["no supplier"]));
    play(&sync(""), behaviours, async |jobs| {
        jobs.hours(1).await;
        let played = jobs.played();
        assert_eq!(played.outcomes(), ["failed"]);
        let notices = played.notices();
        assert!(matches!(&notices[..], [one] if one.contains("exited with code 3")), "{notices:?}");
    });
}

#[test]
fn jobs_that_share_a_family_register_once_each_at_most() {
    let jobs = ["a", "b", "c", "d"].map(|name| (name, job(name, OWN)));
    let jobs: Vec<(&str, &str, &str)> =
        jobs.iter().map(|(name, table)| (*name, "rate(1 hour)", table.as_str())).collect();
    with(
        &jobs,
        Behaviours::new(),
        |_| {},
        async |jobs: Jobs| {
            jobs.account.register_definition(&definition("shop:old", "512")).await;
            jobs.hours(1).await;
            let first = jobs.played().said("job.registered").len();
            assert!((1..=4).contains(&first), "{first}");
            jobs.hours(5).await;
            assert_eq!(jobs.played().said("job.registered").len(), first, "nobody registers what is there");
            assert_eq!(jobs.played().outcomes(), ["succeeded"; 20]);
        },
    );
}

#[test]
fn a_plain_rule_needs_not_name_the_family() {
    with(
        &[],
        Behaviours::new(),
        |_| {},
        async |jobs: Jobs| {
            jobs.account.register_definition(&definition("shop:old", "512")).await;
            jobs.release(&sync("")).await;
            let before = jobs.calls().len();
            for hour in 0..2 {
                let at = jobs.account.now() + SignedDuration::from_secs(hour);
                jobs.deliver(json!({ "job": "sync", "cluster": "production-cluster", "service": "shop-web",
                    "scheduled_time": at.to_string() }))
                    .await;
                jobs.account.pass(5 * MINUTE).await;
            }
            assert_eq!(pairs(&jobs.ran().await), [("shop-job:2", "shop:v1"); 2]);
            assert_eq!(jobs.calls().len() - before, 6 + 5, "one more look");
        },
    );
}

/// What the team is told of a firing that cannot be started.
fn told(table: &str, before: impl AsyncFnOnce(&Jobs)) -> String {
    let mut told = String::new();
    let edit = |_: &mut Setup| {};
    with(&[("sync", "rate(12 hours)", table)], Behaviours::new(), edit, async |jobs: Jobs| {
        before(&jobs).await;
        jobs.hours(1).await;
        jobs.account.pass(30 * MINUTE).await;
        let played = jobs.played();
        assert!(played.tasks().is_empty() && played.denied().is_empty(), "{:?}", played.denied());
        assert_eq!(played.said("job.failed").len(), 3, "told once, and tried by Lambda twice more");
        assert!(jobs.runs("sync").await.is_empty(), "nothing keeps the next firing out");
        let notices = played.notices();
        assert_eq!(notices.len(), 1, "{notices:?}");
        told.push_str(notices[0]);
    });
    told
}

#[test]
fn what_is_missing_is_told_with_a_remedy() {
    let none = told(&sync(""), async |_| {});
    assert!(
        none.contains(
            "there is no task definition shop-job with an ACTIVE revision; register one, or correct `task-definition`"
        ),
        "{none}"
    );
    let register = async |jobs: &Jobs| drop(jobs.account.register_definition(&definition("shop:v2", "512")).await);
    for (container, hint) in [("container = \"wroker\"", "did you mean `worker`?"), ("", "there are `worker`")] {
        let told = told(&job("sync", &format!("task-definition = \"shop-job\"\n{container}")), register);
        assert!(told.contains(hint) && told.contains("correct `container` of the job"), "{told}");
    }
}

#[test]
fn two_services_do_not_take_turns() {
    let of_another = |image: &str| {
        let mut definition = definition(image, "512");
        let follows =
            format!("production-cluster/shop-admin arn:aws:ecs:us-east-1:123456789012:task-definition/admin:1 {image}");
        definition["containerDefinitions"][0]["dockerLabels"] = json!({ "dev.greenlight.follows": follows });
        definition
    };
    let told = told(&sync(""), async |jobs| drop(jobs.account.register_definition(&of_another("admin:v1")).await));
    assert!(told.contains("follows service production-cluster/shop-admin"), "{told}");
    assert!(told.contains("give the job a family of its own"), "{told}");
    // they may share it as long as they have the same image
    with(
        &[("sync", "rate(1 hour)", &sync(""))],
        Behaviours::new(),
        |_| {},
        async |jobs: Jobs| {
            jobs.account.register_definition(&of_another("shop:v2")).await;
            jobs.hours(2).await;
            assert_eq!(pairs(&jobs.ran().await), [("shop-job:1", "shop:v2"); 2]);
            assert_eq!(jobs.calls().len(), 2 * 5, "one more look");
        },
    );
}
