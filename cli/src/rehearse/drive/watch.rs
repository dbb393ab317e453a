//! Reading the stream of facts: everything that arrives is remembered and shown, whatever is being waited for.

use super::seen::Seen;
use crate::Error;
use crate::rehearse::{Progress, Step};
use greenlight_aws::Clock;
use greenlight_world::Fact;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;

/// Real work takes its time however much the world's time is compressed: nothing is given up earlier than this.
const PATIENCE: Duration = Duration::from_mins(3);

pub(super) struct Watch<'a> {
    pub(super) clock: &'a Clock,
    pub(super) seen: Seen,
    facts: UnboundedReceiver<Fact>,
    observer: &'a mut dyn FnMut(Progress<'_>),
}

impl<'a> Watch<'a> {
    pub(super) fn new(
        clock: &'a Clock,
        facts: UnboundedReceiver<Fact>,
        observer: &'a mut dyn FnMut(Progress<'_>),
    ) -> Self {
        Self { clock, seen: Seen::default(), facts, observer }
    }

    pub(super) fn step(&mut self, step: &Step) {
        (self.observer)(Progress::Step(step));
    }

    /// Reads facts until `done` finds in them what it looks for. `limit` is in the world's time.
    pub(super) async fn until<T>(
        &mut self,
        what: &str,
        limit: Duration,
        mut done: impl FnMut(&Seen) -> Option<T>,
    ) -> Result<T, Error> {
        let patience = self.clock.real_duration(limit).max(PATIENCE);
        let reading = async {
            loop {
                if let Some(found) = done(&self.seen) {
                    return Ok(found);
                }
                let fact = self.facts.recv().await.ok_or(Error::StageEnded)?;
                self.seen.take_in(&fact);
                (self.observer)(Progress::Fact(&fact));
            }
        };
        match tokio::time::timeout(patience, reading).await {
            Ok(found) => found,
            Err(_) => Err(Error::Stalled { what: what.to_owned(), seconds: limit.as_secs() }),
        }
    }

    /// Reads facts while something else is done.
    pub(super) async fn beside<T>(&mut self, work: impl Future<Output = T>) -> Result<T, Error> {
        tokio::pin!(work);
        loop {
            tokio::select! {
                biased;
                fact = self.facts.recv() => {
                    let fact = fact.ok_or(Error::StageEnded)?;
                    self.seen.take_in(&fact);
                    (self.observer)(Progress::Fact(&fact));
                }
                done = &mut work => return Ok(done),
            }
        }
    }

    /// Lets `span` of the world's time pass, reading meanwhile.
    pub(super) async fn pause(&mut self, span: Duration) -> Result<(), Error> {
        let end = tokio::time::sleep(self.clock.real_duration(span));
        self.beside(end).await
    }

    /// Milliseconds of the world's time since `start`.
    pub(super) fn milliseconds_since(&self, start: jiff::Timestamp) -> i64 {
        let milliseconds = self.clock.now().duration_since(start).as_millis();
        i64::try_from(milliseconds).unwrap_or(i64::MAX)
    }
}
