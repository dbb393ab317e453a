//! Least privilege, proven: over all kinds of deployments nothing is denied, and there is no permission without which nothing
//! is.

use crate::deployments::account::{self, Account};
use crate::played::Played;
use crate::{shop, simulated};
use greenlight::rehearse::{Options, setup};
use greenlight_simulation::{Behaviour, Behaviours, Code};
use greenlight_world::{CallFault, Fault, Setup};
use std::time::Duration;

/// The roles of the functions, and the function of each.
const ROLES: [(&str, &str); 2] =
    [("greenlight-migrate", account::MIGRATE_FUNCTION), ("greenlight-settle", "greenlight-settle")];

const MINUTE: Duration = Duration::from_mins(1);

type Edit<'a> = &'a dyn Fn(&mut Setup);

fn rehearsed(migrate: &str, fault: Option<&str>, behaviours: Behaviours, edit: Edit<'_>) -> Played {
    let options = Options { faults: fault.into_iter().map(str::to_owned).collect(), ..Options::default() };
    let rehearsal = shop::rehearsal(migrate, &options);
    let mut world = setup(&rehearsal, Setup::EPOCH, 1.0);
    edit(&mut world);
    simulated::play_in(world, &rehearsal, behaviours)
}

fn two_commands(edit: Edit<'_>) -> Played {
    let migrate = "[migrate]\ncommands = [[\"shop\", \"migrate\"], [\"shop\", \"check\"]]\ntimeout = \"5m\"\n";
    rehearsed(migrate, None, Behaviours::new(), edit)
}

fn failing(edit: Edit<'_>) -> Played {
    rehearsed(shop::MIGRATE, Some("migration-fails"), Behaviours::new(), edit)
}

fn hanging(edit: Edit<'_>) -> Played {
    rehearsed(shop::MIGRATE, Some("migration-hangs"), Behaviours::new(), edit)
}

fn without_capacity(edit: Edit<'_>) -> Played {
    let refused = |setup: &mut Setup| {
        let (role, operation) = ("greenlight-migrate".to_owned(), "ecs:RunTask".to_owned());
        setup.faults.push(Fault::Call { role, operation, times: 10_000, answer: CallFault::Throttled });
        edit(setup);
    };
    rehearsed(shop::MIGRATE, None, Behaviours::new(), &refused)
}

fn dying(edit: Edit<'_>) -> Played {
    let behaviours = Behaviours::new().function(account::MIGRATE_FUNCTION, Code::CannotStart);
    rehearsed(shop::MIGRATE, None, behaviours, edit)
}

fn dying_after_the_start(edit: Edit<'_>) -> Played {
    let behaviours = Behaviours::new().killed(account::MIGRATE_FUNCTION, Duration::from_millis(180), 3);
    rehearsed(shop::MIGRATE, None, behaviours, edit)
}

/// The deployment is lost while its migration runs: both functions come too late.
fn late(edit: Edit<'_>) -> Played {
    let slow = Behaviour::Exit { after: 4 * MINUTE, code: 0, lines: Vec::new() };
    let behaviours =
        Behaviours::new().command_times("shop migrate", 1, Behaviour::succeeds(&[])).command("shop migrate", slow);
    let mut played = None;
    account::with(behaviours, edit, async |account: Account| {
        let id = account.deploy_green(Some(shop::MIGRATE)).await;
        account.pass(MINUTE).await;
        account.report(&account.hook_event(&id).await, "Failed").await;
        account.end_of(&id).await;
        account.pass(10 * MINUTE).await;
        played = Some(account.played());
    });
    played.unwrap()
}

const PLAYS: [fn(Edit<'_>) -> Played; 7] =
    [two_commands, failing, hanging, without_capacity, late, dying, dying_after_the_start];

/// A plan that has work for every hook.
const ALL_HOOKS: &str = r#"
[migrate]
command = ["shop", "migrate"]
[warm-up]
paths = ["/"]
[[smoke-test]]
name = "health"
get = "/health"
[validate]
[[validate.metric]]
name = "errors"
namespace = "AWS/ApplicationELB"
metric = "HTTPCode_Target_5XX_Count"
dimensions = { TargetGroup = "{green-target-group}", LoadBalancer = "{load-balancer}" }
statistic = "Sum"
below = 1
missing = "pass"
[finish]
command = ["shop", "finish"]
"#;

#[test]
fn nothing_is_denied_to_any_of_the_hooks() {
    let played = rehearsed(ALL_HOOKS, None, Behaviours::new(), &|_| {});
    assert_eq!(played.outcome["outcome"], "succeeded", "{}", played.outcome);
    assert_eq!(played.outcome["hooks"].as_array().unwrap().len(), 5, "{}", played.outcome);
    assert!(played.denied().is_empty(), "{:?}", played.denied());
}

#[test]
fn nothing_is_denied_whatever_happens() {
    for play in PLAYS {
        let played = play(&|_| {});
        assert!(played.denied().is_empty(), "{:?}", played.denied());
    }
}

/// Every action of a function's role, with the number of its statement.
fn actions(role: &str) -> Vec<(usize, String)> {
    let world = setup(&shop::rehearsal(shop::MIGRATE, &Options::default()), Setup::EPOCH, 1.0);
    let role = world.stack.roles.into_iter().find(|candidate| candidate.name == role).unwrap();
    assert_eq!(role.policies.len(), 1);
    let statements = role.policies[0].statement.iter().enumerate();
    let actions = statements.flat_map(|(index, statement)| {
        let actions = statement.action.as_array().unwrap().iter();
        actions.map(move |action| (index, action.as_str().unwrap().to_owned()))
    });
    actions.collect()
}

fn take_away(setup: &mut Setup, role: &str, statement: usize, action: &str) {
    let role = setup.stack.roles.iter_mut().find(|candidate| candidate.name == role).unwrap();
    role.policies[0].statement[statement].action.as_array_mut().unwrap().retain(|candidate| candidate != action);
}

/// Whether the function says which action it lacks on which resource.
fn named(played: &Played, function: &str, action: &str, resource: &str) -> bool {
    let lines = played
        .facts("log.line")
        .into_iter()
        .filter(|fact| fact["log_group"] == format!("/aws/lambda/{function}").as_str());
    let ended = played.facts("function.ended").into_iter().filter(|fact| fact["function"] == function);
    let told = lines.map(|fact| &fact["message"]).chain(ended.map(|fact| &fact["error"]));
    told.filter_map(|text| text.as_str()).any(|text| text.contains(action) && text.contains(resource))
}

#[test]
fn every_permission_is_needed_and_its_absence_is_named() {
    for (role, function) in ROLES {
        for (statement, action) in actions(role) {
            let without = |setup: &mut Setup| take_away(setup, role, statement, &action);
            let denied = PLAYS.iter().find_map(|play| {
                let played = play(&without);
                let denied = played
                    .denied()
                    .into_iter()
                    .find(|fact| fact["role"] == role && fact["action"] == action.as_str())?;
                let resource = denied["resource"].as_str().unwrap().to_owned();
                Some((resource, played))
            });
            let (resource, played) = denied.unwrap_or_else(|| panic!("{role} never needs {action}"));
            // Lambda itself calls a failure destination in the function's name
            if action == "lambda:InvokeFunction" {
                continue;
            }
            assert!(
                named(&played, function, &action, &resource),
                "{function} lacks {action} on {resource} and does not say so"
            );
        }
    }
}
