//! When a hook that is not done is called again.

use std::time::Duration;

/// A task that ends soon is not waited for much longer than it took.
const SHORTEST: Duration = Duration::from_secs(5);
/// However long a task takes, its end is seen by then.
const LONGEST: Duration = Duration::from_mins(3);
/// The wait is this part of the time that has gone by: every call costs a moment of Lambda, and nobody minds a minute after
/// ten.
const PART: u32 = 8;

/// How long to wait before the next look at work that began `elapsed` ago and has `left` until something must be done about it.
/// Whole seconds, at least one.
pub fn call_back(elapsed: Duration, left: Duration) -> Duration {
    let wait = (elapsed / PART).clamp(SHORTEST, LONGEST).min(left);
    // never early: who is called before the time is over is called twice
    let whole = wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0));
    Duration::from_secs(whole.max(1))
}

#[cfg(test)]
mod tests {
    use super::call_back;
    use std::time::Duration;

    const SECOND: Duration = Duration::from_secs(1);

    /// The times at which work that takes so long is looked at.
    fn looks(takes: Duration) -> Vec<Duration> {
        let mut looks = vec![Duration::ZERO];
        while looks[looks.len() - 1] < takes {
            let now = looks[looks.len() - 1];
            looks.push(now + call_back(now, Duration::MAX));
        }
        looks
    }

    #[test]
    fn short_at_first_and_longer_later() {
        let table = [(0, 5), (30, 5), (60, 8), (10 * 60, 75), (60 * 60, 180), (20 * 60 * 60, 180)];
        for (elapsed, expected) in table {
            assert_eq!(call_back(SECOND * elapsed, Duration::MAX), Duration::from_secs(expected), "{elapsed}");
        }
    }

    #[test]
    fn never_past_what_must_not_be_missed() {
        assert_eq!(call_back(SECOND * 3600, SECOND * 90), SECOND * 90);
        assert_eq!(call_back(SECOND * 3600, Duration::from_millis(1500)), SECOND * 2);
        assert_eq!(call_back(SECOND * 3600, Duration::ZERO), SECOND, "what is due is looked at at once");
    }

    #[test]
    fn two_hours_are_looked_at_less_than_eighty_times() {
        // at an eighth of a second each that is ten seconds
        let looks = looks(Duration::from_hours(2));
        assert!(looks.len() < 80, "{}", looks.len());
    }

    #[test]
    fn an_end_is_seen_soon() {
        for seconds in [1, 20, 100, 1000, 10_000] {
            let takes = SECOND * seconds;
            let late = looks(takes).last().unwrap().saturating_sub(takes);
            assert!(late <= (takes / 8 + SECOND).clamp(SECOND * 5, SECOND * 180), "{seconds}: {late:?}");
        }
    }
}
