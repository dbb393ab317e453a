//! What a load balancer tells about itself.

use crate::testing::Shell;
use crate::{Access, Condition, Listener, ListenerRule, LoadBalancer, Setup, TargetGroup};
use serde_json::{Value as Json, json};
use std::net::SocketAddrV4;
use std::time::Duration;

const ELB: &str = "elasticloadbalancing";
const BALANCER: &str = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/shop/1";
const PRODUCTION: &str = "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/shop/1/prod";
const TEST: &str = "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/shop/1/test";
const TARGET: &str = "127.100.0.1:8000";

fn target_group(name: &str) -> TargetGroup {
    TargetGroup {
        name: name.to_owned(),
        arn: target_group_arn(name),
        port: 8000,
        health_check_path: "/health".to_owned(),
        health_check_interval: Duration::from_secs(10),
        health_check_timeout: Duration::from_secs(5),
        healthy_threshold: 2,
        unhealthy_threshold: 2,
        matcher: "200".to_owned(),
        deregistration_delay: Duration::from_secs(30),
    }
}

fn target_group_arn(name: &str) -> String {
    format!("arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/{name}/1")
}

fn setup() -> Setup {
    let mut setup = Setup::empty();
    let listener =
        |arn: &str, port| Listener { arn: arn.to_owned(), port, target_group: "blue".to_owned(), rules: Vec::new() };
    setup.infrastructure.load_balancers.push(LoadBalancer {
        name: "shop".to_owned(),
        listeners: vec![listener(PRODUCTION, 443), listener(TEST, 8443)],
        target_groups: vec![target_group("blue"), target_group("green")],
    });
    setup
}

fn call(shell: &mut Shell, operation: &str, input: Json) -> Json {
    shell.call(ELB, operation, input).unwrap()
}

fn refused(shell: &mut Shell, operation: &str, input: Json) -> String {
    shell.call(ELB, operation, input).unwrap_err().code
}

/// The state, reason and description of the one target of the blue target group.
fn health(shell: &mut Shell) -> (String, String, String) {
    let output = call(shell, "DescribeTargetHealth", json!({"TargetGroupArn": target_group_arn("blue")}));
    let health = &output["TargetHealthDescriptions"][0]["TargetHealth"];
    let text = |name: &str| health[name].as_str().unwrap_or_default().to_owned();
    (text("State"), text("Reason"), text("Description"))
}

#[test]
fn a_target_s_health_is_told_with_its_reason() {
    let mut shell = Shell::new(setup());
    let target: SocketAddrV4 = TARGET.parse().unwrap();
    shell.probe = Box::new(|_| Some(Ok(())));
    crate::elb::register(&mut shell.world, "blue", target);
    assert_eq!(health(&mut shell).1, "Elb.RegistrationInProgress");
    shell.advance(Duration::from_secs(1));
    assert_eq!(health(&mut shell), ("healthy".to_owned(), String::new(), String::new()));

    for (failure, reason) in [
        ("Health checks failed with these codes: [503]", "Target.ResponseCodeMismatch"),
        ("Request timed out after 5 s", "Target.Timeout"),
        ("connection refused", "Target.FailedHealthChecks"),
    ] {
        shell.probe = Box::new(move |_| Some(Err(failure.to_owned())));
        shell.advance(Duration::from_mins(1));
        assert_eq!(health(&mut shell), ("unhealthy".to_owned(), reason.to_owned(), failure.to_owned()));
    }
    crate::elb::deregister(&mut shell.world, "blue", target);
    assert_eq!(health(&mut shell).0, "draining");
}

#[test]
fn a_target_that_is_not_registered_is_unused() {
    let mut shell = Shell::new(setup());
    crate::elb::register(&mut shell.world, "blue", TARGET.parse().unwrap());
    // the query protocol has no numbers
    let targets = json!([{"Id": "127.100.0.1"}, {"Id": "127.100.0.1", "Port": "9000"}]);
    let input = json!({"TargetGroupArn": target_group_arn("blue"), "Targets": targets});
    let output = call(&mut shell, "DescribeTargetHealth", input);
    let told = &output["TargetHealthDescriptions"];
    assert_eq!((&told[0]["Target"]["Port"], &told[0]["TargetHealth"]["State"]), (&json!(8000), &json!("initial")));
    assert_eq!((&told[1]["Target"]["Port"], &told[1]["TargetHealth"]["State"]), (&json!(9000), &json!("unused")));
    assert_eq!(told[1]["TargetHealth"]["Reason"], "Target.NotRegistered");
    let wrong = json!({"TargetGroupArn": target_group_arn("blue"), "Targets": [{"Id": "i-1"}]});
    assert_eq!(refused(&mut shell, "DescribeTargetHealth", wrong), "InvalidTargetException");
    let wrong = json!({"TargetGroupArn": "blue"});
    assert_eq!(refused(&mut shell, "DescribeTargetHealth", wrong), "TargetGroupNotFoundException");
}

