//! Alarms, deployments and several deciders at once, in any order: each decider reads, and acts later on what it has read.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

#[derive(Debug, Clone)]
enum Step {
    /// Somebody deploys a revision of its own, if nothing is in progress.
    Deploy,
    /// What is in progress ends.
    End(bool),
    /// Time passes.
    Pass(i64),
    /// An alarm changes its state.
    Alarm { state: &'static str, previous: &'static str },
    /// A decider reads the account for one of the alarms so far.
    Read(usize),
    /// One of the deciders acts on what it read.
    Act(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let alarm = prop_oneof![
        4 => Just(Step::Alarm { state: "ALARM", previous: "OK" }),
        1 => Just(Step::Alarm { state: "ALARM", previous: "ALARM" }),
        1 => Just(Step::Alarm { state: "OK", previous: "ALARM" }),
        1 => Just(Step::Alarm { state: "INSUFFICIENT_DATA", previous: "ALARM" }),
    ];
    prop_oneof![
        3 => Just(Step::Deploy),
        2 => any::<bool>().prop_map(Step::End),
        3 => (1_i64..20).prop_map(Step::Pass),
        3 => alarm,
        4 => any::<usize>().prop_map(Step::Read),
        5 => any::<usize>().prop_map(Step::Act),
    ]
}

/// The account, with what AWS makes atomic: a group has one deployment in progress, and only that one can be stopped.
#[derive(Debug, Default)]
struct Account {
    minutes: i64,
    /// The newest first.
    deployments: Vec<Deployment>,
    alarms: Vec<Alarm>,
    /// Read and not acted upon: the alarm, the newest deployment at that time, and the decision.
    pending: Vec<(Alarm, Option<String>, Action)>,
    /// What took a release back, by its id.
    taken_back: BTreeMap<String, usize>,
}

impl Account {
    fn create(&mut self, kind: Kind, revision: String) {
        self.minutes += 1;
        let id = format!("d-{}", self.deployments.len());
        let revision = if kind == Kind::Release { format!("revision of {id}") } else { revision };
        let created = deployment(&id, self.minutes, Status::InProgress);
        self.deployments.insert(0, Deployment { kind, revision, ..created });
    }

    fn newest(&self) -> Option<&Deployment> {
        self.deployments.first()
    }

    fn is_busy(&self) -> bool {
        self.newest().is_some_and(|newest| newest.status == Status::InProgress)
    }

    fn end(&mut self, status: Status) {
        let now = at(self.minutes);
        if let Some(newest) = self.deployments.first_mut().filter(|newest| newest.status == Status::InProgress) {
            newest.status = status;
            newest.completed = Some(now);
        }
    }

    fn act(&mut self, (alarm, seen, action): (Alarm, Option<String>, Action)) {
        let Action::Take(measure) = action else { return };
        assert_eq!((alarm.state.as_str(), alarm.previous.as_deref()), ("ALARM", Some("OK")));
        let (Measure::Stop { deployment: id } | Measure::RollBack { deployment: id, .. }) = &measure;
        let release = self.deployments.iter().find(|deployment| deployment.id == *id).unwrap().clone();
        assert_eq!(release.kind, Kind::Release, "a rollback is never rolled back");
        assert!(alarm.since > release.created, "the alarm is older than the release");
        match measure {
            Measure::Stop { deployment } => {
                // DeploymentAlreadyCompletedException otherwise
                if self.is_busy() && self.newest().is_some_and(|newest| newest.id == deployment) {
                    self.end(Status::Stopped);
                    *self.taken_back.entry(deployment.clone()).or_default() += 1;
                    self.create(Kind::CodeDeployRollback { of: deployment }, String::new());
                }
            }
            Measure::RollBack { deployment, to } => {
                let to = self.deployments.iter().find(|one| one.id == to).unwrap().clone();
                assert_eq!(to.status, Status::Succeeded);
                assert!(to.created < release.created && to.revision != release.revision);
                // whoever acts looks once more; DeploymentLimitExceededException otherwise
                if self.newest().map(|newest| newest.id.clone()) == seen && !self.is_busy() {
                    *self.taken_back.entry(deployment.clone()).or_default() += 1;
                    self.create(Kind::Rollback { of: deployment }, to.revision);
                }
            }
        }
    }

    fn play(&mut self, step: &Step) {
        match *step {
            Step::Deploy if !self.is_busy() => self.create(Kind::Release, String::new()),
            Step::End(well) => self.end(if well { Status::Succeeded } else { Status::Failed }),
            Step::Pass(minutes) => self.minutes += minutes,
            Step::Alarm { state, previous } => {
                let (state, previous) = (state.to_owned(), Some(previous.to_owned()));
                self.alarms.push(Alarm { state, previous, ..alarm(self.minutes) });
            }
            Step::Read(which) if !self.alarms.is_empty() => {
                let alarm = self.alarms[which % self.alarms.len()].clone();
                let action = decide(&alarm, &self.deployments, Some(&plan()), false, at(self.minutes));
                let newest = self.newest().map(|newest| newest.id.clone());
                self.pending.push((alarm, newest, action));
            }
            Step::Act(which) if !self.pending.is_empty() => {
                let decided = self.pending.remove(which % self.pending.len());
                self.act(decided);
            }
            Step::Deploy | Step::Read(_) | Step::Act(_) => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn whatever_comes_in_whatever_order(steps in prop::collection::vec(step(), 1..60)) {
        let mut account = Account::default();
        for step in steps {
            account.play(&step);
        }
        for (id, times) in &account.taken_back {
            prop_assert_eq!(*times, 1, "{} was taken back {} times", id, times);
        }
        // rollbacks that alarms brought about keep their distance, whoever made them
        let mut alarmed: Vec<&Deployment> = account.deployments.iter().filter(|one| took_back(one, &account.deployments)).collect();
        alarmed.reverse();
        for pair in alarmed.windows(2) {
            let between = pair[1].created.duration_since(pair[0].created);
            prop_assert!(between > signed(Rollback::COOLDOWN), "{:?}", pair);
        }
    }

    #[test]
    fn one_who_repeats_itself_does_nothing_more(steps in prop::collection::vec(step(), 1..40)) {
        let mut account = Account::default();
        for step in steps {
            account.play(&step);
        }
        let Some(alarm) = account.alarms.last().cloned() else { return Ok(()) };
        for _ in 0..3 {
            let read = account.deployments.clone();
            let action = decide(&alarm, &read, Some(&plan()), false, at(account.minutes));
            let before = account.taken_back.values().sum::<usize>();
            account.act((alarm.clone(), read.first().map(|one| one.id.clone()), action));
            let again = decide(&alarm, &account.deployments, Some(&plan()), false, at(account.minutes));
            prop_assert!(!matches!(again, Action::Take(_)), "{:?}", again);
            prop_assert!(account.taken_back.values().sum::<usize>() <= before + 1);
        }
    }
}
