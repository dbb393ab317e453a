//! Least privilege, proven: over all kinds of deployments nothing is denied, and there is no permission in the template without
//! which something is.

mod jobs;
mod native;

use crate::deployments::account::{self, Account};
use crate::played::Played;
use crate::rollback::account::{self as watched, ALARM, Shop, Watched};
use crate::rollback::actions::{TOPIC, lets_alarms_publish};
use crate::{shop, simulated};
use greenlight::doctor::{Findings, NOT_JUDGED};
use greenlight::rehearse::faults::FAULTS;
use greenlight::rehearse::hooks::HOOKS;
use greenlight::rehearse::stack::Permission;
use greenlight::rehearse::{Options, Rehearsal, setup};
use greenlight_simulation::{Behaviour, Behaviours, Code};
use greenlight_world::{CallFault, EventFault, Fault, Setup};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

const MINUTE: Duration = Duration::from_mins(1);

/// What makes the template give all that it can give, whatever the plan needs: so a permission has the same place in all plays.
const PARAMETERS: [(&str, &str); 11] = [
    ("ServiceArns", "arn:aws:ecs:us-east-1:123456789012:service/production-cluster/shop-web"),
    ("WorkerServiceArns", "arn:aws:ecs:us-east-1:123456789012:service/production-cluster/shop-worker"),
    ("ParameterArns", "arn:aws:ssm:us-east-1:123456789012:parameter/key"),
    ("SecretArns", "arn:aws:secretsmanager:us-east-1:123456789012:secret:token-AbCdEf"),
    ("KeyArns", "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"),
    ("RevisionObjectArns", "arn:aws:s3:::releases/*"),
    ("AlarmTopicArn", TOPIC),
    // what it holds is no URL: that nobody takes the news is no matter of permissions
    ("SlackWebhookArn", "arn:aws:ssm:us-east-1:123456789012:parameter/key"),
    ("WebhookArn", "arn:aws:secretsmanager:us-east-1:123456789012:secret:token-AbCdEf"),
    ("VpcSubnetIds", "subnet-0a1b2c3d4e5f60718"),
    ("VpcSecurityGroupIds", "sg-0123456789abcdef0"),
];

const SECRETS: &str = r#"
[rehearsal.secrets]
"arn:aws:ssm:us-east-1:123456789012:parameter/key" = "k"
"arn:aws:secretsmanager:us-east-1:123456789012:secret:token-AbCdEf" = "t"
"#;

