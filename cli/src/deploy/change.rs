//! The next revision, and what it changes.

use super::Wish;
use crate::Error;
use greenlight_aws::revision::short;
use greenlight_aws::task_definition::Whole;
use greenlight_domain::plan::Plan;
use greenlight_domain::task_definition::TaskDefinition;
use serde::Serialize;
use serde_json::Value;

/// The next revision of what serves.
#[derive(Debug)]
pub(super) struct Change {
    /// The ARN of the one that serves.
    pub(super) from: String,
    /// What is registered, if it differs.
    pub(super) definition: TaskDefinition,
    /// Each thing that differs.
    pub(super) lines: Vec<Line>,
}

/// One thing that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Line {
    /// `web: image`, or a key of the plan.
    pub(super) what: String,
    /// What serves has this; `None` if it has nothing there.
    pub(super) before: Option<String>,
    /// What is deployed has this.
    pub(super) after: Option<String>,
}

impl Change {
    /// What serves, with the images that are wished and the present plan.
    pub(super) fn of(serving: Whole, wish: &Wish) -> Result<Self, Error> {
        let Whole { arn, mut definition } = serving;
        let mut lines = Vec::new();
        for (container, image) in &wish.images {
            let before = definition.image(container)?.map(str::to_owned);
            if before.as_ref() != Some(image) {
                lines.push(Line { what: format!("{container}: image"), before, after: Some(image.clone()) });
            }
            definition.set_image(container, image)?;
        }
        let container = &wish.plan.container;
        let before = definition.plan_label(container)?.map(str::to_owned);
        let label = wish.plan.embed()?;
        if before.as_ref() != Some(&label) {
            let of = |label: &str| Plan::from_label(label).map(|plan| serde_json::to_value(plan).unwrap_or_default());
            match before.as_deref().map(of) {
                Some(Ok(before)) => differences("plan", &before, &of(&label)?, &mut lines),
                // none yet, or one that only another version can read
                none => lines.push(Line {
                    what: "plan".to_owned(),
                    before: none.map(|_| "of another version".to_owned()),
                    after: Some("embedded".to_owned()),
                }),
            }
        }
        definition.embed_plan(container, &label)?;
        Ok(Self { from: arn, definition, lines })
    }

    /// What serves, by its short name.
    pub(super) fn from(&self) -> &str {
        short(&self.from)
    }
}

impl Line {
    /// As people read it.
    pub(super) fn text(&self) -> String {
        let side = |side: &Option<String>| side.clone().unwrap_or_else(|| "nothing".to_owned());
        format!("{}: {} → {}", self.what, side(&self.before), side(&self.after))
    }
}

/// The members that differ, each by its path.
fn differences(path: &str, before: &Value, after: &Value, lines: &mut Vec<Line>) {
    if before == after {
        return;
    }
    let (Value::Object(old), Value::Object(new)) = (before, after) else {
        let side = |value: &Value| (!value.is_null()).then(|| value.to_string());
        return lines.push(Line { what: path.to_owned(), before: side(before), after: side(after) });
    };
    let names = old.keys().chain(new.keys().filter(|name| !old.contains_key(*name)));
    for name in names {
        let side = |side: &serde_json::Map<String, Value>| side.get(name).cloned().unwrap_or_default();
        differences(&format!("{path}.{name}"), &side(old), &side(new), lines);
    }
}

#[cfg(test)]
mod tests {
    use super::differences;
    use serde_json::json;

    #[test]
    fn each_member_that_differs_is_named() {
        let before = json!({ "port": 80, "migrate": { "timeout": "5m", "command": ["a"] }, "finish": { "x": 1 } });
        let after = json!({ "port": 80, "migrate": { "timeout": "9m", "command": ["a"] }, "freeze": [] });
        let mut lines = Vec::new();
        differences("plan", &before, &after, &mut lines);
        let lines: Vec<String> = lines.iter().map(super::Line::text).collect();
        let expected =
            ["plan.migrate.timeout: \"5m\" → \"9m\"", "plan.finish: {\"x\":1} → nothing", "plan.freeze: nothing → []"];
        assert_eq!(lines, expected);
        let mut none = Vec::new();
        differences("plan", &before, &before, &mut none);
        assert_eq!(none, []);
    }
}
