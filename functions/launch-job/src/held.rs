//! An attempt whose run has begun.

use crate::Launch;
use greenlight_aws::Error;
use greenlight_aws::job::{Record, Signal, schedule};
use jiff::{SignedDuration, Timestamp};

/// Gives the attempt a deadline before anything else happens, so that the run has an end whatever becomes of this invocation;
/// `false` if the run is settled, or has come further.
pub(crate) async fn take(launch: &Launch<'_>, record: &Record) -> Result<bool, Error> {
    let Launch { env, firing, until, .. } = launch;
    if record.install != env.settings.install {
        return Ok(false);
    }
    let there = schedule::read(env, &record.name(), *until).await?;
    if there.is_none_or(|there| !there.is(firing) || there.greenlight_job == Signal::Grace) {
        return Ok(false);
    }
    schedule::update(env, &with_deadline(launch, record), *until).await
}

/// The same with a deadline that begins now.
pub(crate) fn with_deadline(launch: &Launch<'_>, record: &Record) -> Record {
    let timeout = SignedDuration::try_from(record.timeout()).unwrap_or(SignedDuration::MAX);
    let due = launch.env.clock.now().saturating_add(timeout).unwrap_or(Timestamp::MAX);
    record.signalling(Signal::Deadline, due)
}
