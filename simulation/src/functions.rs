//! The function host: runs the functions' own code in this thread, the way Lambda runs their processes.

use crate::behaviour::{Behaviours, Code};
use crate::connector::Connector;
use crate::message::Message;
use futures_util::FutureExt;
use greenlight_aws::http::Http;
use greenlight_aws::{Clock, Env, Invocation, Settings};
use greenlight_world::{Function, Input, InvocationId, InvocationOutcome, Invoke, Role};
use jiff::SignedDuration;
use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::rc::Rc;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

/// A function's process: its clients live as long as it does.
#[derive(Debug)]
struct Instance {
    env: Env,
}

/// All functions of the simulation.
#[derive(Clone)]
pub(crate) struct Functions {
    shared: Rc<Shared>,
}

struct Shared {
    behaviours: Rc<RefCell<Behaviours>>,
    functions: BTreeMap<String, Function>,
    access_keys: BTreeMap<String, String>,
    region: String,
    /// Processes without work, by function: taken again before a new one is started, as Lambda does.
    idle: RefCell<BTreeMap<String, Vec<Instance>>>,
    /// Invocations under way.
    running: RefCell<BTreeMap<InvocationId, AbortHandle>>,
    started: Cell<u64>,
    connector: Connector,
    http: Http,
    clock: Clock,
    inbox: mpsc::UnboundedSender<Message>,
}

impl Functions {
    pub(crate) fn new(
        setup: &greenlight_world::Setup,
        behaviours: Rc<RefCell<Behaviours>>,
        connector: Connector,
        clock: Clock,
        inbox: mpsc::UnboundedSender<Message>,
    ) -> Self {
        let by_name = |function: &Function| (function.name.clone(), function.clone());
        let key = |role: &Role| (role.name.clone(), role.access_key.clone());
        Self {
            shared: Rc::new(Shared {
                behaviours,
                functions: setup.stack.functions.iter().map(by_name).collect(),
                access_keys: setup.stack.roles.iter().map(key).collect(),
                region: setup.region.clone(),
                idle: RefCell::default(),
                running: RefCell::default(),
                started: Cell::new(0),
                connector,
                http: crate::network::http(inbox.clone()),
                clock,
                inbox,
            }),
        }
    }

    /// Runs one invocation for the world and reports its end.
    pub(crate) fn invoke(&self, invoke: Invoke) {
        let this = self.clone();
        let id = invoke.id;
        let running = tokio::task::spawn_local(async move {
            let outcome = this.run(&invoke.function, invoke.payload, invoke.request_id, invoke.timeout).await;
            this.shared.running.borrow_mut().remove(&id);
            let _ = this.shared.inbox.send(Message::Input(Input::Invocation { id, outcome }));
        });
        self.shared.running.borrow_mut().insert(id, running.abort_handle());
    }

    /// Kills the process that works on an invocation: it says nothing more.
    pub(crate) fn kill(&self, id: InvocationId) {
        if let Some(running) = self.shared.running.borrow_mut().remove(&id) {
            running.abort();
        }
    }

    /// How functions send requests.
    pub(crate) fn http(&self) -> Http {
        self.shared.http.clone()
    }

    /// The settings of a function of this name.
    pub(crate) fn get(&self, name: &str) -> Option<&Function> {
        self.shared.functions.get(name)
    }

    /// Runs one invocation.
    pub(crate) async fn run(
        &self,
        function: &str,
        payload: serde_json::Value,
        request_id: String,
        timeout: std::time::Duration,
    ) -> InvocationOutcome {
        let code = self.shared.behaviours.borrow().code(function);
        let real = match code {
            Some(Code::Hangs) => {
                tokio::time::sleep(timeout).await;
                return InvocationOutcome::TimedOut;
            }
            Some(Code::CannotStart) => return InvocationOutcome::Crashed("exit status: 1".to_owned()),
            Some(code) => code,
            None => return InvocationOutcome::Crashed(format!("the simulation has no code for function {function}")),
        };
        let limit = SignedDuration::try_from(timeout).unwrap_or(SignedDuration::MAX);
        let deadline = self.shared.clock.now().checked_add(limit).unwrap_or(jiff::Timestamp::MAX);
        let invocation = Invocation { payload, deadline, request_id, panics: Vec::new() };
        let kill = self.shared.behaviours.borrow_mut().kill(function);
        let (end, ended) = match kill.filter(|after| *after < timeout) {
            Some(after) => (after, InvocationOutcome::Crashed("signal: killed".to_owned())),
            None => (timeout, InvocationOutcome::TimedOut),
        };
        match tokio::time::timeout(end, self.work(function, real, invocation)).await {
            Ok(outcome) => outcome,
            Err(_) => ended,
        }
    }

