//! The command line.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

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

Exit codes: 0 done, 1 the deployment failed or was rolled back, 2 wrong usage or configuration";

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Play a whole deployment on this machine, without AWS, containers or network
    Rehearse(Rehearse),
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
    /// Print a line per fault: its name, the outcome it must end in, what it does
    #[arg(long)]
    pub(crate) list_faults: bool,
    /// How many times faster than real time the stage's clock goes
    #[arg(long, default_value_t = 60.0, value_name = "N")]
    pub(crate) speed: f64,
    /// Who deploys
    #[arg(long, value_enum, default_value_t = Controller::Codedeploy)]
    pub(crate) controller: Controller,
    /// CodeDeploy's deployment configuration, in place of the plan's
    #[arg(long, value_name = "NAME")]
    pub(crate) deployment_config: Option<String>,
    /// Start the functions that `sam build` made in this directory (.aws-sam/build), in place of the program itself
    #[arg(long, value_name = "DIR")]
    pub(crate) functions: Option<PathBuf>,
    /// How to show what happens: text for people, json (one object per line) for programs
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

/// Who deploys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Controller {
    /// AWS `CodeDeploy`
    Codedeploy,
}

/// How to show what happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Lines for people; live in a terminal
    Text,
    /// One JSON object per line
    Json,
}
