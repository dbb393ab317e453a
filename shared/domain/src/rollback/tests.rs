mod interleavings;

use super::*;

const ALARM: &str = "shop-errors";

fn at(minutes: i64) -> Timestamp {
    let epoch: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
    epoch + SignedDuration::from_mins(minutes)
}

fn alarm(minutes: i64) -> Alarm {
    Alarm {
        name: ALARM.to_owned(),
        arn: None,
        state: "ALARM".to_owned(),
        previous: Some("OK".to_owned()),
        since: at(minutes),
        reason: "too many".to_owned(),
    }
}

fn plan() -> Rollback {
    let (window, cooldown) = (Rollback::WINDOW, Rollback::COOLDOWN);
    Rollback { mode: RollbackMode::Auto, window, cooldown, alarms: Vec::new() }
}

/// A deployment that took two minutes, of a revision of its own.
fn deployment(id: &str, minutes: i64, status: Status) -> Deployment {
    Deployment {
        id: id.to_owned(),
        created: at(minutes),
        completed: (status != Status::InProgress).then(|| at(minutes + 2)),
        status,
        kind: Kind::Release,
        revision: format!("revision of {id}"),
    }
}

fn good(id: &str, minutes: i64) -> Deployment {
    deployment(id, minutes, Status::Succeeded)
}

fn of_codedeploy(id: &str, minutes: i64, of: &str) -> Deployment {
    Deployment { kind: Kind::CodeDeployRollback { of: of.to_owned() }, ..good(id, minutes) }
}

fn ours(id: &str, minutes: i64, of: &str, to: &str) -> Deployment {
    let kind = Kind::Rollback { of: of.to_owned() };
    Deployment { kind, revision: format!("revision of {to}"), ..good(id, minutes) }
}

fn stop(id: &str) -> Action {
    Action::Take(Measure::Stop { deployment: id.to_owned() })
}

fn roll_back(id: &str, to: &str) -> Action {
    Action::Take(Measure::RollBack { deployment: id.to_owned(), to: to.to_owned() })
}

/// The alarm goes off at minute 0 and is heard of at once; deployments stand in the order in which they were made.
fn decided(mut deployments: Vec<Deployment>) -> Action {
    deployments.reverse();
    decide(&alarm(0), &deployments, Some(&plan()), false, at(0))
}

#[test]
fn a_table_of_cases() {
    let old = || good("d-OLD", -600);
    let nothing = Action::Nothing;
    let id = str::to_owned;
    let cases = [
        (vec![], nothing(Why::NoDeployment)),
        (vec![old(), deployment("d-NEW", -1, Status::InProgress)], stop("d-NEW")),
        (vec![deployment("d-FIRST", -1, Status::InProgress)], stop("d-FIRST")),
        (vec![old(), good("d-NEW", -10)], roll_back("d-NEW", "d-OLD")),
        // began with the alarm, or after it
        (vec![old(), deployment("d-NEW", 0, Status::InProgress)], nothing(Why::AlarmIsOlder(id("d-NEW")))),
        (
            vec![old(), good("d-BAD", -10), deployment("d-NEW", 1, Status::InProgress)],
            nothing(Why::AlarmIsOlder(id("d-NEW"))),
        ),
        // too late
        (vec![old(), good("d-NEW", -32)], roll_back("d-NEW", "d-OLD")),
        (vec![old(), good("d-NEW", -33)], nothing(Why::OutsideWindow(id("d-NEW"), Rollback::WINDOW))),
        (vec![old(), deployment("d-NEW", -300, Status::InProgress)], stop("d-NEW")),
        // nothing to go back to
        (vec![good("d-FIRST", -10)], nothing(Why::NoGoodRevision(id("d-FIRST")))),
        (
            vec![deployment("d-OLD", -600, Status::Failed), good("d-NEW", -10)],
            nothing(Why::NoGoodRevision(id("d-NEW"))),
        ),
        (
            vec![old(), Deployment { revision: "revision of d-OLD".to_owned(), ..good("d-NEW", -10) }],
            nothing(Why::NoGoodRevision(id("d-NEW"))),
        ),
        // what is between was never good
        (
            vec![
                old(),
                deployment("d-BAD", -300, Status::Failed),
                of_codedeploy("d-BACK", -299, "d-BAD"),
                good("d-NEW", -10),
            ],
            roll_back("d-NEW", "d-OLD"),
        ),
        (
            vec![old(), good("d-BAD", -300), ours("d-BACK", -299, "d-BAD", "d-OLD"), good("d-NEW", -10)],
            roll_back("d-NEW", "d-BACK"),
        ),
        // a rollback that failed did not make the bad one good
        (
            vec![
                old(),
                good("d-BAD", -300),
                Deployment { status: Status::Failed, ..ours("d-BACK", -299, "d-BAD", "d-OLD") },
                good("d-NEW", -10),
            ],
            roll_back("d-NEW", "d-OLD"),
        ),
        // rollbacks
        (vec![old(), good("d-BAD", -9), ours("d-BACK", -5, "d-BAD", "d-OLD")], nothing(Why::IsRollback(id("d-BACK")))),
        (
            vec![
                old(),
                good("d-BAD", -9),
                Deployment { status: Status::InProgress, ..ours("d-BACK", -5, "d-BAD", "d-OLD") },
            ],
            nothing(Why::RollingBack(id("d-BACK"))),
        ),
        (vec![old(), good("d-BAD", -9), ours("d-BACK", 1, "d-BAD", "d-OLD")], nothing(Why::Answered(id("d-BACK")))),
        (
            vec![old(), deployment("d-BAD", -9, Status::Stopped), of_codedeploy("d-BACK", 1, "d-BAD")],
            nothing(Why::Answered(id("d-BACK"))),
        ),
        (
            vec![old(), deployment("d-BAD", -9, Status::Failed), of_codedeploy("d-BACK", -7, "d-BAD")],
            nothing(Why::IsRollback(id("d-BACK"))),
        ),
        // cooldown
        (
            vec![old(), good("d-BAD", -20), ours("d-BACK", -10, "d-BAD", "d-OLD"), good("d-NEW", -5)],
            nothing(Why::CoolingDown(id("d-BACK"), Rollback::COOLDOWN)),
        ),
        (
            vec![
                old(),
                deployment("d-BAD", -9, Status::Stopped),
                of_codedeploy("d-BACK", -8, "d-BAD"),
                deployment("d-NEW", -5, Status::InProgress),
            ],
            nothing(Why::CoolingDown(id("d-BACK"), Rollback::COOLDOWN)),
        ),
        (
            vec![old(), good("d-BAD", -20), ours("d-BACK", -11, "d-BAD", "d-OLD"), good("d-NEW", -5)],
            roll_back("d-NEW", "d-BACK"),
        ),
        // a release that its own hooks refused says nothing about the next
        (
            vec![
                old(),
                deployment("d-BAD", -9, Status::Failed),
                of_codedeploy("d-BACK", -8, "d-BAD"),
                good("d-NEW", -5),
            ],
            roll_back("d-NEW", "d-OLD"),
        ),
        // ended badly, and nobody rolled it back
        (vec![old(), deployment("d-BAD", -9, Status::Stopped)], nothing(Why::EndedBadly(id("d-BAD"), id("Stopped")))),
    ];
    for (deployments, expected) in cases {
        assert_eq!(decided(deployments.clone()), expected, "{deployments:?}");
    }
}