    /// Runs a function's own code, and after a panic again with a new instance, as a process that panics begins anew.
    async fn work(&self, function: &str, code: Code, mut invocation: Invocation) -> InvocationOutcome {
        loop {
            let instance = match self.instance(function) {
                Ok(instance) => instance,
                Err(reason) => return InvocationOutcome::Crashed(reason),
            };
            let panics = self.shared.behaviours.borrow_mut().panics(function);
            let story = async {
                if let Some(reason) = panics {
                    std::panic::resume_unwind(Box::new(reason));
                }
                handle(code, invocation.clone(), &instance.env).await
            };
            let outcome = match AssertUnwindSafe(story).catch_unwind().await {
                Ok(Ok(answer)) => InvocationOutcome::Returned(answer),
                Ok(Err(message)) => {
                    InvocationOutcome::Failed { error_type: "Error".to_owned(), error_message: message }
                }
                Err(_) if invocation.panics.len() == Invocation::MOST_PANICS => {
                    return InvocationOutcome::Crashed("panicked".to_owned());
                }
                Err(panic) => {
                    invocation.panics.push(message(panic.as_ref()));
                    continue;
                }
            };
            self.shared.idle.borrow_mut().entry(function.to_owned()).or_default().push(instance);
            return outcome;
        }
    }

    /// An idle process of the function, or a new one.
    fn instance(&self, name: &str) -> Result<Instance, String> {
        let idle = self.shared.idle.borrow_mut().get_mut(name).and_then(Vec::pop);
        if let Some(instance) = idle {
            return Ok(instance);
        }
        let shared = &self.shared;
        let function = shared.functions.get(name).ok_or_else(|| format!("there is no function {name}"))?;
        let access_key = shared
            .access_keys
            .get(&function.role)
            .ok_or_else(|| format!("function {name} has the role {}, which the stack does not have", function.role))?;
        let settings = Settings::from_map(&environment(function, &shared.region)).map_err(|error| error.to_string())?;
        shared.started.set(shared.started.get() + 1);
        let stream = format!("2026/01/01/[$LATEST]{:032x}", shared.started.get());
        let inbox = shared.inbox.clone();
        let owner = name.to_owned();
        let log = Arc::new(move |line: String| {
            let line = Input::FunctionLine { function: owner.clone(), stream: stream.clone(), line };
            let _ = inbox.send(Message::Input(line));
        });
        let sdk = crate::sdk_config(access_key, &shared.connector, &shared.clock);
        let env = Env::new(sdk, shared.clock.clone(), settings).with_log(log).with_http(shared.http.clone());
        Ok(Instance { env })
    }
}

/// The function's environment variables, with those that Lambda adds.
fn environment(function: &Function, region: &str) -> BTreeMap<String, String> {
    let mut environment = function.environment.clone();
    environment.insert("AWS_LAMBDA_FUNCTION_NAME".to_owned(), function.name.clone());
    environment.insert("AWS_REGION".to_owned(), region.to_owned());
    environment
}

/// The one place that knows which code belongs to which function.
async fn handle(code: Code, invocation: Invocation, env: &Env) -> Result<serde_json::Value, String> {
    let ended = match code {
        Code::Migrate => Box::pin(greenlight_migrate::handle(invocation, env)).await,
        Code::WarmUp => Box::pin(greenlight_warm_up::handle(invocation, env)).await,
        Code::SmokeTest => Box::pin(greenlight_smoke_test::handle(invocation, env)).await,
        Code::Validate => Box::pin(greenlight_validate::handle(invocation, env)).await,
        Code::Finish => Box::pin(greenlight_finish::handle(invocation, env)).await,
        Code::Settle => Box::pin(greenlight_settle::handle(invocation, env)).await,
        Code::Rollback => Box::pin(greenlight_rollback::handle(invocation, env)).await,
        Code::LaunchJob => Box::pin(greenlight_launch_job::handle(invocation, env)).await,
        Code::Notify => Box::pin(greenlight_notify::handle(invocation, env)).await,
        Code::CannotStart | Code::Hangs => return Err("has no code".to_owned()),
    };
    ended.map_err(|error| error.to_string())
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "without a message".to_owned())
}
