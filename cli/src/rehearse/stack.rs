//! The functions as their template deploys them for one application: what is rehearsed is what is shipped.

use super::hooks::{HOOKS, Hook, LAUNCH_JOB, NOTIFY, ROLLBACK, SETTLE};
use super::names::{ACCOUNT, REGION, arn};
use super::{Controller, Rehearsal, Worker};
use crate::Error;
use greenlight_domain::plan::Plan;
use greenlight_domain::task_definition::TaskDefinition;
use greenlight_template::{ActionPlace, Deployed, Deployment, StatementPlace, Template, TemplateError};
use greenlight_world::Function;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The template that the program was built with.
pub const TEMPLATE: &str = include_str!("../../../template.yaml");
/// Its name in errors.
pub const TEMPLATE_FILE: &str = "template.yaml";

/// A role that a task definition without roles does not need: the template wants to be told of one.
const NO_ROLE: &str = "arn:aws:iam::123456789012:role/ecsTaskExecutionRole";

/// The application, as far as the template asks for it.
pub(super) struct Application<'a> {
    pub(super) plan: &'a Plan,
    /// Its own, and those of its workers and jobs.
    pub(super) task_definitions: &'a [&'a TaskDefinition],
    pub(super) workers: &'a [Worker],
    pub(super) controller: Controller,
}

impl Application<'_> {
    /// What somebody who deploys the template for this application answers. A template that asks for less gets less.
    fn parameters(&self, template: &Template) -> BTreeMap<String, String> {
        let plan = self.plan;
        let roles: BTreeSet<&str> = self.task_definitions.iter().flat_map(|definition| definition.roles()).collect();
        let roles = if roles.is_empty() { BTreeSet::from([NO_ROLE]) } else { roles };
        // behind the seventh part stand the key and the version that are read
        let whole = |arn: &str| arn.split(':').take(7).collect::<Vec<_>>().join(":");
        let (parameters, secrets): (Vec<&str>, Vec<&str>) =
            plan.secrets().into_iter().partition(|arn| arn.split(':').nth(2) == Some("ssm"));
        let groups = super::log_groups(self.task_definitions.iter().copied());
        let workers = self.workers.iter();
        let group = format!("{}/{}", plan.application, plan.deployment_group);
        let of_codedeploy =
            |what: String| if plan.application.is_empty() { String::new() } else { arn("codedeploy", &what) };
        let service = match self.controller {
            Controller::CodeDeploy => String::new(),
            Controller::Ecs => arn("ecs", &format!("service/{}/{}", plan.cluster, plan.service)),
        };
        let answers = [
            ("ApplicationArns", of_codedeploy(format!("application:{}", plan.application))),
            ("DeploymentGroupArns", of_codedeploy(format!("deploymentgroup:{group}"))),
            ("ServiceArns", service),
            ("ClusterArns", arn("ecs", &format!("cluster/{}", plan.cluster))),
            ("PassableRoleArns", list(roles.into_iter().map(str::to_owned))),
            (
                "WorkerServiceArns",
                list(workers.map(|worker| arn("ecs", &format!("service/{}/{}", plan.cluster, worker.service)))),
            ),
            ("ParameterArns", list(parameters.into_iter().map(str::to_owned))),
            ("SecretArns", list(secrets.into_iter().map(whole))),
            ("TaskLogGroupArns", list(groups.iter().map(|group| arn("logs", &format!("log-group:{group}:*"))))),
        ];
        let asked: BTreeSet<&str> = template.parameters().iter().map(|parameter| parameter.name.as_str()).collect();
        let given = answers.into_iter().filter(|(name, value)| asked.contains(name) && !value.is_empty());
        given.map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// Deploys the template; `overrides` take the place of what the application says.
    pub(super) fn deploy(
        &self,
        stack_name: &str,
        template: &Template,
        overrides: &BTreeMap<String, String>,
    ) -> Result<Deployed, TemplateError> {
        let mut parameters = self.parameters(template);
        parameters.extend(overrides.clone());
        template.deploy(&Deployment {
            stack_name: stack_name.to_owned(),
            account: ACCOUNT.to_owned(),
            region: REGION.to_owned(),
            parameters,
        })
    }
}

