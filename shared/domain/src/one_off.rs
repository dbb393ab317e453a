//! One-off tasks: their names, and what the end of one means.

mod ended;
mod judge;

pub(crate) use ended::Ended;
pub(crate) use judge::{ATTEMPTS_TO_START, OURS, in_attempt};
pub use judge::{Outcome, StoppedContainer, StoppedTask, did_not_finish, fits, judge, stop_reason, with_tail};

use crate::lifecycle::LifecycleEvent;

/// One attempt at one step of a hook's work. Everything that is named after it follows from it, so that a second delivery of
/// the same event finds what the first one made.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct OneOff {
    /// The install's prefix.
    pub install: String,
    /// The deployment.
    pub deployment_id: String,
    /// The hook's lifecycle event.
    pub lifecycle_event: LifecycleEvent,
    /// Which of the plan's commands, from 0.
    pub step: u32,
    /// Which attempt at it, from 0.
    pub attempt: u32,
}

/// What a schedule of a one-off task is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The task must have ended by then.
    Deadline,
    /// The task was told to stop and must have stopped by then; or, where ECS calls the hook again, the hook must have seen its end.
    Grace,
    /// The wait before this attempt is over then.
    Retry,
}

impl OneOff {
    /// The first attempt at the first step.
    pub fn first(install: &str, deployment_id: &str, lifecycle_event: LifecycleEvent) -> Self {
        Self {
            install: install.to_owned(),
            deployment_id: deployment_id.to_owned(),
            lifecycle_event,
            step: 0,
            attempt: 0,
        }
    }

    /// The task's `startedBy`: at most 128 characters of letters, digits, `-`, `_` and `/`.
    pub fn started_by(&self) -> String {
        let Self { install, deployment_id, lifecycle_event, step, attempt } = self;
        format!("{install}/{deployment_id}/{lifecycle_event}/{step}/{attempt}")
    }

    /// Reads a `startedBy`; `None` if it is not one of ours.
    pub fn parse(started_by: &str) -> Option<Self> {
        let mut parts = started_by.rsplitn(5, '/');
        let attempt = parts.next()?.parse().ok()?;
        let step = parts.next()?.parse().ok()?;
        let lifecycle_event = parts.next()?.parse().ok()?;
        let deployment_id = parts.next()?.to_owned();
        let install = parts.next()?.to_owned();
        let whole = !install.is_empty() && !deployment_id.is_empty();
        whole.then_some(Self { install, deployment_id, lifecycle_event, step, attempt })
    }

    /// The name of a schedule: at most 64 characters of letters, digits, `-`, `_` and `.`.
    pub fn schedule_name(&self, purpose: Purpose) -> String {
        let suffix = match purpose {
            Purpose::Deadline => "",
            Purpose::Grace => "-grace",
            Purpose::Retry => "-retry",
        };
        format!("{}{suffix}", self.name())
    }

    /// `RunTask`'s `clientToken`, at most 64 characters: ECS answers a second call with the first one's task.
    pub fn client_token(&self) -> String {
        self.name()
    }

    /// The first attempt at the next step.
    #[must_use]
    pub fn next_step(&self) -> Self {
        Self { step: self.step.saturating_add(1), attempt: 0, ..self.clone() }
    }

    /// The next attempt at the same step.
    #[must_use]
    pub fn next_attempt(&self) -> Self {
        Self { attempt: self.attempt.saturating_add(1), ..self.clone() }
    }

    /// Whether both belong to the same hook of the same deployment.
    pub fn same_hook(&self, other: &Self) -> bool {
        (&self.install, &self.deployment_id, self.lifecycle_event)
            == (&other.install, &other.deployment_id, other.lifecycle_event)
    }

    fn name(&self) -> String {
        /// 64, less the longest suffix.
        const LONGEST: usize = 58;
        let Self { install, deployment_id, lifecycle_event, step, attempt } = self;
        let name = format!("{install}-{deployment_id}-{lifecycle_event}-{step}-{attempt}");
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if name.len() <= LONGEST && name.chars().all(allowed) {
            return name;
        }
        let begin: String = install.chars().filter(|c| allowed(*c)).take(16).collect();
        format!("{begin}-{:016x}-{step}-{attempt}", fingerprint(&self.started_by()))
    }
}

/// Why an install's name cannot be used, if it cannot: it becomes a part of `startedBy` and of schedules' names.
pub fn check_install(install: &str) -> Result<(), String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if install.is_empty() || install.len() > 32 || !install.chars().all(allowed) {
        return Err(format!(
            "{install:?} cannot name an install; use 1 to 32 letters, digits, hyphens and underscores"
        ));
    }
    Ok(())
}

/// FNV-1a: names need to be the same in every process, and to differ; nobody has to be kept from finding two alike.
pub(crate) fn fingerprint(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::{OneOff, Purpose, check_install};
    use crate::lifecycle::LifecycleEvent;

    fn one_off() -> OneOff {
        OneOff::first("greenlight", "d-ABCDEFGHI", LifecycleEvent::BeforeInstall)
    }

    #[test]
    fn started_by_is_read_back() {
        let one_off = one_off().next_step().next_attempt();
        assert_eq!(one_off.started_by(), "greenlight/d-ABCDEFGHI/BeforeInstall/1/1");
        assert_eq!(OneOff::parse(&one_off.started_by()), Some(one_off));
        for foreign in ["", "ecs-svc/123", "a/b/c/d/e", "greenlight/d-1/BeforeInstall/0", "/d-1/BeforeInstall/0/0"] {
            assert_eq!(OneOff::parse(foreign), None, "{foreign}");
        }
    }

    #[test]
    fn names_fit_and_differ() {
        let short = one_off();
        assert_eq!(short.schedule_name(Purpose::Deadline), "greenlight-d-ABCDEFGHI-BeforeInstall-0-0");
        assert_eq!(short.schedule_name(Purpose::Grace), "greenlight-d-ABCDEFGHI-BeforeInstall-0-0-grace");
        let long = OneOff { install: "x".repeat(32), lifecycle_event: LifecycleEvent::AfterAllowTestTraffic, ..short };
        let names = [
            long.schedule_name(Purpose::Retry),
            long.next_attempt().schedule_name(Purpose::Retry),
            long.next_step().schedule_name(Purpose::Retry),
            OneOff { deployment_id: "d-OTHER".to_owned(), ..long.clone() }.schedule_name(Purpose::Retry),
        ];
        for (index, name) in names.iter().enumerate() {
            assert!(name.len() <= 64, "{name}");
            assert!(!names[..index].contains(name), "{name}");
        }
    }

    #[test]
    fn an_install_must_be_usable_in_started_by() {
        assert_eq!(check_install("greenlight-2_x"), Ok(()));
        for wrong in ["", "a/b", "a b", &"x".repeat(33)] {
            assert!(check_install(wrong).is_err(), "{wrong}");
        }
    }
}
