"""The functions under cargo-lambda's Lambda service: each gets its samples, and what came of them is looked up on the stage."""

import datetime
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile

from clients import Clients
from play import Play

EVENTS = pathlib.Path("events")
# what the samples name
DEPLOYMENT = "d-SH0PWEB42"
EXECUTION = "eyJzYW1wbGUiOiJhbiBvcGFxdWUgaWQgb2YgQ29kZURlcGxveSJ9"
TASK = "4d2f6a0c9b1e4c7d8e5f3a2b1c0d9e8f"
TASK_DEFINITION = "arn:aws:ecs:us-east-1:123456789012:task-definition/shop:2"
SCHEDULED = "2026-01-01T02:00:00Z"
ALARM = "shop-errors"
ALARM_SINCE = "2026-03-01T12:00:00.000+0000"
SILENT = "CodeDeployHook_silent"
HOOKS = {
    "migrate": ("BeforeInstall", "pending"),
    "warm-up": ("AfterInstall", "succeeded"),
    "smoke-test": ("AfterAllowTestTraffic", "succeeded"),
    "validate": ("BeforeAllowTraffic", "succeeded"),
    "finish": ("AfterAllowTraffic", "pending"),
}


def expect(what, expected, actual):
    if actual != expected:
        raise SystemExit(f"{what}: expected {expected!r}, got {actual!r}")
    print(f"{what}: {json.dumps(actual)}", flush=True)


class Service:
    """`cargo lambda watch`, and a process of each function that takes its events from there."""

    def __init__(self, folder, about, programs):
        self.folder = folder
        self.processes = []
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = str(free.getsockname()[1])
        self.start("watch", ["cargo-lambda", "lambda", "watch", "--only-lambda-apis", *self.address()], os.environ)
        self.wait()
        for name, environment in about["functions"].items():
            part = name.split("greenlight-")[-1]
            if name != SILENT:
                self.start(part, [programs / part], self.environment(name, part, environment, about))

    def address(self):
        return ["--invoke-address", "127.0.0.1", "--invoke-port", self.port]

    def environment(self, name, part, environment, about):
        return {
            "PATH": os.environ["PATH"],
            "AWS_ENDPOINT_URL": about["endpoint"],
            "AWS_SECRET_ACCESS_KEY": "stage",
            "AWS_LAMBDA_RUNTIME_API": f"http://127.0.0.1:{self.port}/.rt/{part}",
            "AWS_LAMBDA_FUNCTION_NAME": name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
            **environment,
        }

    def start(self, name, command, environment):
        log = (self.folder / f"{name}.log").open("w")
        self.processes.append(subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT))

    def wait(self):
        Play.until(self, self.listens)

    def listens(self):
        if self.processes[0].poll() is not None:
            raise SystemExit((self.folder / "watch.log").read_text())
        with socket.socket() as one:
            return one.connect_ex(("127.0.0.1", int(self.port))) == 0

    def invoke(self, path, replaced):
        """Hands a sample to the function whose folder it lies in; its answer."""
        function, text = path.split("/")[0], (EVENTS / path).read_text()
        for word, live in replaced.items():
            if word not in text:
                raise SystemExit(f"events/{path} should name {word}")
            text = text.replace(word, live)
        event = self.folder / "event.json"
        event.write_text(text)
        command = ["cargo-lambda", "lambda", "invoke", function, *self.address(), "--data-file", event]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        if done.returncode:
            raise SystemExit(f"events/{path}: {done.stderr}{self.said(function)}")
        return json.loads(done.stdout)

    def said(self, function):
        return (self.folder / f"{function}.log").read_text()

    def stop(self):
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            process.wait()


