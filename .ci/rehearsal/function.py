"""The built functions, each a process under a Lambda Runtime API (AWS Lambda Developer Guide, "Custom runtime")."""

import json
import os
import queue
import re
import subprocess
import threading
import time
import uuid
from dataclasses import dataclass, field

from deployment import REGION
from proxy import Handler, Server


class Failed(Exception):
    """A function that did not answer, or answered with an error."""


@dataclass
class Invocation:
    event: bytes
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    answered: threading.Event = field(default_factory=threading.Event)
    result: object = None
    error: object = None


class RunningFunction:
    """A function's process, started with its first event as Lambda does, and what brings it its events."""

    def __init__(self, function, program, endpoint, log, variables=()):
        self.function, self.program, self.log = function, program, log
        self.waiting, self.current, self.error = queue.Queue(), None, None
        # How many processes there were: whoever waited for one that has ended gets no event.
        self.process, self.turn, self.ended = None, threading.Lock(), 0
        self.slowest = 0.0
        running = self

        class RuntimeApi(Handler):
            def respond(self, body):
                running.serve(self, body)

        self.api = Server(RuntimeApi)
        self.environment = {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "TZ": ":UTC",
            "LANG": "en_US.UTF-8",
            "_HANDLER": "bootstrap",
            "AWS_LAMBDA_RUNTIME_API": self.api.address,
            "AWS_LAMBDA_FUNCTION_NAME": function.arn.rsplit(":", 1)[-1],
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_FORMAT": "JSON",
            "AWS_LAMBDA_LOG_LEVEL": function.environment.get("LOG_LEVEL", "INFO"),
            "AWS_LAMBDA_LOG_GROUP_NAME": function.log_group,
            "AWS_LAMBDA_LOG_STREAM_NAME": "2025/11/03/[$LATEST]0",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": endpoint.services.key_id,
            "AWS_SECRET_ACCESS_KEY": endpoint.services.key_secret,
            # Where AWS is: what Lambda does not set.
            "AWS_ENDPOINT_URL": endpoint.url,
            **function.environment,
            **dict(variables),
        }

    def start(self):
        self.log.parent.mkdir(parents=True, exist_ok=True)
        output = open(self.log, "ab")
        self.process = subprocess.Popen(
            [self.program],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            start_new_session=True,
        )
        output.close()

    def invoke(self, event):
        """The answer to an event, as JSON: one after the other, as an instance of a function gives them."""
        with self.turn:
            return self._invoke(event)

    def deploy_again(self, function):
        with self.turn:
            self.function = function
            self.environment |= function.environment
            self.kill()

    def _invoke(self, event):
        if self.process is None:
            self.error = None
            self.start()
        invocation = Invocation(json.dumps(event, ensure_ascii=False).encode())
        began = time.monotonic()
        self.waiting.put(invocation)
        while not invocation.answered.wait(0.02):
            broken_off = None
            if self.error:
                broken_off = f"did not start: {self.error}"
            elif self.process.poll() is not None:
                broken_off = f"ended ({self.process.returncode}): {self.last_words()}"
            elif time.monotonic() - began > self.function.timeout:
                broken_off = f"took longer than its {self.function.timeout} seconds"
            if broken_off:
                # The next event finds another process.
                self.kill()
                raise Failed(f"{self.function.name} {broken_off}")
        self.slowest = max(self.slowest, time.monotonic() - began)
        if invocation.error is not None:
            raise Failed(f"{self.function.name} failed: {invocation.error}")
        return invocation.result

    def serve(self, handler, body):
        path = handler.path
        if path == "/2018-06-01/runtime/invocation/next":
            invocation = self._next()
            if invocation is None:
                return handler.answer(410, [], b"{}")
            self.current = invocation
            deadline = int((time.time() + self.function.timeout) * 1000)
            headers = [
                ("content-type", "application/json"),
                ("lambda-runtime-aws-request-id", invocation.id),
                ("lambda-runtime-deadline-ms", str(deadline)),
                ("lambda-runtime-invoked-function-arn", self.function.arn),
                ("lambda-runtime-trace-id", f"Root=1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]};Sampled=1"),
            ]
            return handler.answer(200, headers, invocation.event)
        if path == "/2018-06-01/runtime/init/error":
            self.error = body.decode(errors="replace")
        elif found := re.fullmatch(r"/2018-06-01/runtime/invocation/([^/]+)/(response|error)", path):
            invocation = self.current
            if invocation is None or invocation.id != found[1]:
                return handler.answer(400, [], b"{}")
            try:
                told = json.loads(body or b"null")
            except ValueError:
                told, found = body.decode(errors="replace"), {2: "error"}
            if found[2] == "error":
                invocation.error = told
            else:
                invocation.result = told
            invocation.answered.set()
        else:
            return handler.answer(404, [], b"{}")
        return handler.answer(202, [("content-type", "application/json")], b'{"status":"OK"}')

    def _next(self):
        """The next event for the process that asks; `None` when it has ended meanwhile."""
        ended = self.ended
        while (invocation := self.waiting.get()) is None:
            if ended != self.ended:
                return None
        return invocation

    def last_words(self):
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return "\n".join(lines[-5:])

    def resident(self):
        """The most memory that it had so far, in MB."""
        try:
            with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
                return int(re.search(r"VmHWM:\s+(\d+)", status.read())[1]) // 1024
        except (OSError, AttributeError, TypeError):
            return 0

    def kill(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.process is not None:
            self.ended += 1
            self.waiting.put(None)
        self.process = None

    def end(self):
        self.kill()
        self.api.shutdown()


def program_of(built, function):
    """The file of a function: as `sam build` lays it (by logical id) or as cargo does (by name)."""
    for place in (built / function.name / "bootstrap", built / function.binary):
        if place.is_file() and os.access(place, os.X_OK):
            return str(place.resolve())
    raise SystemExit(f"{built} has no {function.name}")
