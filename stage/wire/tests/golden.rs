//! Requests as real clients send them, and answers as they read them.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
use greenlight_wire::{Decoded, Dialect, MAX_BODY, Protocol, WireError, decode, encode, refuse};
use greenlight_world::AwsError;
use greenlight_world::value::Value;
use http::request::Parts;
use http::{Request, Response};
use std::fmt::Write as _;

fn parts(method: &str, uri: &str, service: &str, headers: &[(&str, &str)]) -> Parts {
    let mut request = Request::builder().method(method).uri(uri).header(
        "Authorization",
        format!(
            "AWS4-HMAC-SHA256 Credential=AKIDMIGRATE/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host;x-amz-date, Signature=00ff"
        ),
    );
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(()).unwrap().into_parts().0
}

fn ecs(operation: &str) -> Parts {
    let target = format!("AmazonEC2ContainerServiceV20141113.{operation}");
    parts("POST", "/", "ecs", &[("X-Amz-Target", &target), ("Content-Type", "application/x-amz-json-1.1")])
}

fn sns() -> Parts {
    parts("POST", "/", "sns", &[("Content-Type", "application/x-www-form-urlencoded")])
}

/// A value in CBOR's own notation, near enough.
fn show(value: &Value) -> String {
    match value {
        Value::Map(members) => {
            let mut text = "{".to_owned();
            for (index, (name, member)) in members.iter().enumerate() {
                let comma = if index == 0 { "" } else { ", " };
                write!(text, "{comma}{}: {}", name.as_text().unwrap(), show(member)).unwrap();
            }
            text + "}"
        }
        Value::Array(items) => format!("[{}]", items.iter().map(show).collect::<Vec<_>>().join(", ")),
        Value::Text(text) => format!("{text:?}"),
        Value::Integer(number) => i128::from(*number).to_string(),
        other => format!("{other:?}"),
    }
}

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

fn body(response: &Response<Vec<u8>>) -> &str {
    std::str::from_utf8(response.body()).unwrap()
}

fn assert_call(decoded: &Decoded, service: &str, operation: &str, input: &str) {
    assert_eq!(
        (decoded.service, decoded.operation.as_str(), show(&decoded.input).as_str()),
        (service, operation, input)
    );
    assert_eq!(decoded.access_key, "AKIDMIGRATE");
}

