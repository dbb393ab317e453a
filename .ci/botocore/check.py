"""Holds the stage against botocore's service models, field by field.

The argument is the program that starts a stage. Exit code 1: the stage deviates, or an operation of it was never called.
"""

import json
import pathlib
import re
import subprocess
import sys

import botocore.session
import shapes
from clients import NAMES, Clients
from inputs import Inputs
from play import Play

ROOT = pathlib.Path(__file__).parents[2]
SOURCES = ROOT / "stage/world/src"
PAGE = ROOT / "docs/operations.md"
# the page's section with a table of errors that are raised, and one of those that cannot happen
ERRORS = "\n## Errors of CodeDeploy\n"


def main(program):
    stage = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        about = json.loads(stage.stdout.readline())
        clients = Clients(about["endpoint"])
        Play(clients, about).all()
        inputs = Inputs(about["endpoint"])
        for known in about["operations"]:
            inputs.check(known["service"], known["operation"])
    except BaseException:
        print(*clients.problems, sep="\n")
        raise
    finally:
        # it ends when its input does, with everything that it started
        stage.stdin.close()
        stage.wait(timeout=30)
    problems = [f"{problem} ({times} times)" for problem, times in clients.problems.items()]
    problems += inputs.problems
    problems += uncalled(about["operations"], clients.answers)
    problems += written(about["operations"])
    problems += documented(inputs.refused)
    problems += listed(about["operations"])
    answers = clients.answers.values()
    print(f"{len(about['operations'])} operations, {clients.exchanges} answers, "
          f"{sum(len(codes) - ('ok' in codes) for codes in answers)} different errors, {inputs.asked} shapes of inputs")
    for problem in sorted(problems):
        print(f"- {problem}")
    return 1 if problems else 0


def uncalled(operations, answers):
    """Operations that nobody called: one that is new has to be played too."""
    for known in operations:
        name = (known["service"], known["operation"])
        codes = answers.get(name, {})
        denied = {"AccessDenied", "AccessDeniedException", "AuthorizationError"}
        if "ok" not in codes:
            yield f"{name[0]}:{name[1]} was never called with success: play it in .ci/botocore/play.py"
        if not set(codes) - denied - {"ok"}:
            yield f"{name[0]}:{name[1]} was never called with an error of its own"


def rows(text):
    """The rows of tables that begin with an operation."""
    return [line.strip("|").split("|") for line in text.splitlines() if line.startswith("| `")]


def listed(operations):
    """Whether each error that CodeDeploy's model lists is on the page, as one that is raised or one that cannot happen."""
    model = botocore.session.Session().get_service_model("codedeploy")
    said = {}
    for row in rows(PAGE.read_text().split(ERRORS)[1]):
        said.setdefault(row[0].strip(" `"), []).extend(code.strip(" `") for code in row[1].split(","))
    for name in sorted(known["operation"] for known in operations if known["service"] == "codedeploy"):
        codes, errors = said.get(name, []), {shape.name for shape in model.operation_model(name).error_shapes}
        for code in sorted(errors - set(codes)):
            yield f"{PAGE.name}: is {code} raised by {name}, or why can it not happen?"
        for code in sorted(set(codes) - errors):
            yield f"{PAGE.name}: the model does not list {code} for {name}"
        for code in sorted({code for code in codes if codes.count(code) > 1}):
            yield f"{PAGE.name}: {code} of {name} is there twice"


def documented(refused):
    """Whether the page says which members of inputs are refused."""
    said = {row[0].strip(" `"): row[-1].strip() for row in rows(PAGE.read_text().split(ERRORS)[0])}
    for operation, members in refused.items():
        expected = ", ".join(f"`{member}`" for member in sorted(members))
        if said.get(operation) != expected:
            yield f"{PAGE.name}: the last column of {operation} has to be: {expected or 'empty'}"


def written(operations):
    """Errors that stand in the stage's source, whether or not they were played: each is one of its service's model."""
    session = botocore.session.Session()
    made = re.compile(r'AwsError::(?:client\(\s*"(\w+)"|with_status\(\s*"(\w+)",.*?\b([45]\d\d)\s*,?\s*\))', re.S)
    for service in sorted({known["service"] for known in operations}):
        model = session.get_service_model(NAMES.get(service, service))
        known = {code: shapes.statuses(shape) for code, shape in shapes.of_service(model).items()}
        # the stage calls an error as its shape is called; on the wire it may have another code
        known |= {shape.name: shapes.statuses(shape) for shape in model.error_shapes}
        known |= shapes.common(model)
        for path in sorted((SOURCES / NAMES.get(service, service).removesuffix("v2")).rglob("*.rs")):
            for refused, code, status in made.findall(path.read_text()):
                code, status = refused or code, int(status or 400)
                where = path.relative_to(SOURCES)
                found = [known[name] for name in (code, f"{code}Exception", f"{code}Fault") if name in known]
                # the query protocol leaves the suffix away
                found += [known[name] for name in (code.removesuffix("Exception"),) if name in known]
                if not found:
                    yield f"{where}: the model of {service} has no error {code}"
                elif not any(status in statuses for statuses in found):
                    yield f"{where}: the error {code} has the status {status}, not one of {found}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
