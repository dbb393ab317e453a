//! What each hook does to a deployment: one table of plans per hook, played by both shells, and beside it what needs a world
//! that was changed: virtual clock only. What is expected is what AWS would show, and what the hooks say.

mod finish;
mod freeze;
mod report_only;
mod smoke_test;
mod validate;
mod warm_up;

use crate::played::Played;
use crate::{processes, shop, simulated};
use greenlight::rehearse::{Options, Rehearsal, setup};
use greenlight_simulation::Behaviours;
use greenlight_world::Setup;

/// One deployment and what must come of it.
struct Scenario {
    /// The tables of the plan that the hooks obey.
    tables: &'static str,
    /// What is not checked, and why.
    skip: Option<(&'static str, &'static str)>,
    /// What simulated processes do where real ones do it by themselves.
    behaviours: fn() -> Behaviours,
    expect: Expect,
}

struct Expect {
    outcome: &'static str,
    serving: &'static str,
    /// Each hook that was asked, in order: its lifecycle event, its verdict and what its reason says.
    hooks: &'static [(&'static str, &'static str, &'static [&'static str])],
    /// One-off tasks, ever.
    one_offs: usize,
    /// What the team hears, a notice each.
    notices: &'static [&'static str],
}

const SUCCEEDS: Expect = Expect { outcome: "succeeded", serving: "green", hooks: &[], one_offs: 0, notices: &[] };

const ROLLED_BACK: Expect = Expect { outcome: "rolled-back", serving: "blue", hooks: &[], one_offs: 0, notices: &[] };

/// Version 2 of the shop does not work without its migration.
const GOOD: Scenario = Scenario { tables: shop::MIGRATE, skip: None, behaviours: Behaviours::new, expect: SUCCEEDS };

const MIGRATED: (&str, &str, &[&str]) = ("BeforeInstall", "succeeded", &[]);

impl Scenario {
    fn check(&self, played: &Played) {
        let expect = &self.expect;
        let outcome = &played.outcome;
        let id = played.deployment_id();
        let hooks = outcome["hooks"].as_array().unwrap();
        let told: Vec<_> = hooks.iter().filter(|hook| hook["deployment_id"] == id).collect();
        assert_eq!(told.len(), expect.hooks.len(), "{told:?}");
        for (hook, (event, verdict, reasons)) in told.iter().zip(expect.hooks) {
            assert_eq!((&hook["lifecycle_event"], &hook["verdict"]), (&(*event).into(), &(*verdict).into()), "{hook}");
            let why = hook["reason"].as_str().unwrap_or_default();
            for reason in *reasons {
                assert!(why.contains(reason), "the reason should contain `{reason}`: {why}");
            }
        }
        assert_eq!(outcome["outcome"], expect.outcome, "{outcome}");
        assert_eq!(outcome["serving"], expect.serving, "{outcome}");
        assert_eq!(played.rollbacks().len(), usize::from(expect.outcome == "rolled-back"));
        assert_eq!(played.one_offs().len(), expect.one_offs, "{:?}", played.one_offs());
        assert!(played.denied().is_empty(), "a role lacks a permission: {:?}", played.denied());
        let notices = played.notices();
        assert_eq!(notices.len(), expect.notices.len(), "{notices:?}");
        for (notice, said) in notices.iter().zip(expect.notices) {
            assert!(notice.contains(said), "the notice should contain `{said}`: {notice}");
        }
    }

    fn rehearsal(&self) -> Rehearsal {
        let (skip, reason) = self.skip.unzip();
        let options = Options {
            skip: skip.into_iter().map(str::to_owned).collect(),
            reason: reason.map(str::to_owned),
            ..Options::default()
        };
        shop::rehearsal(self.tables, &options)
    }

    fn simulated(&self) -> Played {
        self.simulated_in(|_| {})
    }

    /// In a world that was changed.
    fn simulated_in(&self, edit: impl FnOnce(&mut Setup)) -> Played {
        let rehearsal = self.rehearsal();
        let mut world = setup(&rehearsal, Setup::EPOCH, 1.0);
        edit(&mut world);
        let played = simulated::play_in(world, &rehearsal, (self.behaviours)());
        self.check(&played);
        played
    }

    fn with_processes(&self) {
        let mut arguments = Vec::new();
        if let Some((skip, reason)) = self.skip {
            arguments.extend(["--skip", skip, "--reason", reason]);
        }
        let (played, code) = processes::play(self.tables, &arguments);
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
use played_by_both_shells;
