//! One table of deployments, played by both shells. What is expected is what AWS would show.

use crate::played::Played;
use crate::{processes, shop, simulated};
use greenlight::rehearse::Options;
use greenlight_simulation::{Behaviour, Behaviours};
use std::time::Duration;

/// One deployment and what must come of it.
struct Scenario {
    /// The plan's `[migrate]` table.
    migrate: &'static str,
    deployment_config: &'static str,
    fault: Option<&'static str>,
    /// What simulated processes do where real ones run the migrations of the table.
    behaviours: fn() -> Behaviours,
    expect: Expect,
}

struct Expect {
    outcome: &'static str,
    /// The deployment's status and error code.
    deployment: (&'static str, Option<&'static str>),
    serving: &'static str,
    /// How `BeforeInstall` and `AllowTraffic` ended; none if it never began.
    lifecycle: [Option<&'static str>; 2],
    /// The hook's verdict and what its reason says; the team hears of a failed one, with that reason.
    verdict: Option<(&'static str, &'static [&'static str])>,
    /// Tasks that the hook started, ever.
    migrations: usize,
}

const SUCCEEDS: Expect = Expect {
    outcome: "succeeded",
    deployment: ("Succeeded", None),
    serving: "green",
    lifecycle: [Some("Succeeded"), Some("Succeeded")],
    verdict: Some(("succeeded", &[])),
    migrations: 1,
};

const ROLLED_BACK: Expect = Expect {
    outcome: "rolled-back",
    deployment: ("Failed", Some("HOOK_EXECUTION_FAILURE")),
    serving: "blue",
    lifecycle: [Some("Failed"), None],
    verdict: Some(("failed", &[])),
    migrations: 1,
};

const ALL_AT_ONCE: &str = "CodeDeployDefault.ECSAllAtOnce";

const GOOD: Scenario = Scenario {
    migrate: shop::MIGRATE,
    deployment_config: ALL_AT_ONCE,
    fault: None,
    behaviours: Behaviours::new,
    expect: SUCCEEDS,
};

const GOOD_CANARY: Scenario = Scenario { deployment_config: "CodeDeployDefault.ECSCanary10Percent5Minutes", ..GOOD };

/// The new release needs its migration: without it, none of its tasks ever passes a health check.
const GREEN_NEVER_HEALTHY: Scenario = Scenario {
    migrate: "",
    behaviours: || {
        Behaviours::new().image("shop:v2", Behaviour::Serve { healthy_after: Duration::ZERO, healthy: false })
    },
    expect: Expect {
        deployment: ("Failed", Some("TIMEOUT")),
        lifecycle: [Some("Succeeded"), None],
        verdict: None,
        migrations: 0,
        ..ROLLED_BACK
    },
    ..GOOD
};

const MIGRATION_FAILS: Scenario = Scenario {
    fault: Some("migration-fails"),
    expect: Expect { verdict: Some(("failed", &["exited with code 1"])), ..ROLLED_BACK },
    ..GOOD
};

const MIGRATION_HANGS: Scenario = Scenario {
    fault: Some("migration-hangs"),
    expect: Expect { verdict: Some(("failed", &["did not finish within 5m"])), ..ROLLED_BACK },
    ..GOOD
};

const TWO_COMMANDS_IN_ORDER: Scenario = Scenario {
    migrate: r#"
[migrate]
commands = [["shop", "migrate"], ["sh", "-c", "echo second"]]
"#,
    expect: Expect { migrations: 2, ..SUCCEEDS },
    ..GOOD
};

const SECOND_COMMAND_FAILS: Scenario = Scenario {
    migrate: r#"
[migrate]
commands = [["shop", "migrate"], ["sh", "-c", "echo no such relation; exit 3"], ["sh", "-c", "echo third"]]
"#,
    behaviours: || Behaviours::new().command("exit 3", Behaviour::exits(3, &["no such relation"])),
    expect: Expect {
        verdict: Some(("failed", &["exited with code 3", "no such relation"])),
        migrations: 2,
        ..ROLLED_BACK
    },
    ..GOOD
};

const RETRIED_FOR_ITS_EXIT_CODE: Scenario = Scenario {
    migrate: r#"
[migrate]
command = ["sh", "-c", "test -e \"$SHOP_DATABASE.tried\" && exec shop migrate; touch \"$SHOP_DATABASE.tried\"; exit 75"]
timeout = "5m"
retry = { times = 2, exit-codes = [75], wait = "10s" }
"#,
    behaviours: || Behaviours::new().command_times("tried", 1, Behaviour::exits(75, &[])),
    expect: Expect { migrations: 2, ..SUCCEEDS },
    ..GOOD
};

const RETRIED_FOR_ITS_LOG_LINE: Scenario = Scenario {
    migrate: r#"
[migrate]
command = ["sh", "-c", "test -e \"$SHOP_DATABASE.tried\" && exec shop migrate; touch \"$SHOP_DATABASE.tried\"; echo lock timeout; exit 1"]
timeout = "5m"
retry = { times = 2, log-lines = ["lock timeout"], wait = "10s" }
"#,
    behaviours: || Behaviours::new().command_times("tried", 1, Behaviour::exits(1, &["lock timeout"])),
    expect: Expect { migrations: 2, ..SUCCEEDS },
    ..GOOD
};

const NOT_RETRIED_FOR_ANOTHER_EXIT_CODE: Scenario = Scenario {
    migrate: r#"
[migrate]
command = ["sh", "-c", "echo lock timeout; exit 75"]
timeout = "5m"
retry = { times = 2, exit-codes = [74], log-lines = ["deadlock"] }
"#,
    behaviours: || Behaviours::new().command("exit 75", Behaviour::exits(75, &["lock timeout"])),
    expect: Expect { verdict: Some(("failed", &["exited with code 75"])), ..ROLLED_BACK },
    ..GOOD
};

impl Scenario {
    fn check(&self, played: &Played) {
        let expect = &self.expect;
        let id = played.deployment_id();
        assert_eq!(played.outcome["outcome"], expect.outcome, "{}", played.outcome);
        let (status, error_code) = played.ending(id);
        assert_eq!((status.as_str(), error_code.as_deref()), expect.deployment, "{}", played.outcome);
        let lifecycle = played.lifecycle(id);
        for (event, wanted) in ["BeforeInstall", "AllowTraffic"].into_iter().zip(expect.lifecycle) {
            let ended = lifecycle.iter().find(|(name, _)| name == event);
            assert_eq!(ended.map(|(_, status)| status.as_str()), wanted, "{event} of {lifecycle:?}");
        }
        self.check_verdict(&played.verdicts(id));
        assert_eq!(played.migrations().len(), expect.migrations, "{:?}", played.migrations());
        assert_eq!(played.rollbacks().len(), usize::from(expect.outcome == "rolled-back"));
        assert_eq!(played.outcome["serving"], expect.serving);
        // a deployment that fails before it shifts traffic leaves the listener as it was and may say nothing about it
        if expect.serving == "green" || !played.production().is_empty() {
            assert_eq!(played.production(), [format!("shop-web-{}", expect.serving)]);
        }
        assert!(played.denied().is_empty(), "a role lacks a permission: {:?}", played.denied());
        let told: Vec<&str> = match expect.verdict {
            Some(("failed", reasons)) => reasons.to_vec(),
            _ => Vec::new(),
        };
        let notices = played.notices();
        assert_eq!(notices.len(), usize::from(!told.is_empty()), "{notices:?}");
        assert!(told.iter().all(|reason| notices[0].contains(reason)), "{notices:?}");
    }

    fn check_verdict(&self, verdicts: &[(String, String)]) {
        match (self.expect.verdict, verdicts) {
            (None, []) => {}
            (Some((verdict, reasons)), [(told, why)]) => {
                assert_eq!(told, verdict, "{why}");
                for reason in reasons {
                    assert!(why.contains(reason), "the reason should contain `{reason}`: {why}");
                }
            }
            (wanted, told) => panic!("expected the verdict {wanted:?}, told were {told:?}"),
        }
    }

    fn simulated(&self) {
        let options = Options {
            deployment_config: Some(self.deployment_config.to_owned()),
            faults: self.fault.iter().map(|fault| (*fault).to_owned()).collect(),
            ..Options::default()
        };
        let rehearsal = shop::rehearsal(self.migrate, &options);
        self.check(&simulated::play(&rehearsal, 1, (self.behaviours)()));
    }

    fn with_processes(&self) {
        let mut arguments = vec!["--deployment-config", self.deployment_config];
        if let Some(fault) = self.fault {
            arguments.extend(["--fault", fault]);
        }
        let (played, code) = processes::play(self.migrate, &arguments);
        self.check(&played);
        assert_eq!(code, i32::from(self.expect.outcome != "succeeded"));
        assert_eq!(played.outcome["traffic"]["failed"], 0, "{}", played.outcome);
    }
}

macro_rules! played_by_both_shells {
    ($($name:ident: $scenario:ident,)*) => {$(
        mod $name {
            #[test]
            fn on_the_virtual_clock() {
                super::$scenario.simulated();
            }

            #[test]
            fn with_processes() {
                super::$scenario.with_processes();
            }
        }
    )*};
}

played_by_both_shells! {
    good_all_at_once: GOOD,
    good_canary: GOOD_CANARY,
    green_never_healthy: GREEN_NEVER_HEALTHY,
    migration_fails: MIGRATION_FAILS,
    migration_hangs: MIGRATION_HANGS,
    two_commands_in_order: TWO_COMMANDS_IN_ORDER,
    second_command_fails: SECOND_COMMAND_FAILS,
    retried_for_its_exit_code: RETRIED_FOR_ITS_EXIT_CODE,
    retried_for_its_log_line: RETRIED_FOR_ITS_LOG_LINE,
    not_retried_for_another_exit_code: NOT_RETRIED_FOR_ANOTHER_EXIT_CODE,
}
