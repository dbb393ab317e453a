//! Containers of tasks, as processes.

use crate::group::Group;
use crate::message::{Inbox, Message};
use crate::options::Image;
use crate::process::{Surroundings, exit_code};
use crate::stand_in::StandIn;
use crate::watchdog::Watchdog;
use crate::{lines, network};
use greenlight_world::{ContainerFault, Input, ProcessEvent, ProcessId, StartProcess};
use nix::sys::signal::Signal;
use nix::unistd::Pid;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::io::AsyncRead;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

/// After the end of a process, this long for what it wrote last: a process that left the group may hold the pipe open.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// A container that could be started.
#[derive(Debug, Clone)]
pub(crate) struct Container {
    /// A server of the stage's own in the place of a process.
    stand_in: Option<StandIn>,
    pub(crate) command: Vec<String>,
    pub(crate) surroundings: Surroundings,
    pub(crate) ip: std::net::Ipv4Addr,
    pub(crate) port: Option<u16>,
}

/// What becomes of `start` on this machine.
pub(crate) fn prepare(
    start: StartProcess,
    images: &BTreeMap<String, Image>,
    scratch: &Path,
) -> Result<Container, String> {
    network::usable(start.ip).map_err(|error| error.to_string())?;
    let mut environment = Surroundings::inherited();
    environment.extend(start.environment);
    let image = images.get(&start.image);
    let mut directory = scratch.to_owned();
    let mut command = start.command.unwrap_or_default();
    if let Some(image) = image {
        let fill = |text: &str| fill(text, start.ip, start.port, scratch);
        for (name, value) in &image.environment {
            // a variable about a port is none for a container that has no port
            if start.port.is_some() || !value.contains("{port}") {
                environment.insert(name.clone(), fill(value)?);
            }
        }
        if command.is_empty() {
            command = image.command.iter().map(|argument| fill(argument)).collect::<Result<_, _>>()?;
        }
        directory.clone_from(&image.directory);
    }
    let mut stand_in = None;
    if let Some(fault) = start.fault {
        match broken(fault) {
            Broken::Process(process) => command = process,
            Broken::Server(server) => stand_in = Some(server),
        }
    } else if image.is_none() {
        return Err(format!(
            "CannotPullContainerError: nothing says what the image {} of container {} is; add it to the images",
            start.image, start.container
        ));
    }
    if command.is_empty() && stand_in.is_none() {
        return Err(format!("the image {} has no command, and neither has container {}", start.image, start.container));
    }
    let surroundings = Surroundings { directory, environment };
    Ok(Container { stand_in, command, surroundings, ip: start.ip, port: start.port })
}

/// Fills the placeholders of an image's command or environment.
fn fill(text: &str, ip: std::net::Ipv4Addr, port: Option<u16>, scratch: &Path) -> Result<String, String> {
    let mut text = text.replace("{ip}", &ip.to_string()).replace("{scratch}", &scratch.to_string_lossy());
    if text.contains("{port}") {
        let port =
            port.ok_or_else(|| format!("`{text}` wants a port, but the container maps none; add a port mapping"))?;
        text = text.replace("{port}", &port.to_string());
    }
    Ok(text)
}

/// What behaves like a fault.
enum Broken {
    Process(Vec<String>),
    Server(StandIn),
}

/// A real process, so that everything around it is real too; or a server that is as real to whoever asks it.
fn broken(fault: ContainerFault) -> Broken {
    let script = |script: &str| vec!["sh".to_owned(), "-c".to_owned(), script.to_owned(), "sh".to_owned()];
    match fault {
        ContainerFault::Exits { code, line } => {
            let mut command = script("printf '%s\\n' \"$1\" >&2; exit \"$2\"");
            command.extend([line, (code & 0xff).to_string()]);
            Broken::Process(command)
        }
        ContainerFault::Hangs => Broken::Process(script("while :; do sleep 3600; done")),
        ContainerFault::Answers { paths, status } => Broken::Server(StandIn { paths, status }),
    }
}

