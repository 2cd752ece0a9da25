"""The deployment on a stage: functions with their endpoints, and what brings them their events as Lambda, SQS, DynamoDB Streams,
EventBridge Scheduler and the HTTP API do."""

import base64
import datetime
import json
import pathlib
import time
import urllib.parse
import uuid

from authorizer import Authorizer
from deployment import ACCOUNT, PARTITION, REGION
from function import Failed, RunningFunction, program_of
from policy import Role
from proxy import Calls, Handler, Proxy, Server

# How often a batch is given again before the rehearsal gives up.
TRIES = 3


class Stage:
    """Everything that runs for one rehearsal."""

    def __init__(self, deployment, services, built, logs, issuer):
        self.deployment, self.services, self.calls, self.issuer = deployment, services, Calls(), issuer
        self.roles = {name: Role(deployment, name) for name in deployment.of_type("AWS::IAM::Role")}
        # Whose messages may come back: what they are for is not there.
        self.may_fail = {"notices"}
        self.functions, self.routes, self.endpoints, self.positions = {}, [], {}, {}
        self.anyone = Proxy(services, self.calls, "anyone")
        for function in deployment.functions():
            endpoint = Proxy(services, self.calls, function.name, self.roles[function.role])
            log = pathlib.Path(logs) / f"{function.binary}.log"
            running = RunningFunction(function, program_of(built, function), endpoint, log)
            self.functions[function.name], self.endpoints[function.name] = running, endpoint
            self.routes += [(Route(one), running) for one in function.routes]
        self.authorizer = Authorizer.of(self)

    def deploy_again(self):
        """Other values of parameters: roles as they are then, and processes that start with their environment as it is then."""
        for name, role in self.roles.items():
            role.statements = Role(self.deployment, name).statements
        for function in self.deployment.functions():
            self.functions[function.name].deploy_again(function)

    def by_binary(self, binary):
        return next(one for one in self.functions.values() if one.function.binary == binary)

    # -- events that wait

    def carry(self):
        """Brings functions whatever waits for them, until nothing does."""
        while self._carry_once():
            pass

    def _carry_once(self):
        """Empties the queues, then tells of the changes that came of it, as many at once as a function takes."""
        moved = False
        self._settle()
        for running in self.functions.values():
            for source in running.function.queues:
                while self._from_queue(running, source):
                    moved = True
                    self._settle()
        for running in self.functions.values():
            for source in running.function.streams:
                while self._from_stream(running, source):
                    moved = True
        return moved

    def _settle(self):
        for _ in range(500):
            if self.services.all_told():
                return
            time.sleep(0.01)
        raise Failed("the local stack's S3 does not tell of an object that was created")

    def _from_queue(self, running, source):
        client = self._client("sqs", running)
        url = self.services.url_of(source["Queue"])
        if url not in self.positions:
            client.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])
            self.positions[url] = None
        size = min(int(source.get("BatchSize", 10)), 10)
        received = client.receive_message(QueueUrl=url, MaxNumberOfMessages=size, AttributeNames=["All"]).get(
            "Messages", []
        )
        if not received:
            return False
        event = {"Records": [queue_record(message, source["Queue"]) for message in received]}
        answer = running.invoke(event)
        partial = "ReportBatchItemFailures" in source.get("FunctionResponseTypes", [])
        failed = {one["itemIdentifier"] for one in (answer or {}).get("batchItemFailures", [])} if partial else set()
        for message in received:
            if message["MessageId"] not in failed:
                client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            elif running.function.binary not in self.may_fail:
                raise Failed(
                    f"{running.function.name} gave back a message: {message['Body'][:400]}: {running.last_words()}"
                )
        return True

    def _from_stream(self, running, source):
        client = self._client("streams", running)
        arn = source["Stream"]
        place = running.function.name, arn
        if place not in self.positions:
            table = arn.split("/")[1]
            client.list_streams(TableName=table)
            (shard,) = client.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
            start = client.get_shard_iterator(
                StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType=source["StartingPosition"]
            )
            self.positions[place] = start["ShardIterator"]
        page = client.get_records(
            ShardIterator=self.positions[place], Limit=min(int(source.get("BatchSize", 100)), 1000)
        )
        patterns = running.function.patterns(source)
        records = [stream_record(record, arn) for record in page["Records"]]
        batch = [one for one in records if not patterns or any(matches(pattern, one) for pattern in patterns)]
        for _ in range(TRIES):
            if not batch:
                break
            answer = running.invoke({"Records": batch})
            failed = [one["itemIdentifier"] for one in (answer or {}).get("batchItemFailures", [])]
            first = next(
                (at for at, one in enumerate(batch) if one["dynamodb"]["SequenceNumber"] in failed), len(batch)
            )
            batch = batch[first:]
        if batch:
            raise Failed(
                f"{running.function.name} does not take a change: {json.dumps(batch[0])[:600]}: {running.last_words()}"
            )
        self.positions[place] = page["NextShardIterator"]
        return bool(page["Records"])

    def _client(self, service, running):
        """What polls for a function does so under the function's role."""
        return self.services.client(service, self.endpoints[running.function.name].url)

    def tick(self, binary):
        """The schedule of a function comes round."""
        running = self.by_binary(binary)
        if not running.function.schedules:
            raise Failed(f"{running.function.name} has no schedule")
        for _ in running.function.schedules:
            running.invoke(scheduled())

    # -- the HTTP API

    def request(self, method, target, claims=None, headers=(), body=None):
        """Sends a request of whoever has a token with these claims; the answer's status, headers and body."""
        sent = {"accept": "application/json", "user-agent": "rehearsal", **dict(headers)}
        if isinstance(body, (dict, list)):
            body = json.dumps(body, ensure_ascii=False).encode()
            sent.setdefault("content-type", "application/json")
        path = urllib.parse.urlsplit(target).path
        found = [
            (route, running, given)
            for route, running in self.routes
            if (given := route.takes(method, path)) is not None
        ]
        if not found:
            return 404, {}, b'{"message":"Not Found"}'
        route, running, given = min(found, key=lambda one: one[0].rank)
        header = sent.get("authorization")
        event = http_event(route, method, target, given, sent, body or b"")
        if route.needs_token and self.authorizer is None:
            if claims is None:
                return 401, {}, b'{"message":"Unauthorized"}'
            event["requestContext"]["authorizer"] = {"jwt": {"claims": as_texts(claims), "scopes": None}}
        elif route.needs_token:
            header = header or (claims and f"Bearer {self.issuer.access(claims)}")
            if not header:
                return 401, {}, b'{"message":"Unauthorized"}'
            context = self.authorizer.context(header, event)
            if context is None:
                return 403, {}, b'{"message":"Forbidden"}'
            event["requestContext"]["authorizer"] = {"lambda": context}
        answer = running.invoke(event)
        return http_answer(answer)

    def serve(self, port):
        """The HTTP API on a port, with tokens of the issuer, which gives them there as that of the local stack does."""
        stage, issuer = self, self.issuer

        class Gateway(Handler):
            def respond(self, body):
                headers = {name.lower(): value for name, value in self.headers.items()}
                if (self.command, self.path) == ("POST", "/dev/token"):
                    given = json.dumps({"access_token": issuer.gives(json.loads(body))}).encode()
                    return self.answer(200, [("content-type", "application/json")], given)
                claims = issuer.claims(headers.get("authorization"))
                try:
                    status, answered, content = stage.request(self.command, self.path, claims, headers, body)
                except Failed:
                    status, answered, content = 500, {}, b'{"message":"Internal Server Error"}'
                cookies = [("set-cookie", one) for one in answered.pop("set-cookie", "").split("\n") if one]
                return self.answer(status, [*answered.items(), *cookies], content)

        return Server(Gateway, port)

    def end(self):
        for running in self.functions.values():
            running.end()


