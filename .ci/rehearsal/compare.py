"""What two rehearsals were told, held against each other: without what is drawn, and without times."""

import json
import re

# What differs from one rehearsal to the next by itself.
DRAWN = [
    (r"http://127\.0\.0\.1:\d+[^\"\s]*", "<address>"),
    (r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})", "<time>"),
    (r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}(?::\d{2})?", "<time>"),
    (r"\b(?:CZXY|YY|XF|CN)-\d{8}-[0-9A-Z]+", "<number>"),
    (r"\b(?:FJ|WH|P|msg)[-_][0-9a-f]{16,}", "<id>"),
    (r"\b[0-9A-Z]{7}-[0-9A-Z]{7}-[0-9A-Z]{7}\b", "<code>"),
    (r"\b[0-9A-Z]{21}\b", "<code>"),
    (r"…[0-9A-Z]{4}\b", "<code>"),
    (r"\b[0-9a-f]{14,}\b", "<digest>"),
    (r"whsec_[A-Za-z0-9+/=]+", "<secret>"),
    (r"[A-Za-z0-9+/_-]{40,}={0,2}", "<bytes>"),
    (r"\b\d{21,40}\b", "<sequence>"),
    (r"\b1[789]\d{8}(?:\d{3}|\d{6}|\d{9})?\b", "<moment>"),
    (r"^(PROOF-DUE|LOG-PENDING)#\d+$", r"\1#<shard>"),
    (r"^(THROTTLE#.*)#\d+$", r"\1#<hour>"),
    (r"Root=1-[^;\"]+", "<trace>"),
    (r";t=\d+", ";t=<seconds>"),
]
DRAWN = [(re.compile(pattern), name) for pattern, name in DRAWN]
# Fields that tell of the moment, of a length that signatures make, or of a place that is drawn.
FIELDS = {
    "bytes",
    "file_bytes",
    "etag",
    "cursor",
    "next",
    "exp",
    "nbf",
    "expires_at",
    "failures",
    "basis",
    "retry-after",
}


def plain(value):
    """A value without what is drawn."""
    match value:
        case dict():
            return {plain(key): None if key in FIELDS else plain(one) for key, one in value.items()}
        case list():
            return [plain(one) for one in value]
        case str():
            if value[:1] in "{[":
                try:
                    return plain(json.loads(value))
                except ValueError:
                    pass
            for pattern, name in DRAWN:
                value = pattern.sub(name, value)
            return value
    return value


def line(value):
    return json.dumps(plain(value), ensure_ascii=False, sort_keys=True)


def differences(first, second):
    """What two rehearsals were told otherwise, a line each."""
    if [plain(step) for step, _ in first] != [plain(step) for step, _ in second]:
        yield f"other steps: {[step for step, _ in first]} and {[step for step, _ in second]}"
        return
    for (step, left), (_, right) in zip(first, second, strict=True):
        if step == "what is kept":
            yield from kept(left, right)
            continue
        one, other = line(left), line(right)
        if one != other:
            yield f"{plain(step)}: {where(plain(left), plain(right))}"


def where(left, right, path=""):
    """Where two values begin to differ."""
    if isinstance(left, dict) and isinstance(right, dict):
        for key in sorted(left.keys() | right.keys()):
            if left.get(key) != right.get(key):
                return where(left.get(key), right.get(key), f"{path}.{key}")
    if isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        for at, (one, other) in enumerate(zip(left, right, strict=True)):
            if one != other:
                return where(one, other, f"{path}[{at}]")
    return f"{path or 'all'}: {json.dumps(left, ensure_ascii=False)[:300]} and {json.dumps(right, ensure_ascii=False)[:300]}"


def kept(left, right):
    """Items and objects, whatever their order; answers that are kept for a request that comes again were compared as answers."""
    items = [[one for one in side["items"] if not one["pk"]["S"].startswith("REQUEST#")] for side in (left, right)]
    for what, one, other in [("item", *items)] + [
        (what, left["objects"][what], right["objects"][what]) for what in left["objects"]
    ]:
        mine, theirs = (count(line(each) for each in side) for side in (one, other))
        for text in sorted(mine.keys() | theirs.keys()):
            if mine.get(text, 0) != theirs.get(text, 0):
                yield f"{what} {mine.get(text, 0)} times and {theirs.get(text, 0)} times: {text[:500]}"


def count(lines):
    counted = {}
    for one in lines:
        counted[one] = counted.get(one, 0) + 1
    return counted
