//! What the template tells a function.

use crate::Error;
use greenlight_domain::one_off::check_install;
use std::collections::{BTreeMap, BTreeSet};

/// A function's environment variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// `GREENLIGHT_INSTALL`: the prefix of every name this install gives. `greenlight` unless set.
    pub install: String,
    /// `GREENLIGHT_TOPIC_ARN`: where notices go. Without it nobody is told.
    pub topic_arn: Option<String>,
    /// `GREENLIGHT_SCHEDULE_GROUP`: the schedule group for deadlines. `default` unless set.
    pub schedule_group: String,
    /// `GREENLIGHT_SCHEDULE_ROLE_ARN`: the role in which Scheduler invokes `settle`.
    pub schedule_role_arn: Option<String>,
    /// `GREENLIGHT_SETTLE_ARN`: the function that ends what one-off tasks began.
    pub settle_arn: Option<String>,
    /// `GREENLIGHT_LAUNCH_JOB_ARN`: the function that starts jobs.
    pub launch_job_arn: Option<String>,
    /// `GREENLIGHT_NOTIFY_ARN`: the function that tells how deployments go. Without it nobody asks how one ended.
    pub notify_arn: Option<String>,
    /// `GREENLIGHT_SLACK_WEBHOOK_ARN`: where the URL of a Slack webhook is kept. Without it Slack is told nothing.
    pub slack_webhook_arn: Option<String>,
    /// `GREENLIGHT_WEBHOOK_ARN`: where the URL of another webhook is kept, which takes notices as JSON.
    pub webhook_arn: Option<String>,
    /// `GREENLIGHT_DEAD_LETTER_ARN`: the queue that keeps what a schedule could not hand to a function. Without it that is lost.
    pub dead_letter_arn: Option<String>,
    /// `GREENLIGHT_PLAN`: the plan for task definitions that carry none, as TOML or as a label. Read when it is needed, so that
    /// what is wrong with it becomes the reason of a verdict.
    pub plan: Option<String>,
    /// `GREENLIGHT_REPORT_ONLY`: hooks that say what they would have failed for, and let the deployment go on.
    pub report_only: ReportOnly,
    /// `GREENLIGHT_DEPLOYMENT_GROUPS`: ARNs of deployment groups, with commas between them: those that alarms may roll back.
    pub deployment_groups: Vec<String>,
    /// `GREENLIGHT_SERVICES`: ARNs of services that ECS itself deploys, with commas between them: those that alarms may roll back.
    pub services: Vec<String>,
    /// `GREENLIGHT_CLUSTERS`: ARNs of clusters, with commas between them: those whose service deployments are told of.
    pub clusters: Vec<String>,
    /// `GREENLIGHT_ROLLBACK`: `off` is the kill switch: what an alarm would do is said and not done.
    pub rollback_off: bool,
    /// `AWS_REGION`.
    pub region: String,
    /// `AWS_LAMBDA_FUNCTION_NAME`: the function's own name, for people.
    pub function_name: String,
}

impl Settings {
    /// The name of an install, if nobody gives it another.
    pub const INSTALL: &str = "greenlight";

    /// Reads environment variables. A variable that is set to nothing counts as not set.
    ///
    /// # Errors
    /// [`Error::Setting`] for a name of an install that cannot be used.
    pub fn from_map(variables: &BTreeMap<String, String>) -> Result<Self, Error> {
        let get = |name: &str| variables.get(name).filter(|value| !value.trim().is_empty()).cloned();
        let install = get("GREENLIGHT_INSTALL").unwrap_or_else(|| Self::INSTALL.to_owned());
        check_install(&install).map_err(|reason| Error::Setting { name: "GREENLIGHT_INSTALL", reason })?;
        Ok(Self {
            install,
            topic_arn: get("GREENLIGHT_TOPIC_ARN"),
            schedule_group: get("GREENLIGHT_SCHEDULE_GROUP").unwrap_or_else(|| "default".to_owned()),
            schedule_role_arn: get("GREENLIGHT_SCHEDULE_ROLE_ARN"),
            settle_arn: get("GREENLIGHT_SETTLE_ARN"),
            launch_job_arn: get("GREENLIGHT_LAUNCH_JOB_ARN"),
            notify_arn: get("GREENLIGHT_NOTIFY_ARN"),
            slack_webhook_arn: get("GREENLIGHT_SLACK_WEBHOOK_ARN"),
            webhook_arn: get("GREENLIGHT_WEBHOOK_ARN"),
            dead_letter_arn: get("GREENLIGHT_DEAD_LETTER_ARN"),
            plan: get("GREENLIGHT_PLAN"),
            report_only: ReportOnly::parse(&get(ReportOnly::VARIABLE).unwrap_or_default()),
            deployment_groups: list(&get("GREENLIGHT_DEPLOYMENT_GROUPS").unwrap_or_default()),
            services: list(&get("GREENLIGHT_SERVICES").unwrap_or_default()),
            clusters: list(&get("GREENLIGHT_CLUSTERS").unwrap_or_default()),
            rollback_off: switched_off(get("GREENLIGHT_ROLLBACK").as_deref())?,
            region: get("AWS_REGION").or_else(|| get("AWS_DEFAULT_REGION")).unwrap_or_else(|| "us-east-1".to_owned()),
            function_name: get("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_else(|| "unnamed".to_owned()),
        })
    }

    pub(crate) fn schedule_role_arn(&self) -> Result<&str, Error> {
        required("GREENLIGHT_SCHEDULE_ROLE_ARN", self.schedule_role_arn.as_deref())
    }

    pub(crate) fn settle_arn(&self) -> Result<&str, Error> {
        required("GREENLIGHT_SETTLE_ARN", self.settle_arn.as_deref())
    }

    pub(crate) fn launch_job_arn(&self) -> Result<&str, Error> {
        required("GREENLIGHT_LAUNCH_JOB_ARN", self.launch_job_arn.as_deref())
    }
}

/// Whose failures do not fail deployments: the way out when a check itself is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ReportOnly {
    /// Nobody's.
    #[default]
    None,
    /// Those of these functions; `all` among them are all checks.
    Of(BTreeSet<String>),
}

