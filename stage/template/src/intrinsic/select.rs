//! `Fn::Select`.

use super::arguments;
use crate::node::Node;
use crate::problem::Problem;
use crate::scope::{Reach, Scope};

pub(super) fn evaluate(scope: &Scope<'_>, argument: &Node, reach: Reach) -> Result<Option<Node>, Problem> {
    let [index, values] = arguments("Fn::Select", argument)?;
    let at = scope.text(index, Reach::Parameters, "the index of Fn::Select")?;
    let mut values = scope.list(values, reach, "what Fn::Select selects from")?;
    let Some(at) = at.parse::<usize>().ok().filter(|at| *at < values.len()) else {
        let what = format!("Fn::Select has no value at `{at}`: there are {}, counted from 0", values.len());
        return Err(Problem::new(index.place, what, "correct the index"));
    };
    Ok(Some(values.swap_remove(at)))
}
