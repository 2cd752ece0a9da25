"""What stands for AWS: moto alone, or moto with the local stack's own S3 and DynamoDB in the place of its own."""

import datetime
import json
import os
import pathlib
import secrets
import socket
import string
import subprocess
import sys
import threading
import time

import boto3
import botocore.config

from deployment import ABSENT, ACCOUNT, PARTITION, REGION, text
from proxy import quoted


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def kebab(name):
    """What the local stack calls a table or bucket of the template."""
    return "".join(f"-{one.lower()}" if one.isupper() and at else one.lower() for at, one in enumerate(name))


class Services:
    """The services that functions call, with table, buckets, queues and secrets of the template."""

    def __init__(self, folder, embedded=None, template=None):
        """`embedded` is the program that serves the local stack's S3 and DynamoDB by a template."""
        self.deployment, self.folder = None, folder
        self.processes, self.notices, self.told, self.sequence = [], [], 0, 0
        self.key_id, self.key_secret = "AKIAREHEARSAL", "rehearsal"
        # Keys of which S3's event gets lost, as events have them.
        self.clients, self.lost = {}, set()
        self.tables, self.iterators, self.lock, self.is_own = {}, {}, threading.Lock(), embedded is not None
        self.moto = f"127.0.0.1:{self._moto()}"
        self.s3 = self.dynamodb = self.moto
        if embedded:
            self._embedded(embedded, template)

    def _moto(self):
        port = free_port()
        log = open(self.folder / "moto.log", "wb")
        server = pathlib.Path(__file__).with_name("account.py")
        environment = os.environ | {"MOTO_ACCOUNT_ID": ACCOUNT}
        command = [sys.executable, server, "-H", "127.0.0.1", "-p", str(port)]
        # In a session of its own: Ctrl-C is for whoever holds it, who ends it last.
        self.processes.append(
            subprocess.Popen(command, stdout=log, stderr=log, env=environment, start_new_session=True)
        )
        until = time.monotonic() + 60
        while time.monotonic() < until:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return port
            if self.processes[-1].poll() is not None:
                break
            time.sleep(0.1)
        raise SystemExit(f"moto does not start: see {self.folder / 'moto.log'}")

    def _embedded(self, program, template):
        log = open(self.folder / "embedded.log", "wb")
        process = subprocess.Popen(
            [program, str(self.folder / "embedded"), str(template)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        self.processes.append(process)
        first = process.stdout.readline()
        if not first:
            raise SystemExit(f"the local stack's services do not start: {(self.folder / 'embedded.log').read_text()}")
        told = json.loads(first)
        self.s3, self.dynamodb = (told[name].removeprefix("http://") for name in ("s3", "dynamodb"))
        self.key_id, self.key_secret = told["key_id"], told["key_secret"]

        def listen():
            for line in process.stdout:
                event = json.loads(line)
                key = event["event"]["Records"][0]["s3"]["object"]["key"]
                if key not in self.lost:
                    self._send(event["queue"], event["event"])
                    with self.lock:
                        self.told += 1

        threading.Thread(target=listen, daemon=True).start()

    def address_of(self, service):
        return {"s3": self.s3, "dynamodb": self.dynamodb, "streams": self.dynamodb}.get(service, self.moto)

    def client(self, service, url=None):
        """A client of whoever may do everything, or through a function's endpoint."""
        kind = {"streams": "dynamodbstreams"}.get(service, service)
        url = url or f"http://{self.address_of(service)}"
        if (kind, url) not in self.clients:
            self.clients[kind, url] = self._client(kind, url)
        return self.clients[kind, url]

    def _client(self, kind, url):
        return boto3.client(
            kind,
            endpoint_url=url,
            region_name=REGION,
            aws_access_key_id=self.key_id,
            aws_secret_access_key=self.key_secret,
            config=botocore.config.Config(
                retries={"max_attempts": 1}, s3={"addressing_style": "path"}, max_pool_connections=20, read_timeout=120
            ),
        )

    def key_of(self, table, index=None):
        """The name of the partition's key."""
        return self.tables[table, index]

    def is_known(self, call):
        """In what the local stack's S3 is known to be another: nothing that a role has to be allowed on AWS follows from it."""
        if (
            self.is_own
            and call.service == "s3"
            and call.operation == "HeadObject"
            and call.bucket == self.deployment.reference("UploadsBucket")
        ):
            return "the local stack's S3 lists objects without their entity tags, which are asked for one by one"
        return None

    # -- what the template has

    def make(self, deployment):
        """Makes whatever of the template functions use."""
        self.deployment = deployment
        for name in deployment.of_type("AWS::DynamoDB::Table"):
            self._table(name)
        for name in deployment.of_type("AWS::S3::Bucket"):
            self._bucket_names(name)
        for name in deployment.of_type("AWS::SecretsManager::Secret"):
            self._secret(name)
        queues = deployment.of_type("AWS::SQS::Queue")
        # Dead letters first: the others name them.
        for name in sorted(queues, key=lambda one: "RedrivePolicy" in queues[one].get("Properties", {})):
            self._queue(name)
        for name in deployment.of_type("AWS::S3::Bucket"):
            self._bucket(name)

    def _table(self, name):
        client = self.client("dynamodb")
        given = self.deployment.properties(name)
        called = self.deployment.name_given(name, "TableName")
        if self.is_own:
            called = kebab(name)
            described = client.describe_table(TableName=called)["Table"]
        else:
            stream = given.get("StreamSpecification")
            described = client.create_table(
                TableName=called,
                BillingMode=given["BillingMode"],
                AttributeDefinitions=given["AttributeDefinitions"],
                KeySchema=given["KeySchema"],
                GlobalSecondaryIndexes=given.get("GlobalSecondaryIndexes", []),
                **({"StreamSpecification": {"StreamEnabled": True, **stream}} if stream else {}),
            )["TableDescription"]
            if expiry := given.get("TimeToLiveSpecification"):
                client.update_time_to_live(TableName=called, TimeToLiveSpecification=expiry)
        for index, schema in [(None, given["KeySchema"])] + [
            (one["IndexName"], one["KeySchema"]) for one in given.get("GlobalSecondaryIndexes", [])
        ]:
            self.tables[called, index] = next(one["AttributeName"] for one in schema if one["KeyType"] == "HASH")
        self.stream = described.get("LatestStreamArn")
        arn = self.deployment.arn("dynamodb", f"table/{called}")
        self.deployment.made(name, Ref=called, Arn=arn, StreamArn=self.stream or ABSENT)

    def _bucket_names(self, name):
        called = kebab(name) if self.is_own else self.deployment.name_given(name, "BucketName")
        domain = f"{called}.s3.{REGION}.amazonaws.com.cn"
        attributes = {"Arn": f"arn:{PARTITION}:s3:::{called}", "DomainName": domain, "RegionalDomainName": domain}
        self.deployment.made(name, Ref=called, **attributes)

    def _bucket(self, name):
        client = self.client("s3")
        given = self.deployment.properties(name)
        called = self.deployment.reference(name)
        for one in given.get("NotificationConfiguration", {}).get("QueueConfigurations", []):
            rules = {
                rule["Name"].lower(): rule["Value"] for rule in one.get("Filter", {}).get("S3Key", {}).get("Rules", [])
            }
            self.notices.append((called, one["Event"], rules, one["Queue"]))
        if self.is_own:
            return
        locked = {"ObjectLockEnabledForBucket": True} if given.get("ObjectLockEnabled") else {}
        client.create_bucket(Bucket=called, CreateBucketConfiguration={"LocationConstraint": REGION}, **locked)
        if versioning := given.get("VersioningConfiguration"):
            client.put_bucket_versioning(Bucket=called, VersioningConfiguration=versioning)
        if lock := given.get("ObjectLockConfiguration"):
            lock["Rule"]["DefaultRetention"]["Days"] = int(lock["Rule"]["DefaultRetention"]["Days"])
            client.put_object_lock_configuration(Bucket=called, ObjectLockConfiguration=lock)

    def _secret(self, name):
        wanted = self.deployment.properties(name).get("GenerateSecretString", {})
        letters = string.ascii_letters + string.digits
        drawn = "".join(secrets.choice(letters) for _ in range(wanted.get("PasswordLength", 32)))
        if "SecretStringTemplate" in wanted:
            drawn = json.dumps(json.loads(wanted["SecretStringTemplate"]) | {wanted["GenerateStringKey"]: drawn})
        self.deployment.made(name, Ref=self.keep_secret(name, drawn))

    def keep_secret(self, name, value):
        return self.client("secretsmanager").create_secret(Name=f"xinzheng/{name}", SecretString=value)["ARN"]

    def _queue(self, name):
        given = self.deployment.properties(name)
        called = self.deployment.name_given(name, "QueueName")
        renamed = {"RedrivePolicy": json.dumps(given.get("RedrivePolicy"))} if "RedrivePolicy" in given else {}
        attributes = {
            key: text(value) for key, value in given.items() if key != "QueueName" and isinstance(value, (str, int))
        } | renamed
        url = self.client("sqs").create_queue(QueueName=called, Attributes=attributes)["QueueUrl"]
        self.deployment.made(name, Ref=url, Arn=self.deployment.arn("sqs", called), QueueName=called)

    # -- what S3 tells

    def created(self, bucket, key, answered, size, sent):
        """Tells of a created object what S3 tells, unless the local stack's own S3 does so itself."""
        for of, event, rules, queue in self.notices:
            wanted = event.rstrip("*") in "s3:ObjectCreated:Put"
            if (
                of == bucket
                and wanted
                and key.startswith(rules.get("prefix", ""))
                and key.endswith(rules.get("suffix", ""))
            ):
                with self.lock:
                    self.sequence += 1
                if not self.is_own:
                    length = int(sent.get("x-amz-decoded-content-length") or size)
                    if "etag" not in answered:
                        # Of a copy, or of parts that were put together, the answer says less.
                        there = self.client("s3").head_object(Bucket=bucket, Key=key)
                        answered, length = answered | {"etag": there["ETag"]}, there["ContentLength"]
                    self._send(queue, self.s3_event(bucket, key, answered, length))

    def all_told(self):
        """True when each object of which something is to be told was told of."""
        with self.lock:
            return not self.is_own or self.told >= self.sequence

    def s3_event(self, bucket, key, answered, size):
        told = {
            "key": quoted(key),
            "size": size,
            "eTag": answered["etag"].strip('"'),
            "sequencer": f"{self.sequence:016X}",
        }
        if "x-amz-version-id" in answered:
            told["versionId"] = answered["x-amz-version-id"]
        now = datetime.datetime.now(datetime.UTC)
        return {
            "Records": [
                {
                    "eventVersion": "2.1",
                    "eventSource": "aws:s3",
                    "awsRegion": REGION,
                    "eventTime": now.strftime("%Y-%m-%dT%H:%M:%S.") + f"{now.microsecond // 1000:03}Z",
                    "eventName": "ObjectCreated:Put",
                    "userIdentity": {"principalId": "AWS:AROAEXAMPLE:rehearsal"},
                    "requestParameters": {"sourceIPAddress": "192.0.2.1"},
                    "responseElements": {
                        "x-amz-request-id": "C3D13FE58DE4C810",
                        "x-amz-id-2": "FMyUVURIY8/IgAtTv8xRjskZQpcIZ9KG4V5Wp6S7S",
                    },
                    "s3": {
                        "s3SchemaVersion": "1.0",
                        "configurationId": "rehearsal",
                        "bucket": {
                            "name": bucket,
                            "ownerIdentity": {"principalId": "A3NL1KOZZKExample"},
                            "arn": f"arn:{PARTITION}:s3:::{bucket}",
                        },
                        "object": told,
                    },
                }
            ]
        }

    def _send(self, queue, event):
        """Into a queue, given by its logical id or ARN."""
        name = queue if not queue.startswith("arn:") else None
        url = self.deployment.reference(name) if name else self.url_of(queue)
        self.client("sqs").send_message(QueueUrl=url, MessageBody=json.dumps(event))

    def url_of(self, arn):
        for name in self.deployment.of_type("AWS::SQS::Queue"):
            if self.deployment.attribute(name, "Arn") == arn:
                return self.deployment.reference(name)
        raise SystemExit(f"no queue of the template is {arn}")

    def end(self):
        for process in self.processes:
            process.kill()
            process.wait()
