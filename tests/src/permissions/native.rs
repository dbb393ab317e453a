//! The plays of ECS's own deployments.

use super::{COMMANDS, Edit, MINUTE, Play, SECRETS, options, play};
use crate::native::account::{self, HOOKS, Native, Wanted};
use crate::played::Played;
use crate::rollback::account::ALARM;
use crate::shop;
use aws_sdk_cloudwatch::types::StateValue;
use greenlight_simulation::{Behaviour, Behaviours};
use greenlight_world::{Alarm, AlarmState, Setup};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

/// Every hook at work, every hook whose task does not end, a task whose deployment is gone, and alarms.
pub fn plays() -> Vec<Play> {
    let mut plays = vec![
        play("ECS deploys", |edit| {
            deployed(Behaviours::new(), edit, async |native| {
                let arn = native.deploy(&Wanted { test_listener: true, ..Wanted::new(COMMANDS) }).await;
                native.end_of(&arn).await;
            })
        }),
        play("ECS deploys, and is stopped while the migration runs", |edit| {
            let slow = Behaviour::Exit { after: 4 * MINUTE, code: 0, lines: Vec::new() };
            deployed(Behaviours::new().command("shop migrate", slow), edit, async |native| {
                let arn = native.deploy(&Wanted::new(COMMANDS)).await;
                native.account.pass(MINUTE).await;
                native.stop(&arn).await;
                native.end_of(&arn).await;
            })
        }),
        play("ECS deploys, and waits for somebody", |edit| {
            deployed(Behaviours::new(), edit, async |native| {
                let arn = native.deploy(&Wanted::pausing(&["POST_SCALE_UP"])).await;
                native.until_paused(&arn).await;
                native.account.pass(MINUTE).await;
                native.stop(&arn).await;
                native.end_of(&arn).await;
            })
        }),
    ];
    for during in [true, false] {
        let when = if during { "meanwhile" } else { "afterwards" };
        plays.push(play(&format!("ECS deploys, and an alarm goes off {when}"), move |edit| alarmed(edit, during)));
    }
    // nobody may deploy: whether a revision comes back is asked
    for (part, stage) in HOOKS {
        plays.push(play(&format!("ECS deploys in a freeze, and {part} is asked first"), move |edit| {
            deployed(Behaviours::new(), edit, async |native| {
                let arn = native.deploy(&Wanted::only(part, stage, FROZEN)).await;
                native.end_of(&arn).await;
            })
        }));
    }
    for (part, command) in [("migrate", "shop migrate"), ("warm-up", "shop warm"), ("finish", "shop finish")] {
        let (_, stage) = HOOKS.into_iter().find(|(hook, _)| *hook == part).unwrap();
        plays.push(play(&format!("ECS deploys, and {part} hangs"), move |edit| {
            deployed(Behaviours::new().command(command, Behaviour::Hang), edit, async |native| {
                let arn = native.deploy(&Wanted::only(part, stage, COMMANDS)).await;
                native.end_of(&arn).await;
            })
        }));
    }
    plays
}

fn deployed(behaviours: Behaviours, edit: Edit<'_>, story: impl AsyncFnOnce(&Native)) -> Played {
    let mut played = None;
    let with_secrets = |setup: &mut Setup| {
        setup.secrets = shop::rehearsal(SECRETS, &options(None)).script.secrets;
        edit(setup);
    };
    account::with_options(&options(None), behaviours, with_secrets, async |native: Native| {
        story(&native).await;
        native.account.pass(20 * MINUTE).await;
        played = Some(native.account.played());
    });
    played.unwrap()
}

const FROZEN: &str =
    "[freeze]\nwindows = [{ days = \"mon-sun\", from = \"00:00\", to = \"24:00\", time-zone = \"UTC\" }]\n";

/// An alarm takes a release back, while it is deployed or after its success.
fn alarmed(edit: Edit<'_>, during: bool) -> Played {
    let with_alarm = |setup: &mut Setup| {
        setup.infrastructure.alarms.push(Alarm::new(ALARM, AlarmState::Ok));
        edit(setup);
    };
    deployed(Behaviours::new(), &with_alarm, async |native| {
        let alarms = vec![ALARM.to_owned()];
        let arn = native.deploy(&Wanted { alarms, ..Wanted::only("finish", HOOKS[4].1, "[rollback]\n") }).await;
        if during {
            native.account.pass(20 * SECOND).await;
        } else {
            native.end_of(&arn).await;
        }
        let cloudwatch = aws_sdk_cloudwatch::Client::new(&native.account.simulation.sdk_config());
        let request = cloudwatch.set_alarm_state().alarm_name(ALARM).state_reason("the test says so");
        request.state_value(StateValue::Alarm).send().await.unwrap();
    })
}
