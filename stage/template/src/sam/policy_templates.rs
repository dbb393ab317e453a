//! SAM's policy templates, as far as functions around deployments have use for them.
//!
//! AWS SAM developer guide, "SAM policy template list".

use crate::node::{Entry, Node};
use crate::problem::Problem;
use crate::suggest;
use crate::table::Table;

struct PolicyTemplate {
    name: &'static str,
    parameters: &'static [&'static str],
    /// Actions and the resources that they are allowed on; `{arn:SERVICE}` stands for the beginning of an ARN of this account
    /// and region, and `${…}` for a parameter.
    statements: &'static [(&'static [&'static str], &'static [&'static str])],
}

const TEMPLATES: [PolicyTemplate; 15] = [
    PolicyTemplate {
        name: "AWSSecretsManagerGetSecretValuePolicy",
        parameters: &["SecretArn"],
        statements: &[(&["secretsmanager:GetSecretValue"], &["${SecretArn}"])],
    },
    PolicyTemplate {
        name: "CloudFormationDescribeStacksPolicy",
        parameters: &[],
        statements: &[(&["cloudformation:DescribeStacks"], &["{arn:cloudformation}:stack/*"])],
    },
    PolicyTemplate {
        name: "CloudWatchDescribeAlarmHistoryPolicy",
        parameters: &[],
        statements: &[(&["cloudwatch:DescribeAlarmHistory"], &["*"])],
    },
    PolicyTemplate {
        name: "CloudWatchPutMetricPolicy",
        parameters: &[],
        statements: &[(&["cloudwatch:PutMetricData"], &["*"])],
    },
    PolicyTemplate {
        name: "EcsRunTaskPolicy",
        parameters: &["TaskDefinition"],
        statements: &[(&["ecs:RunTask"], &["{arn:ecs}:task-definition/${TaskDefinition}"])],
    },
    PolicyTemplate {
        name: "EventBridgePutEventsPolicy",
        parameters: &["EventBusName"],
        statements: &[(&["events:PutEvents"], &["{arn:events}:event-bus/${EventBusName}"])],
    },
    PolicyTemplate {
        name: "FilterLogEventsPolicy",
        parameters: &["LogGroupName"],
        statements: &[(&["logs:FilterLogEvents"], &["{arn:logs}:log-group:${LogGroupName}:log-stream:*"])],
    },
    PolicyTemplate {
        name: "KMSDecryptPolicy",
        parameters: &["KeyId"],
        statements: &[(&["kms:Decrypt"], &["{arn:kms}:key/${KeyId}"])],
    },
    PolicyTemplate {
        name: "KMSEncryptPolicy",
        parameters: &["KeyId"],
        statements: &[(&["kms:Encrypt"], &["{arn:kms}:key/${KeyId}"])],
    },
    PolicyTemplate {
        name: "LambdaInvokePolicy",
        parameters: &["FunctionName"],
        statements: &[(&["lambda:InvokeFunction"], &["{arn:lambda}:function:${FunctionName}*"])],
    },
    PolicyTemplate {
        name: "SNSPublishMessagePolicy",
        parameters: &["TopicName"],
        statements: &[(&["sns:Publish"], &["{arn:sns}:${TopicName}"])],
    },
    PolicyTemplate {
        name: "SQSSendMessagePolicy",
        parameters: &["QueueName"],
        statements: &[(&["sqs:SendMessage*"], &["{arn:sqs}:${QueueName}"])],
    },
    PolicyTemplate {
        name: "SSMParameterReadPolicy",
        parameters: &["ParameterName"],
        statements: &[
            (&["ssm:DescribeParameters"], &["*"]),
            (READ_PARAMETERS, &["{arn:ssm}:parameter/${ParameterName}"]),
        ],
    },
    PolicyTemplate {
        name: "SSMParameterWithSlashPrefixReadPolicy",
        parameters: &["ParameterName"],
        statements: &[
            (&["ssm:DescribeParameters"], &["*"]),
            (READ_PARAMETERS, &["{arn:ssm}:parameter${ParameterName}"]),
        ],
    },
    PolicyTemplate {
        name: "VPCAccessPolicy",
        parameters: &[],
        statements: &[(
            &[
                "ec2:CreateNetworkInterface",
                "ec2:DeleteNetworkInterface",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DetachNetworkInterface",
            ],
            &["*"],
        )],
    },
];
const READ_PARAMETERS: &[&str] = &["ssm:GetParameters", "ssm:GetParameter", "ssm:GetParametersByPath"];

/// The policy document that a template with its parameters stands for.
pub(super) fn document(entry: &Entry) -> Result<Node, Problem> {
    let place = entry.place;
    let Some(template) = TEMPLATES.iter().find(|template| template.name == entry.key) else {
        let what = format!("the stage knows no policy template `{}`", entry.key);
        return Err(Problem::new(
            place,
            what,
            suggest::hint(&entry.key, TEMPLATES.iter().map(|template| template.name)),
        ));
    };
    let table = Table::open(&entry.value, template.name, template.parameters)?;
    for parameter in template.parameters {
        table.required(parameter)?;
    }
    let resource = |text: &&str| {
        let text = expand(text);
        let text = Node::text(place, text);
        let sub = Node::list(place, vec![text, entry.value.clone()]);
        Node::map(place, vec![("Fn::Sub", sub)])
    };
    let statement = |(actions, resources): &(&[&str], &[&str])| {
        let actions = actions.iter().map(|action| Node::text(place, *action)).collect();
        Node::map(
            place,
            vec![
                ("Effect", Node::text(place, "Allow")),
                ("Action", Node::list(place, actions)),
                ("Resource", Node::list(place, resources.iter().map(resource).collect())),
            ],
        )
    };
    Ok(Node::map(place, vec![("Statement", Node::list(place, template.statements.iter().map(statement).collect()))]))
}

fn expand(text: &str) -> String {
    match text.strip_prefix("{arn:").and_then(|rest| rest.split_once('}')) {
        Some((service, rest)) => {
            format!("arn:${{AWS::Partition}}:{service}:${{AWS::Region}}:${{AWS::AccountId}}{rest}")
        }
        None => text.to_owned(),
    }
}
