//! The command line.

use crate::rehearse::Controller;
use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};
use jiff::SpanRelativeTo;
use std::path::PathBuf;
use std::time::Duration;

/// Blue/green deployments on Amazon ECS: what must happen between "the image is built" and "everybody uses it".
#[derive(Debug, Parser)]
#[command(name = "greenlight", version, arg_required_else_help = true, after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

const EXAMPLES: &str = "\
Examples:
  greenlight rehearse                     play the built-in example
  greenlight rehearse greenlight.toml     rehearse the deployment of an application
  greenlight smoke-test --base-url https://shop.example.com
                                          run the smoke tests of ./greenlight.toml

Exit codes: 0 done, 1 the deployment (or a check) failed or was rolled back, 2 wrong usage or configuration";

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Play a whole deployment on this machine, without AWS, containers or network
    Rehearse(Rehearse),
    /// Run the smoke tests of a plan from here, as the hook does
    SmokeTest(SmokeTest),
    /// Find what would go wrong before it does: migrations that break the revision that serves, permissions that rehearsals never
    /// used, calls that were denied, alarms that come too late
    Doctor(Doctor),
    /// Deploy a new image, or the present plan: register the revision, begin the deployment, and follow that to its end
    Deploy(crate::deploy::arguments::Deploy),
    /// Check the plan, or put it into a task definition, for pipelines that deploy by themselves
    Plan(crate::plan::Arguments),
    /// Take a release back: stop its deployment, or deploy the last good revision again, and follow that to its end
    Rollback(Rollback),
    /// Let a deployment go on that waits for somebody's answer
    Approve(crate::approve::arguments::Approve),
    /// Roll a deployment back that waits for somebody's answer
    Reject(crate::approve::arguments::Reject),
    /// Say what came of a deployment, and why: the cause first, then everything that happened
    Why(crate::why::arguments::Why),
    /// Follow a deployment as it goes, to its end, and its rollback too
    Watch(crate::why::arguments::Watch),
    /// Look after what runs by the clock: apply the plan's [jobs], list them, run one now, pause one, redrive what failed
    Jobs(crate::jobs::arguments::Jobs),
    /// Keep the simulated AWS of the built-in example running, for the AWS CLI and SDKs
    Stage(Stage),
    /// Be a Lambda function
    #[command(hide = true)]
    Function {
        /// Its name
        name: String,
    },
}

const REHEARSE_EXAMPLES: &str = "\
Examples:
  greenlight rehearse                                   the built-in example: a shop and its new release
  greenlight rehearse app/greenlight.toml --speed 120   an application; a minute passes in half a second
  greenlight rehearse --fault migration-fails           what happens when the migration fails
  greenlight rehearse --skip smoke-test:health --reason \"the check expects last week's text\"
                                                        what happens without a check
  greenlight rehearse --jobs 7d                         and then a week of its scheduled jobs, in seconds
  greenlight rehearse --format json | jq .event         everything that happens, one JSON object per line

Exit codes: 0 the new revision serves, 1 the deployment failed or was rolled back, 2 wrong usage or configuration";

#[derive(Debug, Args)]
#[command(after_help = REHEARSE_EXAMPLES)]
pub(crate) struct Rehearse {
    /// The plan of the application (greenlight.toml); the built-in example, if there is none
    pub(crate) plan: Option<PathBuf>,
    /// Let this go wrong (can be given several times)
    #[arg(long = "fault", value_name = "NAME")]
    pub(crate) faults: Vec<String>,
    /// Print a line per fault: its name, the outcome it must end in under the controller, what it does
    #[arg(long)]
    pub(crate) list_faults: bool,
    /// After the deployment, run each job of the plan once, and play so long by their schedules: 7d, 36h
    #[arg(long, value_name = "SPAN", value_parser = span)]
    pub(crate) jobs: Option<Duration>,
    /// Write what happened as a page: one HTML file that needs nothing else
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
    /// How many times faster than real time the stage's clock goes
    #[arg(long, default_value_t = 60.0, value_name = "N")]
    pub(crate) speed: f64,
    /// Who deploys
    #[arg(long, value_enum, default_value_t = Controller::CodeDeploy)]
    pub(crate) controller: Controller,
    /// CodeDeploy's deployment configuration, in place of the plan's
    #[arg(long, value_name = "NAME")]
    pub(crate) deployment_config: Option<String>,
    /// Start the functions that `sam build` made in this directory (.aws-sam/build), in place of the program itself
    #[arg(long, value_name = "DIR")]
    pub(crate) functions: Option<PathBuf>,
    /// The template of the functions, in place of the one that the program was built with
    #[arg(long, value_name = "FILE")]
    pub(crate) template: Option<PathBuf>,
    /// A parameter of the template, in place of what the application says (can be given several times)
    #[arg(long, value_name = "NAME=VALUE", value_parser = name_and_value)]
    pub(crate) parameter_overrides: Vec<(String, String)>,
    #[command(flatten)]
    pub(crate) exceptions: Exceptions,
    /// How to show what happens: text for people, json (one object per line) for programs
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

/// What is left out of one deployment, and why.
#[derive(Debug, Args)]
pub(crate) struct Exceptions {
    /// Skip a check: `smoke-test`, `smoke-test:NAME`, `validate:alarms` and the like; recorded on the deployment (can be given
    /// several times)
    #[arg(long, value_name = "CHECK", requires = "reason")]
    skip: Vec<String>,
    /// Deploy although the plan's [freeze] says not to; recorded on the deployment
    #[arg(long, requires = "reason")]
    override_freeze: bool,
    /// Why a check is skipped or a freeze overridden
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
}

impl Exceptions {
    /// What is not checked.
    pub(crate) fn skips(&self) -> Vec<String> {
        let freeze = self.override_freeze.then(|| "freeze".to_owned());
        self.skip.iter().cloned().chain(freeze).collect()
    }
}

fn name_and_value(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// `7d`, `36h`.
pub(crate) fn span(text: &str) -> Result<Duration, String> {
    let parsed = text.parse::<jiff::Span>().ok();
    let span = parsed.and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()).ok());
    let span = span.and_then(|span| Duration::try_from(span).ok()).filter(|span| !span.is_zero());
    span.ok_or_else(|| "write how long, as in 7d or 36h".to_owned())
}

