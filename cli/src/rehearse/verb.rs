//! The verb: starts the stage with real processes, sends users through it, shows what happens, and leaves nothing behind.

use super::report::Recorder;
use super::show::Show;
use super::traffic::{Counts, Traffic, count_accesses};
use super::{Colour, Ending, Options, Outcome, Progress, Rehearsal, Step, built_in, drive, faults, jobs, setup};
use crate::Error;
use crate::arguments;
use greenlight_aws::Clock;
use greenlight_domain::mask::Mask;
use greenlight_host::{HostClock, Image, Program, Stage};
use greenlight_world::{Fact, FactKind};
use jiff::SignedDuration;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
use tempfile::TempDir;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{mpsc, oneshot};

/// Runs the verb.
pub(crate) fn run(options: &arguments::Rehearse) -> Result<ExitCode, Error> {
    if options.list_faults {
        // whoever asked may have read enough
        let _ = std::io::stdout().write_all(faults::list(options.controller).as_bytes());
        return Ok(ExitCode::SUCCESS);
    }
    if !(1.0..=3600.0).contains(&options.speed) {
        return Err(Error::Speed { speed: options.speed });
    }
    let chosen = Options {
        controller: options.controller,
        deployment_config: options.deployment_config.clone(),
        faults: options.faults.clone(),
        skip: options.exceptions.skips(),
        reason: options.exceptions.reason.clone(),
        jobs: options.jobs,
        template: options.template.clone(),
        parameters: options.parameter_overrides.iter().cloned().collect(),
    };
    let rehearsal = match &options.plan {
        Some(file) => Rehearsal::read(file, &chosen)?,
        None => Rehearsal::built_in(&chosen)?,
    };
    let program = std::env::current_exe().map_err(|source| Error::Start { what: "find the program itself", source })?;
    let scratch = tempfile::Builder::new()
        .prefix("greenlight-")
        .tempdir()
        .map_err(|source| Error::Start { what: "make a scratch directory", source })?;
    let speed = rehearsal.faults.iter().filter_map(|fault| fault.fastest).fold(options.speed, f64::min);
    let parts = Parts {
        images: images(&rehearsal, options.plan.as_deref(), &program, &scratch)?,
        functions: functions(&rehearsal, options.functions.as_deref(), &program)?,
        rehearsal,
        speed,
        scratch,
    };
    if let Some(file) = &options.report {
        // what is wrong should not show after the rehearsal
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
        if file.is_dir() || folder.is_some_and(|folder| !folder.is_dir()) {
            let kind = if file.is_dir() { std::io::ErrorKind::IsADirectory } else { std::io::ErrorKind::NotFound };
            return Err(Error::Report { path: file.clone(), source: kind.into() });
        }
    }
    let mut show = Show::new(options.format, &parts.rehearsal, speed);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|source| Error::Start { what: "start the runtime", source })?;
    let mut recorder = Recorder::new(Clock::real().now());
    let rehearsal = parts.rehearsal.clone();
    let outcome = runtime.block_on(play(parts, &mut show, &mut recorder));
    if let (Some(file), Ok(outcome)) = (&options.report, &outcome) {
        recorder.report(&rehearsal, outcome, &show.counts()).write(file)?;
    }
    match &outcome {
        Ok(outcome) => show.end(outcome),
        Err(_) => show.abandon(),
    }
    Ok(if outcome?.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

struct Parts {
    rehearsal: Rehearsal,
    images: BTreeMap<String, Image>,
    functions: BTreeMap<String, Program>,
    speed: f64,
    /// Removed when this is dropped.
    scratch: TempDir,
}

/// What each image stands for.
pub(crate) fn images(
    rehearsal: &Rehearsal,
    plan: Option<&Path>,
    program: &Path,
    scratch: &TempDir,
) -> Result<BTreeMap<String, Image>, Error> {
    let path = match plan {
        Some(_) => None,
        None => Some(built_in::install(program, scratch.path())?.to_string_lossy().into_owned()),
    };
    let mut images = BTreeMap::new();
    for (name, image) in &rehearsal.script.images {
        let mut environment = image.environment.clone();
        if let Some(path) = &path {
            environment.entry("PATH".to_owned()).or_insert_with(|| path.clone());
        }
        let directory = match plan {
            // errors name the directory: it should be clear where it is
            Some(plan) => image_directory(plan, name, &image.directory)?,
            None => scratch.path().to_owned(),
        };
        images.insert(name.clone(), Image { directory, command: image.command.clone(), environment });
    }
    Ok(images)
}

fn image_directory(plan: &Path, image: &str, directory: &str) -> Result<PathBuf, Error> {
    let path = super::beside(plan, directory);
    if !path.is_dir() {
        return Err(super::not_rehearsable(
            plan,
            &format!("rehearsal.images.\"{image}\".directory"),
            &format!("there is no directory {}", path.display()),
            "name the directory where the image's command runs, relative to the plan",
        ));
    }
    std::path::absolute(path).map_err(|source| Error::Start { what: "find the directory of an image", source })
}

/// What each function is started as: this program in its role, or what `sam build` made.
pub(crate) fn functions(
    rehearsal: &Rehearsal,
    built: Option<&Path>,
    program: &Path,
) -> Result<BTreeMap<String, Program>, Error> {
    let mut functions = BTreeMap::new();
    for function in &rehearsal.deployed.functions {
        let started = match (built, &function.binary) {
            (Some(directory), _) => {
                // the function is started in the scratch directory, not here
                let path = std::path::absolute(directory.join(&function.logical_id).join("bootstrap"))
                    .map_err(|source| Error::Start { what: "find the directory of the functions", source })?;
                if !path.is_file() {
                    return Err(Error::NoFunction { path });
                }
                Program { program: path, arguments: Vec::new() }
            }
            (None, Some(part)) => {
                Program { program: program.to_owned(), arguments: vec!["function".to_owned(), part.clone()] }
            }
            // nobody knows what it is built from; `deploy` has seen that all that matter are there
            (None, None) => continue,
        };
        functions.insert(function.name.clone(), started);
    }
    Ok(functions)
}

/// Plays the rehearsal until its end or a signal. The stage is gone when this returns.
async fn play(parts: Parts, show: &mut Show, recorder: &mut Recorder) -> Result<Outcome, Error> {
    let outcome = on_stage(&parts, show, recorder).await?;
    match parts.rehearsal.jobs {
        Some(span) if outcome.outcome == Ending::Succeeded => play_jobs(parts.rehearsal, span, outcome, show).await,
        _ => Ok(outcome),
    }
}

/// Plays the jobs. Their clock is their thread's own; a signal leaves the thread behind, and the program ends.
async fn play_jobs(rehearsal: Rehearsal, span: Duration, outcome: Outcome, show: &mut Show) -> Result<Outcome, Error> {
    let mut signals = Signals::listen()?;
    let origin = Clock::real().now();
    let until = SignedDuration::try_from(span).ok().and_then(|span| origin.checked_add(span).ok());
    show.on(origin, Progress::Step(&Step::JobsPlayed { from: origin, until: until.unwrap_or(origin) }));
    let tried: BTreeMap<_, _> =
        outcome.jobs.iter().filter_map(|job| Some((job.job.clone(), job.tried.clone()?))).collect();
    let (said, mut facts) = mpsc::unbounded_channel();
    let (done, played) = oneshot::channel();
    let week = move || {
        let mut observer = |fact: &Fact| {
            if jobs::line(fact).is_some() {
                // nobody listens any more after a signal
                let _ = said.send(fact.clone());
            }
        };
        let _ = done.send(jobs::play(&rehearsal, &tried, origin, span, &mut observer));
    };
    std::thread::Builder::new()
        .name("jobs".to_owned())
        .spawn(week)
        .map_err(|source| Error::Start { what: "start the jobs' thread", source })?;
    tokio::select! {
        biased;
        signal = signals.next() => return Err(Error::Interrupted { signal }),
        () = async {
            while let Some(fact) = facts.recv().await {
                show.on(fact.at, Progress::Fact(&fact));
            }
        } => {}
    }
    let jobs = played.await.map_err(|_| Error::StageEnded)??;
    Ok(Outcome { jobs, ..outcome })
}

async fn on_stage(parts: &Parts, show: &mut Show, recorder: &mut Recorder) -> Result<Outcome, Error> {
    let rehearsal = &parts.rehearsal;
    let mut signals = Signals::listen()?;
    // the same instant in real time and on the stage: the functions' clocks count from it too
    let origin = Clock::real().now();
    let clock = Clock::starting_at(origin, parts.speed);
    let mut world = setup(rehearsal, origin, parts.speed);
    world.seed = u64::try_from(origin.as_nanosecond()).unwrap_or_default();
    let mut stage = Stage::start(greenlight_host::Options {
        setup: world,
        images: parts.images.clone(),
        functions: parts.functions.clone(),
        scratch: parts.scratch.path().to_owned(),
        clock: HostClock { origin, speed: parts.speed },
        port: None,
    })
    .await?;
    let facts = stage.facts();
    let counts = show.counts();
    let counting = count_accesses(stage.accesses(), rehearsal.production_listener(), counts.clone(), clock.clone());
    let mut audience = Audience {
        show,
        recorder,
        clock: clock.clone(),
        counts: counts.clone(),
        users: Users {
            address: stage.listener(&rehearsal.production_listener()),
            paths: rehearsal.script.paths.clone(),
        },
        traffic: None,
        mask: rehearsal.mask(),
        revisions: BTreeMap::new(),
    };
    let sdk = greenlight_aws::sdk_config(&stage.endpoint(), "AKIAOPERATOR", "rehearsal");
    let mut observer = |progress: Progress<'_>| audience.on(progress);
    let result = tokio::select! {
        biased;
        signal = signals.next() => Err(Error::Interrupted { signal }),
        result = drive(&sdk, &clock, facts, rehearsal, &mut observer) => result,
    };
    if let Some(traffic) = audience.traffic.take() {
        traffic.stop().await;
    }
    stage.stop().await;
    // the last access records are still on their way
    let _ = tokio::time::timeout(Duration::from_secs(1), counting).await;
    result.map(|outcome| Outcome { traffic: counts.now(), ..outcome })
}

/// What a container wrote, as it may be shown; none if the fact is another one.
fn written(fact: &Fact, mask: &Mask) -> Option<Fact> {
    let mut kind = match &fact.kind {
        kind @ (FactKind::ContainerLine { .. } | FactKind::LogLine { function: None, .. }) => kind.clone(),
        _ => return None,
    };
    if let FactKind::ContainerLine { message, .. } | FactKind::LogLine { message, .. } = &mut kind {
        *message = mask.mask_foreign(message);
    }
    Some(Fact { at: fact.at, kind })
}

/// The signals that end the program.
pub(crate) struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    pub(crate) fn listen() -> Result<Self, Error> {
        let listen = |kind| signal(kind).map_err(|source| Error::Start { what: "listen for signals", source });
        Ok(Self { interrupt: listen(SignalKind::interrupt())?, terminate: listen(SignalKind::terminate())? })
    }

    /// The number of the next one.
    pub(crate) async fn next(&mut self) -> u8 {
        tokio::select! {
            _ = self.interrupt.recv() => 2,
            _ = self.terminate.recv() => 15,
        }
    }
}

