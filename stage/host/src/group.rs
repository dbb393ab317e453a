//! Process groups: a container or function is everything that its process started.

use crate::watchdog::Watchdog;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::process::{Child, Command};

/// A process that leads a group of its own. Dropping it kills the group.
#[derive(Debug)]
pub(crate) struct Group {
    child: Child,
    /// None once nothing of the group is left.
    id: Option<Pid>,
    watchdog: Watchdog,
}

impl Group {
    /// Starts the command as the leader of a new group.
    pub(crate) fn start(command: &mut Command, watchdog: &Watchdog) -> std::io::Result<Self> {
        let child = command.process_group(0).kill_on_drop(true).spawn()?;
        let id = child.id().and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw);
        if let Some(id) = id {
            watchdog.watch(id);
        }
        Ok(Self { child, id, watchdog: watchdog.clone() })
    }

    /// The process that leads the group, until nothing of it is left.
    pub(crate) fn leader(&self) -> Option<Pid> {
        self.id
    }

    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Sends a signal to the whole group. A group that is gone already is as good as one that obeyed.
    pub(crate) fn signal(&self, signal: Signal) {
        if let Some(id) = self.id {
            let _ = killpg(id, signal);
        }
    }

    /// Waits until the leader ends, and ends with it what it leaves behind: when the first process of a container ends, all do.
    ///
    /// Safe to drop half-way and to call again.
    pub(crate) async fn wait(&mut self) -> std::io::Result<std::process::ExitStatus> {
        let status = self.child.wait().await;
        self.end();
        status
    }

    fn end(&mut self) {
        self.signal(Signal::SIGKILL);
        if let Some(id) = self.id.take() {
            self.watchdog.forget(id);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.end();
    }
}
