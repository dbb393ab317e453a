//! Functions: which processes there are, and who takes the next event.

use crate::clock::HostClock;
use crate::error::HostError;
use crate::function::{self, Start};
use crate::message::{Inbox, Message};
use crate::options::Program;
use crate::process::Surroundings;
use crate::watchdog::Watchdog;
use greenlight_world::{Function, Input, InvocationId, InvocationOutcome, Invoke, Setup};
use std::collections::BTreeMap;
use std::path::PathBuf;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// The functions of a stage.
#[derive(Debug)]
pub(crate) struct Functions {
    definitions: BTreeMap<String, Definition>,
    running: BTreeMap<u64, Running>,
    started: u64,
    directory: PathBuf,
    clock: HostClock,
    inbox: Inbox,
    watchdog: Watchdog,
}

/// What every process of a function has.
#[derive(Debug)]
struct Definition {
    arn: String,
    program: Option<Program>,
    environment: BTreeMap<String, String>,
}

#[derive(Debug)]
struct Running {
    function: String,
    idle: bool,
    /// What it works on, or did last.
    invocation: InvocationId,
    events: mpsc::UnboundedSender<Invoke>,
}

/// What functions need to know of the stage.
pub(crate) struct Around {
    pub(crate) endpoint: String,
    pub(crate) directory: PathBuf,
    pub(crate) clock: HostClock,
    pub(crate) inbox: Inbox,
    pub(crate) watchdog: Watchdog,
}

impl Functions {
    pub(crate) fn new(
        setup: &Setup,
        mut programs: BTreeMap<String, Program>,
        around: Around,
    ) -> Result<Self, HostError> {
        let mut definitions = BTreeMap::new();
        for function in &setup.stack.functions {
            let definition = Definition {
                arn: format!("arn:aws:lambda:{}:{}:function:{}", setup.region, setup.account, function.name),
                program: programs.remove(&function.name),
                environment: environment(setup, function, &around.endpoint)?,
            };
            definitions.insert(function.name.clone(), definition);
        }
        let Around { directory, clock, inbox, watchdog, .. } = around;
        Ok(Self { definitions, running: BTreeMap::new(), started: 0, directory, clock, inbox, watchdog })
    }

    /// Gives the event to an idle process of the function, or starts one for it.
    pub(crate) fn invoke(&mut self, mut invoke: Invoke, children: &mut JoinSet<()>) {
        let function = invoke.function.clone();
        for process in self.running.values_mut().filter(|process| process.idle && process.function == function) {
            process.idle = false;
            process.invocation = invoke.id;
            match process.events.send(invoke) {
                Ok(()) => return,
                // it has just ended
                Err(mpsc::error::SendError(back)) => invoke = back,
            }
        }
        self.start(invoke, children);
    }

    fn start(&mut self, invoke: Invoke, children: &mut JoinSet<()>) {
        let found = self.definitions.get(&invoke.function);
        let Some((definition, program)) = found.and_then(|found| Some((found, found.program.clone()?))) else {
            children.spawn(refuse(invoke, self.inbox.clone()));
            return;
        };
        self.started += 1;
        let number = self.started;
        let log_stream = log_stream(self.clock, number);
        let mut environment = definition.environment.clone();
        environment.insert("AWS_LAMBDA_LOG_STREAM_NAME".to_owned(), log_stream.clone());
        let start = Start {
            number,
            function: invoke.function.clone(),
            function_arn: definition.arn.clone(),
            log_stream,
            program,
            surroundings: Surroundings { directory: self.directory.clone(), environment },
            clock: self.clock,
        };
        let (events, receiver) = mpsc::unbounded_channel();
        let running = Running { function: invoke.function.clone(), idle: false, invocation: invoke.id, events };
        self.running.insert(number, running);
        children.spawn(function::run(start, invoke, receiver, self.inbox.clone(), self.watchdog.clone()));
    }

    /// Kills the process that works on an invocation: without a channel for events it has nothing to live for.
    pub(crate) fn kill(&mut self, id: InvocationId) {
        self.running.retain(|_, process| process.idle || process.invocation != id);
    }