#[test]
fn only_an_alarm_that_goes_into_alarm_counts() {
    let deployments = [deployment("d-NEW", -1, Status::InProgress), good("d-OLD", -600)];
    for (state, previous, acts) in [
        ("ALARM", Some("OK"), true),
        ("ALARM", Some("INSUFFICIENT_DATA"), true),
        ("ALARM", None, true),
        ("ALARM", Some("ALARM"), false),
        ("OK", Some("ALARM"), false),
        ("INSUFFICIENT_DATA", Some("ALARM"), false),
        ("alarm", Some("OK"), false),
    ] {
        let alarm = Alarm { state: state.to_owned(), previous: previous.map(str::to_owned), ..alarm(0) };
        let action = decide(&alarm, &deployments, Some(&plan()), false, at(0));
        let expected = if acts { stop("d-NEW") } else { Action::Nothing(Why::NoAlarm) };
        assert_eq!(action, expected, "{state} after {previous:?}");
    }
}

#[test]
fn the_plan_and_the_stack_may_want_it_to_be_said_only() {
    let deployments = [deployment("d-NEW", -1, Status::InProgress)];
    let notify = Rollback { mode: RollbackMode::Notify, ..plan() };
    let propose = |hold| Action::Propose { measure: Measure::Stop { deployment: "d-NEW".to_owned() }, hold };
    let auto = plan();
    let decide = |plan: Option<&Rollback>, off| decide(&alarm(0), &deployments, plan, off, at(0));
    assert_eq!(decide(Some(&notify), false), propose(Hold::Plan));
    assert_eq!(decide(Some(&notify), true), propose(Hold::SwitchedOff));
    assert_eq!(decide(Some(&auto), true), propose(Hold::SwitchedOff));
    assert_eq!(decide(None, false), Action::Nothing(Why::NotWanted));
    assert_eq!(decide(None, true), Action::Nothing(Why::NotWanted));
}

#[test]
fn a_late_delivery_is_judged_by_the_time_at_which_it_comes() {
    let deployments = [good("d-NEW", -10), good("d-OLD", -600)];
    assert_eq!(decide(&alarm(0), &deployments, Some(&plan()), false, at(22)), roll_back("d-NEW", "d-OLD"));
    let late = decide(&alarm(0), &deployments, Some(&plan()), false, at(23));
    assert_eq!(late, Action::Nothing(Why::OutsideWindow("d-NEW".to_owned(), Rollback::WINDOW)));
}

