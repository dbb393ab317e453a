//! The one clock: real, compressed or virtual.

use crate::Error;
use aws_smithy_async::time::TimeSource;
use jiff::{SignedDuration, Timestamp};
use std::time::{Duration, SystemTime};
use tokio::time::Instant;

/// Tells the time and waits. Everything that decides by time asks it, so that time can be compressed and simulated.
///
/// Durations that belong to the plan and to AWS's engines are the clock's; limits on real work (an HTTP request, the function's
/// own timeout) are real, see [`Clock::real_duration_until`].
#[derive(Debug, Clone)]
pub struct Clock {
    speed: f64,
    reading: Reading,
}

#[derive(Debug, Clone, Copy)]
enum Reading {
    /// The system's clock; what it shows counts `speed`-fold from `origin` on. A function's process is frozen between
    /// invocations, so what passed cannot be measured by a clock of the process.
    System { origin: Timestamp },
    /// tokio's clock since `started`, when it was `origin`; tests and the simulation stop and turn it.
    Tokio { origin: Timestamp, started: Instant },
}

impl Clock {
    /// The environment variable that compresses a function's time: `<RFC 3339 instant>*<speed>`. At that instant both times are
    /// the same; from then on the clock goes `speed` times as fast.
    pub const VARIABLE: &str = "GREENLIGHT_CLOCK";

    /// The system's clock.
    pub fn real() -> Self {
        Self { speed: 1.0, reading: Reading::System { origin: Timestamp::UNIX_EPOCH } }
    }

    /// A clock that shows `origin` now and goes `speed` times as fast as tokio's.
    pub fn starting_at(origin: Timestamp, speed: f64) -> Self {
        Self { speed: usable(speed), reading: Reading::Tokio { origin, started: Instant::now() } }
    }

    /// The clock that [`Clock::VARIABLE`] describes; the system's if it is not set.
    pub fn from_environment() -> Result<Self, Error> {
        std::env::var(Self::VARIABLE).map_or_else(|_| Ok(Self::real()), |text| Self::parse(&text))
    }

    /// Reads the form of [`Clock::VARIABLE`].
    pub fn parse(text: &str) -> Result<Self, Error> {
        let parsed = text.split_once('*').and_then(|(origin, speed)| {
            let speed: f64 = speed.trim().parse().ok()?;
            let origin = origin.trim().parse().ok()?;
            (speed.is_finite() && speed > 0.0).then_some(Self { speed, reading: Reading::System { origin } })
        });
        parsed.ok_or_else(|| Error::Setting {
            name: Self::VARIABLE,
            reason: format!("{text:?} is no clock; write an instant, an asterisk and a speed: 2026-01-01T00:00:00Z*60"),
        })
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        match self.reading {
            Reading::System { .. } => self.at_system(system_now()),
            Reading::Tokio { origin, started } => later(origin, started.elapsed().mul_f64(self.speed)),
        }
    }

    /// What the clock shows when the system's clock shows `time`.
    pub fn at_system(&self, time: Timestamp) -> Timestamp {
        match self.reading {
            Reading::System { origin } if self.is_compressed() => {
                let elapsed = time.duration_since(origin).as_secs_f64() * self.speed;
                let elapsed = SignedDuration::try_from_secs_f64(elapsed).unwrap_or(SignedDuration::MAX);
                origin.checked_add(elapsed).unwrap_or(Timestamp::MAX)
            }
            Reading::System { .. } => time,
            Reading::Tokio { .. } => {
                let ahead = Duration::try_from(time.duration_since(system_now())).unwrap_or_default();
                later(self.now(), ahead.mul_f64(self.speed))
            }
        }
    }

    /// Waits for this long by the clock.
    pub async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(self.real_duration(duration)).await;
    }

    /// How long `duration` of the clock really takes.
    pub fn real_duration(&self, duration: Duration) -> Duration {
        duration.div_f64(self.speed)
    }

    /// How long it really is until `deadline`; nothing if it has passed.
    pub fn real_duration_until(&self, deadline: Timestamp) -> Duration {
        self.real_duration(Duration::try_from(deadline.duration_since(self.now())).unwrap_or_default())
    }

    /// The clock's seconds per real second.
    pub fn speed(&self) -> f64 {
        self.speed
    }

    pub(crate) fn is_compressed(&self) -> bool {
        (self.speed - 1.0).abs() > f64::EPSILON
    }
}

impl TimeSource for Clock {
    fn now(&self) -> SystemTime {
        Self::now(self).into()
    }
}

fn usable(speed: f64) -> f64 {
    if speed.is_finite() && speed > 0.0 { speed } else { 1.0 }
}

/// `at` and `duration` more, or the end of time.
pub(crate) fn later(at: Timestamp, duration: Duration) -> Timestamp {
    at.checked_add(SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)).unwrap_or(Timestamp::MAX)
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the system's clock")]
fn system_now() -> Timestamp {
    Timestamp::now()
}

#[cfg(test)]
mod tests {
    use super::{Clock, Duration, Timestamp};

    #[tokio::test(start_paused = true)]
    async fn a_virtual_clock_follows_tokio() {
        let origin: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let clock = Clock::starting_at(origin, 60.0);
        clock.sleep(Duration::from_mins(30)).await;
        assert_eq!(clock.now().to_string(), "2026-01-01T00:30:00Z");
        assert_eq!(clock.real_duration_until("2026-01-01T00:31:00Z".parse().unwrap()), Duration::from_secs(1));
        assert_eq!(clock.real_duration_until(origin), Duration::ZERO);
    }

    #[test]
    fn a_compressed_clock_counts_from_its_origin() {
        let clock = Clock::parse("2026-01-01T00:00:00Z*60").unwrap();
        let shown = clock.at_system("2026-01-01T00:00:02Z".parse().unwrap());
        assert_eq!(shown.to_string(), "2026-01-01T00:02:00Z");
        let real = Clock::real();
        assert_eq!(real.at_system(shown), shown);
    }

    #[test]
    fn a_wrong_clock_is_refused() {
        for wrong in ["", "60", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z*", "2026-01-01T00:00:00Z*-1", "now*2"] {
            assert!(Clock::parse(wrong).is_err(), "{wrong}");
        }
    }
}