impl ReportOnly {
    /// The environment variable: names of functions with commas between them. The end of a name is enough: `smoke-test` is
    /// `CodeDeployHook_greenlight-smoke-test` too. `all` is every hook but `migrate`: a migration is no check that may be
    /// wrong, and whoever wants to deploy past one that failed must name it.
    pub const VARIABLE: &str = "GREENLIGHT_REPORT_ONLY";

    /// Reads the form of [`ReportOnly::VARIABLE`].
    pub fn parse(text: &str) -> Self {
        let names: BTreeSet<String> =
            text.split([',', ' ']).map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect();
        if names.is_empty() { Self::None } else { Self::Of(names) }
    }

    /// Whether a failure of this function is only reported.
    pub fn covers(&self, function: &str) -> bool {
        let is = |name: &str| {
            let rest = function.strip_suffix(name);
            rest.is_some_and(|rest| rest.is_empty() || rest.ends_with(['-', '_']))
        };
        match self {
            Self::None => false,
            Self::Of(names) => names.iter().any(|name| if name == "all" { !is("migrate") } else { is(name) }),
        }
    }
}

fn list(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
}

fn switched_off(text: Option<&str>) -> Result<bool, Error> {
    match text {
        None | Some("on") => Ok(false),
        Some("off") => Ok(true),
        Some(other) => {
            Err(Error::Setting { name: "GREENLIGHT_ROLLBACK", reason: format!("is {other:?}; write on or off") })
        }
    }
}

fn required<'a>(name: &'static str, value: Option<&'a str>) -> Result<&'a str, Error> {
    value.ok_or_else(|| Error::Setting { name, reason: "is not set; set it in the function's template".to_owned() })
}

#[cfg(test)]
mod tests {
    use super::{ReportOnly, Settings};
    use std::collections::BTreeMap;

    #[test]
    fn what_is_not_set_has_a_default_or_a_name() {
        let settings = Settings::from_map(&BTreeMap::new()).unwrap();
        assert_eq!((settings.install.as_str(), settings.schedule_group.as_str()), ("greenlight", "default"));
        let message = settings.settle_arn().unwrap_err().to_string();
        assert!(message.contains("GREENLIGHT_SETTLE_ARN"), "{message}");
    }

    #[test]
    fn rollbacks_are_on_unless_they_are_off() {
        let off = |value: &str| {
            let variables = BTreeMap::from([("GREENLIGHT_ROLLBACK".to_owned(), value.to_owned())]);
            Settings::from_map(&variables).map(|settings| settings.rollback_off)
        };
        assert!(!off("").unwrap() && !off("on").unwrap() && off("off").unwrap());
        assert!(off("of").unwrap_err().to_string().contains("write on or off"));
    }

    #[test]
    fn report_only_names_functions() {
        let hook = "CodeDeployHook_greenlight-smoke-test";
        let table = [("", false), ("all", true), ("smoke-test", true), ("validate, smoke-test", true), (hook, true)];
        for (text, expected) in table {
            assert_eq!(ReportOnly::parse(text).covers(hook), expected, "{text}");
        }
        let migrate = "CodeDeployHook_greenlight-migrate";
        assert!(!ReportOnly::parse("all").covers(migrate) && ReportOnly::parse("all, migrate").covers(migrate));
        for other in ["validate", "test-smoke", "moke-test", "greenlight"] {
            assert!(!ReportOnly::parse(other).covers(hook), "{other}");
        }
    }
}
