//! What the simulated processes and functions do.

use greenlight_world::{ContainerFault, StartProcess};
use std::collections::BTreeMap;
use std::time::Duration;

/// What one process does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Behaviour {
    /// Writes its lines and ends.
    Exit {
        /// How long it runs.
        after: Duration,
        /// Its exit code.
        code: i32,
        /// What it writes, evenly over its time.
        lines: Vec<String>,
    },
    /// Listens on the container's port until it is stopped.
    Serve {
        /// How long after its start it begins to answer.
        healthy_after: Duration,
        /// Whether its health checks then pass.
        healthy: bool,
    },
    /// Listens on the container's port, answers requests for `paths` with `status` and all others with 200.
    Answer {
        /// Without their queries.
        paths: Vec<String>,
        /// The status code.
        status: u16,
    },
    /// Runs until it is stopped and answers nothing.
    Hang,
    /// Runs until it has been stopped for this long, as a task does whose host is lost.
    HangOn(Duration),
    /// Cannot be started, for this reason.
    FailToStart(String),
}

impl Behaviour {
    /// A process that does its work in two seconds.
    pub fn succeeds(lines: &[&str]) -> Self {
        Self::exits(0, lines)
    }

    /// A process that ends after two seconds with this exit code.
    pub fn exits(code: i32, lines: &[&str]) -> Self {
        Self::Exit { after: Duration::from_secs(2), code, lines: lines.iter().map(|line| (*line).to_owned()).collect() }
    }

    /// A server that is healthy from its start.
    pub fn serves() -> Self {
        Self::Serve { healthy_after: Duration::ZERO, healthy: true }
    }
}

impl From<&ContainerFault> for Behaviour {
    fn from(fault: &ContainerFault) -> Self {
        match fault {
            ContainerFault::Exits { code, line } => Self::exits(*code, &[line]),
            ContainerFault::Hangs => Self::Hang,
            ContainerFault::Answers { paths, status } => Self::Answer { paths: paths.clone(), status: *status },
        }
    }
}

/// What a server answers to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// This.
    Response {
        /// The status code.
        status: u16,
        /// `Content-Type`.
        content_type: String,
        /// The body.
        body: String,
        /// How long the server works on it.
        after: Duration,
    },
    /// Nothing, ever.
    Never,
}

impl Answer {
    /// An answer in JSON.
    pub fn json(status: u16, body: &serde_json::Value) -> Self {
        Self::of(status, "application/json", body.to_string())
    }

    /// An answer in plain text.
    pub fn text(status: u16, body: &str) -> Self {
        Self::of(status, "text/plain; charset=utf-8", body.to_owned())
    }

    fn of(status: u16, content_type: &str, body: String) -> Self {
        Self::Response { status, content_type: content_type.to_owned(), body, after: Duration::ZERO }
    }

    /// The same after this long.
    #[must_use]
    pub fn taking(self, time: Duration) -> Self {
        match self {
            Self::Response { status, content_type, body, .. } => {
                Self::Response { status, content_type, body, after: time }
            }
            Self::Never => Self::Never,
        }
    }

    /// What a server says about itself that was told nothing else.
    fn health(image: &str, healthy: bool) -> Self {
        let body = serde_json::json!({ "database": healthy, "version": image });
        Self::json(if healthy { 200 } else { 503 }, &body)
    }
}

/// Whose code runs when a function is invoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// The `migrate` function of this workspace.
    Migrate,
    /// The `warm-up` function of this workspace.
    WarmUp,
    /// The `smoke-test` function of this workspace.
    SmokeTest,
    /// The `validate` function of this workspace.
    Validate,
    /// The `finish` function of this workspace.
    Finish,
    /// The `settle` function of this workspace.
    Settle,
    /// The `rollback` function of this workspace.
    Rollback,
    /// The `launch-job` function of this workspace.
    LaunchJob,
    /// The `notify` function of this workspace.
    Notify,
    /// A function that cannot even start: its process ends before it asks for work.
    CannotStart,
    /// A function that never answers.
    Hangs,
}

