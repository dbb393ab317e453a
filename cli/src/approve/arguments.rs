//! The command lines of `greenlight approve` and `greenlight reject`.

use crate::arguments::Format;
use crate::which::Named;
use clap::Args;

const APPROVE: &str = "\
Examples:
  greenlight approve                         what waits in the deployment of ./greenlight.toml goes on
  greenlight approve d-4K2XJ9QAB             this deployment of CodeDeploy
  greenlight approve arn:aws:ecs:us-east-1:123456789012:service-deployment/production/web/EZe5RNVLH6PPzHXINuP28
  greenlight approve --hook ecs-pause-e7tK9G this one, if several hooks wait

Region and credentials are those of the AWS CLI: AWS_REGION, AWS_PROFILE and so on.

Exit codes: 0 it goes on, 1 nothing waits or the answer comes too late, 2 wrong usage or configuration, or several hooks wait";

const REJECT: &str = "\
Examples:
  greenlight reject                          what waits in the deployment of ./greenlight.toml is rolled back
  greenlight reject d-4K2XJ9QAB              this deployment of CodeDeploy
  greenlight reject --hook ecs-pause-e7tK9G  this hook says no, if several wait

Region and credentials are those of the AWS CLI: AWS_REGION, AWS_PROFILE and so on.

Exit codes: 0 it is rolled back, 1 nothing waits or the answer comes too late, 2 wrong usage or configuration, or several hooks wait";

#[derive(Debug, Args)]
#[command(after_help = APPROVE)]
pub(crate) struct Approve {
    #[command(flatten)]
    pub(crate) asked: Asked,
}

#[derive(Debug, Args)]
#[command(after_help = REJECT)]
pub(crate) struct Reject {
    #[command(flatten)]
    pub(crate) asked: Asked,
}

#[derive(Debug, Args)]
pub(crate) struct Asked {
    #[command(flatten)]
    pub(crate) named: Named,
    /// The pause hook that is answered, if several wait
    #[arg(long, value_name = "ID")]
    pub(crate) hook: Option<String>,
    /// How to show it: text for people, json (one object per line) for programs
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}
