//! The application that the suites deploy: the built-in example, with a migration of their own choice.

use greenlight::rehearse::{Options, Rehearsal};
use std::path::Path;

pub const TASK_DEFINITION: &str = include_str!("../../examples/shop/taskdef.json");

/// The migration of the built-in example.
pub const MIGRATE: &str = r#"
[migrate]
command = ["shop", "migrate"]
timeout = "5m"
"#;

/// A plan with this `[migrate]` table.
pub fn plan(migrate: &str) -> String {
    format!(
        r#"
application = "shop"
deployment-group = "production"
cluster = "production-cluster"
service = "shop-web"
task-definition = "taskdef.json"
container = "web"
port = 8000
{migrate}
[rehearsal]
blue = "shop:v1"
green = "shop:v2"
setup = [["shop", "migrate"]]
desired-count = 2
termination-wait = "1m"
health-check-path = "/health"

[rehearsal.images."shop:v1"]
directory = "."
command = ["shop", "serve"]
environment = {{ SHOP_VERSION = "1", SHOP_LISTEN = "{{ip}}:{{port}}", SHOP_DATABASE = "{{scratch}}/shop.sqlite3" }}

[rehearsal.images."shop:v2"]
directory = "."
command = ["shop", "serve"]
environment = {{ SHOP_VERSION = "2", SHOP_LISTEN = "{{ip}}:{{port}}", SHOP_DATABASE = "{{scratch}}/shop.sqlite3" }}
"#
    )
}

/// The role of a function.
pub fn role(part: &str) -> String {
    rehearsal("", &Options::default()).function_role(part)
}

pub fn rehearsal(migrate: &str, options: &Options) -> Rehearsal {
    rehearsal_of(&plan(migrate), options)
}

/// Of a whole plan.
pub fn rehearsal_of(plan: &str, options: &Options) -> Rehearsal {
    let text = |_: &Path| Ok(TASK_DEFINITION.to_owned());
    Rehearsal::parse(plan, Path::new("greenlight.toml"), &text, options).unwrap()
}
