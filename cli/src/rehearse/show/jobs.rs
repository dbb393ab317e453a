//! What became of the jobs, as lines for people.

use crate::rehearse::{JobOutcome, Tried};

/// What stands in a job's first line, and what below it.
pub(super) fn lines(job: &JobOutcome) -> (String, Vec<String>) {
    let first = format!("{:<22} {}", job.job, job.schedule);
    let mut below = vec![counts(job)];
    below.extend(job.reasons.iter().map(|reason| format!("because {reason}")));
    if !job.next.is_empty() {
        below.push(format!("next {}", job.next.join(", ")));
    }
    (first, below)
}

/// `168 firings: 166 succeeded, 2 skipped; 168 tasks, the longest ran 1.2 s`.
fn counts(job: &JobOutcome) -> String {
    let ends = [
        (job.succeeded, "succeeded"),
        (job.failed, "failed"),
        (job.skipped, "skipped"),
        (job.replaced, "replaced"),
        (job.unfinished, "still ran at the end"),
        (job.lost, "LOST"),
    ];
    let ends: Vec<String> =
        ends.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    let ends = if ends.is_empty() { String::new() } else { format!(": {}", ends.join(", ")) };
    let tasks = match job.tasks {
        0 => String::new(),
        tasks => format!("; {}, the longest ran {}", plural(tasks, "task"), super::text::span(job.longest_ms)),
    };
    format!("{}{ends}{tasks}", plural(job.firings, "firing"))
}

/// How a job ended as a process.
pub(super) fn tried(job: &str, tried: &Tried) -> String {
    let took = super::text::span(i64::try_from(tried.duration_ms).unwrap_or(i64::MAX));
    match tried.exit_code {
        Some(code) => format!("job {job}: exit code {code} after {took} (real)"),
        None => format!("job {job}: no exit code after {took} (real)"),
    }
}

fn plural(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
