//! A stage that somebody outside drives: the AWS endpoint of a rehearsal, with the built-in example and nothing deployed yet.
//!
//! It prints one line of JSON, with the endpoint, the operations that the stage has and what is needed to deploy, and runs until
//! its standard input ends. `.ci/stage-against-botocore` is the one who calls.
//!
//! One of its functions is a hook that says nothing: it writes its event to `hook.json` in the stage's folder, and whoever drives may
//! answer in its place.
//!
//! With `--fault` and names of faults these happen on it. With other arguments, or under the name `shop`, it is `greenlight`: the
//! stage starts it as its functions and tasks.

use greenlight::rehearse::{Options, Rehearsal, setup};
use greenlight_aws::{Env, Invocation};
use greenlight_domain::plan::Plan;
use greenlight_host::{HostClock, HostError, Image, Program, Stage};
use greenlight_world::{Condition, ListenerRule, Role, Setup, Statement, operations, rule_arn};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The function that says nothing, and the argument that makes this program that function.
const SILENT: &str = "silent";
const SILENT_FUNCTION: &str = "CodeDeployHook_silent";
/// The argument behind which faults are named.
const FAULT: &str = "--fault";

/// The stage's seconds in a real one.
const SPEED: f64 = 60.0;
/// The same with faults: whoever names them needs time before the deadlines of one-off tasks.
const SPEED_WITH_FAULTS: f64 = 10.0;

