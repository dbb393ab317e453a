//! From a template and its parameters to a stack.

use crate::builder::Builder;
use crate::conditions;
use crate::node::{Entry, Node};
use crate::parameters;
use crate::problem::{Place, Problem};
use crate::references;
use crate::resources::{self, Creation, Resource};
use crate::sam::{self, Serverless};
use crate::scope::{Reach, Scope, circle};
use crate::suggest;
use crate::table::Table;
use crate::{Deployed, Deployment, Template};
use std::collections::{BTreeMap, BTreeSet};

/// What AWS takes in one template.
const MOST_RESOURCES: usize = 500;

/// Each step is made only if nothing was wrong in the one before it: what follows from a mistake is not told beside it.
pub(crate) fn deploy(template: &Template, deployment: &Deployment) -> Result<Deployed, Vec<Problem>> {
    let mut problems = Vec::new();
    let section = template.section("Parameters").map_or(Place::START, |node| node.place);
    let values = parameters::values(template.parameters(), &deployment.parameters, section, &mut problems);
    done(&mut problems)?;

    let mut scope = Scope::new(deployment, values, template.section("Mappings"), template.conditions());
    for (name, node) in template.conditions() {
        problems.extend(conditions::holds(&scope, name, node.place).err());
    }
    done(&mut problems)?;

    let (order, resources) = expand(template, &scope, &mut problems);
    done(&mut problems)?;

    scope.resources = resources;
    check(template, &scope, &mut problems);
    done(&mut problems)?;

    let resolved = resolve(&scope, &order, &mut problems);
    done(&mut problems)?;

    let order = sorted(&scope, &order, &resolved).map_err(|problem| vec![problem])?;
    let builder = create(&order, &resolved, &mut problems);
    let outputs = outputs(template, &scope, &mut problems);
    done(&mut problems)?;
    Ok(Deployed { stack: builder.stack, functions: builder.functions, outputs, statements: builder.statements })
}

fn done(problems: &mut Vec<Problem>) -> Result<(), Vec<Problem>> {
    if problems.is_empty() { Ok(()) } else { Err(std::mem::take(problems)) }
}

/// The resources with SAM's types turned into others, by logical id, and the order in which they stand.
fn expand(
    template: &Template,
    scope: &Scope<'_>,
    problems: &mut Vec<Problem>,
) -> (Vec<String>, BTreeMap<String, Resource>) {
    let mut order = Vec::new();
    let mut resources = BTreeMap::new();
    for entry in template.resources() {
        let made = read(template, scope, entry).unwrap_or_else(|problem| {
            problems.push(problem);
            Vec::new()
        });
        for resource in made {
            let (id, place) = (resource.logical_id.clone(), resource.place);
            if resources.insert(id.clone(), resource).is_some() {
                let what = format!("SAM makes a resource `{id}`, and the template has one already");
                problems.push(Problem::new(place, what, "give the other one another name"));
            }
            order.push(id);
        }
    }
    if order.len() > MOST_RESOURCES {
        let what = format!("the template has {} resources, and AWS takes {MOST_RESOURCES}", order.len());
        problems.push(Problem::new(Place::START, what, "make two templates of it"));
    }
    (order, resources)
}

fn read(template: &Template, scope: &Scope<'_>, entry: &Entry) -> Result<Vec<Resource>, Problem> {
    let table = Table::any(&entry.value, entry.key.as_str())?;
    let condition = match table.get("Condition") {
        Some(node) => Some((table.required_text("Condition")?.to_owned(), node.place)),
        None => None,
    };
    let depends_on = match table.get("DependsOn") {
        Some(node) if node.as_text().is_some() => vec![(table.required_text("DependsOn")?.to_owned(), node.place)],
        _ => table.texts("DependsOn")?.into_iter().map(|(name, place)| (name.to_owned(), place)).collect(),
    };
    let binary = table.get("Metadata").and_then(|node| node.get("BuildProperties")?.get("Binary")?.as_text());
    let serverless = Serverless {
        logical_id: &entry.key,
        place: entry.place,
        properties: table.get("Properties"),
        condition,
        depends_on,
        binary: binary.map(str::to_owned),
    };
    let Some(kind) = resources::kind(table.required_text("Type")?) else {
        return sam::expand(scope, &serverless, template.section("Globals"));
    };
    let Serverless { condition, depends_on, binary, .. } = serverless;
    let properties = table.get("Properties").cloned().unwrap_or_else(|| Node::map(entry.place, Vec::new()));
    let (logical_id, place) = (entry.key.clone(), entry.place);
    Ok(vec![Resource { logical_id, kind, place, properties, condition, depends_on, binary }])
}

/// What can be said without carrying anything out, of what these parameters leave out too.
fn check(template: &Template, scope: &Scope<'_>, problems: &mut Vec<Problem>) {
    let names: Vec<&str> = scope.resources.keys().map(String::as_str).collect();
    for resource in scope.resources.values() {
        let properties = Table::open(&resource.properties, resource.logical_id.as_str(), resource.kind.properties);
        problems.extend(properties.err());
        references::check(scope, &resource.properties, problems);
        for (name, place) in resource.depends_on.iter().filter(|(name, _)| !scope.resources.contains_key(name)) {
            let what = format!("{} depends on `{name}`, which does not exist", resource.logical_id);
            problems.push(Problem::new(*place, what, suggest::hint(name, names.iter().copied())));
        }
        if let Some((name, place)) = &resource.condition {
            problems.extend(references::condition_exists(scope, name, *place).err());
        }
    }
    if let Some(outputs) = template.section("Outputs") {
        references::check(scope, outputs, problems);
    }
}