#[test]
fn a_description_says_what_is_taken_back() {
    let long = "x".repeat(255);
    for alarm in [ALARM, "", long.as_str(), "[greenlight rolls-back=d-OTHER]", "ü] \" 'quoted'"] {
        let text = describe("d-ABC123", alarm);
        assert!(text.chars().count() <= LONGEST_DESCRIPTION, "{text}");
        assert_eq!(rolls_back(&text), Some("d-ABC123"), "{text}");
    }
    for other in
        ["", "Release 7", "[greenlight rolls-back=]", "[greenlight rolls-back=d-1", "[greenlight rolls-back=x y]"]
    {
        assert_eq!(rolls_back(other), None, "{other}");
    }
}

/// Deployments stand in the order in which they were made.
fn chosen(mut deployments: Vec<Deployment>) -> ByHand {
    deployments.reverse();
    by_hand(&deployments)
}

#[test]
fn a_table_of_what_a_person_gets() {
    let back = |id: &str, to: &str| ByHand::Take(Measure::RollBack { deployment: id.to_owned(), to: to.to_owned() });
    let failed = |id: &str, minutes| deployment(id, minutes, Status::Failed);
    let running = |one: Deployment| Deployment { status: Status::InProgress, ..one };
    let stop = ByHand::Take(Measure::Stop { deployment: "d-NEW".to_owned() });
    let follow = ByHand::Follow { rollback: "d-BACK".to_owned() };
    let done = ByHand::Done { rollback: "d-BACK".to_owned() };
    let none = |id: &str| ByHand::Nothing(Why::NoGoodRevision(id.to_owned()));
    let cases = [
        (vec![], ByHand::Nothing(Why::NoDeployment)),
        (vec![good("d-OLD", -60), deployment("d-NEW", -1, Status::InProgress)], stop.clone()),
        (vec![deployment("d-NEW", -1, Status::InProgress)], stop),
        (vec![good("d-OLD", -60), good("d-NEW", -9)], back("d-NEW", "d-OLD")),
        (vec![good("d-NEW", -9)], none("d-NEW")),
        (vec![good("d-OLD", -60), good("d-BAD", -9), running(ours("d-BACK", -1, "d-BAD", "d-OLD"))], follow.clone()),
        (vec![good("d-OLD", -60), failed("d-BAD", -9), running(of_codedeploy("d-BACK", -1, "d-BAD"))], follow),
        (vec![good("d-OLD", -60), good("d-BAD", -9), ours("d-BACK", -1, "d-BAD", "d-OLD")], done.clone()),
        (vec![good("d-OLD", -60), failed("d-BAD", -9), of_codedeploy("d-BACK", -1, "d-BAD")], done),
        // nobody knows what serves: the last good revision, also if it is the one that was deployed again in vain
        (vec![good("d-OLD", -60), failed("d-BAD", -9)], back("d-BAD", "d-OLD")),
        (
            vec![good("d-OLD", -60), Deployment { revision: good("d-OLD", 0).revision, ..failed("d-BAD", -9) }],
            back("d-BAD", "d-OLD"),
        ),
        (vec![failed("d-BAD", -9)], none("d-BAD")),
        // a rollback that failed: its release is bad still
        (
            vec![
                good("d-OLD", -60),
                good("d-BAD", -9),
                Deployment { status: Status::Failed, ..ours("d-BACK", -1, "d-BAD", "d-OLD") },
            ],
            back("d-BAD", "d-OLD"),
        ),
        (
            vec![
                good("d-OLD", -60),
                deployment("d-BAD", -9, Status::Stopped),
                Deployment { status: Status::Failed, ..of_codedeploy("d-BACK", -1, "d-BAD") },
            ],
            back("d-BAD", "d-OLD"),
        ),
        // its release is too old to be among them
        (
            vec![good("d-OLD", -60), Deployment { status: Status::Failed, ..ours("d-BACK", -1, "d-GONE", "d-OLD") }],
            back("d-BACK", "d-OLD"),
        ),
    ];
    for (deployments, expected) in cases {
        assert_eq!(chosen(deployments.clone()), expected, "{deployments:#?}");
    }
}

#[test]
fn deployments_are_live_until_the_next_one_shifts_traffic() {
    let span = |from, until: Option<i64>| Some(Live { from: at(from), until: until.map(at) });
    let shifts = [Some(at(9)), None, Some(at(5)), Some(at(0))];
    assert_eq!(live(&shifts), [span(9, None), None, span(5, Some(9)), span(0, Some(5))]);
    assert_eq!(live(&[]), []);
}

#[test]
fn a_persons_description_has_directives_and_the_marker_behind_the_words() {
    let skip = crate::directive::Directive { skip: "freeze".to_owned(), reason: "rollback".to_owned() };
    let text = describe_with("d-BAD", &"x".repeat(500), std::slice::from_ref(&skip));
    assert_eq!(text.chars().count(), LONGEST_DESCRIPTION);
    assert_eq!(rolls_back(&text), Some("d-BAD"));
    assert_eq!(crate::directive::read(&text), [skip]);
}
