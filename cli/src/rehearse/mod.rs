//! `greenlight rehearse`: a whole blue/green deployment on this machine.
//!
//! [`Rehearsal`] is what was read and checked; [`setup()`] is the world it starts in; [`drive()`] plays the deployment in it.
//! All three serve the stage and the simulation alike. Processes, HTTP and the terminal come in with `run`.

mod alarms;
mod built_in;
mod controller;
mod deployment_configs;
pub(crate) mod drive;
mod ecs_roles;
pub mod faults;
pub mod hooks;
pub(crate) mod jobs;
pub(crate) mod names;
mod outcome;
mod progress;
mod report;
mod service_role;
mod setup;
mod show;
pub mod stack;
mod traffic;
pub(crate) mod verb;

pub use controller::Controller;
pub use drive::drive;
pub use jobs::{JobOutcome, Tried, play as play_jobs};
pub use outcome::{Colour, Denied, Ending, HookOutcome, Measured, Outcome, TrafficOutcome};
pub use progress::{Progress, Step};
pub use setup::setup;
pub(crate) use verb::run;

use crate::Error;
use faults::Fault;
use greenlight_domain::directive::Directive;
use greenlight_domain::mask::Mask;
use greenlight_domain::plan::{self, Plan};
use greenlight_domain::task_definition::{self, LogConfiguration, TaskDefinition};
use greenlight_template::{Deployed, Template};
use stack::Application;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The name of the functions' stack.
const INSTALL: &str = "greenlight";
/// What is rehearsed: read, checked, ready to play.
#[derive(Debug, Clone)]
pub struct Rehearsal {
    /// The prefix of every name.
    pub install: String,
    /// What the template of the functions deploys for it.
    pub deployed: Deployed,
    /// The application's plan.
    pub plan: Plan,
    /// The plan's own `[rehearsal]`.
    pub script: plan::Rehearsal,
    /// The application's task definition, as it is in the repository.
    pub task_definition: TaskDefinition,
    /// The services that run beside it.
    pub workers: Vec<Worker>,
    /// The task definitions that jobs have of their own, with the old image.
    pub job_definitions: Vec<TaskDefinition>,
    /// Who deploys.
    pub controller: Controller,
    /// How traffic shifts, by the name of `CodeDeploy`'s deployment configuration.
    pub deployment_config: String,
    /// What goes wrong.
    pub faults: Vec<Fault>,
    /// What is not checked, and why: recorded on the deployment.
    pub directives: Vec<Directive>,
    /// How long the jobs are played after the deployment, if they are.
    pub jobs: Option<Duration>,
}

/// A service without traffic: it has an image of the application, and follows it in `[finish]`.
#[derive(Debug, Clone)]
pub struct Worker {
    /// The service's name.
    pub service: String,
    /// The container that has the application's image.
    pub container: String,
    /// Its task definition, as it is in the repository.
    pub task_definition: TaskDefinition,
    /// Its tasks.
    pub desired_count: u32,
}

/// What can be chosen beside the plan.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Who deploys.
    pub controller: Controller,
    /// `CodeDeploy`'s deployment configuration, in place of the plan's.
    pub deployment_config: Option<String>,
    /// Names of faults.
    pub faults: Vec<String>,
    /// Checks that are skipped.
    pub skip: Vec<String>,
    /// Why.
    pub reason: Option<String>,
    /// How long the jobs are played after the deployment.
    pub jobs: Option<Duration>,
    /// The template of the functions, in place of the one that the program was built with.
    pub template: Option<PathBuf>,
    /// Values of its parameters, in place of what the application says.
    pub parameters: BTreeMap<String, String>,
}

impl Rehearsal {
    /// The built-in example.
    pub fn built_in(options: &Options) -> Result<Self, Error> {
        let file = Path::new(built_in::PLAN_FILE);
        Self::parse(built_in::PLAN, file, &built_in::text, options)
    }

    /// Reads a plan and the task definitions that it names, and checks that they can be rehearsed.
    pub fn read(file: &Path, options: &Options) -> Result<Self, Error> {
        Self::parse(&crate::file::text(file)?, file, &crate::file::text, options)
    }

