//! What names mean in one deployment, and what the template's functions come to.

use crate::Deployment;
use crate::intrinsic;
use crate::names;
use crate::node::{Data, Entry, Node};
use crate::problem::{Place, Problem};
use crate::resources::{Identity, Resource};
use crate::suggest;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

/// Values in values, and names that need other names: no template of people goes so far.
const DEEPEST: usize = 120;
/// All texts that functions make in one deployment, in bytes.
const MOST: usize = 64 * 1024 * 1024;
const PSEUDO: [&str; 8] = [
    "AWS::AccountId",
    "AWS::NoValue",
    "AWS::Partition",
    "AWS::Region",
    "AWS::StackId",
    "AWS::StackName",
    "AWS::URLSuffix",
    "AWS::NotificationARNs",
];

/// Whether resources exist where a function stands: conditions are decided before any is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    Parameters,
    Resources,
}

/// Everything that a function may refer to.
#[derive(Debug)]
pub(crate) struct Scope<'t> {
    pub(crate) deployment: &'t Deployment,
    pub(crate) parameters: BTreeMap<String, Node>,
    pub(crate) mappings: Option<&'t Node>,
    pub(crate) conditions: BTreeMap<&'t str, &'t Node>,
    pub(crate) resources: BTreeMap<String, Resource>,
    /// Conditions that are decided; one that is being decided is there without a value.
    pub(crate) decided: RefCell<BTreeMap<String, Option<Result<bool, Problem>>>>,
    /// Names of resources, likewise.
    identities: RefCell<BTreeMap<String, Option<Result<Identity, Problem>>>>,
    /// Resources that were referred to since the last [`Scope::take_references`].
    references: RefCell<BTreeSet<String>>,
    depth: Cell<usize>,
    spent: Cell<usize>,
}

/// What a name stands for.
pub(crate) enum Target<'s> {
    Nothing,
    Text(String),
    Parameter(&'s Node),
    Resource(&'s Resource),
}

/// One level of recursion, given back when it is dropped.
pub(crate) struct Level<'s>(&'s Cell<usize>);

impl Drop for Level<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get().saturating_sub(1));
    }
}

impl<'t> Scope<'t> {
    pub(crate) fn new(
        deployment: &'t Deployment,
        parameters: BTreeMap<String, Node>,
        mappings: Option<&'t Node>,
        conditions: BTreeMap<&'t str, &'t Node>,
    ) -> Self {
        Self {
            deployment,
            parameters,
            mappings,
            conditions,
            resources: BTreeMap::new(),
            decided: RefCell::default(),
            identities: RefCell::default(),
            references: RefCell::default(),
            depth: Cell::new(0),
            spent: Cell::new(0),
        }
    }

    /// The value with every function carried out; nothing for `AWS::NoValue`.
    pub(crate) fn resolve(&self, node: &Node, reach: Reach) -> Result<Option<Node>, Problem> {
        let _level = self.enter(node.place)?;
        self.spend(node)?;
        if let Some(call) = node.call()? {
            return intrinsic::call(self, call, reach);
        }
        let data = match &node.data {
            Data::List(items) => Data::List(self.resolve_all(items, reach)?),
            Data::Map(entries) => {
                let mut resolved = Vec::new();
                for Entry { key, place, value } in entries {
                    if let Some(value) = self.resolve(value, reach)? {
                        resolved.push(Entry { key: key.clone(), place: *place, value });
                    }
                }
                Data::Map(resolved)
            }
            scalar => scalar.clone(),
        };
        Ok(Some(Node { place: node.place, data }))
    }

    fn resolve_all(&self, items: &[Node], reach: Reach) -> Result<Vec<Node>, Problem> {
        items.iter().filter_map(|item| self.resolve(item, reach).transpose()).collect()
    }

    /// The text that a value comes to.
    pub(crate) fn text(&self, node: &Node, reach: Reach, of: &str) -> Result<String, Problem> {
        let resolved = self.resolve(node, reach)?;
        resolved.as_ref().and_then(Node::as_text).map(str::to_owned).ok_or_else(|| {
            let found = resolved.as_ref().map_or("AWS::NoValue", Node::kind);
            let remedy = if found == "a list" { "use Fn::Join or Fn::Select" } else { "write a text" };
            Problem::new(node.place, format!("{of} has to be a text, not {found}"), remedy)
        })
    }

    /// The list that a value comes to.
    pub(crate) fn list(&self, node: &Node, reach: Reach, of: &str) -> Result<Vec<Node>, Problem> {
        match self.resolve(node, reach)? {
            Some(Node { data: Data::List(items), .. }) => Ok(items),
            found => {
                let found = found.as_ref().map_or("AWS::NoValue", Node::kind);
                Err(Problem::new(node.place, format!("{of} has to be a list, not {found}"), "write a list"))
            }
        }
    }