    /// A process waits for an event.
    pub(crate) fn idle(&mut self, number: u64) {
        if let Some(process) = self.running.get_mut(&number) {
            process.idle = true;
        }
    }

    /// A process has ended.
    pub(crate) fn gone(&mut self, number: u64) {
        self.running.remove(&number);
    }

    /// Ends all processes.
    pub(crate) fn stop(&mut self) {
        self.running.clear();
    }
}

async fn refuse(invoke: Invoke, inbox: Inbox) {
    let outcome = InvocationOutcome::Failed {
        error_type: "Runtime.InvalidEntrypoint".to_owned(),
        error_message: format!("nothing says how to start the function {}; add it to the functions", invoke.function),
    };
    let _ = inbox.send(Message::Input(Input::Invocation { id: invoke.id, outcome })).await;
}

/// One log stream per process, named as Lambda does.
fn log_stream(clock: HostClock, number: u64) -> String {
    let today = clock.now().strftime("%Y/%m/%d").to_string();
    format!("{today}/[$LATEST]{number:032x}")
}

/// What a function sees, as Lambda's runtimes define it.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html>
fn environment(setup: &Setup, function: &Function, endpoint: &str) -> Result<BTreeMap<String, String>, HostError> {
    let role = setup
        .stack
        .roles
        .iter()
        .find(|role| role.name == function.role)
        .ok_or_else(|| HostError::NoRole { function: function.name.clone(), role: function.role.clone() })?;
    let mut environment = Surroundings::inherited();
    if let Ok(value) = std::env::var("RUST_BACKTRACE") {
        environment.insert("RUST_BACKTRACE".to_owned(), value);
    }
    environment.extend(function.environment.clone());
    let memory = function.memory.to_string();
    let reserved = [
        ("AWS_REGION", setup.region.as_str()),
        ("AWS_DEFAULT_REGION", &setup.region),
        ("AWS_ACCESS_KEY_ID", &role.access_key),
        ("AWS_SECRET_ACCESS_KEY", "stage"),
        ("AWS_SESSION_TOKEN", "stage"),
        ("AWS_ENDPOINT_URL", endpoint),
        // nothing but what stands here says who calls and where to
        ("AWS_CONFIG_FILE", "/dev/null"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
        ("AWS_LAMBDA_FUNCTION_NAME", &function.name),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", &memory),
        ("AWS_LAMBDA_LOG_GROUP_NAME", &function.log_group),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
        ("_HANDLER", "bootstrap"),
        ("TZ", ":UTC"),
    ];
    environment.extend(reserved.map(|(name, value)| (name.to_owned(), value.to_owned())));
    Ok(environment)
}

#[cfg(test)]
mod tests {
    use super::*;
    use greenlight_world::Role;

    fn setup() -> Setup {
        let mut setup = Setup::empty();
        setup.stack.functions.push(Function {
            environment: BTreeMap::from([
                ("GREENLIGHT_INSTALL".into(), "g".into()),
                ("AWS_ENDPOINT_URL".into(), "https://elsewhere".into()),
            ]),
            ..Function::new("migrate", "migrate-role")
        });
        setup
    }

    #[test]
    fn a_function_calls_the_stage_in_the_name_of_its_role() {
        let mut setup = setup();
        setup.stack.roles.push(Role {
            name: "migrate-role".into(),
            access_key: "AKIDMIGRATE".into(),
            ..Role::default()
        });
        let environment = environment(&setup, &setup.stack.functions[0], "http://127.0.0.1:1").unwrap();
        assert_eq!(environment["AWS_ACCESS_KEY_ID"], "AKIDMIGRATE");
        assert_eq!(environment["AWS_ENDPOINT_URL"], "http://127.0.0.1:1");
        assert_eq!(environment["GREENLIGHT_INSTALL"], "g");
        assert!(!environment.contains_key("CARGO_MANIFEST_DIR"));
    }

    #[test]
    fn a_function_without_its_role_is_refused() {
        let setup = setup();
        let error = environment(&setup, &setup.stack.functions[0], "http://127.0.0.1:1").unwrap_err();
        assert!(error.to_string().contains("migrate-role"));
    }
}
