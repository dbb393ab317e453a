//! `Globals.Function`: what all functions have.

use super::Serverless;
use super::function::PROPERTIES;
use crate::node::{Data, Entry, Node};
use crate::problem::Problem;
use crate::table::Table;

/// Properties of functions that every function has to say for itself.
const OWN: [&str; 4] = ["Role", "Policies", "FunctionName", "Events"];

/// Checks the section.
pub(crate) fn check(globals: &Node) -> Result<Option<&Node>, Problem> {
    let table = Table::open(globals, "Globals", &["Function"])?;
    let known: Vec<&str> = PROPERTIES.iter().copied().filter(|name| !OWN.contains(name)).collect();
    Ok(table.table("Function", &known)?.and(table.get("Function")))
}

/// The properties of a function with those of all functions: maps are merged, lists joined, and other values replaced.
pub(super) fn merged(globals: Option<&Node>, serverless: &Serverless<'_>) -> Result<Node, Problem> {
    let empty = Node::map(serverless.place, Vec::new());
    let own = serverless.properties.unwrap_or(&empty);
    Table::open(own, serverless.logical_id, PROPERTIES)?;
    let Some(globals) = globals.map(check).transpose()?.flatten() else { return Ok(own.clone()) };
    let mut merged = merge(globals, own)?;
    // one processor is meant, not two
    if let (Data::Map(entries), Some(own)) = (&mut merged.data, own.get("Architectures"))
        && let Some(entry) = entries.iter_mut().find(|entry| entry.key == "Architectures")
    {
        entry.value = own.clone();
    }
    Ok(merged)
}

fn merge(global: &Node, own: &Node) -> Result<Node, Problem> {
    let function = global.call()?.is_some() || own.call()?.is_some();
    let data = match (&global.data, &own.data) {
        (Data::Map(global), Data::Map(own)) if !function => {
            let mut entries: Vec<Entry> = Vec::new();
            for entry in global {
                let value = match own.iter().find(|own| own.key == entry.key) {
                    Some(own) => merge(&entry.value, &own.value)?,
                    None => entry.value.clone(),
                };
                entries.push(Entry { value, ..entry.clone() });
            }
            let new = own.iter().filter(|own| !global.iter().any(|entry| entry.key == own.key));
            entries.extend(new.cloned());
            Data::Map(entries)
        }
        (Data::List(global), Data::List(own)) => Data::List(global.iter().chain(own).cloned().collect()),
        (_, own) => own.clone(),
    };
    Ok(Node { place: own.place, data })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml;
    use serde_json::json;

    #[test]
    fn maps_are_merged_lists_joined_and_other_values_replaced() {
        let global = yaml::read("{A: {x: 1, y: 2}, B: [1], C: 1, D: {Ref: P}, E: {z: 1}}").unwrap();
        let own = yaml::read("{A: {y: 3, z: 4}, B: [2], C: 5, D: {q: 1}, E: {Ref: Q}, F: 6}").unwrap();
        let expected = json!({
            "A": {"x": 1, "y": 3, "z": 4}, "B": [1, 2], "C": 5, "D": {"q": 1}, "E": {"Ref": "Q"}, "F": 6,
        });
        assert_eq!(merge(&global, &own).unwrap().json(), expected);
    }
}
