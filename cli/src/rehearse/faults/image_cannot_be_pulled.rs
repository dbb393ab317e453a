//! `image-cannot-be-pulled`: there is no such image as the new revision names.

use super::{Fault, Outcomes};
use greenlight_world::{TaskFault, Tasks};

pub(super) const FAULT: Fault = Fault {
    name: "image-cannot-be-pulled",
    outcome: Outcomes::both("rolled-back"),
    about: "the image of the new revision cannot be pulled: neither its migration nor any task of it begins",
    fastest: None,
    needs: "a green image that is another one than blue",
    has: |plan| plan.rehearsal.as_ref().is_some_and(|script| script.green != script.blue),
    make: |rehearsal| {
        let which = Tasks::WithImage(rehearsal.script.green.clone());
        vec![greenlight_world::Fault::Tasks { which, what: TaskFault::NotPulled }]
    },
};
