//! What can be wrong with an expression.

/// Why a text is no schedule expression: which part of it, what was expected there, what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// It is none of the three kinds.
    #[error(
        "{found:?} is no schedule; write rate(15 minutes), cron(0 2 * * ? *) or at(2026-12-24T18:00:00), in small letters \
         and with the brackets"
    )]
    Unknown {
        /// What stands there.
        found: String,
    },
    /// Scheduler takes 256 characters.
    #[error("is {length} bytes long, and Scheduler takes 256; make several schedules of it")]
    TooLong {
        /// Its length.
        length: usize,
    },
    /// `rate(…)` is wrong.
    #[error("rate({found}): {message}; write it as rate(15 minutes) or rate(1 hour)")]
    Rate {
        /// What stands in the brackets.
        found: String,
        /// What is wrong with it.
        message: String,
    },
    /// `at(…)` is wrong.
    #[error(
        "at({found}) is no date and time of the years 1970 to 2199; write it as at(2026-12-24T18:00:00), without a zone: that \
         has a key of its own"
    )]
    At {
        /// What stands in the brackets.
        found: String,
    },
    /// `cron(…)` has more or fewer fields than six.
    #[error(
        "cron({found}) has {count} fields and needs six: minutes, hours, day of month, month, day of week, year; \
         write it as cron(0 2 * * ? *){hint}"
    )]
    Fields {
        /// What stands in the brackets.
        found: String,
        /// How many fields there are.
        count: usize,
        /// What may have been meant.
        hint: &'static str,
    },
    /// One field of `cron(…)` is wrong.
    #[error("cron({expression}): `{found}` in the {field} (field {position}, column {column}) {message}")]
    Field {
        /// What stands in the brackets.
        expression: String,
        /// The part that is wrong.
        found: String,
        /// The name of its field.
        field: &'static str,
        /// Which field it is, from 1.
        position: usize,
        /// Where it stands in the brackets, in characters from 1.
        column: usize,
        /// What is wrong, and what to write instead.
        message: String,
    },
    /// Not exactly one of day of month and day of week is `?`.
    #[error("cron({expression}): one of day of month and day of week must be `?`, and here {found}; write {remedy}")]
    Days {
        /// What stands in the brackets.
        expression: String,
        /// `both are` or `neither is`.
        found: &'static str,
        /// The expression that may have been meant.
        remedy: String,
    },
    /// There is no such day: 30 February.
    #[error("cron({expression}) never fires: {why}; name a day that exists")]
    Never {
        /// What stands in the brackets.
        expression: String,
        /// Why.
        why: &'static str,
    },
}
