//! The stage: everything put together.

use crate::api::Endpoint;
use crate::balancer::{AccessLog, Listener};
use crate::connections::{listen, serve};
use crate::driver::Driver;
use crate::functions::{Around, Functions};
use crate::message::{INBOX, Inbox, Message};
use crate::network::Network;
use crate::watchdog::Watchdog;
use crate::{HostError, Options};
use greenlight_world::{Access, Fact, Pace, Setup, World};
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use tokio::sync::mpsc::{self, UnboundedReceiver, unbounded_channel};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};

/// A running stage. Dropping it kills everything that it started; [`Stage::stop`] asks first.
#[derive(Debug)]
pub struct Stage {
    endpoint: String,
    listeners: BTreeMap<String, SocketAddr>,
    facts: Option<UnboundedReceiver<Fact>>,
    accesses: AccessLog,
    inbox: Inbox,
    driver: JoinHandle<()>,
    /// Held for as long as tasks may have addresses in it.
    _network: Network,
}

impl Stage {
    /// Starts a stage. It runs as tasks of the current tokio runtime, of either flavour.
    pub async fn start(options: Options) -> Result<Self, HostError> {
        let Options { mut setup, images, functions, scratch, clock, port } = options;
        if !clock.is_valid() {
            return Err(HostError::Speed { speed: clock.speed });
        }
        let unfit = |source| HostError::Scratch { path: scratch.clone(), source };
        std::fs::create_dir_all(&scratch).map_err(unfit)?;
        // the processes, and the watchdog, have working directories of their own
        let scratch = scratch.canonicalize().map_err(unfit)?;
        let network = Network::reserve()?;
        setup.network = network.base;
        setup.pace = Pace { speed: clock.speed };
        setup.images = images.keys().cloned().collect();

        let watchdog = Watchdog::start(&scratch)?;
        let (inbox, messages) = mpsc::channel(INBOX);
        let mut servers = JoinSet::new();
        let (socket, address) = listen("AWS endpoint", port.unwrap_or_default()).await?;
        let endpoint = format!("http://{address}");
        let api = Endpoint::new(inbox.clone());
        servers.spawn(serve(socket, move |request, _| api.clone().handle(request)));
        let accesses = AccessLog::new(inbox.clone());
        let mut listeners = Listeners::default();
        listeners.open(&setup, &accesses, &mut servers).await?;
        setup.infrastructure.addresses = listeners.addresses.clone();

        let around = Around {
            endpoint: endpoint.clone(),
            directory: scratch.clone(),
            clock,
            inbox: inbox.clone(),
            watchdog: watchdog.clone(),
        };
        let functions = Functions::new(&setup, functions, around)?;
        let (facts, receiver) = unbounded_channel();
        let driver = Driver {
            world: World::new(setup, clock.now()),
            clock,
            inbox: inbox.clone(),
            messages,
            facts,
            images,
            scratch,
            listeners: listeners.routes,
            functions,
            watchdog,
            servers,
            children: JoinSet::new(),
            probes: JoinSet::new(),
            meter: Arc::default(),
            containers: BTreeMap::new(),
            calls: BTreeMap::new(),
            last_call: 0,
        };
        let driver = tokio::spawn(driver.run());
        let listeners = listeners.addresses;
        Ok(Self { endpoint, listeners, facts: Some(receiver), accesses, inbox, driver, _network: network })
    }

    /// The URL of the AWS endpoint: `http://127.0.0.1:4566`.
    pub fn endpoint(&self) -> String {
        self.endpoint.clone()
    }

    /// Everything that happens, from the start, until the stage stops. A second call gets a channel that is closed.
    pub fn facts(&mut self) -> UnboundedReceiver<Fact> {
        self.facts.take().unwrap_or_else(|| unbounded_channel().1)
    }

    /// The load balancer's access log, from now on. A second call gets a channel that is closed.
    pub fn accesses(&self) -> UnboundedReceiver<Access> {
        let (sender, receiver) = unbounded_channel();
        self.accesses.read(sender);
        receiver
    }

    /// Where a listener really listens. For a listener that was not set up, port 0: nothing can be reached there.
    pub fn listener(&self, arn: &str) -> SocketAddr {
        self.listeners.get(arn).copied().unwrap_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
    }

    /// Stops answering, ends every process (SIGTERM, and SIGKILL two seconds later), and returns when nothing runs any more.
    ///
    /// Files are left where they are.
    pub async fn stop(mut self) {
        let (reply, stopped) = oneshot::channel();
        if self.inbox.send(Message::Stop(reply)).await.is_ok() {
            let _ = stopped.await;
        }
        let _ = (&mut self.driver).await;
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // everything that runs is owned by this task, and killed when its owner goes
        self.driver.abort();
    }
}

/// The sockets of the load balancers' listeners.
#[derive(Default)]
struct Listeners {
    routes: BTreeMap<String, Listener>,
    addresses: BTreeMap<String, SocketAddr>,
}

impl Listeners {
    async fn open(&mut self, setup: &Setup, log: &AccessLog, servers: &mut JoinSet<()>) -> Result<(), HostError> {
        let listeners = setup.infrastructure.load_balancers.iter().flat_map(|balancer| &balancer.listeners);
        for greenlight_world::Listener { arn, port, .. } in listeners {
            let (socket, address) = listen("load balancer", 0).await?;
            let listener = Listener::new(arn.clone(), *port, log.clone());
            self.routes.insert(arn.clone(), listener.clone());
            self.addresses.insert(arn.clone(), address);
            servers.spawn(serve(socket, move |request, client| listener.clone().handle(request, client)));
        }
        Ok(())
    }
}
