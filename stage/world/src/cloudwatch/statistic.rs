//! Statistics: what is told of the values of a period.

use super::metric::Sample;

/// A statistic that the stage keeps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Statistic {
    Average,
    Sum,
    Minimum,
    Maximum,
    SampleCount,
    /// Over 0, up to 100.
    Percentile(f64),
}

impl Statistic {
    /// Reads it as the service writes it; the error says what there is.
    pub(super) fn parse(name: &str) -> Result<Self, String> {
        Ok(match name {
            "Average" => Self::Average,
            "Sum" => Self::Sum,
            "Minimum" => Self::Minimum,
            "Maximum" => Self::Maximum,
            "SampleCount" => Self::SampleCount,
            _ => {
                let percent = name.strip_prefix('p').filter(|digits| digits.starts_with(|c: char| c.is_ascii_digit()));
                let percent = percent.and_then(|digits| digits.parse().ok());
                Self::Percentile(percent.filter(|percent| *percent > 0.0 && *percent <= 100.0).ok_or_else(|| {
                    format!(
                        "the stage has the statistics Average, Sum, Minimum, Maximum, SampleCount and percentiles such as p99, not {name}"
                    )
                })?)
            }
        })
    }

    /// What it is of these values; `None` if they do not tell.
    pub(super) fn of(self, sample: &Sample) -> Option<f64> {
        match self {
            Self::Average => Some(sample.sum / sample.count),
            Self::Sum => Some(sample.sum),
            Self::Minimum => Some(sample.minimum),
            Self::Maximum => Some(sample.maximum),
            Self::SampleCount => Some(sample.count),
            Self::Percentile(percent) => sample.percentile(percent),
        }
    }
}
