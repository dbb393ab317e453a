//! Where long work stands between two calls of its hook.

use super::Stage;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::time::Duration;

/// What a hook that is not done finds again at its next call. It travels in `hookDetails`, under a name of its own beside what
/// the service's hook configuration has there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    version: u32,
    /// The stage at which the work began: what a hook keeps lives as long as the deployment.
    pub stage: Stage,
    /// Which of the plan's commands, from 0.
    pub step: u32,
    /// Which attempt at it, from 0.
    pub attempt: u32,
    /// How many attempts were made at each step before.
    pub before: Vec<u32>,
    /// ARN of the task; `None` while the attempt waits for its time.
    pub task: Option<String>,
    /// When the hook was called first.
    pub called_at: Timestamp,
    /// When the attempt, or the wait for it, began.
    pub began: Timestamp,
    /// When the attempt must have ended, or when the wait for it is over.
    pub due: Timestamp,
}

impl Place {
    /// The name in `hookDetails`.
    pub const KEY: &str = "greenlight";
    /// The only form so far.
    const VERSION: u32 = 1;

    /// The first attempt at the first step: its task was started.
    pub fn first(stage: Stage, task: String, called_at: Timestamp, began: Timestamp, due: Timestamp) -> Self {
        Self {
            version: Self::VERSION,
            stage,
            step: 0,
            attempt: 0,
            before: Vec::new(),
            task: Some(task),
            called_at,
            began,
            due,
        }
    }

    /// Reads the place in `hookDetails`; `None` if there is none.
    ///
    /// # Errors
    /// Why what stands there is not ours, though its name says so.
    pub fn read(details: &Map<String, Value>) -> Result<Option<Self>, String> {
        let Some(value) = details.get(Self::KEY) else { return Ok(None) };
        let remedy = "leave that name to the function, and take it out of the service's hook configuration";
        let version = value.get("version").and_then(Value::as_u64);
        if version.is_some_and(|version| version != u64::from(Self::VERSION)) {
            let version = version.unwrap_or_default();
            return Err(format!(
                "hookDetails.{} has version {version}, and this function knows {}; deploy again, with functions of one version",
                Self::KEY,
                Self::VERSION
            ));
        }
        let place = serde_json::from_value(value.clone());
        place.map(Some).map_err(|error| format!("hookDetails.{} is no place of work: {error}; {remedy}", Self::KEY))
    }

    /// `hookDetails` with this place in it.
    #[must_use]
    pub fn onto(&self, details: &Map<String, Value>) -> Map<String, Value> {
        let mut details = details.clone();
        // it is made of numbers and texts, which JSON has
        details.insert(Self::KEY.to_owned(), serde_json::to_value(self).unwrap_or_default());
        details
    }

    /// The same step again: its task was started.
    #[must_use]
    pub fn started(&self, task: String, began: Timestamp, due: Timestamp) -> Self {
        Self { task: Some(task), began, due, ..self.clone() }
    }

    /// The first attempt at the next step, which has yet to be started.
    #[must_use]
    pub fn next_step(&self, now: Timestamp) -> Self {
        let mut before = self.before.clone();
        before.push(self.attempt.saturating_add(1));
        let step = self.step.saturating_add(1);
        Self { step, attempt: 0, before, task: None, began: now, due: now, ..self.clone() }
    }

    /// The next attempt at this step, which waits until `due`.
    #[must_use]
    pub fn next_attempt(&self, now: Timestamp, due: Timestamp) -> Self {
        Self { attempt: self.attempt.saturating_add(1), task: None, began: now, due, ..self.clone() }
    }

    /// When to look again.
    pub fn call_back(&self, now: Timestamp) -> Duration {
        let between = |from: Timestamp, to: Timestamp| Duration::try_from(to.duration_since(from)).unwrap_or_default();
        match &self.task {
            // told to stop: that takes seconds, and minutes at most
            Some(_) if now >= self.due => super::call_back(Duration::ZERO, Duration::MAX),
            Some(_) => super::call_back(between(self.began, now), between(now, self.due)),
            // nothing can happen before its time
            None => super::call_back(Duration::MAX, between(now, self.due)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Map, Place, Stage};
    use serde_json::{Value, json};
    use std::time::Duration;

    fn at(minute: i64) -> jiff::Timestamp {
        jiff::Timestamp::from_second(60 * minute).unwrap()
    }

    fn place() -> Place {
        Place::first(Stage::PreScaleUp, "arn:aws:ecs:us-east-1:123456789012:task/c/1".to_owned(), at(0), at(0), at(120))
    }

    fn details(value: Value) -> Map<String, Value> {
        Map::from_iter([("team".to_owned(), json!("shop")), (Place::KEY.to_owned(), value)])
    }

    #[test]
    fn a_place_survives_beside_what_else_is_there() {
        let place = place().next_step(at(3)).started("t2".to_owned(), at(3), at(13)).next_attempt(at(5), at(6));
        let kept = place.onto(&details(json!("what was there before")));
        assert_eq!(kept["team"], "shop");
        assert_eq!(Place::read(&kept), Ok(Some(place.clone())));
        assert_eq!((place.step, place.attempt, place.before, place.task), (1, 1, vec![1], None));
        assert_eq!(Place::read(&Map::new()), Ok(None));
    }

    #[test]
    fn what_is_not_ours_is_named() {
        let good = place().onto(&Map::new())[Place::KEY].clone();
        let with = |name: &str, value: Value| {
            let mut changed = good.clone();
            changed[name] = value;
            changed
        };
        for (value, said) in [
            (json!(true), "invalid type: boolean"),
            (json!({}), "missing field"),
            (with("version", json!(2)), "has version 2, and this function knows 1"),
            (with("version", json!("1")), "is no place of work"),
            (with("stage", json!("SOON")), "\"SOON\" is no lifecycle stage"),
            (with("step", json!(-1)), "is no place of work"),
            (with("due", json!("tomorrow")), "is no place of work"),
            (with("color", json!("green")), "unknown field `color`"),
        ] {
            let told = Place::read(&details(value.clone())).unwrap_err();
            assert!(told.contains(said) && told.starts_with("hookDetails.greenlight"), "{value}: {told}");
        }
    }

    #[test]
    fn it_is_looked_at_when_something_can_have_happened() {
        let place = place();
        let seconds = |place: &Place, minute| place.call_back(at(minute)).as_secs();
        assert_eq!([0, 8, 100, 119].map(|minute| seconds(&place, minute)), [5, 60, 180, 60]);
        assert_eq!([120, 121].map(|minute| seconds(&place, minute)), [5, 5], "it is told to stop");
        let waits = place.next_attempt(at(10), at(12));
        assert_eq!([10, 11, 12].map(|minute| seconds(&waits, minute)), [120, 60, 1]);
        assert_eq!(place.next_step(at(10)).call_back(at(10)), Duration::from_secs(1));
    }
}
