"""How long a function takes from the start of its process to its first answer, as a ratio to one that does nothing."""

import json
import pathlib
import statistics
import time
import types

from function import RunningFunction, program_of
from stage import queue_record

# What each is to take at most, as a multiple of a function that does nothing, of the release profile.
AIMS = {"verify": 3.5, "report": 5.0, "portal": 5.0, "index": 3.0}
# What it is held to: what was reached, with room for a busy machine. Of report BENCHMARKS.md says what is in the way.
BOUNDS = AIMS | {"verify": 4.0, "report": 11.0}
# How often each is started: to tell, and to be held to it.
ROUNDS, HELD_ROUNDS = 9, 31


def measure(rehearsal, arguments):
    """Measures all of them in turns, so that whatever else the machine does meets all alike."""
    stage, services = rehearsal.stage, rehearsal.services
    # Without the rehearsal's own proxy between.
    endpoint = types.SimpleNamespace(services=services, url=f"http://{services.moto}")
    # At an address that needs certificates, as a deployment has it; nobody is asked there.
    direct = {"PORTAL_ORIGIN": "https://credit.example.invalid"}
    direct |= {
        "AWS_ENDPOINT_URL_S3": f"http://{services.s3}",
        "AWS_ENDPOINT_URL_DYNAMODB": f"http://{services.dynamodb}",
    }
    found, programs = {name: [] for name in ("hello", *BOUNDS)}, {}
    rounds = HELD_ROUNDS if arguments.hold else ROUNDS
    for _ in range(rounds):
        for name, times in found.items():
            function = stage.by_binary("verify" if name == "hello" else name).function
            program = str(arguments.hello.resolve()) if name == "hello" else program_of(arguments.built, function)
            running = RunningFunction(function, program, endpoint, arguments.out / "cold" / f"{name}.log", direct)
            programs[name] = program
            times.append(first_answer(running, event(rehearsal, name)))
    print(
        f"cold start, from process to first answer: median (quartiles) of {rounds}, "
        "and as a ratio to a function that does nothing"
    )
    hello = [statistics.median(one[at] for one in found["hello"]) for at in (0, 1)]
    beyond = []
    for name, times in found.items():
        wall, busy = (statistics.median(one[at] for one in times) for at in (0, 1))
        size = pathlib.Path(programs[name]).stat().st_size
        ratio = wall / hello[0]
        bound = f" (release: aim {AIMS[name]}, held to {BOUNDS[name]})" if name in BOUNDS else ""
        lower, _, upper = statistics.quantiles([one[0] * 1000 for one in times], n=4)
        print(
            f"  {name}: {wall * 1000:.1f} ms ({lower:.1f} to {upper:.1f}), {ratio:.1f}x{bound}; "
            f"busy {busy * 1000:.1f} ms; {size / 1e6:.1f} MB"
        )
        if ratio > BOUNDS.get(name, 1):
            beyond.append(name)
    if arguments.hold and beyond:
        print(f"beyond its bound: {', '.join(beyond)}")
        return 1
    return 0


def event(rehearsal, name):
    """An event that the function answers as it does most."""
    stage, journey = rehearsal.stage, rehearsal.journey
    asked = types.SimpleNamespace()

    def take(_, given):
        asked.event = given
        return {"statusCode": 200, "body": ""}

    # The stage makes the event; nobody is asked.
    def request(binary, method, target, who=None, body=None):
        running = stage.by_binary(binary)
        running.invoke, invoke = types.MethodType(take, running), running.invoke
        try:
            stage.request(method, target, who, {"idempotency-key": f"cold-{time.monotonic_ns()}"}, body)
        finally:
            running.invoke = invoke
        return asked.event

    match name:
        case "report":
            return request("report", "POST", "/reports", journey.subject, {"purpose": "other"})
        case "portal":
            return request("portal", "GET", "/")
        case "index":
            return told_of_nothing(rehearsal)
    return request("verify", "GET", f"/verify/{journey.issued['code']}")


def told_of_nothing(rehearsal):
    """What S3 sends when a notification is set up: there is nothing to index, which would take longer than the start."""
    source = rehearsal.stage.by_binary("index").function.queues[0]["Queue"]
    body = json.dumps(
        {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": rehearsal.journey.bucket["IntakeBucket"]}
    )
    return {"Records": [queue_record({"MessageId": "1", "ReceiptHandle": "1", "Body": body, "MD5OfBody": ""}, source)]}


def first_answer(running, given):
    """Seconds from the start of the process to its first answer, and those that a processor was busy with it."""
    began = time.monotonic()
    answer = running.invoke(given)
    wall = time.monotonic() - began
    tasks = pathlib.Path(f"/proc/{running.process.pid}/task")
    busy = sum(int((one / "schedstat").read_text(encoding="ascii").split()[0]) for one in tasks.iterdir()) / 1e9
    running.end()
    status = answer.get("statusCode", 200) if isinstance(answer, dict) else 200
    if status >= 400 or (isinstance(answer, dict) and answer.get("batchItemFailures")):
        raise SystemExit(
            f"{running.function.name} does not answer as it should: {str(answer)[:400]}: {running.last_words()}"
        )
    return wall, busy