/// Work for every hook, with secrets, and with commands where there can be one.
const COMMANDS: &str = r#"
[migrate]
commands = [["shop", "migrate"], ["shop", "check"]]
timeout = "5m"
[warm-up]
command = ["shop", "warm"]
[[smoke-test]]
name = "health"
get = "/health"
headers = { X-Key = { secret = "arn:aws:ssm:us-east-1:123456789012:parameter/key" }, X-Token = { secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:token-AbCdEf" } }
[validate]
[[validate.metric]]
name = "errors"
namespace = "AWS/ApplicationELB"
metric = "HTTPCode_Target_5XX_Count"
dimensions = { TargetGroup = "{green-target-group}", LoadBalancer = "{load-balancer}" }
statistic = "Sum"
below = 1
missing = "pass"
[finish]
command = ["shop", "finish"]
on-failure = "fail"
"#;

/// The same with requests to the tasks.
const REQUESTS: &str = r#"
[warm-up]
paths = ["/"]
headers = { X-Key = { secret = "arn:aws:ssm:us-east-1:123456789012:parameter/key" }, X-Token = { secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:token-AbCdEf" } }
[[smoke-test]]
name = "health"
get = "/health"
headers = { X-Key = { secret = "arn:aws:ssm:us-east-1:123456789012:parameter/key" }, X-Token = { secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:token-AbCdEf" } }
"#;

/// The first hook is the one that runs smoke tests.
const CHECK: &str = r#"
[[smoke-test]]
name = "health"
get = "/health"
headers = { X-Key = { secret = "arn:aws:ssm:us-east-1:123456789012:parameter/key" }, X-Token = { secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:token-AbCdEf" } }
"#;

const METRIC_MISSING: &str = r#"
[[validate.metric]]
name = "orders"
namespace = "Shop"
metric = "Orders"
statistic = "Sum"
above = 1
missing = "fail"
"#;

type Edit<'a> = &'a dyn Fn(&mut Setup);

/// One way in which a deployment can go.
struct Play {
    name: String,
    play: Box<dyn Fn(Edit<'_>) -> Played>,
}

fn options(fault: Option<&str>) -> Options {
    let parameters = PARAMETERS.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Options {
        faults: fault.into_iter().map(str::to_owned).collect(),
        parameters: BTreeMap::from(parameters),
        ..Options::default()
    }
}

fn rehearsed(rehearsal: &Rehearsal, behaviours: Behaviours, edit: Edit<'_>) -> Played {
    let mut world = setup(rehearsal, Setup::EPOCH, 1.0);
    edit(&mut world);
    simulated::play_in(world, rehearsal, behaviours)
}

fn play(name: &str, play: impl Fn(Edit<'_>) -> Played + 'static) -> Play {
    Play { name: name.to_owned(), play: Box::new(play) }
}

/// A deployment of the shop with these tables.
fn shop_with(
    name: &str,
    tables: &'static str,
    behaviours: impl Fn() -> Behaviours + 'static,
    before: impl Fn(&mut Setup) + 'static,
) -> Play {
    play(name, move |edit| {
        let rehearsal = shop::rehearsal(&format!("{tables}{SECRETS}"), &options(None));
        let edited = |setup: &mut Setup| {
            before(setup);
            edit(setup);
        };
        rehearsed(&rehearsal, behaviours(), &edited)
    })
}

fn plays() -> Vec<Play> {
    let mut plays = vec![
        // simulated servers do not say what its smoke tests want to hear
        play("the built-in example without its smoke tests", |edit| {
            let (skip, reason) = (vec!["smoke-test".to_owned()], Some("simulated".to_owned()));
            let rehearsal = Rehearsal::built_in(&Options { skip, reason, ..options(None) });
            rehearsed(&rehearsal.unwrap(), Behaviours::new(), edit)
        }),
        shop_with("commands", COMMANDS, Behaviours::new, |_| {}),
        shop_with("requests", REQUESTS, Behaviours::new, |_| {}),
        play("requests without a test listener", |edit| {
            let mut rehearsal = shop::rehearsal(&format!("{REQUESTS}{SECRETS}"), &options(None));
            rehearsal.script.test_listener = false;
            rehearsal.plan.rehearsal.as_mut().unwrap().test_listener = false;
            rehearsed(&rehearsal, Behaviours::new(), edit)
        }),
        shop_with("nothing but smoke tests", CHECK, Behaviours::new, |_| {}),
        shop_with("a metric that is missing", METRIC_MISSING, Behaviours::new, |_| {}),
        play("alarms", |edit| {
            let mut rehearsal = shop::rehearsal(&format!("{COMMANDS}{SECRETS}"), &options(None));
            rehearsal.script.alarms = vec!["shop-errors".to_owned()];
            rehearsed(&rehearsal, Behaviours::new(), edit)
        }),
        play("the migration of a lost deployment", late),
        play("the news of a deployment are lost", news_lost),
        play("an alarm during a deployment", |edit| {
            alarmed(Behaviours::new(), edit, async |shop| {
                let release = shop.release().await;
                shop.until(&release, "deployment.waiting", "termination").await;
                shop.alarm(ALARM, "ALARM").await;
            })
        }),
        play("an alarm after a deployment", |edit| alarmed(Behaviours::new(), edit, after_release)),
        play("an alarm that has the function as its action", |edit| {
            alarmed(Behaviours::new(), edit, async |shop| {
                shop.put_action(ALARM, "arn:aws:lambda:us-east-1:123456789012:function:greenlight-rollback").await;
                after_release(shop).await;
            })
        }),
        play("an alarm that publishes to a topic", |edit| {
            let edit: Edit<'_> = &|setup: &mut Setup| {
                lets_alarms_publish(setup);
                edit(setup);
            };
            alarmed(Behaviours::new(), edit, async |shop| {
                shop.put_action(ALARM, TOPIC).await;
                after_release(shop).await;
            })
        }),
        play("an alarm, and rollback dies", |edit| {
            alarmed(Behaviours::new().function(&function("rollback"), Code::CannotStart), edit, after_release)
        }),
        play("an alarm, and the AppSpec is in S3", alarm_in_s3),
        play("an AppSpec in S3", |edit| in_s3(Behaviours::new(), edit)),
        play("an AppSpec in S3, and finish dies", |edit| {
            in_s3(Behaviours::new().function(&function("finish"), Code::CannotStart), edit)
        }),
    ];
    for hook in HOOKS {
        let name = function(hook.part);
        let dies = move || Behaviours::new().function(&name, Code::CannotStart);
        plays.push(shop_with(&format!("{} dies", hook.part), COMMANDS, dies, |_| {}));
    }
    let stuck = [
        ("migrate", "ecs:RunTask"),
        ("warm-up", "ecs:RunTask"),
        ("smoke-test", "codedeploy:GetDeploymentGroup"),
        ("validate", "codedeploy:GetDeploymentGroup"),
        ("finish", "ecs:RunTask"),
    ];
    for (part, operation) in stuck {
        let throttled = move |setup: &mut Setup| {
            for operation in [operation, "sns:Publish"] {
                let (role, operation) = (shop::role(part), operation.to_owned());
                setup.faults.push(Fault::Call { role, operation, times: 10_000, answer: CallFault::Throttled });
            }
        };
        plays.push(shop_with(&format!("{part} is stuck, and cannot tell"), COMMANDS, Behaviours::new, throttled));
    }
    let unanswered = |setup: &mut Setup| {
        let (role, operation) = (shop::role("finish"), "ecs:RunTask".to_owned());
        setup.faults.push(Fault::Call { role, operation, times: 10_000, answer: CallFault::AnswerLost });
    };
    plays.push(shop_with("no answer about the task of finish", COMMANDS, Behaviours::new, unanswered));
    plays.extend(jobs::plays());
    plays.extend(native::plays());
    let settle_dies = || Behaviours::new().function(&function("settle"), Code::CannotStart);
    plays.push(shop_with("settle dies", COMMANDS, settle_dies, |_| {}));
    for fault in FAULTS {
        plays.push(play(fault.name, |edit| {
            rehearsed(&Rehearsal::built_in(&options(Some(fault.name))).unwrap(), Behaviours::new(), edit)
        }));
    }
    plays
}

fn function(part: &str) -> String {
    shop::rehearsal("", &options(None)).function_name(part)
}

/// The deployment is lost while its migration runs: both functions come too late.
fn late(edit: Edit<'_>) -> Played {
    let slow = Behaviour::Exit { after: 4 * MINUTE, code: 0, lines: Vec::new() };
    let behaviours =
        Behaviours::new().command_times("shop migrate", 1, Behaviour::succeeds(&[])).command("shop migrate", slow);
    in_account(behaviours, edit, async |account| {
        let id = account.deploy_green(Some(shop::MIGRATE)).await;
        account.pass(MINUTE).await;
        account.report(&account.hook_event(&id).await, "Failed").await;
        account.end_of(&id).await;
        account.pass(10 * MINUTE).await;
    })
}

/// How a deployment ended is asked by a schedule: first while it is in progress, then when it is over.
fn news_lost(edit: Edit<'_>) -> Played {
    let once = |behaviour| Behaviours::new().command_times("shop migrate", 1, behaviour);
    let behaviours = once(Behaviour::succeeds(&[])).command_times("shop migrate", 1, Behaviour::exits(75, &[]));
    let lost = |setup: &mut Setup| {
        let detail_type = "CodeDeploy Deployment State-change Notification".to_owned();
        setup.faults.push(Fault::Event { detail_type, times: Fault::ALWAYS, what: EventFault::Lost });
        edit(setup);
    };
    in_account(behaviours, &lost, async |account| {
        let retry = "retry = { times = 1, exit-codes = [75], wait = \"40m\" }";
        let id = account
            .deploy_green(Some(&format!("[migrate]\ncommand = [\"shop\", \"migrate\"]\ntimeout = \"2m\"\n{retry}\n")))
            .await;
        account.end_of(&id).await;
        account.pass(70 * MINUTE).await;
    })
}

/// Every hook reads the `AppSpec` in a bucket, and so does `settle` when `finish` dies.
fn in_s3(behaviours: Behaviours, edit: Edit<'_>) -> Played {
    let hooks = HOOKS.map(|hook| format!("  - {}: \"{}\"\n", hook.lifecycle_event, function(hook.part)));
    // the ARN is known beforehand: the third revision of the family
    let green = "arn:aws:ecs:us-east-1:123456789012:task-definition/shop:3";
    let app_spec = account::yaml(green);
    let (head, _) = app_spec.split_once("Hooks:").unwrap();
    let app_spec = format!("{head}Hooks:\n{}", hooks.concat());
    let bucket = |setup: &mut Setup| {
        let at = ("releases".to_owned(), "shop/appspec.yaml".to_owned());
        setup.infrastructure.objects.insert(at, app_spec.clone());
        setup.secrets = shop::rehearsal(SECRETS, &options(None)).script.secrets;
        edit(setup);
    };
    in_account(behaviours, &bucket, async |account| {
        assert_eq!(account.register_plan(COMMANDS).await, green);
        for version in [None, Some("1")] {
            let revision = account::in_s3("releases", "shop/appspec.yaml", version);
            let id = account.create_deployment(revision).await;
            account.end_of(&id).await;
            account.pass(10 * MINUTE).await;
        }
    })
}

/// A story of the shop with an alarm, and a while more.
fn alarmed(behaviours: Behaviours, edit: Edit<'_>, story: impl AsyncFnOnce(&Shop)) -> Played {
    let mut played = None;
    let shop = Watched { parameters: &PARAMETERS, ..Watched::default() };
    watched::with_behaviours(shop, behaviours, edit, async |shop: Shop| {
        story(&shop).await;
        shop.until_quiet().await;
        shop.account.pass(10 * MINUTE).await;
        played = Some(shop.account.played());
    });
    played.unwrap()
}

async fn after_release(shop: &Shop) {
    shop.released().await;
    shop.alarm(ALARM, "ALARM").await;
}

/// The plan of the release is found through a bucket.
fn alarm_in_s3(edit: Edit<'_>) -> Played {
    let green = "arn:aws:ecs:us-east-1:123456789012:task-definition/shop:3";
    let app_spec = account::yaml(green);
    let (head, _) = app_spec.split_once("Hooks:").unwrap();
    let bucket = |setup: &mut Setup| {
        let at = ("releases".to_owned(), "shop/appspec.yaml".to_owned());
        setup.infrastructure.objects.insert(at, head.to_owned());
        edit(setup);
    };
    alarmed(Behaviours::new(), &bucket, async |shop| {
        assert_eq!(shop.account.register_text(&shop::plan("[rollback]")).await, green);
        for version in [None, Some("1")] {
            let revision = account::in_s3("releases", "shop/appspec.yaml", version);
            let id = shop.account.create_deployment(revision).await;
            shop.account.end_of(&id).await;
            shop.alarm(ALARM, "ALARM").await;
            shop.until_quiet().await;
            shop.alarm(ALARM, "OK").await;
        }
    })
}

fn in_account(behaviours: Behaviours, edit: Edit<'_>, story: impl AsyncFnOnce(&Account)) -> Played {
    let mut played = None;
    account::with_options(&options(None), behaviours, edit, async |account: Account| {
        story(&account).await;
        played = Some(account.played());
    });
    played.unwrap()
}

/// What the template gives, as a rehearsal tells it.
fn given() -> Vec<Permission> {
    shop::rehearsal("", &options(None)).permissions()
}

fn deployed() -> Value {
    json!({ "event": "stack.deployed", "permissions": given() })
}

/// Which plays used a permission, by its owner, its numbers and its action.
fn users(played: &[(Play, Played)]) -> BTreeMap<(String, usize, usize, String), Vec<usize>> {
    let mut users: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (index, (_, played)) in played.iter().enumerate() {
        let used: BTreeSet<_> = played
            .facts("permission.used")
            .into_iter()
            .map(|fact| {
                let number = |name: &str| usize::try_from(fact[name].as_u64().unwrap()).unwrap();
                let text = |name: &str| fact[name].as_str().unwrap().to_owned();
                (text("role"), number("policy"), number("statement"), text("action"))
            })
            .collect();
        for key in used {
            users.entry(key).or_default().push(index);
        }
    }
    users
}

/// Takes one action out of one statement.
fn take_away(setup: &mut Setup, permission: &Permission) {
    let stack = &mut setup.stack;
    let arn = |service: &str, rest: &str| format!("arn:aws:{service}:us-east-1:123456789012:{rest}");
    let roles = stack.roles.iter_mut().map(|role| (role.name.clone(), &mut role.policies));
    let functions = stack.functions.iter_mut();
    let functions = functions.map(|one| (arn("lambda", &format!("function:{}", one.name)), &mut one.policies));
    let queues = stack.queues.iter_mut().map(|queue| (queue.arn.clone(), &mut queue.policies));
    let topics = stack.topics.iter_mut().map(|topic| (topic.arn.clone(), &mut topic.policies));
    let mut owners = roles.chain(functions).chain(queues).chain(topics);
    let (_, policies) = owners.find(|(owner, _)| *owner == permission.role).unwrap();
    let statement = &mut policies[permission.policy].statement[permission.statement];
    let left: Vec<String> = statement.actions().filter(|one| *one != permission.action).map(str::to_owned).collect();
    statement.action = json!(left);
}

/// Over all rehearsals together: what is allowed is what is needed.
#[test]
fn nothing_is_denied_and_every_permission_is_needed() {
    let played: Vec<(Play, Played)> = plays()
        .into_iter()
        .map(|one| {
            let played = (one.play)(&|_| {});
            (one, played)
        })
        .collect();
    for (play, played) in &played {
        assert!(played.denied().is_empty(), "{}: {:?}", play.name, played.denied());
    }
    let deployed = deployed();
    let events = played.iter().flat_map(|(_, played)| std::iter::once(&deployed).chain(&played.facts));
    let findings = Findings::of(events);
    let unused: Vec<String> = findings.unused.iter().map(ToString::to_string).collect();
    assert!(unused.is_empty(), "no rehearsal uses:\n{}", unused.join("\n"));
    let users = users(&played);
    let judged = |permission: &Permission| NOT_JUDGED.iter().all(|(prefix, _)| !permission.action.starts_with(prefix));
    for permission in given().into_iter().filter(judged) {
        let Permission { role, policy, statement, action, .. } = permission.clone();
        // the shortest story that needs it will do
        let of_it = users[&(role, policy, statement, action)].iter().map(|user| &played[*user]);
        let (play, _) = of_it.min_by_key(|(_, played)| played.facts.len()).unwrap();
        let without = (play.play)(&|setup: &mut Setup| take_away(setup, &permission));
        lacks(&play.name, &without, &permission);
    }
}

/// The rehearsal says who lacks what on which resource, and so it has failed.
fn lacks(play: &str, played: &Played, permission: &Permission) {
    let is_it = |fact: &&&Value| {
        fact["action"] == permission.action.as_str()
            && (fact["role"] == permission.role.as_str() || fact["resource"] == permission.role.as_str())
    };
    let denied = played.denied();
    let Some(fact) = denied.iter().find(is_it) else {
        panic!("`{play}` does not miss {permission}; denied were {denied:?}")
    };
    assert!(fact["resource"].as_str().is_some_and(|resource| !resource.is_empty()), "{fact}");
    if let Some(told) = played.outcome["denied"].as_array() {
        let said = told.iter().any(|one| one["action"] == fact["action"] && one["resource"] == fact["resource"]);
        assert!(said, "{fact} is not in the outcome of `{play}`: {told:?}");
    }
}
