//! Event patterns: what would never match anything, because of a misspelt name, is refused.

use crate::node::{Data, Node};
use crate::problem::{Place, Problem};
use crate::suggest;
use crate::table::Table;
use greenlight_world::{Pattern, PatternError};
use serde_json::Value;

/// What every event has, and the way to say "one of these".
const EVENT: [&str; 10] =
    ["source", "detail-type", "detail", "account", "region", "resources", "id", "time", "version", "$or"];

/// Events of one kind.
struct Events {
    source: &'static str,
    detail_type: &'static str,
    /// The first level of `detail`.
    fields: &'static [&'static str],
}

/// Fields whose values are known.
const VALUES: [(&str, &[&str]); 4] = [
    ("lastStatus", STATUSES),
    ("desiredStatus", STATUSES),
    (
        "stopCode",
        &[
            "TaskFailedToStart",
            "EssentialContainerExited",
            "UserInitiated",
            "ServiceSchedulerInitiated",
            "SpotInterruption",
            "TerminationNotice",
        ],
    ),
    ("launchType", &["EC2", "FARGATE", "EXTERNAL", "MANAGED_INSTANCES"]),
];
const STATUSES: &[&str] = &[
    "PROVISIONING",
    "PENDING",
    "ACTIVATING",
    "RUNNING",
    "DEACTIVATING",
    "STOPPING",
    "DEPROVISIONING",
    "STOPPED",
    "DELETED",
];

/// The services whose events the stage has or a template of its kind may ask for, and what their events hold: `EventBridge`
/// events reference.
const KNOWN: [Events; 7] = [
    Events {
        source: "aws.ecs",
        detail_type: "ECS Task State Change",
        fields: &[
            "attachments",
            "attributes",
            "availabilityZone",
            "capacityProviderName",
            "clusterArn",
            "connectivity",
            "connectivityAt",
            "containerInstanceArn",
            "containers",
            "cpu",
            "createdAt",
            "desiredStatus",
            "enableExecuteCommand",
            "ephemeralStorage",
            "executionStoppedAt",
            "group",
            "inferenceAccelerators",
            "lastStatus",
            "launchType",
            "memory",
            "overrides",
            "platformFamily",
            "platformVersion",
            "pullStartedAt",
            "pullStoppedAt",
            "startedAt",
            "startedBy",
            "stopCode",
            "stoppedAt",
            "stoppedReason",
            "stoppingAt",
            "taskArn",
            "taskDefinitionArn",
            "updatedAt",
            "version",
        ],
    },
    Events {
        source: "aws.ecs",
        detail_type: "ECS Deployment State Change",
        fields: &["eventType", "eventName", "deploymentId", "updatedAt", "reason", "clusterArn"],
    },
    Events {
        source: "aws.ecs",
        detail_type: "ECS Service Action",
        fields: &[
            "eventType",
            "eventName",
            "clusterArn",
            "createdAt",
            "reason",
            "desiredCount",
            "capacityProviderArns",
            "containerInstanceArns",
            "taskDefinitionArn",
            "taskArns",
            "taskSetArn",
            "ec2InstanceIds",
            "targetGroupArns",
            "serviceRegistryArns",
            "containerPort",
        ],
    },
    Events {
        source: "aws.ecs",
        detail_type: "ECS Hook State Change",
        fields: &[
            "eventType",
            "eventName",
            "hookId",
            "hookType",
            "expiresAt",
            "lifecycleStage",
            "clusterArn",
            "serviceArn",
            "serviceDeploymentArn",
            "updatedAt",
        ],
    },
    Events {
        source: "aws.codedeploy",
        detail_type: "CodeDeploy Deployment State-change Notification",
        fields: &["application", "deploymentGroup", "deploymentId", "instanceGroupId", "region", "state"],
    },
    Events {
        source: "aws.cloudwatch",
        detail_type: "CloudWatch Alarm State Change",
        fields: &["alarmName", "configuration", "previousState", "state", "alarmTags", "alarmTagsStatus", "muteDetail"],
    },
    Events {
        source: "aws.cloudwatch",
        detail_type: "CloudWatch Alarm Configuration Change",
        fields: &["alarmName", "operation", "configuration", "previousConfiguration", "state"],
    },
];