/// How to show what happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Lines for people; live in a terminal
    Text,
    /// One JSON object per line
    Json,
}

const DOCTOR_EXAMPLES: &str = "\
Examples:
  greenlight rehearse --format json > good.jsonl
  greenlight rehearse --fault migration-hangs --format json > hangs.jsonl
  greenlight doctor --template good.jsonl hangs.jsonl   what neither of them needed, and what they were denied
  greenlight doctor --migrations-command \"python manage.py sqlmigrate catalog 0002\"
                                                        what breaks the revision that serves while they run
  alembic upgrade 1a2b:head --sql | greenlight doctor --migrations -
  greenlight doctor --alarms                            which alarms of ./greenlight.toml's deployment group come too late

Exit codes: 0 nothing was found, 1 something was, 2 wrong usage or configuration, or SQL that cannot be read";

#[derive(Debug, Args)]
#[command(after_help = DOCTOR_EXAMPLES)]
#[command(group(ArgGroup::new("subject").args(["template", "migrations", "migrations_commands", "alarms"]).required(true).multiple(true)))]
pub(crate) struct Doctor {
    /// The permissions of the functions' template: what these rehearsals (files with the output of `greenlight rehearse --format
    /// json`) never used, and what they were denied
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with_all = ["migrations", "migrations_commands"])]
    pub(crate) template: Vec<PathBuf>,
    /// The pending migrations as PostgreSQL's SQL, in their order (- is standard input): what in them breaks the revision that
    /// serves while they run, or makes it wait
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub(crate) migrations: Vec<PathBuf>,
    /// A command of the shell that prints such SQL (can be given several times); it is judged behind the files
    #[arg(long = "migrations-command", value_name = "COMMAND")]
    pub(crate) migrations_commands: Vec<String>,
    /// The alarms of a plan's deployment group in AWS: whether each can go off while the deployment, or the plan's [rollback], still
    /// heeds it
    #[arg(
        long,
        value_name = "PLAN",
        num_args = 0..=1,
        default_missing_value = "greenlight.toml",
        conflicts_with_all = ["template", "migrations", "migrations_commands"]
    )]
    pub(crate) alarms: Option<PathBuf>,
    /// How to show it: text for people, json (one object per line) for programs
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