#[test]
fn json_names_service_and_operation_in_a_header() {
    let decoded = decode(&ecs("RunTask"), br#"{"cluster":"c","count":1,"group":null}"#).unwrap();
    assert_call(&decoded, "ecs", "RunTask", r#"{cluster: "c", count: 1}"#);
    assert_eq!(decoded.protocol, Protocol::AwsJson11);

    let logs = parts("POST", "/", "logs", &[("x-amz-target", "Logs_20140328.GetLogEvents")]);
    assert_call(&decode(&logs, b"{}").unwrap(), "logs", "GetLogEvents", "{}");
    let codedeploy = parts("POST", "/", "codedeploy", &[("x-amz-target", "CodeDeploy_20141006.GetDeployment")]);
    assert_call(&decode(&codedeploy, b"").unwrap(), "codedeploy", "GetDeployment", "{}");
}

#[test]
fn json_answers() {
    let output = Value::Map(vec![
        (text("createdAt"), Value::Tag(1, Box::new(Value::Float(1_767_225_600.25)))),
        (text("nextToken"), Value::Null),
    ]);
    let response = encode(Protocol::AwsJson11, "RunTask", Ok(output), "r-1");
    assert_eq!((response.status().as_u16(), body(&response)), (200, r#"{"createdAt":1767225600.25}"#));
    assert_eq!(response.headers()["content-type"], "application/x-amz-json-1.1");
    assert_eq!(response.headers()["x-amzn-requestid"], "r-1");

    let error = AwsError::client("ClusterNotFoundException", "Cluster not found.");
    let response = encode(Protocol::AwsJson11, "RunTask", Err(error), "r-1");
    assert_eq!(response.status(), 400);
    assert_eq!(response.headers()["x-amzn-errortype"], "ClusterNotFoundException");
    assert_eq!(body(&response), r#"{"__type":"ClusterNotFoundException","message":"Cluster not found."}"#);
}

#[test]
fn rest_json_gathers_members_from_path_query_and_body() {
    let create = parts("POST", "/schedules/a%2Eb", "scheduler", &[("content-type", "application/json")]);
    let decoded = decode(&create, br#"{"GroupName":"g","StartDate":1.5}"#).unwrap();
    assert_call(&decoded, "scheduler", "CreateSchedule", r#"{GroupName: "g", StartDate: Float(1.5), Name: "a.b"}"#);

    let cases = [
        ("GET", "/schedules/s?groupName=g", "GetSchedule", r#"{Name: "s", GroupName: "g"}"#),
        (
            "DELETE",
            "/schedules/s?groupName=g&clientToken=t",
            "DeleteSchedule",
            r#"{Name: "s", GroupName: "g", ClientToken: "t"}"#,
        ),
        ("GET", "/schedules?ScheduleGroup=g&MaxResults=10", "ListSchedules", r#"{GroupName: "g", MaxResults: 10}"#),
        ("PUT", "/schedules/s", "UpdateSchedule", r#"{Name: "s"}"#),
        ("GET", "/schedule-groups/g", "GetScheduleGroup", r#"{Name: "g"}"#),
    ];
    for (method, uri, operation, input) in cases {
        assert_call(&decode(&parts(method, uri, "scheduler", &[]), b"").unwrap(), "scheduler", operation, input);
    }

    let lambda = |method: &str, what: &str, headers: &[(&str, &str)], body: &str| {
        decode(&parts(method, &format!("/2015-03-31/functions/f/{what}"), "lambda", headers), body.as_bytes()).unwrap()
    };
    let decoded = lambda("GET", "configuration", &[], "");
    assert_call(&decoded, "lambda", "GetFunctionConfiguration", r#"{FunctionName: "f"}"#);
    let decoded = lambda("POST", "invocations", &[("X-Amz-Invocation-Type", "Event")], "[1]");
    let input = r#"{FunctionName: "f", InvocationType: "Event", Payload: "[1]"}"#;
    assert_call(&decoded, "lambda", "Invoke", input);
    let response = encode(Protocol::RestJson, "Invoke", Ok(Value::Map(Vec::new())), "r");
    assert_eq!((response.status().as_u16(), body(&response)), (202, ""));

    let error = AwsError::with_status("ConflictException", "there already", 409);
    let response = encode(Protocol::RestJson, "CreateSchedule", Err(error), "r");
    assert_eq!(
        (response.status().as_u16(), &response.headers()["x-amzn-errortype"]),
        (409, &"ConflictException".parse().unwrap())
    );
    let status = |code| encode(Protocol::RestJson, "", Err(AwsError::client(code, "m")), "r").status().as_u16();
    let codes = ["AccessDeniedException", "ThrottlingException", "ValidationException"];
    assert_eq!(codes.map(status), [403, 429, 400]);
}

#[test]
fn query_turns_lists_and_maps_of_parameters_into_values() {
    let form = "Action=Publish&Version=2010-03-31&TopicArn=arn%3Aaws%3Asns&Message=a+%26+b\
        &MessageAttributes.entry.2.Name=kind&MessageAttributes.entry.2.Value.DataType=String\
        &MessageAttributes.entry.2.Value.StringValue=news\
        &MessageAttributes.entry.1.Name=first&MessageAttributes.entry.1.Value.DataType=Number\
        &Tags.member.10.Key=b&Tags.member.9.Key=a";
    assert_call(
        &decode(&sns(), form.as_bytes()).unwrap(),
        "sns",
        "Publish",
        r#"{Message: "a & b", MessageAttributes: {first: {DataType: "Number"}, kind: {DataType: "String", StringValue: "news"}}, Tags: [{Key: "a"}, {Key: "b"}], TopicArn: "arn:aws:sns"}"#,
    );
}

#[test]
fn query_answers_in_xml() {
    let output = Value::Map(vec![
        (text("MessageId"), text("m<1>")),
        (text("At"), Value::Tag(1, Box::new(Value::Float(0.25)))),
        (text("Topics"), Value::Array(vec![Value::Map(vec![(text("TopicArn"), text("t"))])])),
        (text("Attributes"), Value::Map(vec![(text("Owner"), text("o"))])),
    ]);
    let response = encode(Protocol::Query(Dialect::Sns), "Publish", Ok(output), "r-1");
    assert_eq!(
        body(&response),
        "<PublishResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><PublishResult><MessageId>m&lt;1&gt;</MessageId>\
        <At>1970-01-01T00:00:00.250Z</At><Topics><member><TopicArn>t</TopicArn></member></Topics>\
        <Attributes><entry><key>Owner</key><value>o</value></entry></Attributes></PublishResult>\
        <ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></PublishResponse>"
    );

    let response = encode(Protocol::Query(Dialect::CloudWatch), "PutMetricData", Ok(Value::Null), "r-1");
    assert_eq!(
        body(&response),
        "<PutMetricDataResponse xmlns=\"http://monitoring.amazonaws.com/doc/2010-08-01/\">\
        <ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></PutMetricDataResponse>",
        "an operation without an output has no result"
    );

    let error = AwsError::client("NotFoundException", "Topic does not exist");
    let response = encode(Protocol::Query(Dialect::Sns), "Publish", Err(error), "r-1");
    assert_eq!(response.status(), 404);
    assert_eq!(
        body(&response),
        "<ErrorResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><Error><Type>Sender</Type><Code>NotFound</Code>\
        <Message>Topic does not exist</Message></Error><RequestId>r-1</RequestId></ErrorResponse>"
    );
}

#[test]
fn lists_of_structures_go_both_ways_in_the_query_protocol() {
    let elb = parts("POST", "/", "elasticloadbalancing", &[("Content-Type", "application/x-www-form-urlencoded")]);
    let form = "Action=DescribeTargetHealth&Version=2015-12-01&TargetGroupArn=arn%3Aa&Targets.member.1.Id=10.0.0.1\
        &Targets.member.1.Port=8000&Targets.member.2.Id=10.0.0.2";
    let decoded = decode(&elb, form.as_bytes()).unwrap();
    let input = r#"{TargetGroupArn: "arn:a", Targets: [{Id: "10.0.0.1", Port: "8000"}, {Id: "10.0.0.2"}]}"#;
    assert_call(&decoded, "elasticloadbalancing", "DescribeTargetHealth", input);
    assert_eq!(decoded.protocol, Protocol::Query(Dialect::ElasticLoadBalancing));

    let target = |id: &str| {
        let state = Value::Map(vec![(text("State"), text("healthy")), (text("Reason"), Value::Null)]);
        let target = Value::Map(vec![(text("Id"), text(id)), (text("Port"), Value::Integer(8000.into()))]);
        Value::Map(vec![(text("Target"), target), (text("TargetHealth"), state)])
    };
    let targets = Value::Array(vec![target("10.0.0.1"), target("10.0.0.2")]);
    let output = Value::Map(vec![(text("TargetHealthDescriptions"), targets), (text("None"), Value::Array(vec![]))]);
    let response = encode(decoded.protocol, "DescribeTargetHealth", Ok(output), "r-1");
    assert_eq!(
        body(&response),
        "<DescribeTargetHealthResponse xmlns=\"http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/\">\
        <DescribeTargetHealthResult><TargetHealthDescriptions>\
        <member><Target><Id>10.0.0.1</Id><Port>8000</Port></Target><TargetHealth><State>healthy</State></TargetHealth></member>\
        <member><Target><Id>10.0.0.2</Id><Port>8000</Port></Target><TargetHealth><State>healthy</State></TargetHealth></member>\
        </TargetHealthDescriptions><None></None></DescribeTargetHealthResult>\
        <ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></DescribeTargetHealthResponse>"
    );

    let code = |code: &str| {
        let response = encode(decoded.protocol, "X", Err(AwsError::client(code, "m")), "r");
        let code = body(&response).split_once("<Code>").unwrap().1.split_once("</Code>").unwrap().0.to_owned();
        (response.status().as_u16(), code)
    };
    assert_eq!(code("TargetGroupNotFoundException"), (400, "TargetGroupNotFound".to_owned()));
    assert_eq!(code("AccessDeniedException"), (403, "AccessDenied".to_owned()));
    assert_eq!(code("ValidationException"), (400, "ValidationError".to_owned()));
}

const CBOR: [(&str, &str); 2] = [("smithy-protocol", "rpc-v2-cbor"), ("content-type", "application/cbor")];

#[test]
fn cbor_names_service_and_operation_in_the_path() {
    let path = "/service/GraniteServiceVersion20100801/operation/DescribeAlarms";
    let post = parts("POST", path, "monitoring", &CBOR);
    // a map of indefinite length, as clients write it: {"AlarmNames": ["a"], "MaxRecords": 1}
    let decoded = decode(&post, b"\xbf\x6aAlarmNames\x81\x61a\x6aMaxRecords\x01\xff").unwrap();
    assert_call(&decoded, "cloudwatch", "DescribeAlarms", r#"{AlarmNames: ["a"], MaxRecords: 1}"#);
    assert_eq!(decoded.protocol, Protocol::Cbor(Some(Dialect::CloudWatch)));

    let at = Value::Tag(1, Box::new(Value::Float(0.5)));
    let output = Value::Map(vec![(text("At"), at), (text("NextToken"), Value::Null)]);
    let response = encode(decoded.protocol, "DescribeAlarms", Ok(output), "r-1");
    assert_eq!(response.body().as_slice(), b"\xa1\x62At\xc1\xf9\x38\x00");
    assert_eq!(response.headers()["smithy-protocol"], "rpc-v2-cbor");
    assert_eq!(response.headers()["content-type"], "application/cbor");
    assert_eq!(encode(decoded.protocol, "PutMetricData", Ok(Value::Null), "r").body().as_slice(), b"\xa0");

    let error = AwsError::client("InvalidParameterValueException", "m");
    let response = encode(decoded.protocol, "PutMetricData", Err(error), "r-1");
    assert_eq!(response.status(), 400);
    assert_eq!(response.headers()["x-amzn-query-error"], "InvalidParameterValue;Sender");
    assert_eq!(response.body().as_slice(), b"\xa2\x66__type\x78\x1eInvalidParameterValueException\x67message\x61m");
}

#[test]
fn a_service_that_never_spoke_the_query_protocol_has_one_code_for_an_error() {
    let path = "/service/CodeDeploy_20141006/operation/GetDeployment";
    let decoded = decode(&parts("POST", path, "codedeploy", &CBOR), b"\xa0").unwrap();
    assert_call(&decoded, "codedeploy", "GetDeployment", "{}");
    let error = AwsError::client("DeploymentDoesNotExistException", "m");
    let response = encode(decoded.protocol, "GetDeployment", Err(error), "r-1");
    assert_eq!(response.status(), 400);
    assert!(!response.headers().contains_key("x-amzn-query-error"));
}

#[test]
fn older_clients_speak_to_cloudwatch_in_json_and_in_forms() {
    let json = parts(
        "POST",
        "/",
        "monitoring",
        &[
            ("x-amz-target", "GraniteServiceVersion20100801.DescribeAlarms"),
            ("content-type", "application/x-amz-json-1.0"),
        ],
    );
    assert_call(&decode(&json, b"{}").unwrap(), "cloudwatch", "DescribeAlarms", "{}");
    let error = AwsError::client("ResourceNotFound", "m");
    let response = encode(Protocol::AwsJson10, "SetAlarmState", Err(error), "r");
    assert_eq!(response.headers()["x-amzn-query-error"], "ResourceNotFound;Sender");

    let form =
        parts("POST", "/", "monitoring", &[("content-type", "application/x-www-form-urlencoded; charset=utf-8")]);
    let decoded = decode(&form, b"Action=DescribeAlarms&Version=2010-08-01&AlarmNames.member.1=a").unwrap();
    assert_call(&decoded, "cloudwatch", "DescribeAlarms", r#"{AlarmNames: ["a"]}"#);
    assert_eq!(decoded.protocol, Protocol::Query(Dialect::CloudWatch));
}

#[test]
fn secrets_and_parameters_are_asked_for_in_json() {
    let secrets = parts("POST", "/", "secretsmanager", &[("x-amz-target", "secretsmanager.GetSecretValue")]);
    let decoded = decode(&secrets, br#"{"SecretId":"s"}"#).unwrap();
    assert_call(&decoded, "secretsmanager", "GetSecretValue", r#"{SecretId: "s"}"#);
    let parameters = parts("POST", "/", "ssm", &[("x-amz-target", "AmazonSSM.GetParameter")]);
    assert_call(&decode(&parameters, b"{}").unwrap(), "ssm", "GetParameter", "{}");
}

#[test]
fn s3_gets_an_object() {
    let get = parts("GET", "/bucket/a/b%20c.yaml?x-id=GetObject&versionId=v1", "s3", &[]);
    assert_call(
        &decode(&get, b"").unwrap(),
        "s3",
        "GetObject",
        r#"{Bucket: "bucket", Key: "a/b c.yaml", VersionId: "v1"}"#,
    );

    let output =
        Value::Map(vec![(text("Body"), Value::Bytes(b"version: 0.0".to_vec())), (text("ETag"), text("\"e\""))]);
    let response = encode(Protocol::S3, "GetObject", Ok(output), "r-1");
    assert_eq!((body(&response), &response.headers()["etag"]), ("version: 0.0", &"\"e\"".parse().unwrap()));

    let response = encode(Protocol::S3, "GetObject", Err(AwsError::with_status("NoSuchKey", "gone", 404)), "r-1");
    assert!(
        body(&response)
            .ends_with("<Error><Code>NoSuchKey</Code><Message>gone</Message><RequestId>r-1</RequestId></Error>")
    );
    for (code, expected, status) in [
        ("AccessDeniedException", "AccessDenied", 403),
        ("InternalFailure", "InternalError", 500),
        ("ThrottlingException", "SlowDown", 503),
        ("ValidationException", "InvalidArgument", 400),
    ] {
        let response = encode(Protocol::S3, "GetObject", Err(AwsError::client(code, "m")), "r-1");
        assert!(body(&response).contains(&format!("<Code>{expected}</Code>")), "{code}");
        assert_eq!(response.status(), status, "{code}");
    }
}

#[test]
fn what_is_unknown_is_named() {
    let target = parts("POST", "/", "x", &[("X-Amz-Target", "DynamoDB_20120810.GetItem")]);
    let cases = [
        (target, "", "DynamoDB_20120810"),
        (ecs("Run-Task"), "", "Run-Task"),
        (parts("PATCH", "/schedules/s", "scheduler", &[]), "", "PATCH /schedules/s"),
        (parts("GET", "/schedules/s?colour=red", "scheduler", &[]), "", "colour"),
        (parts("POST", "/2015-03-31/functions", "lambda", &[]), "", "/2015-03-31/functions"),
        (parts("GET", "/2015-03-31/functions/f/configuration?Qualifier=1", "lambda", &[]), "", "Qualifier"),
        (
            parts("POST", "/2015-03-31/functions/f/invocations", "lambda", &[("X-Amz-Log-Type", "Tail")]),
            "",
            "x-amz-log-type",
        ),
        (parts("GET", "/", "ec2", &[]), "", "ec2"),
        (parts("POST", "/service/Kinesis_20131202/operation/PutRecord", "kinesis", &CBOR), "", "Kinesis_20131202"),
        (parts("POST", "/service/GraniteServiceVersion20100801/operation/%2e", "monitoring", &CBOR), "", "%2e"),
        (parts("GET", "/bucket?list-type=2", "s3", &[]), "", "/bucket?list-type=2"),
        (parts("GET", "/bucket/key?acl", "s3", &[]), "", "?acl"),
        (parts("GET", "/bucket/key", "s3", &[("if-match", "\"1\"")]), "", "if-match"),
        (
            parts("POST", "/", "sqs", &[("Content-Type", "application/x-www-form-urlencoded")]),
            "Action=SendMessage",
            "sqs",
        ),
    ];
    for (parts, body, name) in cases {
        let error = decode(&parts, body.as_bytes()).unwrap_err();
        assert!(error.to_string().contains(name), "{error}");
    }
}

#[test]
fn every_malformed_request_is_an_error() {
    let cases = [
        (ecs("RunTask"), "[1]"),
        (ecs("RunTask"), "{\"a\""),
        (sns(), "Message=a"),
        (sns(), "Action=Publish&a.b=1&a=2"),
        (sns(), "Action=Publish&a..b=1"),
        (sns(), "Action=Publish&a=1&a=2"),
        (sns(), "Action=Publish&a.member.x=1"),
        (sns(), "Action=Publish&a.member.1=1&a.member.01=1"),
        (sns(), "Action=Publish&a.entry.1.Name=k"),
        (sns(), "Action=Publish&a.b.c.d.e.f.g.h.i.j.k.l.m.n=1"),
        (parts("POST", "/", "monitoring", &CBOR), ""),
        (parts("POST", "/service/GraniteServiceVersion20100801/operation/DescribeAlarms", "monitoring", &CBOR), "{}"),
        (parts("POST", "/schedules/%zz", "scheduler", &[]), ""),
        (parts("POST", "/schedules/s", "scheduler", &[]), r#"{"Name":"t"}"#),
        (parts("GET", "/schedules?MaxResults=many", "scheduler", &[]), ""),
    ];
    for (parts, body) in cases {
        assert!(decode(&parts, body.as_bytes()).is_err(), "{body}");
    }
    assert_eq!(decode(&ecs("RunTask"), &vec![b' '; MAX_BODY + 1]), Err(WireError::TooLarge));
}

#[test]
fn nobody_calls_without_credentials() {
    let plain =
        Request::builder().header("X-Amz-Target", "Logs_20140328.GetLogEvents").body(()).unwrap().into_parts().0;
    let error = decode(&plain, b"{}").unwrap_err();
    assert_eq!(error, WireError::MissingAuthentication);
    let response = refuse(&plain, &error, "r");
    assert_eq!(response.status(), 403);
    assert_eq!(response.headers()["x-amzn-errortype"], "MissingAuthenticationTokenException");

    for wrong in ["", "Basic abc", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=a/b/ecs/aws4_request, Signature=0"]
    {
        let request = Request::builder().header("Authorization", wrong).body(()).unwrap().into_parts().0;
        assert!(matches!(decode(&request, b"{}"), Err(WireError::IncompleteSignature(_))), "{wrong}");
    }
}