/// Checks a pattern and gives it as JSON.
pub(crate) fn read(node: &Node, path: &str) -> Result<Value, Problem> {
    names(node, path)?;
    let json = node.json();
    Pattern::parse(&json).map_err(|error| {
        let at = match &error {
            PatternError::UnknownOperator { at, .. } | PatternError::Invalid { at, .. } => at,
        };
        let place = place_of(node, at);
        Problem::new(place, format!("{path}: {error}"), "correct it as the EventBridge user guide writes patterns")
    })?;
    Ok(json)
}

/// The place of `detail.lastStatus`, or as near as there is one.
fn place_of(node: &Node, at: &str) -> Place {
    let mut place = node.place;
    let mut node = node;
    for key in at.split('.') {
        let Some(entry) = node.as_map().and_then(|entries| entries.iter().find(|entry| entry.key == key)) else {
            break;
        };
        place = entry.place;
        node = &entry.value;
    }
    place
}

fn names(node: &Node, path: &str) -> Result<(), Problem> {
    let table = Table::open(node, path, &EVENT)?;
    let sources = named(&table, "source");
    for (text, place) in &sources {
        if let Some(near) = suggest::nearest(text, KNOWN.iter().map(|events| events.source)).filter(|near| near != text)
        {
            return Err(Problem::new(
                *place,
                format!("no event has the source `{text}`"),
                format!("did you mean `{near}`?"),
            ));
        }
    }
    let of_sources = |events: &&Events| sources.is_empty() || sources.iter().any(|(text, _)| *text == events.source);
    let types = named(&table, "detail-type");
    for (text, place) in &types {
        let known: Vec<&str> = KNOWN.iter().filter(of_sources).map(|events| events.detail_type).collect();
        // of other sources nothing is known
        if !known.is_empty() && !known.contains(text) && *text != "AWS API Call via CloudTrail" {
            let what = format!("no event that the stage knows has the detail-type `{text}`");
            return Err(Problem::new(*place, what, suggest::hint(text, known.iter().copied())));
        }
    }
    let kinds: Vec<&Events> = KNOWN
        .iter()
        .filter(of_sources)
        .filter(|events| types.iter().any(|(text, _)| *text == events.detail_type))
        .collect();
    match table.get("detail") {
        // one kind that is not known may have any field
        Some(detail) if !kinds.is_empty() && kinds.len() >= types.len() => {
            details(detail, &kinds, &table.join("detail"))
        }
        _ => Ok(()),
    }
}

/// The texts that a field may have, where they are written out.
fn named<'a>(table: &Table<'a>, key: &str) -> Vec<(&'a str, Place)> {
    let values = table.get(key).and_then(Node::as_list).unwrap_or_default();
    values.iter().filter_map(|value| Some((value.as_text()?, value.place))).collect()
}

fn details(detail: &Node, kinds: &[&Events], path: &str) -> Result<(), Problem> {
    for entry in Table::any(detail, path)?.entries() {
        if let ("$or", Data::List(alternatives)) = (entry.key.as_str(), &entry.value.data) {
            alternatives.iter().try_for_each(|alternative| details(alternative, kinds, path))?;
            continue;
        }
        let fields = kinds.iter().flat_map(|events| events.fields).copied();
        if !fields.clone().any(|field| field == entry.key) {
            let what = format!("{path}: `{}` is no field of such an event", entry.key);
            return Err(Problem::new(entry.place, what, suggest::hint(&entry.key, fields)));
        }
        let Some((_, known)) = VALUES.iter().find(|(field, _)| *field == entry.key) else { continue };
        let values = entry.value.as_list().unwrap_or_default().iter();
        if let Some((text, place)) =
            values.filter_map(|value| Some((value.as_text()?, value.place))).find(|(text, _)| !known.contains(text))
        {
            let what = format!("{path}.{}: `{text}` does not exist", entry.key);
            return Err(Problem::new(place, what, suggest::hint(text, known.iter().copied())));
        }
    }
    Ok(())
}
