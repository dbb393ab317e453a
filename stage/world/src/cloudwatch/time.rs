//! Times as alarms write them.

use jiff::Timestamp;

/// `2019-10-02T17:04:40.989+0000`: no colon in the offset.
pub(super) fn stamp(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%3f+0000").to_string()
}

/// The same of a whole second.
pub(super) fn stamp_of_second(second: i64) -> String {
    stamp(Timestamp::from_second(second).unwrap_or(Timestamp::MAX))
}

/// `02/10/19 16:59:00`, the day first.
pub(super) fn short(second: i64) -> String {
    Timestamp::from_second(second).unwrap_or(Timestamp::MAX).strftime("%d/%m/%y %H:%M:%S").to_string()
}

/// `Friday 22 July, 2022 15:57:45 UTC`.
pub(super) fn long(at: Timestamp) -> String {
    at.strftime("%A %d %B, %Y %H:%M:%S UTC").to_string()
}
