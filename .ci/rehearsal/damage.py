"""What a rehearsal has to notice: roles that lack a statement, events that are not S3's, answers that differ."""

import copy
import pathlib

import compare
from access import Access
from deployment import PARTITION
from function import Failed

FILE = "agriculture/penalty/2025-07-01/处罚.csv"


def without(action, bucket=None, leading=None):
    """Takes from the role of ingest whatever allows this."""

    def damage(rehearsal):
        stage = rehearsal.stage
        role = stage.roles[stage.by_binary("ingest").function.role]
        resource = f"arn:{PARTITION}:s3:::{rehearsal.journey.bucket[bucket]}/uploads/{FILE}" if bucket else None
        context = {"dynamodb:leadingkeys": [leading]} if leading else {}
        kept = []
        for statement in role.statements:
            resources = [resource] if resource else statement.resources
            if not any(statement.covers(Access(action, one, context)) for one in resources):
                kept.append(statement)
        if len(kept) == len(role.statements):
            raise SystemExit(f"nothing lets ingest do {action}: there is nothing to take away")
        role.statements = kept

    return damage


def event_without(name):
    """Has S3 leave out a field of what it tells of an object."""

    def damage(rehearsal):
        send = rehearsal.services._send

        def altered(queue, event):
            event = copy.deepcopy(event)
            for record in event["Records"]:
                record["s3"]["object"].pop(name)
            send(queue, event)

        rehearsal.services._send = altered

    return damage


DAMAGES = [
    ("nothing", None, None),
    (
        "a role that may not read uploads",
        without("s3:GetObject", bucket="UploadsBucket"),
        "no statement of IngestRole allows it",
    ),
    ("a role that may not open batches", without("dynamodb:PutItem", leading="BATCH#1"), "dynamodb:PutItem"),
    ("a role that may not poll its queue", without("sqs:ReceiveMessage"), "IngestFunction: sqs:"),
    ("an event without the object's key", event_without("key"), "gave back a message"),
    ("an event without the entity tag", event_without("eTag"), "gave back a message"),
]


def rehearse(opened):
    """Each damage has to be noticed, and told by its reason; without one everything passes."""
    faults = []
    for at, (name, damage, reason) in enumerate(DAMAGES):
        with opened(at) as rehearsal:
            if damage:
                damage(rehearsal)
            told = first_file(rehearsal)
        print(f"{name}: {told.splitlines()[0][:160] if told else 'passes'}")
        if (reason is None) != (told is None) or (reason and reason not in told):
            faults.append(f"{name}: {told or 'it is not noticed'}")
    told = [["GET /a", [200, "application/json", {"records": 2, "at": "2025-01-01T00:00:00Z"}]]]
    other = [["GET /a", [200, "application/json", {"records": 3, "at": "2026-01-01T00:00:00Z"}]]]
    if len(list(compare.differences(told, other))) != 1 or list(compare.differences(told, told)):
        faults.append("an answer that differs is not noticed")
    print("\n".join(faults) or f"{len(DAMAGES) - 1} damages are noticed")
    return bool(faults)


def first_file(rehearsal):
    """Has one file taken in; why that did not go well, `None` when it did."""
    try:
        rehearsal.journey.put(f"uploads/{FILE}", pathlib.Path("events/uploads", FILE).read_bytes())
        rehearsal.stage.carry()
        (receipt,) = rehearsal.journey.receipts()
        if not receipt["chunks"] or receipt.get("refusal"):
            raise Failed(f"nothing of the file was accepted: {receipt}")
    except Exception as failure:  # noqa: BLE001 - whatever is noticed
        return "\n".join([*rehearsal.stage.calls.refused, *rehearsal.stage.calls.unknown, str(failure)])
    return None