class Route:
    """A route of the HTTP API."""

    def __init__(self, properties):
        self.method, self.path = properties["Method"].upper(), properties["Path"]
        self.needs_token = properties.get("Auth", {}).get("Authorizer") != "NONE"
        self.key = f"{self.method} {self.path}"
        self.segments = self.path.strip("/").split("/")
        kinds = {True: 1, False: 0}
        # Whatever is more specific comes first.
        self.rank = [2 if one.endswith("+}") else kinds[one.startswith("{")] for one in self.segments]

    def takes(self, method, path):
        """The path's parameters, when a request takes this route."""
        if self.method not in (method, "ANY"):
            return None
        parts = path.removeprefix("/").split("/")
        given = {}
        for at, segment in enumerate(self.segments):
            if segment.endswith("+}"):
                rest = "/".join(parts[at:])
                return given | {segment[1:-2]: urllib.parse.unquote(rest)} if rest else None
            if at >= len(parts):
                return None
            if segment.startswith("{"):
                if not parts[at]:
                    return None
                given[segment[1:-1]] = urllib.parse.unquote(parts[at])
            elif segment != parts[at]:
                return None
        return given if len(parts) == len(self.segments) else None


def http_event(route, method, target, given, headers, body):
    """A request in payload format 2.0 (API Gateway Developer Guide, "Lambda proxy integrations")."""
    split = urllib.parse.urlsplit(target)
    now = datetime.datetime.now(datetime.UTC)
    cookies = [one.strip() for one in headers.pop("cookie", "").split(";") if one.strip()]
    told = {
        "content-length": str(len(body)),
        "host": "abcde12345.execute-api.cn-north-1.amazonaws.com.cn",
        "x-amzn-trace-id": "Root=1-63441c4a-abcdef012345678912345678",
        "x-forwarded-for": "192.0.2.17",
        "x-forwarded-port": "443",
        "x-forwarded-proto": "https",
    }
    event = {
        "version": "2.0",
        "routeKey": route.key,
        "rawPath": split.path,
        "rawQueryString": split.query,
        "headers": {name.lower(): value for name, value in headers.items()} | told,
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": "abcde12345",
            "domainName": "abcde12345.execute-api.cn-north-1.amazonaws.com.cn",
            "domainPrefix": "abcde12345",
            "http": {
                "method": method,
                "path": split.path,
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.17",
                "userAgent": headers.get("user-agent", ""),
            },
            "requestId": uuid.uuid4().hex[:15] + "=",
            "routeKey": route.key,
            "stage": "$default",
            "time": now.strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "timeEpoch": int(now.timestamp() * 1000),
        },
        "isBase64Encoded": False,
    }
    if cookies:
        event["cookies"] = cookies
    if query := urllib.parse.parse_qs(split.query, keep_blank_values=True):
        event["queryStringParameters"] = {name: ",".join(values) for name, values in query.items()}
    if given:
        event["pathParameters"] = given
    if body:
        kind = headers.get("content-type", "").partition(";")[0]
        if kind.startswith("text/") or kind in ("application/json", "application/xml", "application/javascript"):
            event["body"] = body.decode("utf-8", errors="replace")
        else:
            event |= {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}
    return event


