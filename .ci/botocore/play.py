"""What is played on the stage: every operation well and badly, and whole deployments that are looked at all the time."""

import copy
import datetime
import json
import pathlib
import time

# real seconds; a deployment takes a few
PATIENCE = 30

QUEUE = "https://sqs.us-east-1.amazonaws.com/123456789012/{}"


class Play:
    def __init__(self, clients, about):
        self.clients = clients
        self.about = about
        self.call = clients.call
        self.cluster = about["cluster"]
        self.network = {
            "awsvpcConfiguration": {"subnets": ["subnet-0a1b2c3d4e5f60718"], "securityGroups": ["sg-0123456789abcdef0"]}
        }
        self.deployments = []

    def all(self):
        self.create()
        self.good_release()
        self.stopped_release()
        self.failed_release()
        self.pending_release()
        self.schedules()
        self.call("ecs", "DeregisterTaskDefinition", taskDefinition=self.register(self.about["blue"] | {"family": "gone"}))
        self.small_services()
        self.native()
        self.refused()
        self.tasks_stop()
        self.in_every_protocol()
        self.denied()

    # what a team makes once

    def create(self):
        about, ecs, codedeploy = self.about, "ecs", "codedeploy"
        self.call(ecs, "CreateCluster", clusterName=self.cluster, tags=[{"key": "team", "value": "shop"}],
                  settings=[{"name": "containerInsights", "value": "enabled"}],
                  capacityProviders=["FARGATE", "FARGATE_SPOT"],
                  defaultCapacityProviderStrategy=[{"capacityProvider": "FARGATE", "weight": 1, "base": 1}])
        self.blue = self.register(about["blue"])
        self.green = self.register(about["green"])
        self.worker = self.register(about["worker"])
        self.run("setup", ["shop", "migrate"])
        service = dict(cluster=self.cluster, launchType="FARGATE", networkConfiguration=self.network)
        self.call(ecs, "CreateService", serviceName=about["service"], taskDefinition=self.blue, desiredCount=2,
                  loadBalancers=[{"targetGroupArn": about["target_group_arns"][0], "containerName": about["container"],
                                  "containerPort": about["port"]}],
                  deploymentController={"type": "CODE_DEPLOY"}, tags=[{"key": "team", "value": "shop"}],
                  propagateTags="SERVICE", enableExecuteCommand=True, healthCheckGracePeriodSeconds=5, **service)
        self.call(ecs, "CreateService", serviceName="shop-worker", taskDefinition=self.worker, desiredCount=1, **service)
        self.until(lambda: all(one["runningCount"] == one["desiredCount"] for one in self.services()["services"]))
        self.until(lambda: {"healthy"} == {one["TargetHealth"]["State"] for one in self.targets(0)})
        self.call(codedeploy, "CreateApplication", applicationName="shop", computePlatform="ECS",
                  tags=[{"Key": "team", "Value": "shop"}])
        routing = {"type": "TimeBasedLinear", "timeBasedLinear": {"linearPercentage": 50, "linearInterval": 1}}
        self.call(codedeploy, "CreateDeploymentConfig", deploymentConfigName="halves", computePlatform="ECS",
                  trafficRoutingConfig=routing)
        for name in ("halves", "CodeDeployDefault.ECSAllAtOnce", "CodeDeployDefault.ECSCanary10Percent5Minutes",
                     "CodeDeployDefault.ECSLinear10PercentEvery1Minutes"):
            self.call(codedeploy, "GetDeploymentConfig", deploymentConfigName=name)
        self.group = dict(
            applicationName="shop", deploymentGroupName="production",
            deploymentConfigName="CodeDeployDefault.ECSCanary10Percent5Minutes",
            serviceRoleArn="arn:aws:iam::123456789012:role/codedeploy",
            ecsServices=[{"clusterName": self.cluster, "serviceName": about["service"]}],
            deploymentStyle={"deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL"},
            loadBalancerInfo={"targetGroupPairInfoList": [{
                "targetGroups": [{"name": name} for name in about["target_groups"]],
                "prodTrafficRoute": {"listenerArns": [about["production_listener"]]},
                "testTrafficRoute": {"listenerArns": [about["test_listener"]]}}]},
            blueGreenDeploymentConfiguration={
                "deploymentReadyOption": {"actionOnTimeout": "STOP_DEPLOYMENT", "waitTimeInMinutes": 600},
                "terminateBlueInstancesOnDeploymentSuccess": {"action": "TERMINATE", "terminationWaitTimeInMinutes": 600}},
            alarmConfiguration={"enabled": True, "alarms": [{"name": name} for name in about["alarms"]]},
            autoRollbackConfiguration={"enabled": True, "events": ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"]},
            triggerConfigurations=[{"triggerName": "news", "triggerTargetArn": about["topic"],
                                    "triggerEvents": ["DeploymentStart", "DeploymentSuccess", "DeploymentFailure"]}])
        self.call(codedeploy, "CreateDeploymentGroup", **self.group)
        self.look()

    def register(self, definition):
        answer = self.call("ecs", "RegisterTaskDefinition", **definition)
        return answer["taskDefinition"]["taskDefinitionArn"]

    def run(self, started_by, command, definition=None):
        answer = self.call("ecs", "RunTask", cluster=self.cluster, taskDefinition=definition or self.blue,
                           launchType="FARGATE", networkConfiguration=self.network, startedBy=started_by,
                           tags=[{"key": "job", "value": started_by}], propagateTags="TASK_DEFINITION", count=1,
                           overrides={"containerOverrides": [{
                               "name": self.about["container"], "command": command,
                               "environment": [{"name": "NAME", "value": "value"}]}]})
        [task] = [task["taskArn"] for task in answer["tasks"]]
        self.until(lambda: self.task(task)["lastStatus"] == "STOPPED")
        return task

    def task(self, task):
        return self.call("ecs", "DescribeTasks", cluster=self.cluster, tasks=[task], include=["TAGS"])["tasks"][0]

    # the deployments

    def deploy(self, task_definition=None, hooks=None, **more):
        properties = {"TaskDefinition": task_definition or self.green,
                      "LoadBalancerInfo": {"ContainerName": self.about["container"], "ContainerPort": self.about["port"]}}
        spec = {"version": 0.0, "Resources": [{"TargetService": {"Type": "AWS::ECS::Service", "Properties": properties}}],
                "Hooks": self.about["hooks"] if hooks is None else hooks}
        revision = more.pop("revision", None) or {
            "revisionType": "AppSpecContent", "appSpecContent": {"content": json.dumps(spec)}}
        answer = self.call("codedeploy", "CreateDeployment", applicationName="shop", deploymentGroupName="production",
                           revision=revision, description="a release", **more)
        if isinstance(answer, str):
            raise SystemExit(f"CreateDeployment: {answer}")
        self.revision = revision
        self.deployments.append(answer["deploymentId"])
        return answer["deploymentId"]

    def info(self, deployment):
        return self.call("codedeploy", "GetDeployment", deploymentId=deployment)["deploymentInfo"]

    def good_release(self):
        deployment = self.deploy()
        self.until(lambda: self.status(deployment) == "Ready")
        self.call("codedeploy", "ContinueDeployment", deploymentId=deployment, deploymentWaitType="READY_WAIT")
        # while blue is kept the status stays InProgress; until then the wait cannot be ended
        end = lambda: self.call("codedeploy", "ContinueDeployment", deploymentId=deployment,
                                deploymentWaitType="TERMINATION_WAIT")
        self.until(lambda: not isinstance(end(), str) or self.status(deployment) == "Failed")
        self.ends(deployment, "Succeeded")

    def stopped_release(self):
        location = {"bucket": "revisions", "key": "appspec.json", "bundleType": "JSON"}
        deployment = self.deploy(revision={"revisionType": "S3", "s3Location": location},
                                 deploymentConfigName="halves")
        self.until(lambda: self.status(deployment) == "Ready")
        self.call("codedeploy", "StopDeployment", deploymentId=deployment, autoRollbackEnabled=True)
        self.ends(deployment, "Stopped")
        self.rolled_back(deployment)

    def pending_release(self):
        """One that is stopped while its hook is silent: first the stop is pending."""
        deployment = self.deploy(hooks=[{"BeforeInstall": "CodeDeployHook_silent"}])
        self.until(lambda: any(event["status"] == "InProgress" for event in self.events(deployment)))
        for expected in ("Pending", "Succeeded"):
            status = self.call("codedeploy", "StopDeployment", deploymentId=deployment, autoRollbackEnabled=False)["status"]
            if status != expected:
                raise SystemExit(f"the stop is {status}, not {expected}")
        self.ends(deployment, "Stopped")

    def events(self, deployment):
        members = dict(deploymentId=deployment, targetId=f"{self.cluster}:{self.about['service']}")
        answer = self.call("codedeploy", "GetDeploymentTarget", **members)
        return answer["deploymentTarget"]["ecsTarget"]["lifecycleEvents"] if isinstance(answer, dict) else []

    def failed_release(self):
        deployment = self.deploy(hooks=[{"BeforeInstall": "CodeDeployHook_silent"}, {"AfterInstall": "CodeDeployHook_nobody"}],
                                 overrideAlarmConfiguration={"enabled": False, "alarms": []},
                                 autoRollbackConfiguration={"enabled": True, "events": ["DEPLOYMENT_FAILURE"]})
        # the hook says nothing: this is said in its place, and once only
        said = pathlib.Path(self.about["folder"]) / "hook.json"
        self.until(lambda: self.status(deployment) == "Failed" or said.exists())
        hook = json.loads(said.read_text())
        for _ in range(2):
            self.call("codedeploy", "PutLifecycleEventHookExecutionStatus", deploymentId=hook["DeploymentId"],
                      lifecycleEventHookExecutionId=hook["LifecycleEventHookExecutionId"], status="Succeeded")
        self.ends(deployment, "Failed")
        self.rolled_back(deployment)

    def rolled_back(self, deployment):
        rollback = self.info(deployment).get("rollbackInfo", {}).get("rollbackDeploymentId")
        if rollback:
            self.deployments.append(rollback)
            self.ends(rollback, "Succeeded")

    def ends(self, deployment, expected):
        self.until(lambda: self.status(deployment) in ("Succeeded", "Failed", "Stopped"))
        if self.status(deployment) != expected:
            raise SystemExit(f"the deployment is {self.info(deployment)}, not {expected}")

    def status(self, deployment):
        self.look()
        return self.info(deployment)["status"]

    def until(self, holds):
        end = time.monotonic() + PATIENCE
        while not holds():
            if time.monotonic() > end:
                self.look()
                raise SystemExit(f"what was waited for does not come; the deployments: {[self.info(one) for one in self.deployments]}")
            time.sleep(0.2)

    # ECS's own blue/green deployments

    def native(self):
        """A service that is created, and deployments of it that are continued, stopped, and refused by a hook."""
        about, rule = self.about, lambda arn: arn.replace(":listener/", ":listener-rule/") + "/" + "0" * 16
        role = "arn:aws:iam::123456789012:role/ecs"
        balancer = {
            "targetGroupArn": about["target_group_arns"][0], "containerName": about["container"], "containerPort": about["port"],
            "advancedConfiguration": {
                "alternateTargetGroupArn": about["target_group_arns"][1], "roleArn": role,
                "productionListenerRule": rule(about["production_listener"]),
                "testListenerRule": about["test_rule"]}}
        configuration = {
            "strategy": "BLUE_GREEN", "bakeTimeInMinutes": 1,
            "alarms": {"alarmNames": about["alarms"], "enable": True, "rollback": True},
            "deploymentCircuitBreaker": {"enable": False, "rollback": False}}
        self.call("ecs", "CreateService", cluster=self.cluster, serviceName="shop-native", launchType="FARGATE",
                  taskDefinition=self.blue, desiredCount=1, networkConfiguration=self.network, loadBalancers=[balancer],
                  deploymentController={"type": "ECS"}, deploymentConfiguration=configuration)
        self.native_ends("SUCCESSFUL")
        pause = {"targetType": "PAUSE", "lifecycleStages": ["PRE_SCALE_UP"],
                 "timeoutConfiguration": {"timeoutInMinutes": 600, "action": "ROLLBACK"}}
        canary = {"strategy": "CANARY", "canaryConfiguration": {"canaryPercent": 12.5, "canaryBakeTimeInMinutes": 1},
                  "lifecycleHooks": [pause]}
        self.update_native(self.green, canary)
        hook = self.awaits()
        self.call("ecs", "ContinueServiceDeployment", serviceDeploymentArn=self.native_arn, hookId=hook, action="CONTINUE")
        self.native_ends("SUCCESSFUL")
        linear = {"strategy": "LINEAR", "linearConfiguration": {"stepPercent": 50, "stepBakeTimeInMinutes": 1}}
        self.update_native(self.blue, linear)
        self.awaits()
        self.call("ecs", "StopServiceDeployment", serviceDeploymentArn=self.native_arn, stopType="ROLLBACK")
        self.native_ends("ROLLBACK_SUCCESSFUL")
        silent = {"hookTargetArn": "arn:aws:lambda:us-east-1:123456789012:function:CodeDeployHook_silent", "roleArn": role,
                  "lifecycleStages": ["POST_SCALE_UP"], "hookDetails": {"of": ["the", {"team": 1}]}}
        self.update_native(self.blue, linear | {"lifecycleHooks": [silent]})
        self.native_ends("ROLLBACK_SUCCESSFUL")

    def update_native(self, definition, configuration):
        answer = self.call("ecs", "UpdateService", cluster=self.cluster, service="shop-native", taskDefinition=definition,
                           deploymentConfiguration=configuration)
        if isinstance(answer, str):
            raise SystemExit(f"UpdateService: {answer}")

    def newest(self):
        """The newest deployment of the native service, as it is described."""
        call = self.call
        listed = call("ecs", "ListServiceDeployments", cluster=self.cluster, service="shop-native")["serviceDeployments"]
        self.native_arn = listed[0]["serviceDeploymentArn"]
        [described] = call("ecs", "DescribeServiceDeployments", serviceDeploymentArns=[self.native_arn])["serviceDeployments"]
        revisions = [described["targetServiceRevision"], *described["sourceServiceRevisions"]]
        call("ecs", "DescribeServiceRevisions", serviceRevisionArns=[revision["arn"] for revision in revisions])
        call("ecs", "DescribeServices", cluster=self.cluster, services=["shop-native"])
        return described

    def awaits(self):
        """The id of the hook that waits for somebody."""
        self.until(lambda: self.newest().get("lifecycleHookDetails", [{}])[-1].get("status") == "AWAITING_ACTION")
        return self.newest()["lifecycleHookDetails"][-1]["hookId"]

    def native_ends(self, expected):
        self.until(lambda: "finishedAt" in self.newest())
        if self.newest()["status"] != expected:
            raise SystemExit(f"the service deployment is {self.newest()}, not {expected}")
        call = self.call
        call("ecs", "ListServiceDeployments", cluster=self.cluster, service="shop-native", status=[expected], maxResults=1,
             createdAt={"after": datetime.datetime(2020, 1, 1), "before": datetime.datetime(2100, 1, 1)})

    # everything that can be looked at

    def look(self):
        about, call = self.about, self.call
        self.services()
        tasks = []
        for status in ("RUNNING", "STOPPED"):
            tasks += call("ecs", "ListTasks", cluster=self.cluster, desiredStatus=status)["taskArns"]
        call("ecs", "ListTasks", cluster=self.cluster, serviceName=about["service"], maxResults=1)
        if tasks:
            call("ecs", "DescribeTasks", cluster=self.cluster, tasks=tasks[:100], include=["TAGS"])
        for name in (self.blue, self.green, self.worker):
            call("ecs", "DescribeTaskDefinition", taskDefinition=name, include=["TAGS"])
        for group in (0, 1):
            self.targets(group)
        call("elasticloadbalancing", "DescribeListeners", ListenerArns=[about["production_listener"], about["test_listener"]])
        rules = call("elasticloadbalancing", "DescribeRules", ListenerArn=about["production_listener"])["Rules"]
        call("elasticloadbalancing", "DescribeRules", RuleArns=[rules[0]["RuleArn"]])
        call("elasticloadbalancing", "DescribeRules", ListenerArn=about["test_listener"])
        # as it is already: nothing changes
        actions = call("elasticloadbalancing", "DescribeListeners", ListenerArns=[about["test_listener"]])["Listeners"][0]["DefaultActions"]
        forward = [{"TargetGroupArn": group["TargetGroupArn"], "Weight": group["Weight"]} for group in actions[0]["ForwardConfig"]["TargetGroups"]]
        call("elasticloadbalancing", "ModifyListener", ListenerArn=about["test_listener"],
             DefaultActions=[{"Type": "forward", "ForwardConfig": {"TargetGroups": forward}}])
        balancers = call("elasticloadbalancing", "DescribeLoadBalancers")["LoadBalancers"]
        call("elasticloadbalancing", "DescribeListeners", LoadBalancerArn=balancers[0]["LoadBalancerArn"])
        call("elasticloadbalancing", "DescribeTargetGroups", Names=about["target_groups"])
        call("cloudwatch", "DescribeAlarms", AlarmNames=about["alarms"])
        try:
            call("codedeploy", "GetDeploymentGroup", applicationName="shop", deploymentGroupName="production")
        finally:
            found = call("codedeploy", "ListDeployments", applicationName="shop", deploymentGroupName="production",
                         includeOnlyStatuses=["Created", "InProgress", "Ready", "Succeeded", "Failed", "Stopped"])
        if found["deployments"]:
            call("codedeploy", "BatchGetDeploymentGroups", applicationName="shop", deploymentGroupNames=["production"])
            call("codedeploy", "BatchGetDeployments", deploymentIds=found["deployments"])
            call("codedeploy", "GetApplicationRevision", applicationName="shop", revision=self.revision)
        for deployment in found["deployments"]:
            targets = call("codedeploy", "ListDeploymentTargets", deploymentId=deployment)
            for target in targets["targetIds"] if isinstance(targets, dict) else []:
                call("codedeploy", "GetDeploymentTarget", deploymentId=deployment, targetId=target)

    def services(self):
        names = [self.about["service"], "shop-worker", "nowhere"]
        return self.call("ecs", "DescribeServices", cluster=self.cluster, services=names, include=["TAGS"])

    def targets(self, group):
        arn = self.about["target_group_arns"][group]
        return self.call("elasticloadbalancing", "DescribeTargetHealth", TargetGroupArn=arn)["TargetHealthDescriptions"]

    # the rest, once each

    def now(self):
        """The stage's time; it goes faster than ours."""
        task = self.run("clock", ["true"])
        return self.task(task)["createdAt"]

    def schedules(self):
        at = (self.now() + datetime.timedelta(days=1)).astimezone(datetime.timezone.utc)
        one = dict(Name="later", GroupName=self.about["schedule_group"])
        self.call("scheduler", "CreateSchedule", ScheduleExpression=f"at({at:%Y-%m-%dT%H:%M:%S})", State="ENABLED",
                  StartDate=at, EndDate=at, Description="once", FlexibleTimeWindow={"Mode": "OFF"}, ClientToken="t-1",
                  ActionAfterCompletion="DELETE",
                  Target={"Arn": self.about["settle"], "RoleArn": self.about["scheduler_role"],
                          "Input": "{}", "RetryPolicy": {"MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": 600},
                          "DeadLetterConfig": {"Arn": "arn:aws:sqs:us-east-1:123456789012:dead"}}, **one)
        self.call("scheduler", "CreateSchedule", ScheduleExpression="at(2020-01-01T00:00:00)",
                  FlexibleTimeWindow={"Mode": "OFF"},
                  Target={"Arn": self.about["settle"], "RoleArn": "arn:aws:iam::123456789012:role/nobody"}, **one)
        self.call("scheduler", "GetSchedule", **one)
        self.call("scheduler", "UpdateSchedule", ScheduleExpression="cron(30 2 ? * MON-FRI *)", StartDate=at,
                  EndDate=at + datetime.timedelta(days=9), ScheduleExpressionTimezone="Europe/Berlin", State="DISABLED",
                  Description="at night", FlexibleTimeWindow={"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15},
                  ClientToken="t-3", ActionAfterCompletion="NONE",
                  Target={"Arn": self.about["settle"], "RoleArn": self.about["scheduler_role"]}, **one)
        self.call("scheduler", "GetSchedule", **one)
        self.call("scheduler", "CreateSchedule", ScheduleExpression="rate(2 days)", StartDate=at, Name="later-2",
                  GroupName=one["GroupName"], FlexibleTimeWindow={"Mode": "OFF"},
                  Target={"Arn": self.about["settle"], "RoleArn": self.about["scheduler_role"]})
        listed = self.call("scheduler", "ListSchedules", GroupName=one["GroupName"], NamePrefix="later", MaxResults=1)
        self.call("scheduler", "ListSchedules", GroupName=one["GroupName"], NamePrefix="later", State="ENABLED",
                  NextToken=listed["NextToken"])
        self.call("scheduler", "DeleteSchedule", Name="later-2", GroupName=one["GroupName"])
        self.call("scheduler", "DeleteSchedule", ClientToken="t-2", **one)

    def small_services(self):
        call = self.call
        call("sns", "Publish", TopicArn=self.about["topic"], Subject="news", Message="all is well",
             MessageAttributes={"kind": {"DataType": "String", "StringValue": "news"}})
        call("s3", "GetObject", Bucket="revisions", Key="appspec.json")
        call("s3", "GetObject", Bucket="revisions", Key="appspec.json", Range="bytes=0-4")
        call("secretsmanager", "GetSecretValue", SecretId="api-key")
        call("ssm", "GetParameter", Name="/api-key", WithDecryption=True)
        task = self.run("printer", ["echo", "hello"])
        stream = f"ecs/{self.about['container']}/{task.rsplit('/', 1)[-1]}"
        page = call("logs", "GetLogEvents", logGroupName="/ecs/shop", logStreamName=stream, startFromHead=True, limit=1)
        call("logs", "GetLogEvents", logGroupName="/ecs/shop", logStreamName=stream, nextToken=page["nextForwardToken"])
        call("logs", "FilterLogEvents", logGroupName="/ecs/shop", startTime=0, endTime=2**41, limit=1)
        call("logs", "FilterLogEvents", logGroupName="/ecs/shop", filterPattern='{ $.event = "job.ended" }', nextToken="1")
        self.functions()
        call("ecs", "UpdateService", cluster=self.cluster, service="shop-worker", desiredCount=2,
             taskDefinition=self.worker)
        self.until(lambda: self.services()["services"][1]["runningCount"] == 2)
        self.metrics()

    def functions(self):
        name = self.about["settle"].rsplit(":", 1)[-1].replace("settle", "launch-job")
        self.call("lambda", "GetFunctionConfiguration", FunctionName=name)
        firing = {"job": "none", "cluster": self.cluster, "service": self.about["service"],
                  "scheduled_time": "2026-01-01T00:00:00Z"}
        self.call("lambda", "Invoke", FunctionName=name, InvocationType="Event", Payload=json.dumps(firing).encode())
        queue = {"QueueUrl": QUEUE.format("greenlight-dead-letters")}
        self.call("sqs", "SendMessage", MessageBody="what nobody took", **queue)
        self.call("sqs", "ReceiveMessage", MaxNumberOfMessages=10, VisibilityTimeout=0, WaitTimeSeconds=0, **queue)
        self.call("sqs", "DeleteMessage", ReceiptHandle="of a message that is gone", **queue)

    def metrics(self, protocol=None):
        call = lambda operation, **members: self.call("cloudwatch", operation, protocol=protocol, **members)
        alarm = self.about["alarms"][0]
        call("SetAlarmState", AlarmName=alarm, StateValue="ALARM", StateReason="a test", StateReasonData="{}")
        call("DescribeAlarms", AlarmNames=[alarm], AlarmTypes=["MetricAlarm"])
        call("DescribeAlarms", AlarmNamePrefix="shop", StateValue="ALARM", MaxRecords=1)
        call("SetAlarmState", AlarmName=alarm, StateValue="OK", StateReason="a test")
        dimensions = [{"Name": "Service", "Value": "shop"}]
        end = datetime.datetime.now(datetime.timezone.utc)
        call("PutMetricData", Namespace="Shop", MetricData=[
            {"MetricName": "Latency", "Dimensions": dimensions, "Timestamp": end, "Value": 0.5, "Unit": "Seconds"},
            {"MetricName": "Latency", "Dimensions": dimensions, "Timestamp": end, "Unit": "Seconds",
             "Values": [0.1, 0.2], "Counts": [1.0, 2.0]},
            {"MetricName": "Latency", "Dimensions": dimensions, "Timestamp": end, "Unit": "Seconds",
             "StatisticValues": {"SampleCount": 2, "Sum": 1, "Minimum": 0.1, "Maximum": 0.9}}])
        metric = {"Namespace": "Shop", "MetricName": "Latency", "Dimensions": dimensions}
        queries = [{"Id": stat.lower(), "MetricStat": {"Metric": metric, "Period": 60, "Stat": stat}, "Label": stat}
                   for stat in ("Average", "Sum", "SampleCount", "Minimum", "Maximum")]
        hour = datetime.timedelta(hours=1)
        call("GetMetricData", MetricDataQueries=queries, StartTime=end - hour, EndTime=end + hour,
             ScanBy="TimestampAscending")
        compare = dict(EvaluationPeriods=2, DatapointsToAlarm=1, Threshold=1.5, ComparisonOperator="GreaterThanThreshold",
                       TreatMissingData="notBreaching")
        rest = dict(AlarmDescription="too slow", ActionsEnabled=True, OKActions=[self.about["topic"]],
                    AlarmActions=[self.about["topic"]], InsufficientDataActions=[], Tags=[{"Key": "team", "Value": "shop"}])
        single = dict(Namespace="Shop", MetricName="Latency", Dimensions=dimensions, Period=60, Unit="Seconds")
        call("PutMetricAlarm", AlarmName="own-average", Statistic="Average", **single, **compare, **rest)
        call("PutMetricAlarm", AlarmName="own-percentile", ExtendedStatistic="p99", **single, **compare, **rest)
        math = [{"Id": "all", "Expression": "SUM(METRICS()) / 2", "Label": "Both", "ReturnData": True},
                *({"Id": one, "ReturnData": False, "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}} for one in ("a", "b"))]
        call("PutMetricAlarm", AlarmName="own-math", Metrics=math, **compare, **rest)
        call("PutCompositeAlarm", AlarmName="own-any", AlarmRule='ALARM("own-average") OR NOT OK(own-math)', **rest)
        call("SetAlarmState", AlarmName="own-average", StateValue="ALARM", StateReason="a test")
        call("DescribeAlarms", AlarmNamePrefix="own-", AlarmTypes=["MetricAlarm", "CompositeAlarm"])
        call("GetMetricData", MetricDataQueries=math, StartTime=end - hour, EndTime=end + hour)
        call("PutMetricAlarm", AlarmName="own-math", Metrics=[{"Id": "m", "Expression": "RATE(m)"}], **compare)
        call("PutMetricAlarm", AlarmName="own-new", Statistic="Average", **single)
        call("PutCompositeAlarm", AlarmName="own-new", AlarmRule="ALARM(")
        call("SetAlarmState", AlarmName="nothing", StateValue="OK", StateReason="a test")
        call("SetAlarmState", AlarmName=alarm, StateValue="FINE", StateReason="a test")
        call("GetMetricData", MetricDataQueries=queries[:1], StartTime=end, EndTime=end)
        call("GetMetricData", StartTime=end - hour, EndTime=end, MetricDataQueries=[{"Id": "m", "Expression": "1"}])
        call("PutMetricData", Namespace="Shop", MetricData=[{"MetricName": "Latency"}])
        call("PutMetricData", Namespace="Shop", MetricData=[{"MetricName": "Latency", "Values": [1.0], "Counts": [1.0, 2.0]}])
        call("DescribeAlarms", MaxRecords=1, NextToken="nothing")

    def tasks_stop(self):
        tasks = self.call("ecs", "ListTasks", cluster=self.cluster, serviceName="shop-worker")["taskArns"]
        self.call("ecs", "StopTask", cluster=self.cluster, task=tasks[0], reason="a test")
        self.until(lambda: self.task(tasks[0])["lastStatus"] == "STOPPED")

    def in_every_protocol(self):
        for protocol in self.protocols("cloudwatch")[1:]:
            self.metrics(protocol)
        reads = [known for known in self.clients.good if known[0] == "codedeploy" and known[1].startswith(("Get", "List", "Batch"))]
        for protocol in self.protocols("codedeploy")[1:]:
            for service, operation in reads:
                self.call(service, operation, protocol=protocol, **self.clients.good[service, operation])
            for service, operation, changes in self.bad_calls():
                if (service, operation) in reads:
                    members = self.clients.good[service, operation] | changes
                    self.call(service, operation, protocol=protocol, **members)

    def denied(self):
        """Who may nothing is told so by every operation."""
        from clients import NOBODY

        for (service, operation), members in self.clients.good.items():
            for protocol in self.protocols(service):
                code = self.call(service, operation, key=NOBODY, protocol=protocol, **members)
                if code not in ("AccessDenied", "AccessDeniedException", "AuthorizationError"):
                    self.clients.problems[f"{service}:{operation} does not deny: {code}"] += 1

    def protocols(self, service):
        from clients import PROTOCOLS

        return PROTOCOLS.get(service, (None,))

    # what is refused

    def refused(self):
        for service, operation, changes in self.bad_calls():
            good = self.clients.good.get((service, operation), {})
            members = {name: value for name, value in (good | changes).items() if value is not None}
            answer = self.call(service, operation, **copy.deepcopy(members))
            if not isinstance(answer, str):
                self.clients.problems[f"{service}:{operation} takes {changes}"] += 1

    def bad_calls(self):
        """Bad calls: service, operation, and what makes the good call of it bad; None takes a member away."""
        nowhere = {"cluster": "nowhere"}
        no_arn = "arn:aws:ecs:us-east-1:123456789012:task/production-cluster/nothing"
        over, native = self.deployments[0], self.native_arn
        ecs = [
            ("CreateCluster", {"clusterName": "a b"}),
            ("CreateService", {}),
            ("CreateService", nowhere),
            ("CreateService", {"serviceName": "a b"}),
            ("CreateService", {"serviceName": "new", "taskDefinition": "nothing"}),
            ("CreateService", {"serviceName": "new", "launchType": "EC2"}),
            ("CreateService", {"serviceName": "new", "launchType": None}),
            ("CreateService", {"serviceName": "new", "networkConfiguration": None}),
            ("CreateService", {"serviceName": "new", "platformVersion": "0.0.1"}),
            ("CreateService", {"serviceName": "new", "loadBalancers": []}),
            ("CreateService", {"serviceName": "new", "schedulingStrategy": "DAEMON"}),
            ("CreateService", {"serviceName": "new", "deploymentController": {"type": "EXTERNAL"}}),
            ("CreateService", {"serviceName": "new", "deploymentConfiguration": {"strategy": "LINEAR"}}),
            ("ContinueServiceDeployment", {}),
            ("ContinueServiceDeployment", {"serviceDeploymentArn": native + "x"}),
            ("ContinueServiceDeployment", {"action": "NOTHING"}),
            ("DeregisterTaskDefinition", {"taskDefinition": "shop"}),
            ("DeregisterTaskDefinition", {"taskDefinition": "nothing:1"}),
            ("DescribeServiceDeployments", {"serviceDeploymentArns": []}),
            ("DescribeServiceDeployments", {"serviceDeploymentArns": ["nothing"]}),
            ("DescribeServiceRevisions", {"serviceRevisionArns": []}),
            ("DescribeServiceRevisions", {"serviceRevisionArns": [native]}),
            ("DescribeServices", nowhere),
            ("DescribeServices", {"services": []}),
            ("DescribeServices", {"services": ["a"] * 11}),
            ("DescribeTaskDefinition", {"taskDefinition": "nothing"}),
            ("DescribeTasks", nowhere),
            ("DescribeTasks", {"tasks": []}),
            ("ListServiceDeployments", nowhere),
            ("ListServiceDeployments", {"service": "nowhere"}),
            ("ListServiceDeployments", {"status": ["NOTHING"]}),
            ("ListServiceDeployments", {"nextToken": "nothing"}),
            ("ListServiceDeployments", {"maxResults": 101}),
            ("ListTasks", nowhere),
            ("ListTasks", {"serviceName": "nowhere"}),
            ("ListTasks", {"startedBy": "a", "family": "shop"}),
            ("ListTasks", {"nextToken": "nothing"}),
            ("RegisterTaskDefinition", {"containerDefinitions": []}),
            ("RegisterTaskDefinition", {"cpu": "123"}),
            ("RegisterTaskDefinition", {"family": "a b"}),
            ("RunTask", nowhere),
            ("RunTask", {"taskDefinition": "nothing"}),
            ("RunTask", {"count": 11}),
            ("RunTask", {"launchType": "EC2"}),
            ("RunTask", {"networkConfiguration": None}),
            ("RunTask", {"platformVersion": "0.0.1"}),
            ("RunTask", {"overrides": {"containerOverrides": [{"name": "nothing"}]}}),
            ("StopServiceDeployment", {}),
            ("StopServiceDeployment", {"serviceDeploymentArn": native + "x"}),
            ("StopServiceDeployment", {"serviceDeploymentArn": "nothing"}),
            ("StopServiceDeployment", {"stopType": "ABORT"}),
            ("StopTask", {**nowhere, "task": no_arn}),
            ("StopTask", {"cluster": self.cluster, "task": no_arn}),
            ("UpdateService", nowhere),
            ("UpdateService", {"service": "nowhere"}),
            ("UpdateService", {"service": "shop-web", "taskDefinition": self.green}),
            ("UpdateService", {"taskDefinition": "nothing"}),
        ]
        none = {"deploymentId": "d-NOTHING00"}
        wrong = {"deploymentId": "nothing"}
        group = copy.deepcopy(self.group)
        style = {"deploymentType": "IN_PLACE", "deploymentOption": "WITH_TRAFFIC_CONTROL"}
        codedeploy = [
            ("CreateApplication", {}),
            ("CreateApplication", {"applicationName": "a" * 101}),
            ("CreateApplication", {"applicationName": "other", "computePlatform": "Lambda"}),
            ("CreateApplication", {"applicationName": "other", "tags": [{"Key": "aws:team"}]}),
            ("CreateDeploymentConfig", {}),
            ("CreateDeploymentConfig", {"deploymentConfigName": "CodeDeployDefault.own"}),
            ("CreateDeploymentConfig", {"deploymentConfigName": "other", "trafficRoutingConfig": {
                "type": "TimeBasedLinear", "timeBasedLinear": {"linearPercentage": 0, "linearInterval": 1}}}),
            ("CreateDeploymentConfig", {"deploymentConfigName": "other", "trafficRoutingConfig": None}),
            ("CreateDeploymentConfig", {"deploymentConfigName": "other", "computePlatform": "Server"}),
            ("GetDeploymentConfig", {"deploymentConfigName": "nothing"}),
            ("CreateDeploymentGroup", {}),
            ("CreateDeploymentGroup", {"applicationName": "nothing"}),
            ("CreateDeploymentGroup", {"deploymentGroupName": "other"}),
            *(("CreateDeploymentGroup", {"deploymentGroupName": "other", name: value}) for name, value in {
                "deploymentConfigName": "nothing",
                "serviceRoleArn": "nothing",
                "deploymentStyle": style,
                "ecsServices": [],
                "loadBalancerInfo": {},
                "blueGreenDeploymentConfiguration": {},
                "alarmConfiguration": {"enabled": True, "alarms": []},
                "autoRollbackConfiguration": {"enabled": True, "events": []},
                "triggerConfigurations": [{"triggerName": "news"}],
            }.items()),
            ("GetDeploymentGroup", {"applicationName": "nothing"}),
            ("GetDeploymentGroup", {"deploymentGroupName": "nothing"}),
            ("CreateDeployment", {"applicationName": "nothing"}),
            ("CreateDeployment", {"deploymentGroupName": "nothing"}),
            ("CreateDeployment", {"deploymentGroupName": None}),
            ("CreateDeployment", {"deploymentConfigName": "nothing"}),
            ("CreateDeployment", {"revision": None}),
            ("CreateDeployment", {"description": "d" * 257}),
            ("CreateDeployment", {"revision": {"revisionType": "AppSpecContent", "appSpecContent": {"content": "no"}}}),
            ("CreateDeployment", {"revision": {"revisionType": "S3", "s3Location": {
                "bucket": "revisions", "key": "nothing", "bundleType": "JSON"}}}),
            ("CreateDeployment", {"autoRollbackConfiguration": {"enabled": True}}),
            ("CreateDeployment", {"overrideAlarmConfiguration": {"enabled": True}}),
            *((operation, bad) for bad in (none, wrong) for operation in (
                "GetDeployment", "ContinueDeployment", "StopDeployment", "ListDeploymentTargets", "GetDeploymentTarget")),
            ("ContinueDeployment", {"deploymentId": over}),
            ("StopDeployment", {"deploymentId": over}),
            ("ListDeploymentTargets", {"nextToken": "nothing"}),
            ("ListDeploymentTargets", {"targetFilters": {"ServerInstanceLabel": ["Red"]}}),
            ("GetDeploymentTarget", {"targetId": "nothing"}),
            ("ListDeployments", {"applicationName": "nothing"}),
            ("ListDeployments", {"deploymentGroupName": "nothing"}),
            ("ListDeployments", {"includeOnlyStatuses": ["Nothing"]}),
            ("ListDeployments", {"nextToken": "nothing"}),
            ("ListDeployments", {"externalId": "a b"}),
            ("BatchGetDeploymentGroups", {"applicationName": "nothing"}),
            ("BatchGetDeploymentGroups", {"deploymentGroupNames": []}),
            ("BatchGetDeployments", {"deploymentIds": []}),
            ("BatchGetDeployments", {"deploymentIds": ["d-NOTHING00"] * 26}),
            ("GetApplicationRevision", {"applicationName": "nothing"}),
            ("GetApplicationRevision", {"revision": {"revisionType": "AppSpecContent", "appSpecContent": {"content": "{}"}}}),
            *(("PutLifecycleEventHookExecutionStatus", members) for members in (
                {"deploymentId": over, "lifecycleEventHookExecutionId": "nothing", "status": "Succeeded"},
                {"deploymentId": over, "lifecycleEventHookExecutionId": "nothing", "status": "Skipped"},
                {"lifecycleEventHookExecutionId": "nothing", "status": "Succeeded", **none})),
        ]
        elb = [
            ("DescribeListeners", {"ListenerArns": ["arn:aws:nothing"]}),
            ("DescribeListeners", {"ListenerArns": None}),
            ("DescribeListeners", {"ListenerArns": None, "LoadBalancerArn": "arn:aws:nothing"}),
            ("DescribeRules", {"RuleArns": ["arn:aws:nothing"]}),
            ("DescribeRules", {"ListenerArn": "arn:aws:nothing"}),
            ("DescribeRules", {"RuleArns": None, "ListenerArn": None}),
            ("ModifyListener", {"ListenerArn": "arn:aws:nothing"}),
            ("ModifyListener", {"DefaultActions": [{"Type": "forward", "TargetGroupArn": "arn:aws:nothing"}]}),
            ("ModifyListener", {"DefaultActions": [{"Type": "forward"}]}),
            ("DescribeLoadBalancers", {"Names": ["nothing"]}),
            ("DescribeLoadBalancers", {"LoadBalancerArns": ["arn:aws:nothing"]}),
            ("DescribeTargetGroups", {"Names": ["nothing"]}),
            ("DescribeTargetGroups", {"TargetGroupArns": ["arn:aws:nothing"]}),
            ("DescribeTargetHealth", {"TargetGroupArn": "arn:aws:nothing"}),
        ]
        rest = [
            ("lambda", "GetFunctionConfiguration", {"FunctionName": "nothing"}),
            ("lambda", "Invoke", {"FunctionName": "nothing"}),
            ("lambda", "Invoke", {"InvocationType": "RequestResponse"}),
            ("lambda", "Invoke", {"Payload": b"{"}),
            ("logs", "FilterLogEvents", {"logGroupName": "nothing"}),
            ("logs", "FilterLogEvents", {"nextToken": "nothing"}),
            ("logs", "FilterLogEvents", {"filterPattern": "nothing"}),
            ("logs", "GetLogEvents", {"logGroupName": "nothing"}),
            ("logs", "GetLogEvents", {"logStreamName": "nothing"}),
            ("logs", "GetLogEvents", {"nextToken": "nothing"}),
            ("s3", "GetObject", {"Bucket": "nothing"}),
            ("s3", "GetObject", {"Key": "nothing"}),
            ("s3", "GetObject", {"Range": "bytes=90000-"}),
            ("scheduler", "CreateSchedule", {"GroupName": "nothing"}),
            ("scheduler", "CreateSchedule", {"ScheduleExpression": "at(never)"}),
            ("scheduler", "GetSchedule", {"Name": "nothing"}),
            ("scheduler", "GetSchedule", {"GroupName": "nothing"}),
            ("scheduler", "DeleteSchedule", {"Name": "nothing"}),
            ("scheduler", "ListSchedules", {"GroupName": "nothing"}),
            ("scheduler", "ListSchedules", {"NextToken": "nothing"}),
            ("scheduler", "UpdateSchedule", {"Name": "nothing"}),
            ("scheduler", "UpdateSchedule", {"ScheduleExpression": "rate(0 days)"}),
            ("scheduler", "UpdateSchedule", {"ScheduleExpressionTimezone": "nowhere"}),
            ("secretsmanager", "GetSecretValue", {"SecretId": "nothing"}),
            ("secretsmanager", "GetSecretValue", {"VersionStage": "NOTHING"}),
            ("sns", "Publish", {"TopicArn": "arn:aws:sns:us-east-1:123456789012:nothing"}),
            ("sns", "Publish", {"TopicArn": "nothing"}),
            ("sns", "Publish", {"Message": ""}),
            ("sns", "Publish", {"Subject": "x" * 101}),
            ("sns", "Publish", {"MessageStructure": "json"}),
            ("sqs", "DeleteMessage", {"QueueUrl": QUEUE.format("nothing")}),
            ("sqs", "DeleteMessage", {"ReceiptHandle": ""}),
            ("sqs", "ReceiveMessage", {"QueueUrl": QUEUE.format("nothing")}),
            ("sqs", "SendMessage", {"QueueUrl": QUEUE.format("nothing")}),
            ("sqs", "SendMessage", {"MessageBody": ""}),
            ("sqs", "ReceiveMessage", {"MaxNumberOfMessages": 11}),
            ("ssm", "GetParameter", {"Name": "/nothing"}),
            ("ssm", "GetParameter", {"Name": "/api-key:7"}),
        ]
        return ([("ecs", *bad) for bad in ecs] + [("codedeploy", *bad) for bad in codedeploy]
                + [("elasticloadbalancing", *bad) for bad in elb] + rest)