    /// The same for texts that lie in no file: `file` names the plan in errors, and `read` has what stands beside it.
    pub fn parse(
        plan: &str,
        file: &Path,
        read: &dyn Fn(&Path) -> Result<String, Error>,
        options: &Options,
    ) -> Result<Self, Error> {
        let plan = parse(plan, file)?;
        let Some(script) = plan.rehearsal.clone() else {
            return Err(not_rehearsable(
                file,
                "rehearsal",
                "the table is missing",
                "say in it which images are blue and green, and in [rehearsal.images] what they stand for",
            ));
        };
        let Some(name) = &plan.task_definition else {
            return Err(not_rehearsable(
                file,
                "task-definition",
                "is missing",
                "name the file with the input of register-task-definition, relative to the plan",
            ));
        };
        let definition = |name: &str| -> Result<TaskDefinition, Error> {
            let path = beside(file, name);
            Ok(TaskDefinition::parse(&read(&path)?, &path.display().to_string())?)
        };
        let task_definition = definition(name)?;
        task_definition::check(&task_definition, &plan)?;
        let workers = workers(&plan, &script, file, &definition)?;
        let job_definitions = jobs::definitions(&plan, &script, file, &definition)?;
        let all: Vec<&TaskDefinition> = std::iter::once(&task_definition)
            .chain(workers.iter().map(|worker| &worker.task_definition))
            .chain(&job_definitions)
            .collect();
        let application =
            Application { plan: &plan, task_definitions: &all, workers: &workers, controller: options.controller };
        let rehearsal = Self {
            deployed: deployed(&application, options)?,
            install: INSTALL.to_owned(),
            controller: options.controller,
            deployment_config: options.deployment_config.clone().unwrap_or_else(|| script.deployment_config.clone()),
            faults: options.faults.iter().map(|name| Fault::named(name)).collect::<Result<_, _>>()?,
            directives: directives(options, &plan)?,
            jobs: options.jobs,
            workers,
            job_definitions,
            plan,
            script,
            task_definition,
        };
        rehearsal.check(file)?;
        Ok(rehearsal)
    }

    /// What only shows when plan, task definition and options are seen together.
    fn check(&self, file: &Path) -> Result<(), Error> {
        let mut secrets = self.task_definitions().flat_map(TaskDefinition::secrets);
        if let Some(secret) = secrets.find(|secret| !self.script.secrets.contains_key(*secret)) {
            let problem = format!("there is no value for `{secret}`, which a task definition refers to");
            let remedy = format!("add \"{secret}\" = \"rehearsal-only\"");
            return Err(not_rehearsable(file, "rehearsal.secrets", &problem, &remedy));
        }
        let known =
            |arn: &&str| self.script.secrets.keys().any(|key| key == arn || arn.starts_with(&format!("{key}:")));
        if let Some(secret) = self.plan.secrets().into_iter().find(|secret| !known(secret)) {
            let problem = format!("there is no value for `{secret}`, which the plan's checks refer to");
            let remedy = format!("add \"{secret}\" = \"rehearsal-only\"");
            return Err(not_rehearsable(file, "rehearsal.secrets", &problem, &remedy));
        }
        let predefined = |name: &str| deployment_configs::PREDEFINED.iter().any(|(known, _)| *known == name);
        if self.script.deployment.traffic.is_some() && predefined(&self.script.deployment_config) {
            let problem = "describes a configuration of your own, and `deployment-config` names one of CodeDeploy's";
            let remedy = "give it a name of its own: deployment-config = \"Shop.Linear20PercentEvery2Minutes\"";
            return Err(not_rehearsable(file, "rehearsal.deployment.traffic", problem, remedy));
        }
        if !predefined(&self.deployment_config) && !self.has_own_config() {
            let problem = format!("a rehearsal has no deployment configuration `{}`", self.deployment_config);
            let remedy = format!(
                "use one of {}, or describe it in [rehearsal.deployment]: traffic = {{ linear = 20, interval = \"2m\" }}",
                deployment_configs::PREDEFINED.map(|(name, _)| name).join(", ")
            );
            return Err(not_rehearsable(file, "rehearsal.deployment-config", &problem, &remedy));
        }
        self.check_jobs(file)?;
        match self.faults.iter().find(|fault| !fault.can_happen(&self.plan)) {
            Some(fault) => Err(Error::FaultWithoutCause { name: fault.name.to_owned(), needs: fault.needs }),
            None => Ok(()),
        }
    }

    /// That there are jobs to be played, and not for longer than can be kept.
    fn check_jobs(&self, file: &Path) -> Result<(), Error> {
        let Some(span) = self.jobs else { return Ok(()) };
        if span > jobs::LONGEST {
            let remedy = format!("play at most {} days", jobs::LONGEST.as_secs() / 86_400);
            return Err(Error::usage("--jobs is too long", remedy));
        }
        if self.plan.jobs.is_empty() {
            let remedy = "add one, [jobs.NAME] with its schedule and command, or leave out --jobs";
            return Err(not_rehearsable(file, "jobs", "the plan has no jobs", remedy));
        }
        let is_there = |family: &str| self.job_definitions.iter().any(|definition| definition.family() == family);
        let mut own = self.plan.jobs.iter().filter_map(|(name, job)| Some((name, jobs::family(job)?)));
        match own.find(|(_, family)| !is_there(family)) {
            Some((name, family)) => {
                let problem = format!("nothing says what the task definition `{family}` of [jobs.{name}] is");
                let remedy = "name its file: task-definitions = [\"job.json\"]";
                Err(not_rehearsable(file, "rehearsal.task-definitions", &problem, remedy))
            }
            None => Ok(()),
        }
    }