def as_texts(claims):
    """Claims as the HTTP API hands them on, which asks the issuer itself."""
    now = int(time.time())
    issued = {"iss": "https://issuer.example.invalid", "aud": "xinzheng", "iat": now, "exp": now + 900}
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in (issued | claims).items()}


def http_answer(answer):
    """What the HTTP API makes of a function's answer."""
    if not isinstance(answer, dict) or "statusCode" not in answer:
        raise Failed(f"no answer of the HTTP API: {str(answer)[:200]}")
    headers = {name.lower(): str(value) for name, value in (answer.get("headers") or {}).items()}
    for name, values in (answer.get("multiValueHeaders") or {}).items():
        headers.setdefault(name.lower(), ",".join(values))
    if answer.get("cookies"):
        headers["set-cookie"] = "\n".join(answer["cookies"])
    body = answer.get("body") or ""
    content = base64.b64decode(body) if answer.get("isBase64Encoded") else body.encode()
    return answer["statusCode"], headers, content


def queue_record(message, arn):
    """A message as Lambda hands it on."""
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message.get("Attributes", {}),
        "messageAttributes": {},
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": arn,
        "awsRegion": REGION,
    }


def stream_record(record, arn):
    """A change as Lambda hands it on: times in seconds, bytes in base64."""
    told = {
        name: value
        for name, value in record.items()
        if name in ("eventID", "eventName", "eventVersion", "eventSource", "awsRegion", "userIdentity")
    }
    if "userIdentity" in told:
        told["userIdentity"] = {
            "principalId": told["userIdentity"]["PrincipalId"],
            "type": told["userIdentity"]["Type"],
        }
    return told | {"dynamodb": plain(record["dynamodb"]), "eventSourceARN": arn}


def plain(value):
    match value:
        case datetime.datetime():
            return int(value.timestamp())
        case bytes():
            return base64.b64encode(value).decode()
        case dict():
            return {name: plain(one) for name, one in value.items()}
        case list():
            return [plain(one) for one in value]
    return value


def matches(pattern, value):
    """True when an event fits a filter (Lambda Developer Guide, "Filter rule syntax")."""
    if isinstance(pattern, dict):
        return all(isinstance(value, dict) and matches(one, value.get(name)) for name, one in pattern.items())
    return any(fits(one, value) for one in pattern)


def fits(rule, value):
    if not isinstance(rule, dict):
        return rule == value
    ((kind, wanted),) = rule.items()
    match kind:
        case "prefix":
            return isinstance(value, str) and value.startswith(wanted)
        case "exists":
            return (value is not None) == wanted
        case "anything-but":
            return value not in (wanted if isinstance(wanted, list) else [wanted])
    raise Failed(f"a filter's rule that the rehearsal does not know: {kind}")


def scheduled():
    """What EventBridge Scheduler sends when a schedule has no input of its own."""
    now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.scheduler",
        "account": ACCOUNT,
        "time": now,
        "region": REGION,
        "resources": [f"arn:{PARTITION}:scheduler:{REGION}:{ACCOUNT}:schedule/default/rehearsal"],
        "detail": "{}",
    }
