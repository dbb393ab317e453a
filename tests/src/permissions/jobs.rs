//! The plays of jobs.

use super::{MINUTE, Play, options, play};
use crate::jobs::{family, play as jobs_play};
use crate::shop;
use greenlight_simulation::{Behaviour, Behaviours};
use greenlight_world::{CallFault, EventFault, Fault, Setup};

/// What jobs do: they run, are told of, come again, are refused, stopped and replaced.
pub fn plays() -> Vec<Play> {
    let run_task = |times: u32, answer: CallFault| {
        move |setup: &mut Setup| {
            let (role, operation) = (shop::role("launch-job"), "ecs:RunTask".to_owned());
            setup.faults.push(Fault::Call { role, operation, times, answer: answer.clone() });
        }
    };
    let twice = |setup: &mut Setup| {
        let what = EventFault::Doubled(10 * MINUTE);
        setup.faults.push(Fault::Event { detail_type: Fault::SCHEDULE.to_owned(), times: Fault::ALWAYS, what });
    };
    let exits = |times| Behaviours::new().command_times("shop sync", times, Behaviour::exits(3, &["no"]));
    let once = || {
        let good = Behaviours::new().command_times("shop sync", 1, Behaviour::succeeds(&[]));
        good.command("shop sync", Behaviour::exits(3, &["no"]))
    };
    let hangs = || Behaviours::new().command("shop sync", Behaviour::Hang);
    vec![
        job("a job that fails and works again", "", move || exits(1), |_| {}),
        job("a job that fails twice", "", move || exits(2), |_| {}),
        job("a job that is tried again", "retry = { times = 1 }", move || exits(1), |_| {}),
        job("a job that hangs", "", hangs, |_| {}),
        job("a job that is replaced", "timeout = \"2h\"\noverlap = \"replace\"", hangs, |_| {}),
        job("a job that is expected", "expected-by = \"10m\"", once, |_| {}),
        job("a job that is fired twice", "", Behaviours::new, twice),
        job("a job with a family of its own", family::OWN, Behaviours::new, |_| {}),
        job(
            "a job that cannot be started",
            "",
            Behaviours::new,
            run_task(Fault::ALWAYS, CallFault::NothingStarted("ATTRIBUTE".to_owned())),
        ),
        job("a job that is started late", "", Behaviours::new, run_task(60, CallFault::Throttled)),
    ]
}

fn job(
    name: &str,
    more: &'static str,
    behaviours: impl Fn() -> Behaviours + 'static,
    before: impl Fn(&mut Setup) + 'static,
) -> Play {
    play(name, move |edit| {
        let mut played = None;
        let table = jobs_play::job("sync", more);
        let edited = |setup: &mut Setup| {
            before(setup);
            edit(setup);
        };
        jobs_play::with_options(
            &options(None),
            &[("sync", "rate(1 hour)", &table)],
            behaviours(),
            edited,
            async |jobs| {
                jobs.account.register_definition(&family::definition("shop:old", "512")).await;
                jobs.hours(3).await;
                played = Some(jobs.played());
            },
        );
        played.unwrap()
    })
}