    /// Whether the deployment configuration is the one that the plan describes.
    pub(crate) fn has_own_config(&self) -> bool {
        self.script.deployment.traffic.is_some() && self.deployment_config == self.script.deployment_config
    }

    /// The task definition's family.
    pub fn family(&self) -> &str {
        self.task_definition.family()
    }

    /// What nobody may read in what is shown: the values of secrets, and of variables whose names say that they are secret.
    pub(crate) fn mask(&self) -> Mask {
        let mut mask = Mask::new();
        self.script.secrets.values().for_each(|value| mask.hide_unless_plain(value));
        for image in self.script.images.values() {
            mask.hide_environment(image.environment.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        }
        self.task_definitions().for_each(|definition| mask.hide_environment(definition.environment()));
        mask
    }

    /// The application's task definition, and those of its workers and jobs.
    fn task_definitions(&self) -> impl Iterator<Item = &TaskDefinition> {
        let workers = self.workers.iter().map(|worker| &worker.task_definition);
        std::iter::once(&self.task_definition).chain(workers).chain(&self.job_definitions)
    }
}

/// The log groups that the containers of these write to.
fn log_groups<'a>(definitions: impl Iterator<Item = &'a TaskDefinition>) -> BTreeSet<String> {
    let configurations = definitions
        .flat_map(|definition| definition.containers().filter_map(|container| definition.log_configuration(container)));
    configurations
        .filter_map(|configuration| match configuration {
            LogConfiguration::AwsLogs(logs) => Some(logs.group),
            LogConfiguration::FireLens | LogConfiguration::Other(_) => None,
        })
        .collect()
}

/// What the template deploys that the options name, or else the program's own.
fn deployed(application: &Application<'_>, options: &Options) -> Result<Deployed, Error> {
    let (text, name) = match &options.template {
        Some(file) => (crate::file::text(file)?, file.display().to_string()),
        None => (stack::TEMPLATE.to_owned(), stack::TEMPLATE_FILE.to_owned()),
    };
    let deployed =
        Template::parse(&text, &name).and_then(|template| application.deploy(INSTALL, &template, &options.parameters));
    let deployed = deployed.map_err(|source| Error::Template { source, text })?;
    stack::check(&deployed)?;
    Ok(deployed)
}

/// The services of `[finish]`, each with what `[rehearsal.services]` says about it.
fn workers(
    plan: &Plan,
    script: &plan::Rehearsal,
    file: &Path,
    definition: &dyn Fn(&str) -> Result<TaskDefinition, Error>,
) -> Result<Vec<Worker>, Error> {
    let mut workers = Vec::new();
    for worker in plan.finish.iter().flat_map(|finish| &finish.services) {
        let Some(service) = script.services.get(&worker.service) else {
            let problem = format!("nothing says what the service `{}` of [finish] is", worker.service);
            let remedy = format!("add [rehearsal.services.\"{}\"] with its task-definition", worker.service);
            return Err(not_rehearsable(file, "rehearsal.services", &problem, &remedy));
        };
        let mut task_definition = definition(&service.task_definition)?;
        // a container that is not there shows before anything starts
        task_definition.set_image(&worker.container, &script.blue)?;
        workers.push(Worker {
            service: worker.service.clone(),
            container: worker.container.clone(),
            task_definition,
            desired_count: service.desired_count,
        });
    }
    let followed = |name: &&String| workers.iter().any(|worker| worker.service == **name);
    match script.services.keys().find(|name| !followed(name)) {
        None => Ok(workers),
        Some(name) => {
            let key = format!("rehearsal.services.\"{name}\"");
            let remedy = format!("add services = [\"{name}\"] to [finish], or take this table out");
            Err(not_rehearsable(file, &key, "no service of [finish] has this name", &remedy))
        }
    }
}

fn directives(options: &Options, plan: &Plan) -> Result<Vec<Directive>, Error> {
    let reason = options.reason.as_deref().unwrap_or_default();
    options.skip.iter().map(|skip| Ok(Directive::new(skip, reason, plan)?)).collect()
}

fn parse(plan: &str, file: &Path) -> Result<Plan, Error> {
    Plan::parse(plan, &file.display().to_string()).map_err(|source| Error::Plan { source, text: plan.to_owned() })
}

/// A path that a plan names is relative to the plan.
pub(crate) fn beside(file: &Path, name: impl AsRef<Path>) -> PathBuf {
    file.parent().unwrap_or(Path::new("")).join(name)
}