    /// Chooses the branch of every `Fn::If` that stands where a value should be.
    pub(crate) fn choose<'n>(&self, node: &'n Node) -> Result<Option<&'n Node>, Problem> {
        let mut node = node;
        loop {
            match node.call()? {
                Some(call) if call.key == "Fn::If" => node = intrinsic::branch(self, call)?,
                Some(call) if call.key == "Ref" && call.value.as_text() == Some("AWS::NoValue") => return Ok(None),
                _ => return Ok(Some(node)),
            }
        }
    }

    /// What a name in `Ref` and `Fn::Sub` stands for.
    pub(crate) fn target(&self, name: &str, place: Place, reach: Reach) -> Result<Target<'_>, Problem> {
        if let Some(rest) = name.strip_prefix("AWS::") {
            return self.pseudo(rest).ok_or_else(|| {
                let hint = suggest::hint(name, PSEUDO.into_iter().take(PSEUDO.len() - 1));
                Problem::new(place, format!("the stage has no pseudo parameter `{name}`"), hint)
            });
        }
        if let Some(value) = self.parameters.get(name) {
            return Ok(Target::Parameter(value));
        }
        match self.resources.get(name) {
            Some(resource) if reach == Reach::Resources => Ok(Target::Resource(resource)),
            _ => {
                let (kinds, resources) = match reach {
                    Reach::Parameters => ("parameter", None),
                    Reach::Resources => ("parameter or resource", Some(self.resources.keys())),
                };
                let names = self.parameters.keys().chain(resources.into_iter().flatten()).chain(&[]);
                let nearest = suggest::nearest(name, names.map(String::as_str));
                let remedy =
                    nearest.map_or("correct the name, or add it".to_owned(), |near| format!("did you mean `{near}`?"));
                Err(Problem::new(place, format!("there is no {kinds} `{name}`"), remedy))
            }
        }
    }

    fn pseudo(&self, name: &str) -> Option<Target<'_>> {
        let Deployment { stack_name, account, region, .. } = self.deployment;
        Some(Target::Text(match name {
            "NoValue" => return Some(Target::Nothing),
            "AccountId" => account.clone(),
            "Partition" => "aws".to_owned(),
            "Region" => region.clone(),
            "StackId" => {
                let id = names::uuid(self.deployment, "AWS::StackId");
                format!("arn:aws:cloudformation:{region}:{account}:stack/{stack_name}/{id}")
            }
            "StackName" => stack_name.clone(),
            "URLSuffix" => "amazonaws.com".to_owned(),
            _ => return None,
        }))
    }

    /// A resource that a function refers to, with its names. It has to exist in this deployment.
    pub(crate) fn refer(&self, resource: &Resource, place: Place) -> Result<Identity, Problem> {
        if !self.exists(resource)? {
            let what =
                format!("`{}` does not exist in this deployment: its condition does not hold", resource.logical_id);
            return Err(Problem::new(place, what, "put the reference into an Fn::If with the same condition"));
        }
        self.references.borrow_mut().insert(resource.logical_id.clone());
        self.identity(resource, place)
    }

    /// Whether the condition of a resource holds.
    pub(crate) fn exists(&self, resource: &Resource) -> Result<bool, Problem> {
        match &resource.condition {
            Some((name, place)) => crate::conditions::holds(self, name, *place),
            None => Ok(true),
        }
    }

    /// The names of a resource, which may need the names of others.
    pub(crate) fn identity(&self, resource: &Resource, place: Place) -> Result<Identity, Problem> {
        let id = &resource.logical_id;
        if let Some(known) = self.identities.borrow().get(id) {
            return known.clone().unwrap_or_else(|| Err(circle(id, "", place)));
        }
        let _level = self.enter(place)?;
        self.identities.borrow_mut().insert(id.clone(), None);
        let identity = names::identity(self, resource);
        self.identities.borrow_mut().insert(id.clone(), Some(identity.clone()));
        identity
    }

    /// The resources that were referred to since this was asked last.
    pub(crate) fn take_references(&self) -> BTreeSet<String> {
        self.references.take()
    }

    pub(crate) fn enter(&self, place: Place) -> Result<Level<'_>, Problem> {
        self.depth.set(self.depth.get() + 1);
        let level = Level(&self.depth);
        if self.depth.get() > DEEPEST {
            return Err(Problem::new(
                place,
                format!("values are nested more than {DEEPEST} deep here"),
                "make it flatter",
            ));
        }
        Ok(level)
    }

    /// Bounds what functions make of a hostile text.
    pub(crate) fn spend(&self, node: &Node) -> Result<(), Problem> {
        self.spent.set(self.spent.get().saturating_add(16 + node.as_text().map_or(0, str::len)));
        if self.spent.get() > MOST {
            return Err(Problem::new(
                node.place,
                "the template comes to more text than the stage takes",
                "make it smaller",
            ));
        }
        Ok(())
    }
}

/// Something needs itself, by way of what stands `between`.
pub(crate) fn circle(id: &str, between: &str, place: Place) -> Problem {
    let way = if between.is_empty() { String::new() } else { format!(", by way of {between}") };
    Problem::new(
        place,
        format!("`{id}` depends on itself{way}"),
        "break the circle: build one of the names with Fn::Sub instead",
    )
}