#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("cannot read the built-in example: {0}")]
    Example(#[from] greenlight::Error),
    #[error("cannot embed the plan: {0}")]
    Plan(String),
    #[error("cannot start the stage: {0}")]
    Stage(#[from] HostError),
    #[error("cannot prepare the stage: {0}")]
    Io(#[from] std::io::Error),
}

fn main() -> ExitCode {
    let mut arguments = std::env::args_os();
    let shop = arguments.next().is_some_and(|name| Path::new(&name).file_name().is_some_and(|file| file == "shop"));
    let done = match arguments.next() {
        Some(argument) if argument == SILENT => greenlight_aws::lambda::run(silent).map_err(|error| error.to_string()),
        Some(argument) if argument == FAULT => {
            let faults = arguments.map(|name| name.to_string_lossy().into_owned()).collect();
            run(faults).map_err(|error| error.to_string())
        }
        Some(_) => return greenlight::main(std::env::args_os()),
        None if shop => return greenlight::main(std::env::args_os()),
        None => run(Vec::new()).map_err(|error| error.to_string()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// A plan with the job that the samples of events are about: green's plan has it too.
const JOB: &str = r#"
application = "shop"
deployment-group = "production"
cluster = "production-cluster"
service = "shop-web"
container = "web"
port = 8000
[jobs.sync-external-data]
schedule = "rate(1 hour)"
command = ["shop", "count"]
"#;

/// Signs the calls of a role that may do nothing.
const NOBODY: &str = "ASIANOBODY";

/// The hook that says nothing. It comes again as Lambda retries it; what it writes is the same.
async fn silent(invocation: Invocation, _: &Env) -> Result<Value, greenlight_aws::Error> {
    // whoever waits for the file sees that it does not come
    let _ = std::fs::write("hook.json", invocation.payload.to_string());
    Ok(Value::Null)
}

fn run(faults: Vec<String>) -> Result<(), Error> {
    let speed = if faults.is_empty() { SPEED } else { SPEED_WITH_FAULTS };
    let rehearsal = Rehearsal::built_in(&Options { faults, ..Options::default() })?;
    let program = std::env::current_exe()?;
    let scratch = tempfile::Builder::new().prefix("greenlight-").tempdir()?;
    let bin = scratch.path().join("bin");
    std::fs::create_dir(&bin)?;
    std::os::unix::fs::symlink(&program, bin.join("shop"))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let origin = greenlight_aws::Clock::real().now();
        let mut world = setup(&rehearsal, origin, speed);
        // what a rehearsal of this plan does not have
        let mut listeners = world.infrastructure.load_balancers.iter_mut().flat_map(|balancer| &mut balancer.listeners);
        if let Some(listener) = listeners.find(|listener| listener.arn == rehearsal.test_listener()) {
            listener.rules.push(rule(&rehearsal));
        }
        let revision = ("revisions".to_owned(), "appspec.json".to_owned());
        let mut without_hooks = app_spec(&rehearsal, "shop:2");
        without_hooks["Hooks"] = json!([]);
        world.infrastructure.objects.insert(revision, without_hooks.to_string());
        for name in [
            "secretsmanager:us-east-1:123456789012:secret:api-key-a1B2c3",
            "ssm:us-east-1:123456789012:parameter/api-key",
        ] {
            world.secrets.insert(format!("arn:aws:{name}"), r#"{"key":"k"}"#.to_owned());
        }
        add_silent(&mut world);
        world.stack.roles.push(Role {
            name: "nobody".to_owned(),
            access_key: NOBODY.to_owned(),
            policies: Vec::new(),
            ..Role::default()
        });
        let environments = environments(&world);
        let stage = Stage::start(greenlight_host::Options {
            setup: world,
            images: images(&rehearsal, scratch.path(), bin)?,
            functions: functions(&rehearsal, &program),
            scratch: scratch.path().to_owned(),
            clock: HostClock { origin, speed },
            port: None,
        });
        let stage = stage.await?;
        writeln!(std::io::stdout(), "{}", about(&stage, &rehearsal, scratch.path(), &environments)?)?;
        // whatever it says, only its end counts
        let _ = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await;
        stage.stop().await;
        Ok(())
    })
}

/// The function that says nothing, which `CodeDeploy` may invoke.
fn add_silent(world: &mut Setup) {
    let migrate = world.stack.functions.iter().find(|function| function.name.ends_with("-migrate"));
    let silent = migrate.cloned().map(|mut function| {
        SILENT_FUNCTION.clone_into(&mut function.name);
        function
    });
    world.stack.functions.extend(silent);
    let invoke = Statement {
        sid: None,
        principal: None,
        effect: "Allow".to_owned(),
        action: json!("lambda:InvokeFunction"),
        resource: json!(Rehearsal::function_arn(SILENT_FUNCTION)),
        condition: BTreeMap::new(),
    };
    let roles = world.stack.roles.iter_mut().filter(|role| role.name == "codedeploy");
    roles.flat_map(|role| &mut role.policies).for_each(|policy| policy.statement.push(invoke.clone()));
}

fn images(rehearsal: &Rehearsal, scratch: &Path, bin: PathBuf) -> Result<BTreeMap<String, Image>, Error> {
    let inherited = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(std::iter::once(bin).chain(std::env::split_paths(&inherited)))
        .map_err(std::io::Error::other)?;
    let image = |image: &greenlight_domain::plan::RehearsalImage| {
        let mut environment = image.environment.clone();
        environment.insert("PATH".to_owned(), path.to_string_lossy().into_owned());
        Image { directory: scratch.to_owned(), command: image.command.clone(), environment }
    };
    Ok(rehearsal.script.images.iter().map(|(name, known)| (name.clone(), image(known))).collect())
}

fn functions(rehearsal: &Rehearsal, program: &Path) -> BTreeMap<String, Program> {
    let part =
        |part: &str| Program { program: program.to_owned(), arguments: vec!["function".to_owned(), part.to_owned()] };
    let silent = Program { program: program.to_owned(), arguments: vec![SILENT.to_owned()] };
    let deployed = rehearsal.deployed.functions.iter();
    let known = deployed.filter_map(|function| Some((function.name.clone(), part(function.binary.as_deref()?))));
    known.chain([(SILENT_FUNCTION.to_owned(), silent)]).collect()
}

/// A rule of the test listener with every kind of condition.
fn rule(rehearsal: &Rehearsal) -> ListenerRule {
    ListenerRule {
        arn: rule_arn(&rehearsal.test_listener(), "9683b2d02a6cabee"),
        priority: 1,
        conditions: vec![
            Condition::HttpHeader { name: "x-ecs-test".to_owned(), values: vec!["1".to_owned()] },
            Condition::HostHeader(vec!["green.example.com".to_owned()]),
            Condition::PathPattern(vec!["/*".to_owned()]),
        ],
        target_group: rehearsal.target_groups()[0].clone(),
    }
}

/// What each function is started with, for whoever starts it in the stage's place: its variables and its role's key.
fn environments(setup: &Setup) -> Value {
    let key =
        |role: &str| setup.stack.roles.iter().find(|known| known.name == role).map(|role| role.access_key.clone());
    let environment = |function: &greenlight_world::Function| {
        let mut environment = function.environment.clone();
        environment.insert("AWS_REGION".to_owned(), setup.region.clone());
        environment.insert("AWS_ACCESS_KEY_ID".to_owned(), key(&function.role).unwrap_or_default());
        (function.name.clone(), json!(environment))
    };
    setup.stack.functions.iter().map(environment).collect()
}

/// What the caller has to know.
fn about(stage: &Stage, rehearsal: &Rehearsal, folder: &Path, environments: &Value) -> Result<Value, Error> {
    let mut plan = rehearsal.plan.clone();
    plan.jobs.extend(Plan::parse(JOB, "a job").map_err(|error| Error::Plan(error.to_string()))?.jobs);
    let embedded = plan.embed().map_err(|error| Error::Plan(error.to_string()))?;
    let revision = |image: &str, label: Option<&str>| -> Result<Value, Error> {
        let mut definition = rehearsal.task_definition.clone();
        definition.set_image(&plan.container, image).map_err(|error| Error::Plan(error.to_string()))?;
        if let Some(label) = label {
            definition.embed_plan(&plan.container, label).map_err(|error| Error::Plan(error.to_string()))?;
        }
        Ok(definition.to_json().clone())
    };
    let settle = |name: &str| rehearsal.function("settle").and_then(|settle| settle.environment.get(name));
    let worker = rehearsal.workers.first().map(|worker| worker.task_definition.to_json().clone());
    let operations: Vec<Value> = operations()
        .map(|(service, name, callers)| json!({ "service": service, "operation": name, "callers": callers }))
        .collect();
    Ok(json!({
        "endpoint": stage.endpoint(),
        "operations": operations,
        "folder": folder,
        "functions": environments,
        "blue": revision(&rehearsal.script.blue, None)?,
        "green": revision(&rehearsal.script.green, Some(&embedded))?,
        "worker": worker,
        "hooks": app_spec(rehearsal, "")["Hooks"],
        "cluster": plan.cluster,
        "service": plan.service,
        "container": plan.container,
        "port": plan.port,
        "production_listener": rehearsal.production_listener(),
        "test_listener": rehearsal.test_listener(),
        "test_rule": rule(rehearsal).arn,
        "target_groups": rehearsal.target_groups(),
        "target_group_arns": rehearsal.target_groups().map(|name| Rehearsal::target_group_arn(&name)),
        "topic": rehearsal.output("TopicArn"),
        "settle": Rehearsal::function_arn(&rehearsal.function_name("settle")),
        "schedule_group": settle("GREENLIGHT_SCHEDULE_GROUP"),
        "scheduler_role": settle("GREENLIGHT_SCHEDULE_ROLE_ARN"),
        "alarms": rehearsal.script.alarms,
    }))
}

fn app_spec(rehearsal: &Rehearsal, task_definition: &str) -> Value {
    let hook = |hook: &greenlight::rehearse::hooks::Hook| json!({ hook.lifecycle_event.name(): rehearsal.hook_function(hook) });
    json!({
        "version": 0.0,
        "Resources": [{ "TargetService": { "Type": "AWS::ECS::Service", "Properties": {
            "TaskDefinition": task_definition,
            "LoadBalancerInfo": { "ContainerName": rehearsal.plan.container, "ContainerPort": rehearsal.plan.port },
        }}}],
        "Hooks": rehearsal.hooks().map(|known| hook(&known)).collect::<Vec<_>>(),
    })
}
