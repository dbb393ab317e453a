//! The command line of `greenlight deploy`.

use crate::arguments::{Exceptions, Format};
use clap::Args;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  greenlight deploy --image web=123456789012.dkr.ecr.us-east-1.amazonaws.com/shop:v42
  greenlight deploy --image web=shop:v42 --image worker=shop-worker:v42
  greenlight deploy app/greenlight.toml --image web=shop:v42 --dry-run
  greenlight deploy --task-definition taskdef.json --image web=shop:v42
  greenlight deploy                          the image that serves, with the present plan
  greenlight deploy --image web=shop:v42 --override-freeze --reason \"fixes the checkout\"
  greenlight deploy --image web=shop:v42 --format json | tail -1 | jq -r .outcome

The service says who deploys it: CodeDeploy, or ECS itself. Region and credentials are those of the AWS CLI: AWS_REGION, AWS_PROFILE
and so on. Ctrl-C ends the watching, and no deployment.

Exit codes: 0 it succeeded, or there was nothing to do; 1 it failed, was stopped or taken back, or could not begin; 2 wrong usage or
configuration; 130 after Ctrl-C";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Deploy {
    /// The plan; greenlight.toml
    pub(crate) plan: Option<PathBuf>,
    /// The new image of a container, by the container's name (can be given several times)
    #[arg(long, value_name = "CONTAINER=IMAGE", value_parser = image)]
    pub(crate) image: Vec<(String, String)>,
    /// The task definition: the input of register-task-definition, in place of what serves
    #[arg(long, value_name = "FILE")]
    pub(crate) task_definition: Option<PathBuf>,
    /// The stack of the functions: what their names begin with
    #[arg(long, value_name = "NAME", default_value = "greenlight")]
    pub(crate) install: String,
    /// Only say what would change
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Leave what failed as it is: for a release whose migration cannot be undone (CodeDeploy only)
    #[arg(long)]
    pub(crate) no_auto_rollback: bool,
    /// End as soon as the deployment has begun
    #[arg(long)]
    pub(crate) no_wait: bool,
    #[command(flatten)]
    pub(crate) exceptions: Exceptions,
    /// How to show what happens: text for people, json (one object per line) for programs
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

fn image(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((container, image)) if !container.is_empty() && !image.is_empty() => {
            Ok((container.to_owned(), image.to_owned()))
        }
        _ => Err("write CONTAINER=IMAGE: the container's name in the task definition, and its new image".to_owned()),
    }
}