/// Where users go.
struct Users {
    address: SocketAddr,
    paths: Vec<String>,
}

/// Everything that listens to a rehearsal: what is shown, and the users, who come when there is something to use.
struct Audience<'a> {
    show: &'a mut Show,
    recorder: &'a mut Recorder,
    clock: Clock,
    counts: Counts,
    users: Users,
    traffic: Option<Traffic>,
    /// What no line of a container may show.
    mask: Mask,
    /// Task definition to colour.
    revisions: BTreeMap<String, Colour>,
}

impl Audience<'_> {
    fn on(&mut self, progress: Progress<'_>) {
        match progress {
            Progress::Step(Step::BlueStarted { task_definition, .. }) => {
                self.revisions.insert(task_definition.clone(), Colour::Blue);
            }
            Progress::Step(Step::GreenRegistered { task_definition }) => {
                self.revisions.insert(task_definition.clone(), Colour::Green);
            }
            Progress::Step(Step::BlueServing { .. }) => {
                let users = &self.users;
                self.traffic =
                    Some(Traffic::start(users.address, users.paths.clone(), self.counts.clone(), self.clock.clone()));
            }
            Progress::Fact(fact) => {
                if let FactKind::TaskStarted { ip, task_definition, .. } = &fact.kind
                    && let Some(colour) = self.revisions.get(task_definition)
                {
                    self.counts.runs_at(ip, *colour);
                }
            }
            Progress::Step(_) => {}
        }
        let now = self.clock.now();
        let masked = match progress {
            Progress::Fact(fact) => written(fact, &self.mask),
            Progress::Step(_) => None,
        };
        let progress = masked.as_ref().map_or(progress, Progress::Fact);
        self.recorder.on(now, progress);
        self.show.on(now, progress);
    }
}
