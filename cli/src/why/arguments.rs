//! The command lines of `greenlight why` and `greenlight watch`.

use crate::arguments::Format;
use crate::which::Named;
use clap::Args;
use std::path::PathBuf;

const WHY: &str = "\
Examples:
  greenlight why                      the last release of ./greenlight.toml's service: what came of it, and why
  greenlight why d-4K2XJ9QAB          any deployment, also one that this product had no part in
  greenlight why arn:aws:ecs:us-east-1:123456789012:service-deployment/production/web/EZe5RNVLH6PPzHXINuP28
  greenlight why --application django-app --deployment-group production
  greenlight why d-4K2XJ9QAB --html why.html
  greenlight why d-4K2XJ9QAB --format json | tail -1 | jq -r .why

Region and credentials are those of the AWS CLI: AWS_REGION, AWS_PROFILE and so on.

Exit codes: 0 it succeeded or is in progress, 1 it failed, was stopped or taken back, 2 wrong usage or configuration";

const WATCH: &str = "\
Examples:
  greenlight watch                           the last release of ./greenlight.toml's service, to its end
  greenlight watch d-4K2XJ9QAB               this one
  greenlight watch arn:aws:ecs:us-east-1:123456789012:service-deployment/production/web/EZe5RNVLH6PPzHXINuP28
  greenlight watch --until AllowTraffic      until all traffic has shifted
  greenlight watch --format json | jq .event

A rollback is followed to its end too. Ctrl-C ends the watching, and no deployment.

Exit codes: 0 it succeeded, or has come as far as --until says; 1 it failed, was stopped or taken back; 2 wrong usage or
configuration; 130 after Ctrl-C";

#[derive(Debug, Args)]
#[command(after_help = WHY)]
pub(crate) struct Why {
    #[command(flatten)]
    pub(crate) asked: Asked,
    /// Write the page as one HTML file too, with what the load balancer measured meanwhile
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_help = WATCH)]
pub(crate) struct Watch {
    #[command(flatten)]
    pub(crate) asked: Asked,
    /// End as soon as this lifecycle event has succeeded: `BeforeInstall`, `Install` … `AfterAllowTraffic`, or the lifecycle
    /// stage of ECS at the same point
    #[arg(long, value_name = "EVENT")]
    pub(crate) until: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Asked {
    #[command(flatten)]
    pub(crate) named: Named,
    /// The stack of the functions: what their names begin with
    #[arg(long, value_name = "NAME", default_value = "greenlight")]
    pub(crate) install: String,
    /// How to show it: text for people, json (one object per line) for programs
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}
