use super::{assert_refused, read};
use crate::lifecycle::LifecycleEvent;
use crate::plan::{OnFailure, WorkerService};

#[test]
fn commands_and_services_may_stand_together() {
    let plan = read(
        "[finish]\ncommand = [\"clearsessions\"]\nservices = [\"worker\", { service = \"beat\", container = \"beat\" }]",
    );
    assert_eq!(plan.one_off(LifecycleEvent::AfterAllowTraffic).unwrap().commands, [["clearsessions"]]);
    let finish = plan.finish.unwrap();
    assert_eq!(finish.on_failure, OnFailure::Keep);
    let worker =
        |service: &str, container: &str| WorkerService { service: service.to_owned(), container: container.to_owned() };
    assert_eq!(finish.services, [worker("worker", "web"), worker("beat", "beat")]);
    let plan = read("[finish]\nservices = [\"worker\"]\non-failure = \"fail\"");
    assert_eq!(plan.one_off(LifecycleEvent::AfterAllowTraffic), None);
    assert_eq!(plan.finish.unwrap().on_failure, OnFailure::Fail);
}

#[test]
fn what_is_wrong_is_said_with_a_remedy() {
    assert_refused(&[
        ("[finish]", "`finish`: says nothing to do; add command = ["),
        ("[finish]\nservices = [\"w\"]\ntimeout = \"1m\"", "`finish.timeout`: is about a command, and there is none"),
        ("[finish]\nservices = [\"w\", \"w\"]", "`finish.services[1]`: stands here twice"),
        ("[finish]\nservices = \"w\"", "`finish.services`: expected a list of services, not a text"),
        ("[finish]\nservices = [{ container = \"w\" }]", "`finish.services[0].service`: is missing"),
        ("[finish]\ncommand = [\"a\"]\non-failure = \"kepe\"", "did you mean `keep`?"),
        ("[finish]\ncommands = []", "`finish.commands`: is empty; take out [finish]"),
        ("[finish]\ncommand = [\"a\"]\ntimeout = \"2h\"", "`finish.timeout`: cannot end in time"),
    ]);
}
