"""Holds what came over the wire against the shapes of botocore's service models."""

import datetime
import io
import json
import re
import xml.etree.ElementTree as tree

from botocore.parsers import RpcV2CBORParser
from botocore.utils import parse_timestamp

# S3's model leaves most errors out.
# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
S3 = {
    "InternalError": {500},
    "InvalidArgument": {400},
    "InvalidRange": {416},
    "NoSuchBucket": {404},
    "NoSuchKey": {404},
    "NotImplemented": {501},
    "SlowDown": {503},
}

# What every service may answer besides the errors of an operation's model, with its status.
# https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html, and their names in the query protocol.
# The statuses are those of the services that speak JSON, and of those that use HTTP's.
COMMON = {
    "AccessDenied": {403},
    "AccessDeniedException": {400},
    "AuthorizationError": {403},
    "InternalFailure": {500},
    "InvalidAction": {400},
    "MissingParameter": {400},
    "ServiceUnavailable": {503},
    "Throttling": {400},
    "ThrottlingException": {400},
    "UnknownOperationException": {400},
    "ValidationError": {400},
    "ValidationException": {400},
}
REST = {"AccessDeniedException": {403}, "ThrottlingException": {429}}


def of_json(body, shape):
    """What does not fit in an answer in JSON."""
    return list(_value(json.loads(body or b"{}"), shape, shape.name, "json"))


def of_cbor(body, shape):
    """What does not fit in an answer in CBOR."""
    parser = RpcV2CBORParser()
    value = parser.parse_data_item(parser.get_peekable_stream_from_bytes(body)) if body else {}
    return list(_value(value, shape, shape.name, "cbor"))


def of_query(body, operation):
    """What does not fit in an answer in the query protocol."""
    root = _plain(tree.parse(io.BytesIO(body)).getroot())
    shape = operation.output_shape
    if root.tag != f"{operation.name}Response":
        yield f"the answer is a <{root.tag}>"
    if root.find("ResponseMetadata/RequestId") is None:
        yield "the answer has no RequestId"
    names = {child.tag for child in root} - {"ResponseMetadata"}
    if shape is None or "resultWrapper" not in shape.serialization:
        yield from (f"unknown <{name}>" for name in names)
        return
    wrapper = shape.serialization["resultWrapper"]
    if names != {wrapper}:
        yield f"the answer has {sorted(names)}, not <{wrapper}>"
        return
    yield from _element(root.find(wrapper), shape, shape.name)


def of_parsed(parsed, shape):
    """What does not fit in an answer of which only what botocore made of it is known."""
    return list(_value({k: v for k, v in parsed.items() if k != "ResponseMetadata"}, shape, shape.name, "parsed"))


def of_error(operation, code, status):
    """What is wrong with an error of an operation."""
    service = operation.service_model
    modelled = {shape.error_code: shape for shape in operation.error_shapes}
    if code in modelled:
        expected = statuses(modelled[code])
    elif code in common(service):
        expected = common(service)[code]
    else:
        known = ", ".join(sorted(modelled)) or "none"
        other = " (an error of the service, but not of this operation)" if code in of_service(service) else ""
        return [f"the error {code} is not in the model{other}; it has {known}"]
    return [] if status in expected else [f"the error {code} has the status {status}, not {sorted(expected)}"]


def common(service):
    """What any operation of a service may answer: code to statuses."""
    if service.service_name == "s3":
        return {"AccessDenied": {403}} | S3
    return COMMON | (REST if service.resolved_protocol == "rest-json" else {})


def of_service(service):
    """The errors of a service: code to shape."""
    return {shape.error_code: shape for shape in service.error_shapes}


def statuses(shape):
    """The statuses that an error can have."""
    said = shape.metadata.get("error", {}).get("httpStatusCode")
    if said:
        return {said}
    return {500, 503} if shape._shape_model.get("fault") else {400}


def _value(value, shape, path, form):
    """What does not fit in a decoded value."""
    kind = shape.type_name
    # a document is whatever JSON somebody wrote
    if kind == "structure" and shape.is_document_type:
        return
    if kind == "structure":
        if not isinstance(value, dict):
            yield f"{path} is {_told(value)}, not a structure"
            return
        names = {member.serialization.get("name", name): (name, member) for name, member in shape.members.items()}
        if form == "parsed":
            names = {name: (name, member) for name, member in shape.members.items()}
        for name, item in value.items():
            if name not in names:
                yield f"{path} has no member {name}"
            else:
                yield from _value(item, names[name][1], f"{path}.{name}", form)
        for name, (member, _) in names.items():
            if member in shape.required_members and name not in value:
                yield f"{path} misses the required member {member}"
        if shape.is_tagged_union and len(value) != 1:
            yield f"{path} is a union with {len(value)} members"
    elif kind == "list":
        if not isinstance(value, list):
            yield f"{path} is {_told(value)}, not a list"
            return
        yield from _bounds(len(value), shape, f"the number of {path}")
        for item in value:
            yield from _value(item, shape.member, f"{path}[]", form)
    elif kind == "map":
        if not isinstance(value, dict):
            yield f"{path} is {_told(value)}, not a map"
            return
        for name, item in value.items():
            yield from _value(name, shape.key, f"{path} (key)", form)
            yield from _value(item, shape.value, f"{path}{{}}", form)
    else:
        yield from _scalar(value, shape, path, form)


