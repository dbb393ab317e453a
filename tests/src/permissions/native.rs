//! The plays of ECS's own deployments.

use super::{COMMANDS, Edit, MINUTE, Play, SECRETS, options, play};
use crate::native::account::{self, HOOKS, Native, Wanted};
use crate::played::Played;
use crate::shop;
use greenlight_simulation::{Behaviour, Behaviours};
use greenlight_world::Setup;

/// Every hook at work, every hook whose task does not end, and a task whose deployment is gone.
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
