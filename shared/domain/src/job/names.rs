//! What the schedules of a job are called.

use super::Firing;
use crate::one_off::fingerprint;
use jiff::Timestamp;

/// A job of a service in a cluster: what its schedules are named after.
///
/// All of them lie in the install's schedule group, beside the schedules of one-off tasks. Those begin with the install's name and
/// a hyphen, these with a word and a dot, so none can be taken for another. Services and clusters go into a fingerprint: two
/// services of one install may have jobs of the same name, and a name has 64 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobId {
    /// The cluster's name.
    pub cluster: String,
    /// The service's name, or what stands for it in `startedBy`.
    pub service: String,
    /// The job's name in the plan.
    pub job: String,
}

impl JobId {
    /// Of names, or of ARNs.
    pub fn new(cluster: &str, service: &str, job: &str) -> Self {
        let last = |name: &str| name.rsplit('/').next().unwrap_or(name).to_owned();
        Self { cluster: last(cluster), service: last(service), job: job.to_owned() }
    }

    /// The schedule that fires the job.
    pub fn schedule(&self) -> String {
        self.named("job", "")
    }

    /// The schedule that is there as long as a run is not settled. `scheduled` is given if several runs may be there at once.
    pub fn run(&self, scheduled: Option<Timestamp>) -> String {
        self.named("run", &scheduled.map(|at| at.as_second().to_string()).unwrap_or_default())
    }

    /// The schedule that delivers a firing again which waits. `waits` counts from 1.
    pub fn wait(&self, scheduled: Timestamp, waits: u32) -> String {
        self.named("wait", &format!("{}/{waits}", scheduled.as_second()))
    }

    /// The schedule that is there as long as the last run failed. It never fires.
    pub fn failed(&self) -> String {
        self.named("failed", "")
    }

    /// The schedule that fires when no run has succeeded in time.
    pub fn expected(&self) -> String {
        self.named("expect", "")
    }

    /// 64 characters at most: 6 of the word, 40 of the job, 16 of the fingerprint and two dots.
    fn named(&self, word: &str, rest: &str) -> String {
        let Self { cluster, service, job } = self;
        let mark = fingerprint(&format!("{cluster}/{}/{rest}", service_part(service)));
        format!("{word}.{job}.{mark:016x}")
    }
}

/// What stands for a service in `startedBy`: its name, if it is short enough for all that stands beside it.
pub(super) fn service_part(service: &str) -> String {
    const LONGEST: usize = 32;
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if service.len() <= LONGEST && service.chars().all(allowed) {
        return service.to_owned();
    }
    format!("{:016x}", fingerprint(service))
}

impl Firing {
    /// Whose firing it is.
    pub fn id(&self, cluster: &str) -> JobId {
        JobId::new(cluster, &self.service, &self.job)
    }

    /// Reads a `startedBy`; `None` if it is none of a job. A long name of a service comes back as what stands for it.
    pub fn parse(started_by: &str) -> Option<Self> {
        let parts: Vec<&str> = started_by.split('/').collect();
        let [install, service, job, "job", scheduled, attempt] = parts[..] else { return None };
        let scheduled = Timestamp::from_second(scheduled.parse().ok()?).ok()?;
        let attempt = attempt.parse().ok()?;
        let whole = ![install, service, job].contains(&"");
        whole.then(|| Self { attempt, ..Self::first(install, service, job, scheduled) })
    }
}

#[cfg(test)]
mod tests {
    use super::{Firing, JobId};
    use crate::lifecycle::LifecycleEvent;
    use crate::one_off::{OneOff, Purpose};

    fn at(second: i64) -> jiff::Timestamp {
        jiff::Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn every_schedule_of_a_job_has_a_name_of_its_own() {
        let job = "x".repeat(40);
        let ids =
            [("c", "web"), ("c", "api"), ("d", "web")].map(|(cluster, service)| JobId::new(cluster, service, &job));
        let mut names = Vec::new();
        for id in &ids {
            names.extend([id.schedule(), id.run(None), id.failed(), id.expected()]);
            names.extend([id.run(Some(at(60))), id.run(Some(at(120))), id.wait(at(60), 1), id.wait(at(60), 2)]);
        }
        for (index, name) in names.iter().enumerate() {
            assert!(name.len() <= 64 && !names[..index].contains(name), "{name}");
        }
        // and none is one of a deployment's, whatever the install is called
        let one_off = OneOff::first("job", "d-1", LifecycleEvent::BeforeInstall);
        assert!(one_off.schedule_name(Purpose::Deadline).starts_with("job-"));
    }

    #[test]
    fn a_job_is_the_same_by_name_and_by_arn() {
        let arn = |rest: &str| format!("arn:aws:ecs:us-east-1:123456789012:{rest}");
        let by_arn = JobId::new(&arn("cluster/c"), &arn("service/c/web"), "sync");
        assert_eq!(by_arn, JobId::new("c", "web", "sync"));
    }

    #[test]
    fn started_by_is_read_back() {
        for service in ["web", &"long".repeat(60)] {
            let firing =
                Firing { attempt: 12, ..Firing::first(&"i".repeat(32), service, &"j".repeat(40), at(1_767_232_800)) };
            assert!(firing.started_by().len() <= 128, "{}", firing.started_by());
            let read = Firing::parse(&firing.started_by()).unwrap();
            assert_eq!((read.started_by(), read.client_token()), (firing.started_by(), firing.client_token()));
            assert_eq!(read.id("c").run(None), firing.id("c").run(None));
        }
        for foreign in
            ["", "ecs-svc/1", "greenlight/d-1/BeforeInstall/0/0", "a/b/c/job/x/0", "/b/c/job/1/0", "a/b/c/job/1"]
        {
            assert_eq!(Firing::parse(foreign), None, "{foreign}");
        }
    }
}
