//! `greenlight plan`: the plan for pipelines that register task definitions and deploy by themselves.

use crate::arguments::Format;
use crate::rehearse::beside;
use crate::rehearse::hooks::HOOKS;
use crate::{Error, which};
use clap::{Args, Subcommand};
use greenlight_domain::plan::Plan;
use serde_json::json;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  greenlight plan check                          ./greenlight.toml, and the task definition that it names
  greenlight plan embed taskdef.json > new.json  the task definition with the plan in it
  aws ecs register-task-definition --cli-input-json file://new.json

Exit codes: 0 done, 2 what is wrong with the plan or the task definition";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Check a plan, and the task definition that it names
    Check {
        /// The plan; greenlight.toml
        plan: Option<PathBuf>,
        /// How to show it: text for people, json (one object) for programs
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Write a task definition with the plan in it to standard output
    Embed {
        /// The input of register-task-definition, or the output of describe-task-definition
        task_definition: PathBuf,
        /// The plan; greenlight.toml
        #[arg(long, value_name = "FILE")]
        plan: Option<PathBuf>,
    },
}

/// Runs the verb.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    let text = match &arguments.verb {
        Verb::Check { plan, format } => check(plan.as_deref(), *format)?,
        Verb::Embed { task_definition, plan } => embed(task_definition, plan.as_deref())?,
    };
    // a reader that has gone away has read enough
    let _ = writeln!(std::io::stdout().lock(), "{text}");
    Ok(ExitCode::SUCCESS)
}

fn check(path: Option<&Path>, format: Format) -> Result<String, Error> {
    let plan = read(path)?;
    let path = path.unwrap_or(Path::new(DEFAULT));
    if let Some(name) = &plan.task_definition {
        which::fitting(&beside(path, name), &plan)?;
    }
    let hooks: Vec<&str> = HOOKS.into_iter().filter(|hook| hook.is_wanted(&plan)).map(|hook| hook.part).collect();
    let jobs: Vec<&str> = plan.jobs.keys().map(String::as_str).collect();
    let label = plan.embed()?.len();
    Ok(match format {
        Format::Json => {
            json!({ "event": "outcome", "outcome": "good", "plan": path.display().to_string(), "task_definition": plan.task_definition,
                "hooks": hooks, "jobs": jobs, "label_bytes": label })
            .to_string()
        }
        Format::Text => {
            let list = |names: &[&str]| if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            let with = plan.task_definition.as_ref().map(|name| format!(" and fits {name}")).unwrap_or_default();
            format!(
                "{} is good{with}\n  hooks with work  {}\n  jobs             {}\n  label            {label} bytes",
                path.display(),
                list(&hooks),
                list(&jobs)
            )
        }
    })
}

fn embed(path: &Path, plan: Option<&Path>) -> Result<String, Error> {
    let plan = read(plan)?;
    let mut definition = which::fitting(path, &plan)?;
    definition.embed_plan(&plan.container, &plan.embed()?)?;
    Ok(format!("{:#}", definition.to_json()))
}

const DEFAULT: &str = "greenlight.toml";

fn read(path: Option<&Path>) -> Result<Plan, Error> {
    which::plan(path, "name the plan")
}