impl Code {
    /// The workspace's functions, by the names of their binaries.
    fn known() -> [(&'static str, Self); 9] {
        [
            ("migrate", Self::Migrate),
            ("warm-up", Self::WarmUp),
            ("smoke-test", Self::SmokeTest),
            ("validate", Self::Validate),
            ("finish", Self::Finish),
            ("settle", Self::Settle),
            ("rollback", Self::Rollback),
            ("launch-job", Self::LaunchJob),
            ("notify", Self::Notify),
        ]
    }

    /// The workspace's function that is built as this binary.
    pub fn of_binary(name: &str) -> Option<Self> {
        Self::known().into_iter().find(|(binary, _)| *binary == name).map(|(_, code)| code)
    }

    /// The workspace's function behind a deployed name: what stands after the install's prefix.
    fn deployed_as(name: &str) -> Option<Self> {
        let is = |(function, _): &(&str, Self)| {
            name.strip_suffix(*function).is_some_and(|prefix| prefix.is_empty() || prefix.ends_with(['-', '_']))
        };
        Self::known().into_iter().find(is).map(|(_, code)| code)
    }
}

#[derive(Debug, Clone)]
struct Rule {
    image: Option<String>,
    command: Option<String>,
    remaining: Option<u32>,
    behaviour: Behaviour,
}

impl Rule {
    fn matches(&self, process: &StartProcess) -> bool {
        let image = self.image.as_ref().is_none_or(|image| *image == process.image);
        let command = self.command.as_ref().is_none_or(|wanted| {
            process.command.as_ref().is_some_and(|command| command.join(" ").contains(wanted.as_str()))
        });
        image && command && self.remaining != Some(0)
    }
}

/// What the servers of an image answer to requests for a path.
#[derive(Debug, Clone)]
struct AnswerRule {
    image: String,
    path: String,
    remaining: Option<u32>,
    answer: Answer,
}

/// What processes and functions do. The first rule that matches a process counts, and the first that matches a request.
///
/// Without a rule, a container that runs its image's own command serves and is healthy, and one whose command was
/// replaced does its work and exits with 0. A healthy server answers every request with status 200, another with 503.
#[derive(Debug, Clone, Default)]
pub struct Behaviours {
    rules: Vec<Rule>,
    answers: Vec<AnswerRule>,
    functions: BTreeMap<String, Code>,
    kills: BTreeMap<String, Kill>,
    /// By function: how often it panics, and what it says.
    panics: BTreeMap<String, (u32, String)>,
    /// By image: processors and bytes.
    usages: BTreeMap<String, (f64, u64)>,
}

/// The next `remaining` invocations of a function lose their process after this long.
#[derive(Debug, Clone, Copy)]
struct Kill {
    after: Duration,
    remaining: u32,
}

impl Behaviours {
    /// No rules.
    pub fn new() -> Self {
        Self::default()
    }

    /// Containers of `image` that run its own command, or any that no earlier rule took.
    #[must_use]
    pub fn image(self, image: &str, behaviour: Behaviour) -> Self {
        self.rule(Some(image), None, None, behaviour)
    }

    /// Containers whose command, joined by spaces, contains `text`.
    #[must_use]
    pub fn command(self, text: &str, behaviour: Behaviour) -> Self {
        self.rule(None, Some(text), None, behaviour)
    }

    /// The next `times` containers whose command contains `text`.
    #[must_use]
    pub fn command_times(self, text: &str, times: u32, behaviour: Behaviour) -> Self {
        self.rule(None, Some(text), Some(times), behaviour)
    }

    /// Requests for this path to servers of `image`; `path` is without the query.
    #[must_use]
    pub fn answer(self, image: &str, path: &str, answer: Answer) -> Self {
        self.answer_rule(image, path, None, answer)
    }

    /// The next `times` requests for this path to servers of `image`.
    #[must_use]
    pub fn answer_times(self, image: &str, path: &str, times: u32, answer: Answer) -> Self {
        self.answer_rule(image, path, Some(times), answer)
    }

    fn answer_rule(mut self, image: &str, path: &str, remaining: Option<u32>, answer: Answer) -> Self {
        self.answers.push(AnswerRule { image: image.to_owned(), path: path.to_owned(), remaining, answer });
        self
    }

    /// Every container of `image` keeps so many processors busy and uses so many bytes of memory.
    #[must_use]
    pub fn uses(mut self, image: &str, cpu: f64, memory: u64) -> Self {
        self.usages.insert(image.to_owned(), (cpu, memory));
        self
    }

    pub(crate) fn usage_of(&self, image: &str) -> Option<(f64, u64)> {
        self.usages.get(image).copied()
    }

    /// What runs when the function of this name is invoked; without it, the workspace's function whose name stands
    /// after the last `-` or `_`.
    #[must_use]
    pub fn function(mut self, name: &str, code: Code) -> Self {
        self.functions.insert(name.to_owned(), code);
        self
    }

    /// The next `times` invocations of a function lose their process this long after they began, wherever they are by then.
    #[must_use]
    pub fn killed(mut self, function: &str, after: Duration, times: u32) -> Self {
        self.kills.insert(function.to_owned(), Kill { after, remaining: times });
        self
    }

    /// The next `times` processes that work on an invocation of a function panic with these words, before they do anything.
    #[must_use]
    pub fn panicking(mut self, function: &str, words: &str, times: u32) -> Self {
        self.panics.insert(function.to_owned(), (times, words.to_owned()));
        self
    }

