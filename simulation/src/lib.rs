//! The functions and the world on a virtual clock, in one thread.
//!
//! This is the second shell around the world, beside the one with processes and HTTP. Three things are its own: the
//! clock (tokio's paused one, which jumps to the next timer when nothing is left to do), HTTP without a socket (the SDK's
//! connector hands calls to the world, the transport hands requests to the simulated servers, through listeners or
//! directly) and the process host (which plays [`Behaviour`]s). Everything
//! else is the real code: the functions, the SDK clients, the wire protocols and the world. An hour passes in
//! milliseconds, and one seed gives one sequence of facts, byte for byte.
//!
//! ```no_run
//! use greenlight_simulation::{Behaviours, Simulation};
//! use greenlight_world::Setup;
//!
//! let facts = greenlight_simulation::run(async {
//!     let simulation = Simulation::start(Setup::empty(), Behaviours::new());
//!     // … drive it with SDK clients made from `simulation.sdk_config()` …
//!     simulation.record()
//! })?;
//! # Ok::<(), greenlight_simulation::SimulationError>(())
//! ```

mod behaviour;
mod connector;
mod driver;
mod error;
mod functions;
mod message;
mod network;
mod processes;
#[cfg(test)]
mod tests;

pub use behaviour::{Answer, Behaviour, Behaviours, Code};
pub use error::SimulationError;
pub use greenlight_world::InvocationOutcome;

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_types::SdkConfig;
use connector::Connector;
use driver::{Driver, Observed};
use functions::Functions;
use greenlight_aws::Clock;
use greenlight_aws::http::Http;
use greenlight_world::{Fact, Invoke, Pace, Route, Setup, World};
use jiff::Timestamp;
use network::Network;
use processes::Processes;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use tokio::sync::mpsc;

/// Runs `story` to its end on a runtime with one thread and a virtual clock.
pub fn run<T>(story: impl Future<Output = T>) -> Result<T, SimulationError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?;
    let local = tokio::task::LocalSet::new();
    Ok(local.block_on(&runtime, story))
}

/// A running simulation. It ends with the runtime that [`run`] made for it.
pub struct Simulation {
    connector: Connector,
    clock: Clock,
    observed: Rc<RefCell<Observed>>,
    facts: RefCell<Option<mpsc::UnboundedReceiver<Fact>>>,
    functions: Functions,
}

impl Simulation {
    /// The access key of the account's operator.
    pub const OPERATOR: &str = "AKIAOPERATOR";

    /// Starts the world as `setup` describes it, at [`Setup::EPOCH`] and at pace 1, whatever the setup's own pace.
    ///
    /// Must be called within [`run`]: the world's tasks live on its thread.
    pub fn start(setup: Setup, behaviours: Behaviours) -> Self {
        Self::start_at(Setup::EPOCH, setup, behaviours)
    }

    /// The same where the world begins at another time: the `origin` that the setup's functions were given.
    pub fn start_at(origin: Timestamp, mut setup: Setup, behaviours: Behaviours) -> Self {
        setup.pace = Pace { speed: 1.0 };
        // the SDK draws the jitter of its retries from this thread's generator
        fastrand::seed(setup.seed);
        let clock = Clock::starting_at(origin, 1.0);
        let (inbox, messages) = mpsc::unbounded_channel();
        let (facts, listener) = mpsc::unbounded_channel();
        let observed = Rc::new(RefCell::new(Observed::default()));
        let behaviours = Rc::new(RefCell::new(behaviours));
        let connector = Connector::new(inbox.clone());
        let functions = Functions::new(&setup, Rc::clone(&behaviours), connector.clone(), clock.clone(), inbox.clone());
        let processes = Processes::new(behaviours, inbox.clone());
        let network = Network::new(&setup, processes.clone(), inbox);
        let driver = Driver {
            rng: fastrand::Rng::with_seed(setup.seed),
            world: World::new(setup, clock.now()),
            clock: clock.clone(),
            inbox: messages,
            facts,
            observed: Rc::clone(&observed),
            processes,
            network,
            functions: functions.clone(),
            calls: BTreeMap::new(),
            next_call: 0,
        };
        tokio::task::spawn_local(driver.run());
        Self { connector, clock, observed, facts: RefCell::new(Some(listener)), functions }
    }

    /// What the SDK clients of the account's operator are made from.
    pub fn sdk_config(&self) -> SdkConfig {
        self.sdk_config_as(Self::OPERATOR)
    }

    /// The same for whoever signs with this access key: a role's, for instance.
    pub fn sdk_config_as(&self, access_key: &str) -> SdkConfig {
        sdk_config(access_key, &self.connector, &self.clock)
    }

    /// The simulation's clock, as functions and drivers use it.
    pub fn clock(&self) -> Clock {
        self.clock.clone()
    }

    /// What happens from the start on, to be taken once.
    pub fn facts(&self) -> Option<mpsc::UnboundedReceiver<Fact>> {
        self.facts.borrow_mut().take()
    }

    /// How requests are sent to the application: through the listeners of its load balancers, or straight to its tasks.
    pub fn http(&self) -> Http {
        self.functions.http()
    }

    /// Everything that has happened so far.
    pub fn record(&self) -> Vec<Fact> {
        self.observed.borrow().facts.clone()
    }

    /// How a listener forwards now; none before it was ever told.
    pub fn route(&self, listener: &str) -> Option<Route> {
        self.observed.borrow().routes.get(listener).cloned()
    }

    /// Every invocation so far, with its event: what [`Simulation::deliver`] can deliver again.
    pub fn invocations(&self) -> Vec<Invoke> {
        self.observed.borrow().invocations.clone()
    }

    /// Every call to AWS so far: the access key that signed it, and the operation as IAM writes it.
    pub fn calls(&self) -> Vec<(String, String)> {
        self.observed.borrow().calls.clone()
    }

    /// Delivers an event to a function once more, as Lambda's queue may do at any time, and waits for the end.
    ///
    /// The world hears of the function's calls and lines but not of the invocation, which it did not ask for.
    pub async fn deliver(&self, function: &str, payload: serde_json::Value) -> InvocationOutcome {
        let Some(settings) = self.functions.get(function) else {
            return InvocationOutcome::Crashed(format!("there is no function {function}"));
        };
        let request_id = "00000000-0000-4000-9000-000000000000".to_owned();
        self.functions.run(function, payload, request_id, settings.timeout).await
    }
}

fn sdk_config(access_key: &str, connector: &Connector, clock: &Clock) -> SdkConfig {
    let connector = SharedHttpClient::new(connector.clone());
    greenlight_aws::sdk_config_over(&connector, clock, "http://simulation.invalid", access_key, "simulated")
}
