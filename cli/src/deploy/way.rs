//! How a release begins: `CodeDeploy` gets an `AppSpec`, ECS an update of the service.

use super::Wish;
use crate::rehearse::hooks::HOOKS;
use crate::which::Service;
use crate::{Error, aws, update};
use greenlight_aws::deployment::Create;
use greenlight_aws::service_deployments::{self, Configuration, Deploy, Listed};
use greenlight_aws::{Env, deployment, function};
use greenlight_domain::appspec::{AppSpec, Hook};
use greenlight_domain::directive;

/// Who deploys, and with which hooks.
#[derive(Debug)]
pub(super) enum Way {
    /// `CodeDeploy`.
    CodeDeploy {
        /// The deployment configuration of the group.
        config: Option<String>,
    },
    /// ECS itself.
    Ecs {
        /// The deployments that there were before.
        before: Vec<Listed>,
        /// The functions that the service names.
        functions: Vec<String>,
    },
}

impl Way {
    /// Looks whether anything is in the way.
    pub(super) async fn find(env: &Env, wish: &Wish, of: &Service, is_codedeploy: bool) -> Result<Self, Error> {
        if is_codedeploy { codedeploy(env, wish, of).await } else { ecs(env, wish, of).await }
    }

    /// The hooks that are asked: when, and which function.
    pub(super) fn hooks(&self, wish: &Wish) -> Vec<String> {
        match self {
            Self::CodeDeploy { .. } => {
                hooks(wish).into_iter().map(|hook| format!("{} {}", hook.lifecycle_event, hook.function)).collect()
            }
            Self::Ecs { functions, .. } => functions.clone(),
        }
    }

    /// Who deploys, in words.
    pub(super) fn words(&self, wish: &Wish) -> String {
        match self {
            Self::CodeDeploy { config } => {
                let config = config.as_deref().map(|config| format!(", {config}")).unwrap_or_default();
                format!("CodeDeploy {}/{}{config}", wish.plan.application, wish.plan.deployment_group)
            }
            Self::Ecs { .. } => "ECS itself".to_owned(),
        }
    }

    /// Begins; the deployment's id or ARN.
    pub(super) async fn begin(
        &self,
        env: &Env,
        wish: &Wish,
        of: &Service,
        task_definition: &str,
    ) -> Result<String, Error> {
        match self {
            Self::CodeDeploy { .. } => {
                let plan = &wish.plan;
                let appspec = AppSpec {
                    task_definition: task_definition.to_owned(),
                    container_name: plan.container.clone(),
                    container_port: plan.port,
                    platform_version: None,
                    network_configuration: None,
                    capacity_provider_strategy: Vec::new(),
                    hooks: hooks(wish),
                };
                let create = Create {
                    application: &plan.application,
                    deployment_group: &plan.deployment_group,
                    description: &directive::write("", &wish.directives),
                    appspec: &appspec,
                    no_auto_rollback: wish.no_auto_rollback,
                };
                Ok(deployment::create(env, create).await?)
            }
            Self::Ecs { before, .. } => {
                let (cluster, service) = (of.cluster.as_str(), of.name.as_str());
                let deploy = Deploy { cluster, service, task_definition, again: false, configuration: None };
                update::begin(env, deploy, before).await?.ok_or_else(|| {
                    Error::CannotDeploy(format!(
                        "service {of} was updated, and no service deployment has appeared in two minutes; look at the service's \
                         events"
                    ))
                })
            }
        }
    }
}

/// All hooks of the install: one that has nothing to do in a plan says so at once.
fn hooks(wish: &Wish) -> Vec<Hook> {
    let hook = |hook: crate::rehearse::hooks::Hook| Hook {
        lifecycle_event: hook.lifecycle_event,
        function: function_name(wish, hook.part),
    };
    HOOKS.into_iter().map(hook).collect()
}

fn function_name(wish: &Wish, part: &str) -> String {
    format!("CodeDeployHook_{}-{part}", wish.install)
}

async fn codedeploy(env: &Env, wish: &Wish, of: &Service) -> Result<Way, Error> {
    let (application, group) = (&wish.plan.application, &wish.plan.deployment_group);
    if application.is_empty() || group.is_empty() {
        return Err(Error::usage(
            format!("CodeDeploy deploys service {of}, and the plan has no `application` and `deployment-group`"),
            "write them into the plan",
        ));
    }
    let migrate = function_name(wish, "migrate");
    let (found, installed) =
        tokio::join!(aws::deployment_group(env, application, group), function::configuration(env, &migrate));
    let found = found?;
    if installed?.is_none() {
        return Err(Error::usage(
            format!("there is no function {migrate} in {}", env.settings.region),
            "deploy the functions' template (docs/install.md), name its stack with --install, or correct AWS_REGION",
        ));
    }
    if found.service.as_ref() != Some(&(of.cluster.clone(), of.name.clone())) {
        let deploys = found
            .service
            .map_or_else(|| "no ECS service".to_owned(), |(cluster, name)| Service { cluster, name }.to_string());
        return Err(Error::usage(
            format!("deployment group {application}/{group} deploys to {deploys}, and the plan's service is {of}"),
            "correct the plan",
        ));
    }
    if let Some(last) = found.last_attempted.filter(|last| last.completed_at.is_none()) {
        return Err(in_progress(&last.id));
    }
    Ok(Way::CodeDeploy { config: found.deployment_config })
}

async fn ecs(env: &Env, wish: &Wish, of: &Service) -> Result<Way, Error> {
    if wish.no_auto_rollback || !wish.directives.is_empty() {
        return Err(Error::usage(
            format!(
                "ECS itself deploys service {of}: its deployments have no description to record a skipped check or a freeze that \
                 is overridden, and they go back whenever a hook fails"
            ),
            "leave out --skip, --override-freeze and --no-auto-rollback; change the plan that is deployed instead",
        ));
    }
    let (before, configuration) =
        tokio::join!(aws::service_deployments(env, of), Configuration::of(env, &of.cluster, &of.name));
    let before = before?;
    if let Some(newest) = before.first().filter(|newest| !service_deployments::is_over(&newest.status)) {
        return Err(in_progress(&newest.arn));
    }
    let functions = configuration?.iter().flat_map(Configuration::functions).map(str::to_owned).collect();
    Ok(Way::Ecs { before, functions })
}

fn in_progress(id: &str) -> Error {
    Error::CannotDeploy(format!(
        "{id} is in progress, and nothing was done; `greenlight watch {id}` follows it, `greenlight rollback` takes it back"
    ))
}
