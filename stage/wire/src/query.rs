//! The query protocol: form parameters in, XML out.
//!
//! <https://smithy.io/2.0/aws/protocols/aws-query-protocol.html>

use crate::WireError;
use crate::text::xml;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use greenlight_world::AwsError;
use greenlight_world::value::Value;
use http::request::Parts;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A service that speaks the query protocol, and what it does its own way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Amazon CloudWatch, whose newer clients speak CBOR or JSON.
    CloudWatch,
    /// Elastic Load Balancing, version 2.
    ElasticLoadBalancing,
    /// Amazon SNS.
    Sns,
}

impl Dialect {
    /// The service with this signing name.
    pub(crate) fn of(signing_name: &str) -> Option<Self> {
        match signing_name {
            "monitoring" => Some(Self::CloudWatch),
            "elasticloadbalancing" => Some(Self::ElasticLoadBalancing),
            "sns" => Some(Self::Sns),
            _ => None,
        }
    }

    /// The service as IAM writes it.
    fn service(self) -> &'static str {
        match self {
            Self::CloudWatch => "cloudwatch",
            Self::ElasticLoadBalancing => "elasticloadbalancing",
            Self::Sns => "sns",
        }
    }

    fn namespace(self) -> &'static str {
        match self {
            Self::CloudWatch => "http://monitoring.amazonaws.com/doc/2010-08-01/",
            Self::ElasticLoadBalancing => "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/",
            Self::Sns => "http://sns.amazonaws.com/doc/2010-03-31/",
        }
    }

    /// The error as the query protocol names it: the code is the shape's name without its suffix, with exceptions.
    pub(crate) fn error(self, error: AwsError) -> AwsError {
        let (code, status) = match (self, error.code.as_str()) {
            (Self::Sns, "AccessDeniedException") => ("AuthorizationError", 403),
            (Self::Sns, "ValidationException") => ("ValidationException", error.status),
            (Self::Sns, "InvalidParameterValueException") => ("ParameterValueInvalid", error.status),
            (Self::Sns, "NotFoundException") => ("NotFound", 404),
            (_, "AccessDeniedException") => ("AccessDenied", 403),
            (_, "ValidationException") => ("ValidationError", error.status),
            (_, "MissingRequiredParameterException") => ("MissingParameter", error.status),
            (_, "UnknownOperationException") => ("InvalidAction", error.status),
            (_, code) => {
                (code.strip_suffix("Exception").or_else(|| code.strip_suffix("Fault")).unwrap_or(code), error.status)
            }
        };
        AwsError::with_status(code, error.message, status)
    }
}

/// Members of outputs that are maps, not structures; the value alone does not tell.
const MAPS: [&str; 1] = ["Attributes"];

/// No parameter of a real request nests deeper.
const MAX_DEPTH: usize = 12;

pub(crate) fn decode(parts: &Parts, service: &str, body: &[u8]) -> Result<(&'static str, String, Value), WireError> {
    let service = Dialect::of(service).ok_or_else(|| WireError::UnknownService(service.to_owned()))?.service();
    let form = if body.is_empty() { parts.uri.query().unwrap_or_default().as_bytes() } else { body };
    let parameters: Vec<(String, String)> = serde_urlencoded::from_bytes(form)
        .map_err(|error| WireError::Malformed(format!("the form parameters cannot be read: {error}")))?;
    let mut action = None;
    let mut root = Node::default();
    for (name, value) in parameters {
        match name.as_str() {
            "Action" => action = Some(value),
            "Version" => {}
            _ => root.insert(&name, value)?,
        }
    }
    let action = action
        .filter(|action| !action.is_empty() && action.bytes().all(|byte| byte.is_ascii_alphanumeric()))
        .ok_or_else(|| WireError::UnknownOperation { service, operation: "no Action".to_owned() })?;
    Ok((service, action, root.into_structure()?))
}

/// A tree of parameters: `Tags.member.1.Key` is four levels.
#[derive(Debug, Default)]
struct Node {
    text: Option<String>,
    children: BTreeMap<String, Node>,
}

impl Node {
    fn insert(&mut self, name: &str, value: String) -> Result<(), WireError> {
        let wrong = |what: &str| WireError::Malformed(format!("the form parameter `{name}` {what}"));
        if name.split('.').count() > MAX_DEPTH {
            return Err(wrong("nests too deeply"));
        }
        let mut node = self;
        for part in name.split('.') {
            if part.is_empty() {
                return Err(wrong("has an empty part"));
            }
            node = node.children.entry(part.to_owned()).or_default();
        }
        if node.text.replace(value).is_some() {
            return Err(wrong("is given twice"));
        }
        Ok(())
    }

    fn into_structure(self) -> Result<Value, WireError> {
        self.children
            .into_iter()
            .map(|(name, node)| Ok((Value::Text(name.clone()), node.into_value(&name)?)))
            .collect::<Result<_, _>>()
            .map(Value::Map)
    }