    fn rule(
        mut self,
        image: Option<&str>,
        command: Option<&str>,
        remaining: Option<u32>,
        behaviour: Behaviour,
    ) -> Self {
        self.rules.push(Rule {
            image: image.map(ToOwned::to_owned),
            command: command.map(ToOwned::to_owned),
            remaining,
            behaviour,
        });
        self
    }

    /// What this process does; uses up one time of the rule that says it.
    pub(crate) fn of(&mut self, process: &StartProcess) -> Behaviour {
        if let Some(fault) = &process.fault {
            return fault.into();
        }
        if let Some(rule) = self.rules.iter_mut().find(|rule| rule.matches(process)) {
            rule.remaining = rule.remaining.map(|remaining| remaining - 1);
            return rule.behaviour.clone();
        }
        if process.command.is_some() { Behaviour::succeeds(&[]) } else { Behaviour::serves() }
    }

    /// What a server answers to a request for this path; uses up one time of the rule that says it.
    pub(crate) fn answer_of(&mut self, image: &str, path: &str, healthy: bool) -> Answer {
        let matches = |rule: &&mut AnswerRule| rule.image == image && rule.path == path && rule.remaining != Some(0);
        if let Some(rule) = self.answers.iter_mut().find(matches) {
            rule.remaining = rule.remaining.map(|remaining| remaining - 1);
            return rule.answer.clone();
        }
        Answer::health(image, healthy)
    }

    /// After how long this invocation of a function loses its process, if it does.
    pub(crate) fn kill(&mut self, function: &str) -> Option<Duration> {
        let kill = self.kills.get_mut(function).filter(|kill| kill.remaining > 0)?;
        kill.remaining -= 1;
        Some(kill.after)
    }

    /// What the process that works on an invocation of a function now says when it panics, if it does.
    pub(crate) fn panics(&mut self, function: &str) -> Option<String> {
        let (times, words) = self.panics.get_mut(function).filter(|(times, _)| *times > 0)?;
        *times -= 1;
        Some(words.clone())
    }

    pub(crate) fn code(&self, function: &str) -> Option<Code> {
        self.functions.get(function).copied().or_else(|| Code::deployed_as(function))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use greenlight_world::ProcessId;
    use std::net::Ipv4Addr;

    fn process(image: &str, command: Option<&str>) -> StartProcess {
        StartProcess {
            id: ProcessId(1),
            task: String::new(),
            container: "web".to_owned(),
            image: image.to_owned(),
            ip: Ipv4Addr::LOCALHOST,
            port: None,
            command: command.map(|command| command.split(' ').map(ToOwned::to_owned).collect()),
            environment: BTreeMap::new(),
            fault: None,
        }
    }

    #[test]
    fn a_fault_comes_before_every_rule() {
        let mut behaviours = Behaviours::new().image("shop:v1", Behaviour::Hang);
        let fault = ContainerFault::Exits { code: 3, line: "no such table".to_owned() };
        let broken = StartProcess { fault: Some(fault), ..process("shop:v1", None) };
        assert_eq!(behaviours.of(&broken), Behaviour::exits(3, &["no such table"]));
        assert_eq!(behaviours.of(&process("shop:v1", None)), Behaviour::Hang);
    }

    #[test]
    fn a_rule_is_used_up() {
        let mut behaviours = Behaviours::new()
            .command_times("migrate", 1, Behaviour::exits(75, &[]))
            .command("migrate", Behaviour::succeeds(&["ok"]));
        let migration = process("shop:v2", Some("shop migrate"));
        assert_eq!(behaviours.of(&migration), Behaviour::exits(75, &[]));
        assert_eq!(behaviours.of(&migration), Behaviour::succeeds(&["ok"]));
        assert_eq!(behaviours.of(&process("shop:v2", None)), Behaviour::serves());
    }

    #[test]
    fn an_answer_is_used_up() {
        let broken = Answer::text(500, "no such table");
        let mut behaviours = Behaviours::new().answer_times("shop:v2", "/", 1, broken.clone());
        assert_eq!(behaviours.answer_of("shop:v1", "/", true), Answer::health("shop:v1", true));
        assert_eq!(behaviours.answer_of("shop:v2", "/", true), broken);
        assert_eq!(behaviours.answer_of("shop:v2", "/", true), Answer::health("shop:v2", true));
    }

    #[test]
    fn a_function_is_known_by_the_end_of_its_name() {
        let behaviours = Behaviours::new().function("greenlight-settle", Code::CannotStart);
        assert_eq!(behaviours.code("CodeDeployHook_greenlight-migrate"), Some(Code::Migrate));
        assert_eq!(behaviours.code("greenlight-settle"), Some(Code::CannotStart));
        assert_eq!(behaviours.code("greenlight-unheard-of"), None);
    }
}