const SMOKE_TEST_EXAMPLES: &str = "\
Examples:
  greenlight smoke-test --base-url http://127.0.0.1:8000              the checks of ./greenlight.toml
  greenlight smoke-test app/greenlight.toml --base-url https://shop.example.com --format junit > smoke.xml
  greenlight smoke-test --base-url https://localhost:8443 --ca ca.pem --header Host=shop.example.com
  greenlight smoke-test --base-url https://shop.example.com \\
    --secret-env arn:aws:ssm:us-east-1:123456789012:parameter/token=TOKEN   a value for { secret = \"arn:…\" }
  greenlight smoke-test --base-url https://shop.example.com --skip health --reason \"the check expects last week's text\"

Exit codes: 0 every check holds, 1 a check failed, 2 wrong usage or configuration";

#[derive(Debug, Args)]
#[command(after_help = SMOKE_TEST_EXAMPLES)]
pub(crate) struct SmokeTest {
    /// The plan with the `[[smoke-test]]` tables
    #[arg(default_value = "greenlight.toml")]
    pub(crate) plan: PathBuf,
    /// Where the checks' paths are requested, in place of the plan's base-url: https://host:port
    #[arg(long, value_name = "URL")]
    pub(crate) base_url: Option<String>,
    /// A header of every request, in place of the plan's of the same name (can be given several times)
    #[arg(long = "header", value_name = "NAME=VALUE")]
    pub(crate) headers: Vec<String>,
    /// Trust the certificate authorities in this file (PEM) besides the public ones
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
    /// The value of a secret that the plan refers to (can be given several times); other users of this machine may see it
    #[arg(long = "secret", value_name = "ARN=VALUE")]
    pub(crate) secrets: Vec<String>,
    /// The environment variable that holds the value of a secret (can be given several times)
    #[arg(long = "secret-env", value_name = "ARN=VARIABLE")]
    pub(crate) secret_variables: Vec<String>,
    /// Skip a check: its name, or `smoke-test:NAME` as on a deployment (can be given several times)
    #[arg(long, value_name = "CHECK", requires = "reason")]
    pub(crate) skip: Vec<String>,
    /// Why a check is skipped; the report repeats it
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    /// text for people, json (one object per line) for programs, junit (XML) for systems that build software
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    pub(crate) format: ReportFormat,
}

const ROLLBACK_EXAMPLES: &str = "\
Examples:
  greenlight rollback                               stop the deployment of ./greenlight.toml that is in progress, or deploy the
                                                    last good revision again
  greenlight rollback --list                        which revisions were live, and when
  greenlight rollback --to django-webapp:14         deploy this revision again
  greenlight rollback --emergency                   the same without any check
  greenlight rollback --dry-run                     only say what would be done
  greenlight rollback --application django-app --deployment-group production
                                                    without the plan

Region and credentials are those of the AWS CLI: AWS_REGION, AWS_PROFILE and so on. Ctrl-C ends the watching, and no deployment.

Exit codes: 0 the revision that was wanted serves everybody, 1 it does not, 2 wrong usage or configuration";

#[derive(Debug, Args)]
#[command(after_help = ROLLBACK_EXAMPLES)]
pub(crate) struct Rollback {
    /// The plan, for its application, deployment group, cluster and service; greenlight.toml, unless both options below are given
    pub(crate) plan: Option<PathBuf>,
    /// The CodeDeploy application, in place of the plan's
    #[arg(long, value_name = "NAME")]
    pub(crate) application: Option<String>,
    /// The deployment group, in place of the plan's
    #[arg(long, value_name = "NAME")]
    pub(crate) deployment_group: Option<String>,
    /// The revision that is to serve: family:revision or ARN of a task definition, or the id of a deployment
    #[arg(long, value_name = "REVISION")]
    pub(crate) to: Option<String>,
    /// Past everything that takes time: no hooks, no wait for somebody, all traffic at once
    #[arg(long)]
    pub(crate) emergency: bool,
    /// Show which revisions were live, and when, the newest first
    #[arg(long, conflicts_with_all = ["to", "emergency", "dry_run"])]
    pub(crate) list: bool,
    /// Only say what would be done
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// How to show what happens: text for people, json (one object per line) for programs
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

const STAGE_EXAMPLES: &str = "\
Examples:
  greenlight stage                    then, in another shell, what it prints and any command of docs/operations.md:
  aws ecs create-cluster --cluster-name production-cluster
  greenlight stage --port 4567        another port; 0 is any free one

It runs until Ctrl-C. Exit codes: 0 it was stopped, 1 it could not start, 2 wrong usage";

#[derive(Debug, Args)]
#[command(after_help = STAGE_EXAMPLES)]
pub(crate) struct Stage {
    /// The port of the AWS endpoint on 127.0.0.1
    #[arg(long, default_value_t = 4566, value_name = "PORT")]
    pub(crate) port: u16,
}

/// How to show what came of checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// A line per check for people
    Text,
    /// One JSON object per line
    Json,
    /// `JUnit` XML
    Junit,
}

#[cfg(test)]
mod tests {
    use super::span;

    #[test]
    fn a_span_is_read() {
        for (text, hours) in [("7d", 168), ("36h", 36), ("1w", 168), ("90m", 1)] {
            assert_eq!(span(text).unwrap().as_secs() / 3600, hours, "{text}");
        }
        for wrong in ["", "d", "7", "-1d", "0h", "1mo", "99999999999999999d", "é", "soon"] {
            assert!(span(wrong).is_err(), "{wrong}");
        }
    }
}