/// That all is there without which there is nothing to rehearse.
pub(super) fn check(deployed: &Deployed) -> Result<(), Error> {
    let is_there = |part: &str| deployed.functions.iter().any(|function| function.binary.as_deref() == Some(part));
    let mut parts = HOOKS.iter().map(|hook| hook.part).chain([SETTLE, ROLLBACK, LAUNCH_JOB, NOTIFY]);
    if let Some(part) = parts.find(|part| !is_there(part)) {
        let what = format!("a function whose Metadata.BuildProperties.Binary is {part}");
        return Err(Error::TemplateLacks { what });
    }
    let is_silent = |hook: &&Hook| !deployed.outputs.contains_key(hook.lifecycle_event.name());
    match HOOKS.iter().find(is_silent) {
        None => Ok(()),
        Some(hook) => Err(Error::TemplateLacks {
            what: format!("an output {} with the name of a function", hook.lifecycle_event),
        }),
    }
}

fn list(values: impl Iterator<Item = String>) -> String {
    values.collect::<Vec<_>>().join(",")
}

/// One action that one statement of the template allows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Permission {
    /// Whose policy it stands in: a role's name, or the ARN of a resource with a policy of its own.
    pub role: String,
    /// The number of the policy there.
    pub policy: usize,
    /// The number of the statement in the policy.
    pub statement: usize,
    /// The statement's name.
    pub sid: Option<String>,
    /// The action: `ecs:RunTask`.
    pub action: String,
    /// Its line in the template.
    pub line: usize,
}

impl std::fmt::Display for Permission {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: {} of {}", self.line, self.action, self.role)?;
        match &self.sid {
            Some(sid) => write!(f, " ({sid})"),
            None => Ok(()),
        }
    }
}

impl Rehearsal {
    /// What the template allows whom.
    pub fn permissions(&self) -> Vec<Permission> {
        let statements = self.deployed.statements.iter();
        let actions = statements.flat_map(|statement| statement.actions.iter().map(move |action| (statement, action)));
        let permission = |(statement, action): (&StatementPlace, &ActionPlace)| Permission {
            role: statement.owner.clone(),
            policy: statement.policy,
            statement: statement.statement,
            sid: statement.sid.clone(),
            action: action.action.clone(),
            line: action.place.line,
        };
        actions.map(permission).collect()
    }

    /// The function that is built from this binary; every hook's, settle's, rollback's, launch-job's and notify's are there.
    pub fn function(&self, part: &str) -> Option<&Function> {
        let deployed = self.deployed.functions.iter().find(|function| function.binary.as_deref() == Some(part))?;
        self.deployed.stack.functions.iter().find(|function| function.name == deployed.name)
    }

    /// Its name.
    pub fn function_name(&self, part: &str) -> String {
        self.function(part).map(|function| function.name.clone()).unwrap_or_default()
    }

    /// The name of its role.
    pub fn function_role(&self, part: &str) -> String {
        self.function(part).map(|function| function.role.clone()).unwrap_or_default()
    }

    /// The role in whose name ECS invokes hooks.
    pub(super) fn invoke_hooks_role(&self) -> Result<&str, Error> {
        self.deployed.outputs.get("InvokeHooksRoleArn").map(String::as_str).ok_or_else(|| {
            Error::usage(
                "--controller ecs: the template has no output InvokeHooksRoleArn",
                "take template.yaml, or add the role in whose name ECS invokes the hooks, and the output with its ARN",
            )
        })
    }

    /// What an `AppSpec` names for a hook: an output of the stack.
    pub fn hook_function(&self, hook: &Hook) -> &str {
        self.output(hook.lifecycle_event.name())
    }

    /// An output of the stack; empty if it has none of this name.
    pub fn output(&self, name: &str) -> &str {
        self.deployed.outputs.get(name).map_or("", String::as_str)
    }
}
