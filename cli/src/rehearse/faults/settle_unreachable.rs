//! `settle-unreachable`: neither events nor schedules reach `settle`.

use super::{Fault, Outcomes};
use greenlight_domain::lifecycle::LifecycleEvent;
use greenlight_world::EventFault;
use std::time::Duration;

pub(super) const FAULT: Fault = Fault {
    name: "settle-unreachable",
    outcome: Outcomes { codedeploy: "rolled-back", ecs: "succeeded" },
    about: "neither the events of stopped tasks nor the deadlines reach settle: CodeDeploy gives up on the silent hook after an hour; ECS asks the hook itself, and misses nothing",
    fastest: None,
    needs: "a table with a command before traffic: [migrate] or [warm-up]",
    has: |plan| {
        [LifecycleEvent::BeforeInstall, LifecycleEvent::AfterInstall].iter().any(|event| plan.one_off(*event).is_some())
    },
    make: |_| super::events(EventFault::Undeliverable(Duration::MAX)),
};