    fn into_value(mut self, name: &str) -> Result<Value, WireError> {
        if let Some(text) = self.text {
            return if self.children.is_empty() {
                Ok(Value::Text(text))
            } else {
                Err(WireError::Malformed(format!("the form parameter `{name}` is both a text and a structure")))
            };
        }
        if self.children.len() == 1 {
            if let Some(list) = self.children.remove("member") {
                let items = list.into_items(name)?.into_iter().map(|item| item.into_value(name));
                return items.collect::<Result<_, _>>().map(Value::Array);
            }
            if let Some(map) = self.children.remove("entry") {
                let entries = map.into_items(name)?.into_iter().map(|entry| entry.into_entry(name));
                return entries.collect::<Result<_, _>>().map(Value::Map);
            }
        }
        self.into_structure()
    }

    /// The numbered children of a list or map, in the order of their numbers.
    fn into_items(self, name: &str) -> Result<Vec<Node>, WireError> {
        let mut items = BTreeMap::new();
        for (number, node) in self.children {
            let wrong = || WireError::Malformed(format!("`{number}` is no position in the form parameter `{name}`"));
            if items.insert(number.parse::<u32>().map_err(|_| wrong())?, node).is_some() {
                return Err(wrong());
            }
        }
        Ok(items.into_values().collect())
    }

    /// Maps of SNS name their keys and values `Name` and `Value`, or `key` and `value`.
    fn into_entry(mut self, name: &str) -> Result<(Value, Value), WireError> {
        let mut take = |one: &str, other: &str| self.children.remove(one).or_else(|| self.children.remove(other));
        let (Some(key), Some(value)) = (take("Name", "key"), take("Value", "value")) else {
            return Err(WireError::Malformed(format!(
                "an entry of the form parameter `{name}` has no key or no value"
            )));
        };
        Ok((key.into_value(name)?, value.into_value(name)?))
    }
}

/// The document of an output.
pub(crate) fn success(dialect: Dialect, operation: &str, output: &Value, request_id: &str) -> Vec<u8> {
    let mut document = format!("<{operation}Response xmlns=\"{}\">", dialect.namespace());
    // an operation without an output has no result either
    if let Value::Map(members) = output {
        // writing to a String cannot fail
        let _ = write!(document, "<{operation}Result>");
        write_members(&mut document, members);
        let _ = write!(document, "</{operation}Result>");
    }
    let _ = write!(
        document,
        "<ResponseMetadata><RequestId>{}</RequestId></ResponseMetadata></{operation}Response>",
        xml(request_id)
    );
    document.into_bytes()
}

fn write_members(document: &mut String, members: &[(Value, Value)]) {
    for (name, value) in members {
        let Some(name) = name.as_text() else { continue };
        if matches!(value, Value::Null) {
            continue;
        }
        let _ = write!(document, "<{name}>");
        match value {
            Value::Map(entries) if MAPS.contains(&name) => write_entries(document, entries),
            value => write_value(document, value),
        }
        let _ = write!(document, "</{name}>");
    }
}

fn write_entries(document: &mut String, entries: &[(Value, Value)]) {
    for (key, value) in entries {
        document.push_str("<entry><key>");
        write_value(document, key);
        document.push_str("</key><value>");
        write_value(document, value);
        document.push_str("</value></entry>");
    }
}

fn write_value(document: &mut String, value: &Value) {
    match value {
        Value::Text(text) => document.push_str(&xml(text)),
        Value::Bool(value) => document.push_str(if *value { "true" } else { "false" }),
        Value::Integer(integer) => document.push_str(&i128::from(*integer).to_string()),
        Value::Float(float) => document.push_str(&float.to_string()),
        Value::Bytes(bytes) => document.push_str(&STANDARD.encode(bytes)),
        Value::Array(items) => {
            for item in items {
                document.push_str("<member>");
                write_value(document, item);
                document.push_str("</member>");
            }
        }
        Value::Map(members) => write_members(document, members),
        Value::Tag(1, seconds) => document.push_str(&timestamp(seconds)),
        _ => {}
    }
}

/// ISO 8601 with milliseconds, in UTC.
fn timestamp(seconds: &Value) -> String {
    let seconds = match seconds {
        Value::Float(seconds) => *seconds,
        #[expect(clippy::cast_precision_loss, reason = "seconds of this era fit into 53 bits")]
        Value::Integer(seconds) => i128::from(*seconds) as f64,
        _ => return String::new(),
    };
    jiff::SignedDuration::try_from_secs_f64(seconds)
        .ok()
        .and_then(|since| jiff::Timestamp::from_duration(since).ok())
        .map(|at| format!("{at:.3}"))
        .unwrap_or_default()
}

/// The document of an error.
pub(crate) fn failure(dialect: Dialect, error: &AwsError, request_id: &str) -> Vec<u8> {
    format!(
        "<ErrorResponse xmlns=\"{}\"><Error><Type>{}</Type><Code>{}</Code><Message>{}</Message></Error><RequestId>{}</RequestId></ErrorResponse>",
        dialect.namespace(),
        kind(error),
        xml(&error.code),
        xml(&error.message),
        xml(request_id)
    )
    .into_bytes()
}

/// Whose fault an error is.
pub(crate) fn kind(error: &AwsError) -> &'static str {
    if error.status < 500 { "Sender" } else { "Receiver" }
}
