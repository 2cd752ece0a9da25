"""What a call needs: from a request of the SDK to actions and resources of IAM (Service Authorization Reference)."""

import json
import re
import urllib.parse
from dataclasses import dataclass, field

from deployment import ACCOUNT, PARTITION, REGION

SERVICES = {
    "DynamoDB_20120810": "dynamodb",
    "DynamoDBStreams_20120810": "streams",
    "secretsmanager": "secretsmanager",
    "AmazonSQS": "sqs",
    "AWSEvents": "events",
    "TrentService": "kms",
}


@dataclass
class Access:
    """An action on a resource, with what conditions may ask about."""

    action: str
    resource: str
    context: dict = field(default_factory=dict)

    def __str__(self):
        told = {key: value for key, value in self.context.items() if key != "aws:securetransport"}
        return f"{self.action} on {self.resource}" + (f" {told}" if told else "")


class UnknownCall(Exception):
    """A call of which the rehearsal does not know what it needs."""


class Call:
    """A request of the SDK: which service and operation, and what it needs."""

    def __init__(self, method, target, headers, body, services):
        self.method, self.headers, self.body, self.services = method, headers, body, services
        self.path, _, self.query = target.partition("?")
        operation = headers.get("x-amz-target", "")
        if operation:
            prefix, _, self.operation = operation.partition(".")
            if prefix not in SERVICES:
                raise UnknownCall(operation)
            self.service = SERVICES[prefix]
            self.input = json.loads(body or b"{}")
        else:
            self.service = "s3"
            parts = urllib.parse.unquote(self.path).lstrip("/").split("/", 1)
            self.bucket, self.key = parts[0], parts[1] if len(parts) > 1 else ""
            self.parameters = dict(urllib.parse.parse_qsl(self.query, keep_blank_values=True))
            self.operation = self._s3_operation()

    def needs(self):
        """Everything that has to be allowed for it."""
        found = getattr(self, f"_{self.service}")()
        for one in found:
            one.context.setdefault("aws:securetransport", ["true"])
        return found

    def _s3_operation(self):
        has = self.parameters.keys()
        match self.method:
            case "GET" if not self.key:
                return "ListObjectVersions" if "versions" in has else "ListObjectsV2" if "list-type" in has else "?"
            case "GET" | "HEAD" if not has & {"tagging", "acl", "retention", "legal-hold", "uploadId", "attributes"}:
                return "GetObject" if self.method == "GET" else "HeadObject"
            case "POST":
                return (
                    "CreateMultipartUpload"
                    if "uploads" in has
                    else "CompleteMultipartUpload"
                    if "uploadId" in has
                    else "?"
                )
            case "PUT" if "x-amz-copy-source" in self.headers:
                return "CopyObject"
            case "PUT" if not has & {"tagging", "acl", "retention"}:
                return "UploadPart" if "partNumber" in has else "PutObject"
            case "DELETE":
                return "AbortMultipartUpload" if "uploadId" in has else "DeleteObject"
        return "?"

    def _s3(self):
        bucket = f"arn:{PARTITION}:s3:::{self.bucket}"
        versioned = "Version" if "versionId" in self.parameters else ""
        match self.operation:
            case "ListObjectsV2" | "ListObjectVersions":
                action = "s3:ListBucket" if self.operation == "ListObjectsV2" else "s3:ListBucketVersions"
                return [Access(action, bucket, {"s3:prefix": [self.parameters.get("prefix", "")]})]
            case "GetObject" | "HeadObject":
                return [Access(f"s3:GetObject{versioned}", f"{bucket}/{self.key}")]
            case "PutObject" | "CreateMultipartUpload" | "UploadPart" | "CompleteMultipartUpload":
                needed = [Access("s3:PutObject", f"{bucket}/{self.key}")]
                more = {"x-amz-object-lock-mode": "s3:PutObjectRetention", "x-amz-tagging": "s3:PutObjectTagging"}
                sent = self.headers.keys() | {name.lower() for name in self.parameters}
                return needed + [
                    Access(action, f"{bucket}/{self.key}") for name, action in more.items() if name in sent
                ]
            case "AbortMultipartUpload":
                return [Access("s3:AbortMultipartUpload", f"{bucket}/{self.key}")]
            case "DeleteObject":
                return [Access(f"s3:DeleteObject{versioned}", f"{bucket}/{self.key}")]
        raise UnknownCall(f"S3: {self.method} {self.path}?{self.query}")

    def learn(self, answer):
        """Of which stream an iterator is."""
        if self.service == "streams" and self.operation in ("GetShardIterator", "GetRecords"):
            told = json.loads(answer)
            (arn,) = (one.resource for one in self.needs())
            self.services.iterators[told.get("ShardIterator") or told.get("NextShardIterator")] = arn

    def sees_absence(self):
        """What is needed to be told that an object is not there: without it S3 says that access is denied."""
        return Access("s3:ListBucket", f"arn:{PARTITION}:s3:::{self.bucket}", {"aws:securetransport": ["true"]})

    def _dynamodb(self):
        given = self.input
        match self.operation:
            case "GetItem" | "PutItem" | "UpdateItem" | "DeleteItem":
                return [self._item(self.operation, given)]
            case "Query":
                return [self._query(given)]
            case "BatchGetItem":
                return [
                    self._on_table("BatchGetItem", table, [self._leading(table, key) for key in asked["Keys"]])
                    for table, asked in given["RequestItems"].items()
                ]
            case "TransactWriteItems":
                # Each part needs what it would need by itself.
                parts = (next(iter(part.items())) for part in given["TransactItems"])
                names = {
                    "Put": "PutItem",
                    "Update": "UpdateItem",
                    "Delete": "DeleteItem",
                    "ConditionCheck": "ConditionCheckItem",
                }
                return [self._item(names[kind], part) for kind, part in parts]
            case "TransactGetItems":
                return [self._item("GetItem", part["Get"]) for part in given["TransactItems"]]
        raise UnknownCall(f"DynamoDB: {self.operation}")

    def _leading(self, table, item):
        return next(iter(item[self.services.key_of(table)].values()))

    def _item(self, action, given):
        item = given.get("Key") or given["Item"]
        return self._on_table(action, given["TableName"], [self._leading(given["TableName"], item)])

    def _query(self, given):
        table, index = given["TableName"], given.get("IndexName")
        names, values = given.get("ExpressionAttributeNames", {}), given.get("ExpressionAttributeValues", {})
        leading = []
        for left, right in re.findall(r"([#\w-]+)\s*=\s*(:\w+)", given.get("KeyConditionExpression", "")):
            if names.get(left, left) == self.services.key_of(table, index):
                leading.append(next(iter(values[right].values())))
        if not leading:
            raise UnknownCall(
                f"DynamoDB: a Query whose partition cannot be told: {given.get('KeyConditionExpression')}"
            )
        return self._on_table("Query", table, leading, f"/index/{index}" if index else "")

    def _on_table(self, action, table, leading, below=""):
        arn = f"arn:{PARTITION}:dynamodb:{REGION}:{ACCOUNT}:table/{table.rsplit('/', 1)[-1]}{below}"
        return Access(f"dynamodb:{action}", arn, {"dynamodb:leadingkeys": leading})

    def _streams(self):
        given = self.input
        match self.operation:
            case "DescribeStream" | "GetShardIterator":
                arn = given["StreamArn"]
            case "GetRecords":
                arn = self.services.iterators.get(given["ShardIterator"], "?")
            case "ListStreams":
                arn = f"arn:{PARTITION}:dynamodb:{REGION}:{ACCOUNT}:table/{given['TableName']}/stream/*"
            case _:
                raise UnknownCall(f"DynamoDB Streams: {self.operation}")
        return [Access(f"dynamodb:{self.operation}", arn)]

    def _secretsmanager(self):
        if self.operation != "BatchGetSecretValue":
            return [Access(f"secretsmanager:{self.operation}", self.input["SecretId"])]
        read = [Access("secretsmanager:GetSecretValue", one) for one in self.input["SecretIdList"]]
        return [Access("secretsmanager:BatchGetSecretValue", "*"), *read]

    def _sqs(self):
        queue = self.input["QueueUrl"].rsplit("/", 1)[-1]
        single = {"SendMessageBatch": "SendMessage", "DeleteMessageBatch": "DeleteMessage"}
        action = single.get(self.operation, self.operation)
        return [Access(f"sqs:{action}", f"arn:{PARTITION}:sqs:{REGION}:{ACCOUNT}:{queue}")]

    def _events(self):
        if self.operation != "PutEvents":
            raise UnknownCall(f"EventBridge: {self.operation}")
        buses = {entry.get("EventBusName", "default").rsplit("/", 1)[-1] for entry in self.input["Entries"]}
        return [
            Access("events:PutEvents", f"arn:{PARTITION}:events:{REGION}:{ACCOUNT}:event-bus/{bus}")
            for bus in sorted(buses)
        ]

    def _kms(self):
        key = self.input["KeyId"]
        arn = key if key.startswith("arn:") else f"arn:{PARTITION}:kms:{REGION}:{ACCOUNT}:key/{key}"
        return [Access(f"kms:{self.operation}", arn)]
