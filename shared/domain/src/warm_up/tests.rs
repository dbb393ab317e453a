use super::{AT_ONCE, Schedule, Turn, judge};
use crate::plan::{AllowedErrors, Scheme, WarmUpExpect, WarmUpRequests};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

const BUDGET: Duration = Duration::from_mins(2);

fn requests(paths: usize, rounds: u32, concurrency: u32, errors: AllowedErrors) -> WarmUpRequests {
    WarmUpRequests {
        paths: (0..paths).map(|index| format!("/{index}")).collect(),
        headers: BTreeMap::new(),
        concurrency,
        rounds,
        timeout: WarmUpRequests::TIMEOUT,
        budget: BUDGET,
        errors,
        scheme: Scheme::Http,
        server_name: None,
        ca: None,
        expect: WarmUpExpect { status: WarmUpRequests::statuses() },
        port: None,
    }
}

fn schedule(tasks: usize, requests: &WarmUpRequests) -> Schedule {
    let names: Vec<String> = (0..tasks).map(|index| format!("t{index}")).collect();
    Schedule::new(&names, requests)
}

fn all_ready(schedule: &mut Schedule, now: Duration) -> Vec<Turn> {
    std::iter::from_fn(|| schedule.pick(now)).collect()
}

#[test]
fn a_cold_task_is_asked_gently() {
    let mut schedule = schedule(1, &requests(16, 1, 8, AllowedErrors::Count(0)));
    let mut waves = Vec::new();
    let mut now = Duration::ZERO;
    while !schedule.is_finished() {
        let wave = all_ready(&mut schedule, now);
        now += Duration::from_secs(1);
        waves.push(wave.len());
        for turn in wave {
            schedule.done(turn, now, Ok(()));
        }
    }
    assert_eq!(waves, [1, 2, 4, 8, 1]);
    assert_eq!(schedule.reason(BUDGET), None);
}

#[test]
fn a_round_begins_when_the_one_before_has_ended() {
    let mut schedule = schedule(1, &requests(2, 2, 4, AllowedErrors::Count(0)));
    let seconds = Duration::from_secs;
    let first = schedule.pick(seconds(0)).unwrap();
    assert_eq!(schedule.pick(seconds(0)), None, "the first request is alone");
    schedule.done(first, seconds(3), Ok(()));
    let second = schedule.pick(seconds(3)).unwrap();
    assert_eq!((second.round, second.path), (0, 1));
    assert_eq!(schedule.pick(seconds(3)), None, "the second round waits for the first");
    schedule.done(second, seconds(4), Ok(()));
    let last = all_ready(&mut schedule, seconds(5));
    assert_eq!(last.iter().map(|turn| turn.round).collect::<Vec<_>>(), [1, 1]);
    for turn in last {
        schedule.done(turn, Duration::from_millis(5120), Ok(()));
    }
    assert!(schedule.is_finished());
    assert_eq!(
        schedule.tasks()[0].describe(),
        "task t0: first round 4000 ms, last round 120 ms, 0 of 4 requests failed"
    );
}

#[test]
fn all_tasks_get_their_turn_and_files_do_not_run_out() {
    let mut schedule = schedule(400, &requests(5, 2, 4, AllowedErrors::Count(0)));
    let first = all_ready(&mut schedule, Duration::ZERO);
    assert_eq!(first.len(), AT_ONCE);
    assert_eq!(first.iter().map(|turn| turn.task).collect::<BTreeSet<_>>().len(), AT_ONCE, "one request to each");
    for turn in first {
        schedule.done(turn, Duration::ZERO, Ok(()));
    }
    let second = all_ready(&mut schedule, Duration::ZERO);
    assert_eq!(second[0].task, AT_ONCE, "the tasks that had to wait come first");
}

#[test]
fn failures_count_against_what_is_allowed() {
    let fail = || Err("/0: expected status 200-399, got 500".to_owned());
    let mut strict = schedule(2, &requests(2, 1, 1, AllowedErrors::Count(0)));
    let turn = strict.pick(Duration::ZERO).unwrap();
    strict.done(turn, Duration::ZERO, fail());
    assert_eq!(strict.pick(Duration::ZERO), None, "there is no use in going on");
    assert_eq!(
        strict.reason(BUDGET).unwrap(),
        "1 of 1 requests failed, and 0 of 4 may\ntask t0: 1 failed, first: /0: expected status 200-399, got 500"
    );

    let mut lenient = schedule(2, &requests(2, 1, 1, AllowedErrors::Percent(50)));
    for index in 0..4 {
        let turn = lenient.pick(Duration::ZERO).unwrap();
        lenient.done(turn, Duration::ZERO, if index < 2 { fail() } else { Ok(()) });
    }
    assert!(lenient.is_finished());
    assert_eq!(lenient.reason(BUDGET), None);
}

#[test]
fn what_was_not_asked_in_time_was_not_warmed() {
    let mut schedule = schedule(1, &requests(3, 2, 1, AllowedErrors::Count(0)));
    let turn = schedule.pick(Duration::ZERO).unwrap();
    schedule.done(turn, Duration::ZERO, Ok(()));
    assert_eq!(
        schedule.reason(BUDGET).unwrap(),
        "5 of 6 requests were not made within 2m; lengthen `budget`, or ask for less"
    );
    assert_eq!(
        schedule.tasks()[0].describe(),
        "task t0: first round not ended, last round not ended, 0 of 1 requests failed"
    );
}

#[test]
fn without_tasks_nothing_is_warm() {
    let mut nobody = schedule(0, &requests(1, 1, 1, AllowedErrors::Count(0)));
    assert_eq!(nobody.pick(Duration::ZERO), None);
    assert_eq!(nobody.reason(BUDGET).unwrap(), "there is no green task to warm up");
}

#[test]
fn an_answer_is_judged_by_its_status() {
    let requests = requests(1, 1, 1, AllowedErrors::Count(0));
    assert_eq!(judge(&requests, "/", 302), Ok(()));
    assert_eq!(judge(&requests, "/", 503).unwrap_err(), "/: expected status 200-399, got 503");
}

proptest! {
    #[test]
    fn every_request_is_made_once(
        tasks in 1_usize..6, paths in 1_usize..5, rounds in 1_u32..4, concurrency in 1_u32..6,
        order in prop::collection::vec(any::<prop::sample::Index>(), 200),
    ) {
        let mut schedule = schedule(tasks, &requests(paths, rounds, concurrency, AllowedErrors::Count(0)));
        let (mut seen, mut under_way) = (BTreeSet::new(), Vec::<Turn>::new());
        for index in order {
            let fresh = all_ready(&mut schedule, Duration::ZERO);
            under_way.extend(&fresh);
            for turn in fresh {
                prop_assert!(seen.insert((turn.task, turn.round, turn.path)));
                let of_task = under_way.iter().filter(|other| other.task == turn.task).count();
                prop_assert!(of_task <= usize::try_from(concurrency).unwrap());
            }
            if under_way.is_empty() {
                break;
            }
            let turn = under_way.swap_remove(index.index(under_way.len()));
            schedule.done(turn, Duration::ZERO, Ok(()));
        }
        prop_assert!(schedule.is_finished());
        prop_assert_eq!(seen.len(), tasks * paths * usize::try_from(rounds).unwrap());
        prop_assert_eq!(schedule.reason(BUDGET), None);
    }
}
