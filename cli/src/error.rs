//! What the program can fail at, and what to do about it.

use greenlight_domain::directive::DirectiveError;
use greenlight_domain::plan::PlanError;
use greenlight_domain::task_definition::TaskDefinitionError;
use greenlight_host::HostError;
use greenlight_template::TemplateError;
use std::path::PathBuf;
use std::process::ExitCode;

/// Why a verb could not do what it was asked to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file cannot be read.
    #[error("cannot read {}: {source}; {}", path.display(), remedy(source))]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A page cannot be written.
    #[error("cannot write {}: {source}; name a file in a folder that is there", path.display())]
    Report {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file is no text.
    #[error("{}:{line}: is not UTF-8; save it as UTF-8", path.display())]
    NotText {
        /// The file.
        path: PathBuf,
        /// The line of the first byte that is none, from 1.
        line: usize,
    },
    /// The plan is wrong.
    #[error("{source}")]
    Plan {
        /// What is wrong.
        source: PlanError,
        /// The text that was read.
        text: String,
    },
    /// The plan cannot be put into a label.
    #[error(transparent)]
    Label(#[from] PlanError),
    /// The task definition is wrong.
    #[error(transparent)]
    TaskDefinition(#[from] TaskDefinitionError),
    /// Something in the plan is right by itself, but nothing can be rehearsed with it.
    #[error("{file}: {key}: {problem}; {remedy}")]
    NotRehearsable {
        /// The plan's file.
        file: String,
        /// The key.
        key: String,
        /// What is wrong.
        problem: String,
        /// What to do.
        remedy: String,
    },
    /// The template of the functions is wrong.
    #[error("{source}")]
    Template {
        /// What is wrong.
        source: TemplateError,
        /// The text that was read.
        text: String,
    },
    /// The template deploys something else than the functions.
    #[error("the template lacks {what}; begin with the one that `sam deploy` takes")]
    TemplateLacks {
        /// What is missing.
        what: String,
    },
    /// No rehearsal is in the files that `doctor` was given.
    #[error("no rehearsal is in these files; make them with `greenlight rehearse --format json > FILE`")]
    NoRecord,
    /// A file is not the output of a rehearsal.
    #[error("{}:{line}: is no JSON; give files that `greenlight rehearse --format json` printed", path.display())]
    NotARecord {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// Migrations that are no SQL, or not PostgreSQL's.
    #[error(
        "{place}: is not PostgreSQL's SQL: {problem}; print the migration with PostgreSQL as the database{}",
        if sql.is_empty() { String::new() } else { format!("; the line is:\n{sql}") }
    )]
    Sql {
        /// Source and line.
        place: String,
        /// What is wrong.
        problem: String,
        /// The line.
        sql: String,
    },
    /// The command that prints the migrations does not.
    #[error("--migrations-command `{command}` {how}; run it by itself until it prints SQL and ends with exit code 0")]
    MigrationsCommand {
        /// The command.
        command: String,
        /// What became of it.
        how: String,
    },
    /// A check cannot be skipped.
    #[error(transparent)]
    Directive(#[from] DirectiveError),
    /// A fault that does not exist.
    #[error("there is no fault `{name}`; known faults are {known}")]
    UnknownFault {
        /// As it was asked for.
        name: String,
        /// Those there are.
        known: String,
    },
    /// A fault that cannot happen with this plan.
    #[error("the fault `{name}` needs {needs}; add it to the plan or leave the fault out")]
    FaultWithoutCause {
        /// The fault.
        name: String,
        /// What the plan lacks.
        needs: &'static str,
    },
    /// `--functions` names a directory without the functions.
    #[error("{} is not there; `sam build` makes it, or leave out --functions", path.display())]
    NoFunction {
        /// Where the function's program should be.
        path: PathBuf,
    },
    /// `--speed` is no speed.
    #[error("--speed {speed} is out of range; use 1 (real time) to 3600 (an hour in a second)")]
    Speed {
        /// As it was asked for.
        speed: f64,
    },
    /// The smoke tests cannot be run as asked.
    #[error("{problem}; {remedy}")]
    SmokeTest {
        /// What is wrong.
        problem: String,
        /// What to do.
        remedy: String,
    },
    /// The smoke tests cannot go where they should.
    #[error("--base-url {url}: {problem}")]
    BaseUrl {
        /// As it was given.
        url: String,
        /// What is wrong and what to write.
        problem: String,
    },
    /// Nothing says in which region AWS is asked.
    #[error("no AWS region is set; set AWS_REGION, or `region` in the profile that AWS_PROFILE names")]
    NoRegion,
    /// Nothing says who asks AWS.
    #[error(
        "no AWS credentials were found ({reason}); log in (`aws sso login`), set AWS_PROFILE, or set AWS_ACCESS_KEY_ID and \
         AWS_SECRET_ACCESS_KEY"
    )]
    NoCredentials {
        /// What was tried.
        reason: String,
    },
    /// AWS refused a call, or what it says does not fit.
    #[error(transparent)]
    Aws(#[from] greenlight_aws::Error),
    /// A verb cannot do what its options ask for.
    #[error("{problem}; {remedy}")]
    Usage {
        /// What is wrong, and where.
        problem: String,
        /// What to do.
        remedy: String,
    },
    /// Nothing can be rolled back, or not in this way.
    #[error("{0}")]
    CannotRollBack(String),
    /// Nothing can be deployed, or not now.
    #[error("{0}")]
    CannotDeploy(String),
    /// No deployment waits for an answer, or not any more.
    #[error("{0}")]
    CannotAnswer(String),
    /// The scratch directory or the runtime could not be made.
    #[error("cannot {what}: {source}")]
    Start {
        /// What was tried.
        what: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// The stage could not be started.
    #[error("the stage did not start: {0}")]
    Stage(#[from] HostError),
    /// There is no such function, or it was not started as one.
    #[error("cannot be the function {name}: {reason}")]
    NoSuchPart {
        /// As it was asked for.
        name: String,
        /// Why not.
        reason: &'static str,
    },
    /// A function's own process failed.
    #[error("function {name}: {reason}")]
    Function {
        /// The function.
        name: String,
        /// What it said.
        reason: String,
    },
    /// An API call was refused.
    #[error("{call} was refused: {reason}")]
    Call {
        /// The operation.
        call: &'static str,
        /// What the service said.
        reason: String,
    },
    /// An answer lacks what its service model promises.
    #[error("the answer of {call} has no {missing}")]
    Answer {
        /// The operation.
        call: &'static str,
        /// The member.
        missing: &'static str,
    },
    /// A request could not even be built.
    #[error("a request could not be built: {0}")]
    Request(String),
    /// A setup command failed.
    #[error("the setup command `{command}` failed ({how}){}", last_lines(tail))]
    SetupFailed {
        /// The command.
        command: String,
        /// Exit code or stop reason.
        how: String,
        /// What it wrote.
        tail: String,
    },
    /// The old revision does not run.
    #[error("the old revision of {service} does not run ({how}){}", last_lines(tail))]
    BlueFailed {
        /// The service.
        service: String,
        /// Why.
        how: String,
        /// What its last task wrote.
        tail: String,
    },
    /// Something took too long.
    #[error("{what} has not ended after {seconds} seconds of the stage's time; run again with a lower --speed")]
    Stalled {
        /// What was waited for.
        what: String,
        /// How long.
        seconds: u64,
    },
    /// The stage went away.
    #[error("the stage ended before the deployment did")]
    StageEnded,
    /// A signal ended the rehearsal.
    #[error("interrupted; everything that ran for the rehearsal has been stopped")]
    Interrupted {
        /// The signal's number.
        signal: u8,
    },
}

impl Error {
    /// Wrong usage or configuration: what is wrong and where, and what to do.
    pub(crate) fn usage(problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::Usage { problem: problem.into(), remedy: remedy.into() }
    }

    /// 2 for wrong usage or configuration, 128 and the signal's number after a signal, 1 for everything else.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::File { .. }
            | Self::NotText { .. }
            | Self::Plan { .. }
            | Self::Label(_)
            | Self::TaskDefinition(_)
            | Self::NotRehearsable { .. }
            | Self::UnknownFault { .. }
            | Self::FaultWithoutCause { .. }
            | Self::Template { .. }
            | Self::TemplateLacks { .. }
            | Self::NoRecord
            | Self::NotARecord { .. }
            | Self::Sql { .. }
            | Self::MigrationsCommand { .. }
            | Self::Directive(_)
            | Self::SmokeTest { .. }
            | Self::BaseUrl { .. }
            | Self::NoFunction { .. }
            | Self::NoRegion
            | Self::NoCredentials { .. }
            | Self::Usage { .. }
            | Self::NoSuchPart { .. }
            | Self::Report { .. }
            | Self::Speed { .. } => 2,
            Self::Interrupted { signal } => 128 + signal,
            _ => 1,
        })
    }

    /// An SDK type refused what it was built from.
    pub(crate) fn built(error: impl std::fmt::Display) -> Self {
        Self::Request(error.to_string())
    }
}

/// What to do about a file that cannot be read.
fn remedy(error: &std::io::Error) -> &'static str {
    match error.kind() {
        std::io::ErrorKind::IsADirectory => "name a file in it",
        std::io::ErrorKind::PermissionDenied => "let this user read it",
        _ => "check the path",
    }
}

fn last_lines(tail: &str) -> String {
    if tail.is_empty() { String::new() } else { format!("; its last lines:\n{tail}") }
}