impl Container {
    /// Starts the process, reports what happens to it, and stops it when told to (the grace is in real time).
    ///
    /// When `stop` goes away without a word, the stage does, and the process is killed.
    ///
    /// `leader` becomes the process that leads what was started.
    pub(crate) async fn run(
        self,
        id: ProcessId,
        inbox: Inbox,
        watchdog: Watchdog,
        leader: Arc<OnceLock<Pid>>,
        stop: oneshot::Receiver<Duration>,
    ) {
        let tell = async |event| {
            let _ = inbox.send(Message::Input(Input::Process { id, event })).await;
        };
        if let Some(stand_in) = self.stand_in {
            let event = stand_in.run(self.ip, self.port, stop, || tell(ProcessEvent::Started)).await;
            return tell(event).await;
        }
        let [program, arguments @ ..] = self.command.as_slice() else { return };
        let mut command = self.surroundings.command(program);
        command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut group = match Group::start(&mut command, &watchdog) {
            Ok(group) => group,
            Err(error) => {
                let program = PathBuf::from(program);
                return tell(ProcessEvent::FailedToStart(self.surroundings.explain(&program, &error))).await;
            }
        };
        if let Some(started) = group.leader() {
            // it is started once
            let _ = leader.set(started);
        }
        tell(ProcessEvent::Started).await;
        let mut readers = JoinSet::new();
        if let Some(source) = group.child().stdout.take() {
            readers.spawn(report_lines(source, id, inbox.clone()));
        }
        if let Some(source) = group.child().stderr.take() {
            readers.spawn(report_lines(source, id, inbox.clone()));
        }
        let status = tokio::select! {
            status = group.wait() => status,
            grace = stop => match grace {
                Ok(grace) => end(&mut group, grace).await,
                Err(_) => return,
            },
        };
        let _ = tokio::time::timeout(LAST_WORDS, async { while readers.join_next().await.is_some() {} }).await;
        tell(ProcessEvent::Exited(status.map_or(-1, exit_code))).await;
    }

    /// A health check's command as it has to be here: in a network namespace of its own, `localhost` would be the task.
    pub(crate) fn localize(&self, text: &str) -> String {
        let Some(port) = self.port else { return text.to_owned() };
        let here = format!("{}:{port}", self.ip);
        text.replace(&format!("localhost:{port}"), &here).replace(&format!("127.0.0.1:{port}"), &here)
    }
}

/// SIGTERM, and SIGKILL after the grace.
async fn end(group: &mut Group, grace: Duration) -> std::io::Result<std::process::ExitStatus> {
    group.signal(Signal::SIGTERM);
    if let Ok(status) = tokio::time::timeout(grace, group.wait()).await {
        return status;
    }
    group.signal(Signal::SIGKILL);
    group.wait().await
}

async fn report_lines(source: impl AsyncRead + Unpin, id: ProcessId, inbox: Inbox) {
    lines::read(source, async |line| {
        let _ = inbox.send(Message::Input(Input::Process { id, event: ProcessEvent::Line(line) })).await;
    })
    .await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    fn start(command: Option<&[&str]>) -> StartProcess {
        StartProcess {
            id: ProcessId(1),
            task: "task".into(),
            container: "web".into(),
            image: "app:v1".into(),
            ip: Ipv4Addr::LOCALHOST,
            port: Some(8000),
            command: command.map(|command| command.iter().map(|&argument| argument.into()).collect()),
            environment: BTreeMap::from([("A".into(), "{ip}".into()), ("B".into(), "task".into())]),
            fault: None,
        }
    }

    fn images() -> BTreeMap<String, Image> {
        let image = Image {
            directory: "/app".into(),
            command: vec!["serve".into(), "{ip}:{port}".into()],
            environment: BTreeMap::from([("B".into(), "{scratch}/db".into())]),
        };
        BTreeMap::from([("app:v1".into(), image)])
    }

    #[test]
    fn placeholders_are_the_images_only() {
        let container = prepare(start(None), &images(), Path::new("/s")).unwrap();
        assert_eq!(container.command, ["serve", "127.0.0.1:8000"]);
        assert_eq!(container.surroundings.directory, Path::new("/app"));
        assert_eq!(container.surroundings.environment["A"], "{ip}");
        assert_eq!(container.surroundings.environment["B"], "/s/db");

        let container = prepare(start(Some(&["migrate", "{ip}"])), &images(), Path::new("/s")).unwrap();
        assert_eq!(container.command, ["migrate", "{ip}"]);
    }

    #[test]
    fn nothing_else_of_the_environment_is_passed_on() {
        let container = prepare(start(None), &images(), Path::new("/s")).unwrap();
        let known = |name: &str| ["A", "B", "PATH", "HOME", "LANG", "LC_ALL", "TMPDIR"].contains(&name);
        assert!(container.surroundings.environment.keys().all(|name| known(name)));
        assert!(std::env::var("CARGO_MANIFEST_DIR").is_ok());
    }

    #[test]
    fn what_cannot_be_started_says_why() {
        let unknown = prepare(start(None), &BTreeMap::new(), Path::new("/s")).unwrap_err();
        assert!(unknown.contains("app:v1"), "{unknown}");
        let no_port = prepare(StartProcess { port: None, ..start(None) }, &images(), Path::new("/s")).unwrap_err();
        assert!(no_port.contains("{port}") && no_port.contains("port mapping"), "{no_port}");
    }

    #[test]
    fn localhost_is_the_task() {
        let container = prepare(start(None), &images(), Path::new("/s")).unwrap();
        let container = Container { ip: Ipv4Addr::new(127, 9, 0, 4), ..container };
        assert_eq!(container.localize("curl -f http://localhost:8000/health"), "curl -f http://127.9.0.4:8000/health");
        assert_eq!(container.localize("curl http://localhost:80/"), "curl http://localhost:80/");
    }
}
