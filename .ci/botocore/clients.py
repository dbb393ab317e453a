"""botocore's clients of the stage; what each of them gets is held against its model."""

import copy
from collections import Counter

import botocore.session
import shapes
from botocore.config import Config
from botocore.exceptions import ClientError

# The stage's name of a service is the one of IAM; botocore's is sometimes another.
NAMES = {"elasticloadbalancing": "elbv2"}

# A service is asked in each protocol that the stage speaks for it; of the others botocore takes the one it prefers.
PROTOCOLS = {"cloudwatch": ("smithy-rpc-v2-cbor", "json", "query"), "codedeploy": ("json", "smithy-rpc-v2-cbor")}

OPERATOR = "AKIAOPERATOR"
# a role that may do nothing
NOBODY = "ASIANOBODY"


class Clients:
    """Every client, and what was found so far."""

    def __init__(self, endpoint):
        self.endpoint = endpoint
        self.clients = {}
        # each deviation, and how often it was seen
        self.problems = Counter()
        # (service, operation) to the codes of the answers: "ok" or an error
        self.answers = {}
        # the first good call of each operation
        self.good = {}
        self.exchanges = 0

    def call(self, service, operation, /, key=OPERATOR, protocol=None, **members):
        """Calls an operation; answers what botocore makes of the answer, or the code of the error."""
        client = self._client(service, key, protocol or PROTOCOLS.get(service, (None,))[0])
        method = client.meta.method_to_api_mapping
        name = next(name for name, api in method.items() if api == operation)
        try:
            answer = getattr(client, name)(**members)
        except ClientError as error:
            return error.response["Error"]["Code"]
        self.good.setdefault((service, operation), members)
        return answer

    def _client(self, service, key, protocol):
        known = (service, key, protocol)
        if known not in self.clients:
            session = botocore.session.Session()
            if protocol:
                _speak(session, NAMES.get(service, service), protocol)
            client = session.create_client(
                NAMES.get(service, service),
                region_name="us-east-1",
                endpoint_url=self.endpoint,
                aws_access_key_id=key,
                aws_secret_access_key="rehearsal",
                config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, proxies={}),
            )
            client.meta.events.register(
                "response-received",
                lambda event_name, response_dict, parsed_response, exception, **_: self._received(
                    service, client, event_name.rsplit(".", 1)[-1], response_dict, parsed_response, exception
                ),
            )
            self.clients[known] = client
        return self.clients[known]

    def _received(self, service, client, operation, response, parsed, exception):
        if exception is not None:
            raise exception
        self.exchanges += 1
        model = client.meta.service_model.operation_model(operation)
        protocol = client.meta.service_model.resolved_protocol
        status = response["status_code"]
        code = parsed["Error"]["Code"] if status >= 300 else "ok"
        self.answers.setdefault((service, operation), Counter())[code] += 1
        try:
            problems = list(_problems(model, protocol, response, parsed, code))
        except Exception as error:  # whatever cannot be read is a deviation, not the end of the check
            problems = [f"the answer cannot be read: {error!r}"]
        for problem in problems:
            self.problems[f"{service}:{operation} ({protocol}): {problem}"] += 1


def _problems(model, protocol, response, parsed, code):
    status, shape = response["status_code"], model.output_shape
    # botocore does not look for it where there is no output
    if not (parsed["ResponseMetadata"].get("RequestId") or response["headers"].get("x-amzn-requestid")):
        yield "the answer has no id of the request"
    if code != "ok":
        if not parsed["Error"].get("Message"):
            yield f"the error {code} has no message"
        yield from shapes.of_error(model, code, status)
        return
    expected = model.http.get("responseCode", 200)
    # a part of an object has a status of its own, and so has an event that a function takes later
    own = (status == 206 and "ContentRange" in parsed) or (status == 202 and model.name == "Invoke")
    if status != expected and not own:
        yield f"the status is {status}, not {expected}"
    if protocol == "query":
        yield from shapes.of_query(response["body"], model)
    elif shape is None:
        if response["body"] not in (b"", b"{}", b"\xa0"):
            yield f"there is a body, {response['body'][:60]!r}, and the model has no output"
    elif protocol == "smithy-rpc-v2-cbor":
        yield from shapes.of_cbor(response["body"], shape)
    elif protocol == "rest-xml" or model.has_streaming_output:
        yield from shapes.of_parsed(parsed, shape)
    else:
        yield from shapes.of_json(response["body"], shape)


def _speak(session, service, protocol):
    """Makes the clients of a session speak one protocol."""
    loader = session.get_component("data_loader")
    load = loader.load_service_model

    def loaded(name, kind, *rest, **named):
        model = load(name, kind, *rest, **named)
        if name == service and kind == "service-2":
            model = copy.deepcopy(model)
            model["metadata"]["protocols"] = [protocol]
        return model

    loader.load_service_model = loaded
