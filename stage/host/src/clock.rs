//! How the stage's time follows from real time.

use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

/// The stage's clock: `origin + (real time - origin) * speed`.
///
/// At `origin` both clocks show the same; every process that is told origin and speed has the same clock.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HostClock {
    /// The instant at which the stage's time and real time agree.
    pub origin: Timestamp,
    /// Stage seconds per real second; over zero.
    pub speed: f64,
}

impl HostClock {
    /// The stage's time now.
    pub fn now(&self) -> Timestamp {
        #[expect(
            clippy::disallowed_methods,
            reason = "this is the one place where the stage asks what time it really is"
        )]
        let real = Timestamp::now();
        self.at(real)
    }

    fn at(&self, real: Timestamp) -> Timestamp {
        let since = real.duration_since(self.origin).as_secs_f64() * self.speed;
        SignedDuration::try_from_secs_f64(since)
            .ok()
            .and_then(|since| self.origin.checked_add(since).ok())
            .unwrap_or(Timestamp::MAX)
    }

    /// How long in real time until the stage's clock shows `deadline`; a day at most, so that it can always be waited for.
    pub(crate) fn until(&self, deadline: Timestamp) -> Duration {
        const LONGEST: f64 = 86_400.0;
        let stage = deadline.duration_since(self.now()).as_secs_f64();
        Duration::from_secs_f64((stage / self.speed).clamp(0.0, LONGEST))
    }

    /// What the stage's clock shows after `real` time from now.
    pub(crate) fn after(&self, real: Duration) -> Timestamp {
        SignedDuration::try_from_secs_f64(real.as_secs_f64() * self.speed)
            .ok()
            .and_then(|since| self.now().checked_add(since).ok())
            .unwrap_or(Timestamp::MAX)
    }

    pub(crate) fn is_valid(&self) -> bool {
        self.speed.is_finite() && self.speed > 0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_clocks_agree_at_the_origin_and_part_from_there() {
        let origin = Timestamp::UNIX_EPOCH;
        let clock = HostClock { origin, speed: 60.0 };
        assert_eq!(clock.at(origin), origin);
        assert_eq!(clock.at(Timestamp::from_second(2).unwrap()), Timestamp::from_second(120).unwrap());
        assert_eq!(clock.at(Timestamp::from_second(-1).unwrap()), Timestamp::from_second(-60).unwrap());
        assert_eq!(HostClock { origin, speed: 1e300 }.at(Timestamp::from_second(2).unwrap()), Timestamp::MAX);
    }

    #[test]
    fn what_is_past_is_due_and_what_is_far_is_a_day_away() {
        let clock = HostClock { origin: Timestamp::UNIX_EPOCH, speed: 2.0 };
        assert_eq!(clock.until(Timestamp::MIN), Duration::ZERO);
        assert_eq!(clock.until(Timestamp::MAX), Duration::from_hours(24));
    }
}
