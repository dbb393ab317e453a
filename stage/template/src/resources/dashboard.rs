//! `AWS::CloudWatch::Dashboard`.

use super::{Creation, Kind, Naming};
use crate::builder::Builder;
use crate::problem::Problem;
use serde_json::Value;

/// Nobody looks at it on the stage; that it can be read shows before it is deployed.
pub(super) static KIND: Kind = Kind {
    name: "AWS::CloudWatch::Dashboard",
    properties: &["DashboardName", "DashboardBody"],
    naming: Naming::Property { key: "DashboardName", longest: 255, also: "-_" },
    parent: None,
    reference: |dashboard| dashboard.name.clone(),
    attributes: &[],
    create,
};

/// The body is JSON in a text:
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html>.
fn create(_: &mut Builder, creation: &Creation<'_>) -> Result<(), Problem> {
    let properties = &creation.properties;
    let place = properties.required("DashboardBody")?.place;
    let path = properties.join("DashboardBody");
    let body: Value = serde_json::from_str(properties.required_text("DashboardBody")?).map_err(|error| {
        Problem::new(place, format!("{path} is no JSON: {error}"), "mend it at the line and column that it names")
    })?;
    let Some(widgets) = body.get("widgets").and_then(Value::as_array) else {
        return Err(Problem::new(place, format!("{path} has no list of widgets"), "write {\"widgets\": […]}"));
    };
    let is_whole =
        |widget: &Value| widget.get("type").is_some_and(Value::is_string) && widget.get("properties").is_some();
    match widgets.iter().position(|widget| !is_whole(widget)) {
        Some(index) => {
            let what = format!("{path} has a widget without type or properties: the one with number {index}, from 0");
            Err(Problem::new(place, what, "write {\"type\": \"metric\", \"properties\": {…}}"))
        }
        None => Ok(()),
    }
}