def _scalar(value, shape, path, form):
    kind = shape.type_name
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if kind == "string":
        if not isinstance(value, str):
            yield f"{path} is {_told(value)}, not a string"
            return
        if shape.enum and value not in shape.enum:
            yield f"{path} is {value!r}, which is none of {shape.enum}"
        yield from _bounds(len(value), shape, f"the length of {path}")
        yield from _pattern(value, shape, path)
    elif kind in ("integer", "long"):
        if not isinstance(value, int) or isinstance(value, bool):
            yield f"{path} is {_told(value)}, not a whole number"
            return
        bits = 31 if kind == "integer" else 63
        if not -(2**bits) <= value < 2**bits:
            yield f"{path} is {value}, too large"
        yield from _bounds(value, shape, path)
    elif kind in ("float", "double"):
        if not number:
            yield f"{path} is {_told(value)}, not a number"
        else:
            yield from _bounds(value, shape, path)
    elif kind == "boolean":
        if not isinstance(value, bool):
            yield f"{path} is {_told(value)}, not true or false"
    elif kind == "timestamp":
        if form == "json":
            if shape.serialization.get("timestampFormat", "unixTimestamp") != "unixTimestamp":
                yield f"{path}: the checker does not know this format of timestamps"
            elif not number or not datetime.datetime(2000, 1, 1).timestamp() < value < 4e9:
                yield f"{path} is {_told(value)}, not a time in seconds"
        elif not isinstance(value, datetime.datetime):
            yield f"{path} is {_told(value)}, not a time"
    elif kind == "blob":
        if not hasattr(value, "read") and not isinstance(value, (str, bytes)):
            yield f"{path} is {_told(value)}, not a blob"
    else:
        yield f"{path}: the checker does not know the type {kind}"


def _element(element, shape, path):
    """What does not fit in an element of an answer in XML."""
    kind = shape.type_name
    if kind == "structure":
        names = {member.serialization.get("name", name): (name, member) for name, member in shape.members.items()}
        seen = set()
        for child in element:
            if child.tag not in names:
                yield f"{path} has no member {child.tag}"
                continue
            name, member = names[child.tag]
            if child.tag in seen and not member.serialization.get("flattened"):
                yield f"{path} has {child.tag} twice"
            seen.add(child.tag)
            yield from _element(child, member, f"{path}.{child.tag}")
        for name, (member, _) in names.items():
            if member in shape.required_members and name not in seen:
                yield f"{path} misses the required member {member}"
    elif kind == "list":
        if shape.serialization.get("flattened"):
            yield from _element(element, shape.member, f"{path}[]")
            return
        wanted = shape.member.serialization.get("name", "member")
        for child in element:
            if child.tag != wanted:
                yield f"{path} has items <{child.tag}>, not <{wanted}>"
            else:
                yield from _element(child, shape.member, f"{path}[]")
    elif kind == "map":
        for entry in element:
            if entry.tag != "entry" or [child.tag for child in entry] != ["key", "value"]:
                yield f"{path} has an entry that is none"
                continue
            yield from _element(entry[0], shape.key, f"{path} (key)")
            yield from _element(entry[1], shape.value, f"{path}{{}}")
    else:
        text = element.text or ""
        if len(element):
            yield f"{path} has elements, and is a {kind}"
        try:
            value = _read(text, kind)
        except ValueError:
            yield f"{path} is {text!r}, not a {kind}"
            return
        yield from _scalar(value, shape, path, "xml")


def _read(text, kind):
    if kind in ("integer", "long"):
        return int(text)
    if kind in ("float", "double"):
        return float(text)
    if kind == "boolean":
        return {"true": True, "false": False}.get(text, text)
    if kind == "timestamp":
        if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", text):
            raise ValueError(text)
        return parse_timestamp(text)
    return text


def _bounds(number, shape, path):
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and number < low:
        yield f"{path} is {number}, less than {low}"
    if high is not None and number > high:
        yield f"{path} is {number}, more than {high}"


def _pattern(value, shape, path):
    pattern = shape.metadata.get("pattern")
    if not pattern:
        return
    try:
        # the models' expressions are those of Java; what Python does not read is not checked
        fits = re.search(pattern, value)
    except re.error:
        return
    if not fits:
        yield f"{path} is {value!r}, which is not like {pattern}"


def _plain(element):
    """The element without name spaces."""
    for each in element.iter():
        each.tag = each.tag.rsplit("}", 1)[-1]
    return element


def _told(value):
    return f"{type(value).__name__} {str(value)[:60]!r}"