def main(stage, programs):
    # without events of stopped tasks the samples are the only word about them, until the tasks' deadlines come
    staged = subprocess.Popen([stage, "--fault", "events-lost"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with tempfile.TemporaryDirectory() as folder:
        service = None
        try:
            about = json.loads(staged.stdout.readline())
            service = Service(pathlib.Path(folder), about, programs)
            play = Play(Clients(about["endpoint"]), about)
            play.create()
            for part in HOOKS:
                # there is no such service deployment; what finish cannot do is told, and fails nothing
                status = "SUCCEEDED" if part == "finish" else "FAILED"
                expect(f"{part} of ECS", {"hookStatus": status}, service.invoke(f"{part}/ecs-hook.json", {}))
            good_release(play, service)
            job(play, service)
            alarm(play, service)
            dead_hook(play, service)
        finally:
            if service:
                service.stop()
            staged.stdin.close()
            staged.wait()


def good_release(play, service):
    """A whole deployment; everything that its hooks do is done under cargo-lambda."""
    deployment = play.deploy(hooks=[{event: SILENT} for event, _ in HOOKS.values()],
                             deploymentConfigName="CodeDeployDefault.ECSAllAtOnce")
    for part, (event, verdict) in HOOKS.items():
        if part == "validate":
            play.until(lambda: play.status(deployment) == "Ready")
            play.call("codedeploy", "ContinueDeployment", deploymentId=deployment, deploymentWaitType="READY_WAIT")
        execution = asked(play, deployment, event)
        replaced = {DEPLOYMENT: deployment, EXECUTION: execution}
        answer = service.invoke(f"{part}/codedeploy-hook.json", replaced)
        why = f" ({answer['reason']})" if answer["reason"] else ""
        expect(f"{part} at {event}{why}", verdict, answer["verdict"])
        if verdict == "pending":
            settle(play, service, deployment, event)
        play.until(lambda: lifecycle(play, deployment)[event] != "InProgress")
        expect(f"{event} on the stage", "Succeeded", lifecycle(play, deployment)[event])
    play.until(lambda: play.info(deployment).get("instanceTerminationWaitTimeStarted"))
    play.call("codedeploy", "ContinueDeployment", deploymentId=deployment, deploymentWaitType="TERMINATION_WAIT")
    play.ends(deployment, "Succeeded")


def settle(play, service, deployment, event):
    """The hook's one-off task stops, and `settle` hears of it from the sample."""
    task = stopped(play, f"greenlight/{deployment}/{event}/0/0")
    replaced = {DEPLOYMENT: deployment, "/BeforeInstall/": f"/{event}/", TASK: task, TASK_DEFINITION: play.green}
    expect(f"settle at {event}", None, service.invoke("settle/task-succeeded.json", replaced))
    verdicts = [line for line in map(json.loads, service.said("settle").splitlines())
                if line["event"] == "hook.verdict" and line["lifecycle_event"] == event]
    expect(f"settle's own line about {event}", ["succeeded"], [line["verdict"] for line in verdicts])


def stopped(play, started_by):
    """The id of the one task that was started so, as soon as it has stopped."""
    found = []

    def has_stopped():
        tasks = play.call("ecs", "ListTasks", cluster=play.cluster, desiredStatus="STOPPED")["taskArns"]
        known = play.call("ecs", "DescribeTasks", cluster=play.cluster, tasks=tasks)["tasks"] if tasks else []
        found[:] = [one["taskArn"] for one in known
                    if one.get("startedBy") == started_by and one["lastStatus"] == "STOPPED"]
        return found

    play.until(has_stopped)
    [task] = found
    return task.rsplit("/")[-1]


def job(play, service):
    """A job of the release is due, is said twice, and ends."""
    due = play.info(play.deployments[-1])["completeTime"].astimezone(datetime.timezone.utc).replace(microsecond=0)
    scheduled = due.strftime("%Y-%m-%dT%H:%M:%SZ")
    for time in ("once", "again"):
        expect(f"launch-job {time}", None, service.invoke("launch-job/scheduler.json", {SCHEDULED: scheduled}))
    first, second = [json.loads(line) for line in service.said("launch-job").splitlines()]
    expect("launch-job's own lines", ["job.started", "job.found"], [first["event"], second["event"]])
    expect("what it started the task from", play.green, first["task_definition"])
    task = stopped(play, f"greenlight/shop-web/sync-external-data/job/{int(due.timestamp())}/0")
    replaced = {"/1767232800/": f"/{int(due.timestamp())}/", TASK: task, TASK_DEFINITION: play.green}
    expect("settle of the job", None, service.invoke("settle/job-succeeded.json", replaced))
    ended = [line for line in map(json.loads, service.said("settle").splitlines()) if line["event"] == "job.ended"]
    expect("settle's own line about the job", ["succeeded"], [line["outcome"] for line in ended])


def alarm(play, service):
    """An alarm goes off while a release is deployed."""
    deployment = play.deploy(hooks=[{"BeforeInstall": SILENT}])
    asked(play, deployment, "BeforeInstall")
    since = play.info(deployment)["createTime"].astimezone(datetime.timezone.utc) + datetime.timedelta(seconds=1)
    replaced = {ALARM: play.about["alarms"][0], ALARM_SINCE: since.strftime("%Y-%m-%dT%H:%M:%S.000+0000")}
    expect("rollback", None, service.invoke("rollback/eventbridge-metric.json", replaced))
    play.ends(deployment, "Stopped")
    play.rolled_back(deployment)
    expect("who stopped the release", "MANUAL_STOP", play.info(deployment)["errorInformation"]["code"])


def dead_hook(play, service):
    """A hook that Lambda gave up on."""
    deployment = play.deploy(hooks=[{"BeforeInstall": SILENT}])
    execution = asked(play, deployment, "BeforeInstall")
    replaced = {DEPLOYMENT: deployment, EXECUTION: execution}
    expect("settle of a dead hook", None, service.invoke("settle/on-failure.json", replaced))
    play.ends(deployment, "Failed")
    expect("why it failed", "HOOK_EXECUTION_FAILURE", play.info(deployment)["errorInformation"]["code"])


def asked(play, deployment, event):
    """The id of the hook's execution, as soon as CodeDeploy has asked."""
    said = pathlib.Path(play.about["folder"]) / "hook.json"
    play.until(lambda: lifecycle(play, deployment).get(event) == "InProgress" and said.exists()
               and json.loads(said.read_text())["DeploymentId"] == deployment)
    execution = json.loads(said.read_text())["LifecycleEventHookExecutionId"]
    said.unlink()
    return execution


def lifecycle(play, deployment):
    """The status of each lifecycle event."""
    targets = play.call("codedeploy", "ListDeploymentTargets", deploymentId=deployment)
    if isinstance(targets, str):
        return {}
    [target] = targets["targetIds"]
    answer = play.call("codedeploy", "GetDeploymentTarget", deploymentId=deployment, targetId=target)
    events = answer["deploymentTarget"]["ecsTarget"]["lifecycleEvents"]
    return {event["lifecycleEventName"]: event["status"] for event in events}


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
