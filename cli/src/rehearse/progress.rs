//! What a rehearsal tells while it goes on, beside the world's facts.

use super::jobs::Tried;
use super::outcome::Measured;
use super::stack::Permission;
use greenlight_world::Fact;
use jiff::Timestamp;
use serde::Serialize;

/// One thing to show.
#[derive(Debug, Clone, Copy)]
pub enum Progress<'a> {
    /// The rehearsal itself came to a point.
    Step(&'a Step),
    /// Something happened in the world.
    Fact(&'a Fact),
}

/// The points that a rehearsal comes to.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "event")]
#[allow(missing_docs, reason = "the members say what they are")]
pub enum Step {
    /// It begins.
    #[serde(rename = "rehearsal.started")]
    Started {
        service: String,
        blue: String,
        green: String,
        deployment_config: String,
        speed: f64,
        faults: Vec<&'static str>,
        /// What is not checked, each with its reason.
        skipped: Vec<String>,
    },
    /// The functions are there, as their template deploys them.
    #[serde(rename = "stack.deployed")]
    StackDeployed {
        stack: String,
        /// What the template allows whom.
        permissions: Vec<Permission>,
    },
    /// A command of the plan's `rehearsal.setup` runs.
    #[serde(rename = "setup.started")]
    SetupStarted { command: Vec<String> },
    /// It ended well.
    #[serde(rename = "setup.ended")]
    SetupEnded { command: Vec<String>, duration_ms: i64 },
    /// The service is being created with the old revision.
    #[serde(rename = "blue.started")]
    BlueStarted { task_definition: String, tasks: u32 },
    /// The service is steady: users are served by the old revision.
    #[serde(rename = "blue.serving")]
    BlueServing { task_definition: String, tasks: u32, duration_ms: i64 },
    /// A service of `[finish]` runs with the old revision's image.
    #[serde(rename = "worker.running")]
    WorkerRunning { service: String, tasks: u32, duration_ms: i64 },
    /// The old revision is deployed once more: an alarm after the success of the new one needs a deployment to go back to.
    #[serde(rename = "blue.deploying")]
    BlueDeploying { deployment_id: String },
    /// It has been.
    #[serde(rename = "blue.deployed")]
    BlueDeployed { deployment_id: String, status: String, duration_ms: i64 },
    /// The new revision is registered.
    #[serde(rename = "green.registered")]
    GreenRegistered { task_definition: String },
    /// A job has run once as a process.
    #[serde(rename = "job.tried")]
    JobTried {
        job: String,
        #[serde(flatten)]
        tried: Tried,
        /// The last lines that it wrote, if it did not end well.
        #[serde(skip_serializing_if = "Option::is_none")]
        tail: Option<String>,
    },
    /// The jobs fire by their schedules on a clock of their own.
    #[serde(rename = "jobs.played")]
    JobsPlayed { from: Timestamp, until: Timestamp },
    /// An alarm has taken the release back.
    #[serde(rename = "rollback.measured")]
    RollbackMeasured {
        deployment_id: String,
        rollback_deployment_id: String,
        #[serde(flatten)]
        measured: Measured,
    },
}
