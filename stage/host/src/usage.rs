//! What containers use: CPU and memory of process groups, read from the kernel.

use greenlight_world::{ProcessId, Usage};
use nix::unistd::Pid;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::Instant;

/// Remembers what was used until the last measurement: how busy a group was is known between two.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    last: BTreeMap<ProcessId, (Instant, Duration)>,
}

/// What the processes of a group use together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Used {
    /// Since they began, those that have ended included.
    cpu: Duration,
    /// Bytes.
    memory: u64,
}

impl Meter {
    /// Measures groups by the process that leads each. It takes some milliseconds; a group is left out that is gone or is measured
    /// for the first time.
    pub(crate) fn measure(&mut self, groups: &BTreeMap<ProcessId, Pid>) -> Vec<Usage> {
        let used = used();
        let now = Instant::now();
        let before = std::mem::take(&mut self.last);
        let mut usages = Vec::new();
        for (process, leader) in groups {
            let Some(used) = used.get(leader) else { continue };
            self.last.insert(*process, (now, used.cpu));
            let Some((then, cpu)) = before.get(process) else { continue };
            let passed = now.duration_since(*then).as_secs_f64();
            if passed > 0.0 {
                let cpu = used.cpu.saturating_sub(*cpu).as_secs_f64() / passed;
                usages.push(Usage { process: *process, cpu, memory: used.memory });
            }
        }
        usages
    }
}

/// Every process group of this machine, by the process that leads it.
#[cfg(target_os = "linux")]
fn used() -> BTreeMap<Pid, Used> {
    let mut groups: BTreeMap<Pid, Used> = BTreeMap::new();
    let Ok(processes) = procfs::process::all_processes() else { return groups };
    let (second, page) = (procfs::ticks_per_second().max(1), procfs::page_size());
    // a process may end while it is looked at
    for stat in processes.filter_map(|process| process.ok()?.stat().ok()) {
        // children that ended are in the sums of who waited for them
        let ended = u64::try_from(stat.cutime.saturating_add(stat.cstime)).unwrap_or_default();
        let ticks = stat.utime.saturating_add(stat.stime).saturating_add(ended);
        let group = groups.entry(Pid::from_raw(stat.pgrp)).or_default();
        group.cpu += Duration::from_millis(ticks.saturating_mul(1000) / second);
        group.memory = group.memory.saturating_add(stat.rss.saturating_mul(page));
    }
    groups
}

/// Elsewhere nobody tells: services have no such metrics.
#[cfg(not(target_os = "linux"))]
fn used() -> BTreeMap<Pid, Used> {
    BTreeMap::new()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use nix::unistd::getpgrp;
    use std::hint::black_box;

    #[test]
    fn a_busy_group_is_busy_and_one_that_is_gone_is_left_out() {
        let mut meter = Meter::default();
        let groups = BTreeMap::from([(ProcessId(1), getpgrp()), (ProcessId(2), Pid::from_raw(i32::MAX))]);
        assert_eq!(meter.measure(&groups), [], "nothing is known before the first measurement");
        let mut sum = 0_u64;
        let usage = loop {
            for number in 0..5_000_000_u64 {
                sum = black_box(sum.wrapping_mul(31).wrapping_add(number));
            }
            let usages = meter.measure(&groups);
            assert!(usages.len() <= 1);
            if let Some(usage) = usages.into_iter().find(|usage| usage.cpu > 0.0) {
                break usage;
            }
        };
        assert_eq!(usage.process, ProcessId(1));
        assert!(usage.cpu.is_finite() && usage.memory > 1024 * 1024, "{usage:?}");
    }
}