#[test]
fn a_listener_has_its_default_rule() {
    let mut shell = Shell::new(setup());
    let output = call(&mut shell, "DescribeRules", json!({"ListenerArn": TEST}));
    let [rule] = output["Rules"].as_array().unwrap().as_slice() else { panic!("{output}") };
    assert_eq!((&rule["IsDefault"], &rule["Priority"]), (&json!(true), &json!("default")));
    assert_eq!(rule["Actions"][0]["TargetGroupArn"], json!(target_group_arn("blue")));
    let same = call(&mut shell, "DescribeRules", json!({"RuleArns": [rule["RuleArn"]]}));
    assert_eq!(output, same);

    for (input, code) in [
        (json!({"RuleArns": ["x"]}), "RuleNotFoundException"),
        (json!({"ListenerArn": "x"}), "ListenerNotFoundException"),
        (json!({}), "ValidationException"),
        (json!({"ListenerArn": TEST, "RuleArns": [rule["RuleArn"]]}), "ValidationException"),
    ] {
        assert_eq!(refused(&mut shell, "DescribeRules", input), code);
    }
}

#[test]
fn rules_are_told_with_their_conditions_and_turned_one_by_one() {
    let arn = |name: &str| crate::rule_arn(TEST, name);
    let rule = |name: &str, priority, condition| ListenerRule {
        arn: arn(name),
        priority,
        conditions: vec![condition],
        target_group: "blue".to_owned(),
    };
    let one = |value: &str| vec![value.to_owned()];
    let header = Condition::HttpHeader { name: "x-ecs-test".to_owned(), values: one("1") };
    let mut setup = setup();
    setup.infrastructure.load_balancers[0].listeners[1].rules = vec![
        rule("last", 30, Condition::PathPattern(one("/green/*"))),
        rule("first", 2, header),
        rule("middle", 10, Condition::HostHeader(one("green.example.com"))),
    ];
    let mut shell = Shell::new(setup);
    let green = target_group_arn("green");
    crate::elb::register(&mut shell.world, "green", TARGET.parse().unwrap());
    let state = |shell: &mut Shell| {
        let output = call(shell, "DescribeTargetHealth", json!({"TargetGroupArn": green}));
        output["TargetHealthDescriptions"][0]["TargetHealth"]["State"].clone()
    };
    assert_eq!(state(&mut shell), "unused");
    crate::elb::set_rule_weights(&mut shell.world, &arn("middle"), [("green".to_owned(), 1)].into());
    assert_eq!(state(&mut shell), "initial", "a rule leads there");

    let output = call(&mut shell, "DescribeRules", json!({"ListenerArn": TEST}));
    let told = output["Rules"].as_array().unwrap();
    let names: Vec<_> = told.iter().map(|rule| (&rule["RuleArn"], &rule["Priority"], &rule["IsDefault"])).collect();
    assert_eq!(names[0], (&json!(arn("first")), &json!("2"), &json!(false)));
    assert_eq!(names[2], (&json!(arn("last")), &json!("30"), &json!(false)));
    assert_eq!(names[3].1, "default");
    let conditions = json!([
        [{"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "x-ecs-test", "Values": ["1"]}}],
        [{"Field": "host-header", "Values": ["green.example.com"], "HostHeaderConfig": {"Values": ["green.example.com"]}}],
        [{"Field": "path-pattern", "Values": ["/green/*"], "PathPatternConfig": {"Values": ["/green/*"]}}],
        [],
    ]);
    assert_eq!(told.iter().map(|rule| rule["Conditions"].clone()).collect::<Json>(), conditions);
    let groups: Json = told.iter().map(|rule| rule["Actions"][0]["TargetGroupArn"].clone()).collect();
    let blue = target_group_arn("blue");
    assert_eq!(groups, json!([blue, green, blue, blue]), "only the one that was turned");
    let same = call(&mut shell, "DescribeRules", json!({"RuleArns": [arn("middle")]}));
    assert_eq!(same["Rules"][0], told[1]);
    let route = &shell.routes[TEST];
    assert_eq!(
        route.rules.iter().map(|rule| rule.rule.clone()).collect::<Vec<_>>(),
        ["first", "middle", "last"].map(arn)
    );
}

#[test]
fn a_listener_tells_its_weights() {
    let mut shell = Shell::new(setup());
    let output = call(&mut shell, "DescribeListeners", json!({"ListenerArns": [TEST]}));
    let listener = &output["Listeners"][0];
    assert_eq!((&listener["Port"], &listener["Protocol"]), (&json!(8443), &json!("HTTP")));
    assert_eq!(listener["LoadBalancerArn"], BALANCER);
    assert_eq!(listener["DefaultActions"][0]["TargetGroupArn"], json!(target_group_arn("blue")));

    let weights = [("blue".to_owned(), 90), ("green".to_owned(), 10)];
    crate::elb::set_weights(&mut shell.world, PRODUCTION, weights.into());
    let output = call(&mut shell, "DescribeListeners", json!({"LoadBalancerArn": BALANCER}));
    assert_eq!(output["Listeners"].as_array().unwrap().len(), 2);
    let action = &output["Listeners"][0]["DefaultActions"][0];
    assert_eq!(action.get("TargetGroupArn"), None);
    let shares = json!([
        {"TargetGroupArn": target_group_arn("blue"), "Weight": 90},
        {"TargetGroupArn": target_group_arn("green"), "Weight": 10},
    ]);
    assert_eq!(action["ForwardConfig"]["TargetGroups"], shares);

    assert_eq!(refused(&mut shell, "DescribeListeners", json!({"ListenerArns": ["x"]})), "ListenerNotFoundException");
    assert_eq!(refused(&mut shell, "DescribeListeners", json!({})), "ValidationException");
    let both = json!({"ListenerArns": [TEST], "LoadBalancerArn": BALANCER});
    assert_eq!(refused(&mut shell, "DescribeListeners", both), "ValidationException");
}

#[test]
fn what_is_told_of_a_listener_can_be_connected_to() {
    let mut setup = setup();
    setup.infrastructure.addresses.insert(TEST.to_owned(), "127.0.0.1:41234".parse().unwrap());
    let mut shell = Shell::new(setup);
    let output = call(&mut shell, "DescribeListeners", json!({"ListenerArns": [TEST]}));
    assert_eq!(output["Listeners"][0]["Port"], 41234);
    let output = call(&mut shell, "DescribeLoadBalancers", json!({"LoadBalancerArns": [BALANCER]}));
    assert_eq!(output["LoadBalancers"][0]["DNSName"], "127.0.0.1");
}

#[test]
fn load_balancers_and_target_groups_are_found_by_name_and_by_arn() {
    let mut shell = Shell::new(setup());
    for by in [json!({}), json!({"Names": ["shop"]}), json!({"LoadBalancerArns": [BALANCER]})] {
        let output = call(&mut shell, "DescribeLoadBalancers", by);
        assert_eq!(output["LoadBalancers"][0]["LoadBalancerArn"], BALANCER);
        assert_eq!(output["LoadBalancers"][0]["DNSName"], "shop-1234567890.us-east-1.elb.amazonaws.com");
    }
    let wrong = json!({"Names": ["shop", "none"]});
    assert_eq!(refused(&mut shell, "DescribeLoadBalancers", wrong), "LoadBalancerNotFoundException");

    for by in [json!({"Names": ["green"]}), json!({"TargetGroupArns": [target_group_arn("green")]})] {
        let output = call(&mut shell, "DescribeTargetGroups", by);
        let group = &output["TargetGroups"][0];
        assert_eq!((&group["TargetGroupName"], &group["HealthCheckPath"]), (&json!("green"), &json!("/health")));
        assert_eq!(group["LoadBalancerArns"], json!([BALANCER]));
    }
    let of = json!({"LoadBalancerArn": BALANCER});
    assert_eq!(call(&mut shell, "DescribeTargetGroups", of)["TargetGroups"].as_array().unwrap().len(), 2);
    let wrong = json!({"Names": ["none"]});
    assert_eq!(refused(&mut shell, "DescribeTargetGroups", wrong), "TargetGroupNotFoundException");
    let wrong = json!({"Names": ["blue"], "LoadBalancerArn": BALANCER});
    assert_eq!(refused(&mut shell, "DescribeTargetGroups", wrong), "ValidationException");
}

#[test]
fn requests_are_counted_in_metrics_by_target_group() {
    let mut shell = Shell::new(setup());
    let mut access = |target: Option<&str>, target_status: Option<u16>, status: u16| {
        let access = Access {
            listener: PRODUCTION.to_owned(),
            rule: None,
            target_group: Some("green".to_owned()),
            target: target.map(|target| target.parse().unwrap()),
            status,
            target_status,
            duration: Duration::from_millis(250),
        };
        shell.accessed(access);
    };
    access(Some(TARGET), Some(200), 200);
    access(Some(TARGET), Some(503), 503);
    access(Some(TARGET), None, 502);
    access(None, None, 503);
    let mut sum = |name: &str, target_group: bool, statistic: &str| {
        let mut dimensions = vec![json!({"Name": "LoadBalancer", "Value": "app/shop/1"})];
        if target_group {
            dimensions.push(json!({"Name": "TargetGroup", "Value": "targetgroup/green/1"}));
        }
        let metric = json!({"Namespace": "AWS/ApplicationELB", "MetricName": name, "Dimensions": dimensions});
        let query = json!({"Id": "q", "MetricStat": {"Metric": metric, "Period": 60, "Stat": statistic}});
        let now = shell.world.now.as_second();
        let input = json!({"MetricDataQueries": [query], "StartTime": now - 300, "EndTime": now + 60});
        shell.call("cloudwatch", "GetMetricData", input).unwrap()["MetricDataResults"][0]["Values"].clone()
    };
    assert_eq!(sum("RequestCount", true, "Sum"), json!([3.0]));
    assert_eq!(sum("RequestCount", false, "Sum"), json!([3.0]));
    assert_eq!(sum("HTTPCode_Target_5XX_Count", true, "Sum"), json!([1.0]));
    assert_eq!(sum("TargetResponseTime", true, "Average"), json!([0.25]));
    assert_eq!(sum("HTTPCode_ELB_5XX_Count", false, "Sum"), json!([2.0]));
    assert_eq!(sum("HTTPCode_Target_4XX_Count", true, "Sum"), json!([]), "zeros are not reported");
}

#[test]
fn target_groups_report_their_healthy_and_unhealthy_targets() {
    let mut shell = Shell::new(setup());
    shell.probe = Box::new(|probe| match &probe.kind {
        crate::ProbeKind::Http { target, .. } if target.ip().octets()[3] == 1 => Some(Ok(())),
        _ => Some(Err("connection refused".to_owned())),
    });
    for last in 1..=2 {
        crate::elb::register(&mut shell.world, "blue", format!("127.100.0.{last}:8000").parse().unwrap());
    }
    // any call, so that the shell sees what there is to check
    call(&mut shell, "DescribeLoadBalancers", json!({}));
    shell.advance(Duration::from_mins(3));
    let mut read = |name: &str, group: &str, stat: &str| {
        let dimensions = json!([{"Name": "TargetGroup", "Value": format!("targetgroup/{group}/1")},
            {"Name": "LoadBalancer", "Value": "app/shop/1"}]);
        let metric = json!({"Namespace": "AWS/ApplicationELB", "MetricName": name, "Dimensions": dimensions});
        let queries = json!([{"Id": "m", "MetricStat": {"Metric": metric, "Period": 60, "Stat": stat}}]);
        let from = Setup::EPOCH.as_second();
        let input = json!({"MetricDataQueries": queries, "StartTime": from, "EndTime": from + 180, "ScanBy": "TimestampAscending"});
        shell.call("cloudwatch", "GetMetricData", input).unwrap()["MetricDataResults"][0]["Values"].clone()
    };
    assert_eq!(read("HealthyHostCount", "blue", "Maximum"), json!([1.0, 1.0, 1.0]));
    assert_eq!(read("UnHealthyHostCount", "blue", "Maximum"), json!([1.0, 1.0, 1.0]));
    assert_eq!(read("UnHealthyHostCount", "blue", "Minimum"), json!([0.0, 1.0, 1.0]));
    assert_eq!(read("HealthyHostCount", "green", "Maximum"), json!([]), "a group without targets reports nothing");
}

#[test]
fn a_listener_is_made_to_forward_elsewhere() {
    let mut shell = Shell::new(setup());
    let forwards = |shell: &mut Shell| {
        let output = call(shell, "DescribeListeners", json!({"ListenerArns": [TEST]}));
        output["Listeners"][0]["DefaultActions"][0]["ForwardConfig"]["TargetGroups"].clone()
    };
    let green = target_group_arn("green");
    let one = json!({"ListenerArn": TEST, "DefaultActions": [{"Type": "forward", "TargetGroupArn": green}]});
    let output = call(&mut shell, "ModifyListener", one);
    assert_eq!(output["Listeners"][0]["DefaultActions"][0]["TargetGroupArn"], green);
    assert_eq!(forwards(&mut shell), json!([{"TargetGroupArn": green, "Weight": 1}]));

    let both =
        json!([{"TargetGroupArn": target_group_arn("blue"), "Weight": 90}, {"TargetGroupArn": green, "Weight": 10}]);
    let several =
        json!({"ListenerArn": TEST, "DefaultActions": [{"Type": "forward", "ForwardConfig": {"TargetGroups": both}}]});
    call(&mut shell, "ModifyListener", several);
    assert_eq!(forwards(&mut shell), both);

    for (actions, code) in [
        (json!([{"Type": "forward", "TargetGroupArn": "arn:aws:nothing"}]), "TargetGroupNotFoundException"),
        (json!([{"Type": "forward"}]), "Validation"),
        (json!([{"Type": "redirect"}]), "InvalidLoadBalancerActionException"),
    ] {
        let input = json!({"ListenerArn": TEST, "DefaultActions": actions});
        assert!(refused(&mut shell, "ModifyListener", input).starts_with(code), "{actions}");
    }
    assert_eq!(forwards(&mut shell), both, "nothing half-done");
}