fn not_rehearsable(file: &Path, key: &str, problem: &str, remedy: &str) -> Error {
    Error::NotRehearsable {
        file: file.display().to_string(),
        key: key.to_owned(),
        problem: problem.to_owned(),
        remedy: remedy.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(change: impl Fn(String) -> String, options: &Options) -> Result<Rehearsal, Error> {
        let plan = change(built_in::PLAN.to_owned());
        Rehearsal::parse(&plan, Path::new("app/greenlight.toml"), &built_in::text, options)
    }

    #[test]
    fn the_built_in_example_can_be_rehearsed() {
        let rehearsal = Rehearsal::built_in(&Options::default()).unwrap();
        assert_eq!(rehearsal.family(), "shop");
        let groups = log_groups(rehearsal.task_definitions());
        assert_eq!(groups, BTreeSet::from(["/ecs/shop".to_owned(), "/ecs/shop-worker".to_owned()]));
        let world = setup(&rehearsal, greenlight_world::Setup::EPOCH, 60.0);
        assert_eq!(world.check(), Ok(()));
        let names: BTreeSet<&str> = world.stack.functions.iter().map(|function| function.name.as_str()).collect();
        let hooks = hooks::HOOKS.map(|hook| format!("CodeDeployHook_greenlight-{}", hook.part));
        assert_eq!(hooks, hooks::HOOKS.map(|hook| rehearsal.hook_function(&hook).to_owned()));
        assert_eq!(
            names,
            hooks
                .iter()
                .map(String::as_str)
                .chain(["greenlight-launch-job", "greenlight-notify", "greenlight-rollback", "greenlight-settle"])
                .collect()
        );
        assert_eq!(world.stack.functions[0].environment["GREENLIGHT_CLOCK"], "2026-01-01T00:00:00Z*60");
    }

    #[test]
    fn a_plan_without_a_rehearsal_is_refused_with_what_to_add() {
        let cut = |plan: String| plan.split("[rehearsal]").next().unwrap().to_owned();
        let message = with(cut, &Options::default()).unwrap_err().to_string();
        assert!(message.starts_with("app/greenlight.toml: rehearsal: the table is missing"), "{message}");
    }

    #[test]
    fn a_secret_without_a_value_is_refused_before_anything_starts() {
        let secret =
            r#""secrets": [{ "name": "KEY", "valueFrom": "arn:aws:ssm:us-east-1:123456789012:parameter/key" }],"#;
        let definition = built_in::TASK_DEFINITION.replace("\"stopTimeout\"", &format!("{secret}\n\"stopTimeout\""));
        let read = |path: &Path| {
            if path.ends_with("taskdef.json") { Ok(definition.clone()) } else { built_in::text(path) }
        };
        let refused = Rehearsal::parse(built_in::PLAN, Path::new("greenlight.toml"), &read, &Options::default());
        let message = refused.unwrap_err().to_string();
        assert!(message.contains("parameter/key") && message.contains("rehearsal.secrets"), "{message}");
    }

    #[test]
    fn a_migration_fault_needs_a_migration() {
        let options = Options { faults: vec!["migration-fails".to_owned()], ..Options::default() };
        let cut = |plan: String| {
            let (before, after) = plan.split_once("[migrate]").unwrap();
            format!("{before}{}", &after[after.find("[warm-up]").unwrap()..])
        };
        assert!(matches!(with(cut, &options), Err(Error::FaultWithoutCause { .. })));
        assert_eq!(with(|plan| plan, &options).unwrap().faults.len(), 1);
    }

    #[test]
    fn a_worker_that_nobody_describes_is_refused_and_so_is_one_that_nobody_updates() {
        let table = "[rehearsal.services.\"shop-worker\"]";
        let unknown = |plan: String| plan.replace(table, "[rehearsal.services.\"other\"]");
        let message = with(unknown, &Options::default()).unwrap_err().to_string();
        assert!(message.contains("`shop-worker`") && message.contains(table), "{message}");
        let idle =
            |plan: String| plan.replace("services = [{ service = \"shop-worker\", container = \"worker\" }]", "");
        let message = with(idle, &Options::default()).unwrap_err().to_string();
        assert!(message.contains("no service of [finish] has this name"), "{message}");
        let container = |plan: String| plan.replace("container = \"worker\"", "container = \"wrker\"");
        let message = with(container, &Options::default()).unwrap_err().to_string();
        assert!(message.contains("wrker") && message.contains("worker"), "{message}");
    }

    #[test]
    fn an_unknown_deployment_configuration_is_refused_with_the_known_ones() {
        let options = Options { deployment_config: Some("Canary".to_owned()), ..Options::default() };
        let message = with(|plan| plan, &options).unwrap_err().to_string();
        assert!(message.contains("CodeDeployDefault.ECSAllAtOnce"), "{message}");
    }
}
