//! What the world has to do later, ordered by time and then by the order in which it was asked for.

use jiff::Timestamp;
use std::collections::BTreeMap;

/// Whose business comes due.
#[derive(Debug, Clone)]
pub(crate) enum Timer {
    CloudWatch(crate::cloudwatch::Timer),
    CodeDeploy(crate::codedeploy::Timer),
    Delivery(Box<crate::delivery::Delivery>),
    Ecs(crate::ecs::Timer),
    Elb(crate::elb::Timer),
    Fault(crate::fault::Timer),
    Lambda(crate::lambda::Timer),
    Scheduler(crate::scheduler::Timer),
}

#[derive(Debug, Default)]
pub(crate) struct Timers {
    due: BTreeMap<(Timestamp, u64), Timer>,
    sequence: u64,
}

impl Timers {
    pub(crate) fn push(&mut self, at: Timestamp, timer: Timer) {
        self.sequence += 1;
        self.due.insert((at, self.sequence), timer);
    }

    pub(crate) fn next(&self) -> Option<Timestamp> {
        self.due.keys().next().map(|(at, _)| *at)
    }

    pub(crate) fn pop_due(&mut self, now: Timestamp) -> Option<(Timestamp, Timer)> {
        let entry = self.due.first_entry()?;
        if entry.key().0 > now {
            return None;
        }
        let ((at, _), timer) = entry.remove_entry();
        Some((at, timer))
    }
}
