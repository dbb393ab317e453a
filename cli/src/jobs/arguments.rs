//! The command line of `greenlight jobs`.

use crate::arguments::{Format, span};
use clap::{Args, Subcommand};
use std::path::PathBuf;
use std::time::Duration;

const EXAMPLES: &str = "\
Examples:
  greenlight jobs diff                       what differs between the plan's [jobs] and their schedules; changes nothing
  greenlight jobs apply                      make the schedules what the plan says
  greenlight jobs list                       each job: when it runs, when it ran, and what came of it
  greenlight jobs run clear-sessions         run it now, show its log, end with its exit code
  greenlight jobs history clear-sessions     its runs, the newest first
  greenlight jobs pause clear-sessions       keep it from firing; `resume` lets it fire again
  greenlight jobs redrive                    hand over again what could not be launched

Region and credentials are those of the AWS CLI: AWS_REGION, AWS_PROFILE and so on.

Exit codes: 0 done, 1 something differs, failed or was left, 2 wrong usage or configuration";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, arg_required_else_help = true)]
pub(crate) struct Jobs {
    #[command(subcommand)]
    pub(crate) verb: JobsVerb,
    /// The stack of the functions: what their names begin with
    #[arg(long, global = true, value_name = "NAME", default_value = "greenlight")]
    pub(crate) install: String,
    /// How to show it: text for people, json (one object per line) for programs
    #[arg(long, global = true, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

#[derive(Debug, Subcommand)]
pub(crate) enum JobsVerb {
    /// Show what differs between the plan's [jobs] and their schedules, and change nothing
    #[command(
        after_help = "Example:\n  greenlight jobs diff greenlight.toml\n\nExit codes: 0 nothing differs, 1 something does"
    )]
    Diff {
        #[command(flatten)]
        plan: PlanFile,
    },
    /// Make the schedules what the plan says; those of jobs that it does not have any more stay, unless --delete is given
    #[command(after_help = "Example:\n  greenlight jobs apply --delete")]
    Apply {
        #[command(flatten)]
        plan: PlanFile,
        /// Delete the schedules of jobs that the plan does not have any more
        #[arg(long)]
        delete: bool,
    },
    /// Show each job: when it runs, its state, its next and its last run
    #[command(after_help = "Example:\n  greenlight jobs list --since 7d")]
    List {
        #[command(flatten)]
        plan: PlanFile,
        /// How far back a last run is looked for: 12h, 7d
        #[arg(long, value_name = "TIME", default_value = "1d", value_parser = span)]
        since: Duration,
    },
    /// Run a job now: show its log, and end with its exit code
    #[command(after_help = "Example:\n  greenlight jobs run clear-sessions\n\n\
        What serves is what runs, with the job's overlap, timeout and retries. Ctrl-C ends the watching, and no run.")]
    Run {
        #[command(flatten)]
        job: Named,
    },
    /// Show the runs of a job, the newest first
    #[command(after_help = "Example:\n  greenlight jobs history clear-sessions --since 30d")]
    History {
        #[command(flatten)]
        job: Named,
        /// How far back: 12h, 7d
        #[arg(long, value_name = "TIME", default_value = "7d", value_parser = span)]
        since: Duration,
    },
    /// Keep a job from firing until it is resumed; `apply` leaves it paused, and nobody is told that it does not run
    #[command(after_help = "Example:\n  greenlight jobs pause clear-sessions")]
    Pause {
        #[command(flatten)]
        job: Named,
    },
    /// Let a paused job fire again
    #[command(after_help = "Example:\n  greenlight jobs resume clear-sessions")]
    Resume {
        #[command(flatten)]
        job: Named,
    },
    /// Hand the firings that lie in the queue of dead letters over to launch-job again
    #[command(after_help = "Example:\n  greenlight jobs redrive --again\n\n\
        A firing that is older than 55 minutes is left: nobody knows any more whether it ran.\n\n\
        Exit codes: 0 nothing is left, 1 something is")]
    Redrive {
        /// Hand over old firings too, each as a new one of now: what ran before runs once more
        #[arg(long)]
        again: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct PlanFile {
    /// The plan with the [jobs]
    #[arg(default_value = "greenlight.toml", value_name = "PLAN")]
    pub(crate) path: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Named {
    /// The job's name
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) plan: PlanFile,
}
