"""What the stage takes, held against the models: every member of an input that it knows has to be one of the model's.

An input with a member that nobody has is refused with a message that lists the members that are known there. So each structure of
an input can be asked for its members.
"""

import http.client
import json
import re
import urllib.parse

import botocore.session
from clients import NAMES, OPERATOR

UNKNOWN = "noSuchMember"
# deeper, shapes only repeat themselves
DEEPEST = 6


class Inputs:
    """Asks for the members of inputs."""

    def __init__(self, endpoint):
        self.address = urllib.parse.urlsplit(endpoint).netloc
        self.session = botocore.session.Session()
        self.problems = []
        # operation to the members of its input that the stage does not know
        self.refused = {}
        # how many structures told their members
        self.asked = 0

    def check(self, service, operation):
        """Looks at one operation."""
        model = self.session.get_service_model(NAMES.get(service, service))
        shape = model.operation_model(operation).input_shape
        if shape is not None:
            self._structure(service, model, operation, shape, shape.name, lambda inner: inner, 0)

    def _structure(self, service, model, operation, shape, path, wrap, depth):
        members = self._members(service, model, operation, wrap({UNKNOWN: 1}))
        if members is None:
            return
        self.asked += 1
        if depth == 0:
            self.refused[operation] = set(shape.members) - set(members)
        for member in members:
            if member not in shape.members:
                self.problems.append(f"{service}:{operation} takes {path}.{member}, which the model does not have")
        if depth == DEEPEST:
            return
        for member in members:
            if member in shape.members:
                self._below(service, model, operation, shape.members[member], f"{path}.{member}", member, wrap, depth)

    def _below(self, service, model, operation, shape, path, member, wrap, depth):
        inside = lambda inner: inner
        while shape.type_name in ("list", "map"):
            if shape.type_name == "list":
                shape, inside, path = shape.member, (lambda inner, inside=inside: inside([inner])), f"{path}[]"
            else:
                shape, inside, path = shape.value, (lambda inner, inside=inside: inside({"key": inner})), f"{path}{{}}"
        if shape.type_name == "structure":
            around = lambda inner: wrap({member: inside(inner)})
            self._structure(service, model, operation, shape, path, around, depth + 1)

    def _members(self, service, model, operation, document):
        """The members that the stage knows where the document has one that nobody has; None if it does not say."""
        request = _request(model, operation, document)
        if request is None:
            return None
        method, path, headers, body = request
        connection = http.client.HTTPConnection(self.address, timeout=30)
        scope = f"{OPERATOR}/20260101/us-east-1/{model.signing_name}/aws4_request"
        authorization = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=00"
        connection.request(method, path, body, headers | {"Authorization": authorization})
        response = connection.getresponse()
        answer = response.read().decode().replace('\\"', '"').replace("&quot;", '"')
        connection.close()
        if response.status != 400:
            self.problems.append(f"{service}:{operation} answers {response.status} to {json.dumps(document)}")
            return None
        if f"unknown field `{UNKNOWN}`" not in answer:
            # the member's type is written by hand, or another member of it was missed first
            return None
        known = answer.split(f"unknown field `{UNKNOWN}`", 1)[1].split("\n", 1)[0]
        return re.findall(r"`([^`]+)`", known)


def _request(model, operation, document):
    """A request with this input, whatever it is; None where the protocol has no place for what nobody has."""
    metadata, http_model = model.metadata, model.operation_model(operation).http
    protocols = metadata.get("protocols", [metadata["protocol"]])
    if "json" in protocols:
        headers = {
            "X-Amz-Target": f"{metadata['targetPrefix']}.{operation}",
            "Content-Type": f"application/x-amz-json-{metadata.get('jsonVersion', '1.0')}",
        }
        return "POST", "/", headers, json.dumps(document)
    if "query" in protocols:
        fields = {"Action": operation, "Version": metadata["apiVersion"], **dict(_fields(document, ""))}
        return "POST", "/", {"Content-Type": "application/x-www-form-urlencoded"}, urllib.parse.urlencode(fields)
    if "rest-json" in protocols and http_model["method"] in ("POST", "PUT"):
        path = re.sub(r"\{\w+\}", "probe", http_model["requestUri"])
        return http_model["method"], path, {"Content-Type": "application/json"}, json.dumps(document)
    return None


def _fields(value, name):
    """A document as the parameters of a form."""
    dot = f"{name}." if name else ""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _fields(item, f"{dot}{key}")
    elif isinstance(value, list):
        for index, item in enumerate(value, 1):
            yield from _fields(item, f"{dot}member.{index}")
    else:
        yield name, value