/// A resource without functions, and the resources that it needs.
struct Resolved {
    identity: resources::Identity,
    properties: Node,
    needs: BTreeMap<String, Place>,
}

/// All resources that exist in this deployment.
fn resolve(scope: &Scope<'_>, order: &[String], problems: &mut Vec<Problem>) -> BTreeMap<String, Resolved> {
    let mut resolved = BTreeMap::new();
    for resource in order.iter().filter_map(|id| scope.resources.get(id)) {
        match resolve_one(scope, resource) {
            Ok(Some(done)) => {
                resolved.insert(resource.logical_id.clone(), done);
            }
            Ok(None) => {}
            Err(problem) => problems.push(problem),
        }
    }
    resolved
}

fn resolve_one(scope: &Scope<'_>, resource: &Resource) -> Result<Option<Resolved>, Problem> {
    if !scope.exists(resource)? {
        return Ok(None);
    }
    scope.take_references();
    let identity = scope.identity(resource, resource.place)?;
    let empty = || Node::map(resource.place, Vec::new());
    let properties = scope.resolve(&resource.properties, Reach::Resources)?.unwrap_or_else(empty);
    let referred = scope.take_references().into_iter().map(|id| (id, resource.place));
    let needs = referred.chain(resource.depends_on.iter().cloned()).collect();
    Ok(Some(Resolved { identity, properties, needs }))
}

/// The order in which everything is there before it is needed.
fn sorted<'r>(
    scope: &'r Scope<'_>,
    order: &'r [String],
    resolved: &'r BTreeMap<String, Resolved>,
) -> Result<Vec<&'r Resource>, Problem> {
    let mut visit = Visit { scope, resolved, open: Vec::new(), done: BTreeSet::new(), sorted: Vec::new() };
    order.iter().try_for_each(|id| visit.resource(id))?;
    Ok(visit.sorted)
}

struct Visit<'r, 't> {
    scope: &'r Scope<'t>,
    resolved: &'r BTreeMap<String, Resolved>,
    /// Resources whose needs are being looked at, each needed by the one before it.
    open: Vec<&'r str>,
    done: BTreeSet<&'r str>,
    sorted: Vec<&'r Resource>,
}

impl<'r> Visit<'r, '_> {
    /// Not deeper than there are resources.
    fn resource(&mut self, id: &'r str) -> Result<(), Problem> {
        let (Some(resource), Some(resolved)) = (self.scope.resources.get(id), self.resolved.get(id)) else {
            return Ok(());
        };
        if self.done.contains(id) {
            return Ok(());
        }
        if let Some(first) = self.open.iter().position(|open| *open == id) {
            let between: Vec<String> = self.open.iter().skip(first + 1).map(|id| format!("`{id}`")).collect();
            return Err(circle(id, &between.join(", "), resource.place));
        }
        self.open.push(id);
        resolved.needs.keys().try_for_each(|id| self.resource(id))?;
        self.open.pop();
        self.done.insert(id);
        self.sorted.push(resource);
        Ok(())
    }
}

fn create(order: &[&Resource], resolved: &BTreeMap<String, Resolved>, problems: &mut Vec<Problem>) -> Builder {
    let mut builder = Builder::default();
    let mut failed: BTreeSet<&str> = BTreeSet::new();
    for resource in order {
        let Some(Resolved { identity, properties, needs }) = resolved.get(&resource.logical_id) else { continue };
        // what needs something that failed would fail for that
        if needs.keys().any(|id| failed.contains(id.as_str())) {
            failed.insert(&resource.logical_id);
            continue;
        }
        let result = create_one(&mut builder, resource, identity, properties);
        if let Err(problem) = result {
            failed.insert(&resource.logical_id);
            problems.push(problem);
        }
    }
    if failed.is_empty() {
        problems.extend(builder.check_destinations());
    }
    builder
}

fn create_one(
    builder: &mut Builder,
    resource: &Resource,
    identity: &resources::Identity,
    properties: &Node,
) -> Result<(), Problem> {
    builder.claim(resource.kind.name, &identity.name, resource.place)?;
    let properties = Table::open(properties, resource.logical_id.as_str(), resource.kind.properties)?;
    (resource.kind.create)(builder, &Creation { resource, identity, properties })
}

fn outputs(template: &Template, scope: &Scope<'_>, problems: &mut Vec<Problem>) -> BTreeMap<String, String> {
    let mut outputs = BTreeMap::new();
    for entry in template.section("Outputs").and_then(Node::as_map).unwrap_or_default() {
        match output(scope, entry) {
            Ok(Some(value)) => {
                outputs.insert(entry.key.clone(), value);
            }
            Ok(None) => {}
            Err(problem) => problems.push(problem),
        }
    }
    outputs
}

fn output(scope: &Scope<'_>, entry: &Entry) -> Result<Option<String>, Problem> {
    let table = Table::any(&entry.value, format!("Outputs.{}", entry.key))?;
    if let Some(condition) = table.get("Condition")
        && !conditions::holds(scope, table.required_text("Condition")?, condition.place)?
    {
        return Ok(None);
    }
    scope.text(table.required("Value")?, Reach::Resources, &table.path).map(Some)
}
