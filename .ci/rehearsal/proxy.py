"""Between a function and AWS: tells whose call it is, holds it to the role as IAM would, and notes what it needed."""

import http.client
import json
import threading
import urllib.parse
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from access import Call, UnknownCall

# Operations of S3 that create an object.
CREATING = ("PutObject", "CopyObject", "CompleteMultipartUpload")
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, handler, port=0):
        super().__init__(("127.0.0.1", port), handler)
        self.address = f"127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def handle_error(self, request, client_address):
        """Whoever hangs up has ended."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True

    def log_message(self, *_):
        """Calls are noted elsewhere."""

    def handle_expect_100(self):
        self.send_response_only(100)
        self.end_headers()
        self.wfile.flush()
        return True

    def body(self):
        if self.headers.get("transfer-encoding", "").lower() == "chunked":
            pieces = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                pieces.append(self.rfile.read(size))
                self.rfile.readline()
            while self.rfile.readline().strip():
                pass
            return b"".join(pieces)
        return self.rfile.read(int(self.headers.get("content-length") or 0))

    def answer(self, status, headers, body):
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in HOP_BY_HOP:
                self.send_header(name, value)
        told = dict((name.lower(), value) for name, value in headers)
        bare = self.command == "HEAD" or status in (204, 304)
        self.send_header("content-length", told.get("content-length", "0") if bare and not body else str(len(body)))
        self.end_headers()
        if not bare:
            self.wfile.write(body)
        self.wfile.flush()

    def do(self):
        self.respond(self.body())

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = do_OPTIONS = do


class Calls:
    """What was called: by whom, what was refused, and what is known of the services."""

    def __init__(self):
        self.made, self.refused, self.unknown, self.known = Counter(), [], [], set()
        self.transactions, self.failed, self.lock = {}, [], threading.Lock()


class Proxy:
    """The endpoint of AWS for one role; without a role whoever calls may do everything."""

    def __init__(self, services, calls, who, role=None, port=0):
        self.services, self.calls, self.who, self.role = services, calls, who, role
        proxy = self

        class Through(Handler):
            def respond(self, body):
                self.answer(*proxy.pass_on(self.command, self.path, self.headers, body))

        self.local = threading.local()
        self.server = Server(Through, port)
        self.url = f"http://{self.server.address}"

    def pass_on(self, method, target, headers, body):
        lower = {name.lower(): value for name, value in headers.items()}
        try:
            call = Call(method, target, lower, body, self.services)
            known = self.services.is_known(call)
            needed = call.needs() if self.role and not known else []
        except UnknownCall as unknown:
            if not self.role:
                return self.hand_on(self.services.moto, method, target, headers, body)
            self.calls.unknown.append(f"{self.who}: {unknown}")
            return refusal(target, f"the rehearsal does not know {unknown}")
        with self.calls.lock:
            self.calls.made[self.who, f"{call.service}:{call.operation}"] += 1
            reasons = [(one, self.role.refuses(one)) for one in needed]
            refused = [f"{self.who}: {one}: {why}" for one, why in reasons if why]
            self.calls.refused += refused
            self.calls.known |= {known} - {None}
        if refused:
            return refusal(target, refused[0], call.service == "s3")
        status, answered, content = self.once(call, method, target, headers, body)
        if status == 200:
            call.learn(content)
        elif call.service != "s3":
            with self.calls.lock:
                self.calls.failed.append(
                    {
                        "who": self.who,
                        "call": call.operation,
                        "given": call.input,
                        "answer": content.decode(errors="replace"),
                    }
                )
        if status == 404 and self.role and call.service == "s3" and call.key and not self.role.may(call.sees_absence()):
            why = f"{self.who}: {call.sees_absence()}: without it an object that is missing is told as denied"
            self.calls.refused.append(why)
            return refusal(target, why, True)
        if call.service == "s3" and status == 200 and call.operation in CREATING:
            told = {name.lower(): value for name, value in answered}
            self.services.created(call.bucket, call.key, told, len(body), lower)
        return status, answered, content

    def once(self, call, *request):
        """A transaction that is sent again under its token is done once, as DynamoDB does it and moto does not."""
        token = call.input.get("ClientRequestToken") if call.service == "dynamodb" else None
        if not token:
            return self.ask(call, *request)
        with self.calls.lock:
            lock, answers = self.calls.transactions.setdefault(token, (threading.Lock(), []))
        with lock:
            if not answers:
                answers.append(self.ask(call, *request))
            return answers[0]

    def ask(self, call, *request):
        return self.hand_on(self.services.address_of(call.service), *request)

    def hand_on(self, to, method, target, headers, body):
        """Hands a call on as it came: it is signed for the address that it was sent to."""
        kept = self.local.__dict__.setdefault("connections", {})
        sent = {name: value for name, value in headers.items() if name.lower() not in HOP_BY_HOP | {"expect"}}
        for fresh in (False, True):
            if to not in kept or fresh:
                kept[to] = http.client.HTTPConnection(to, timeout=120)
            connection = kept[to]
            try:
                connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
                for name, value in sent.items():
                    connection.putheader(name, value)
                connection.putheader("content-length", str(len(body)))
                connection.endheaders(body)
                answer = connection.getresponse()
                return answer.status, answer.getheaders(), answer.read()
            except (http.client.HTTPException, ConnectionError):
                connection.close()
                if fresh:
                    raise
        raise AssertionError


def refusal(target, why, is_s3=False):
    """What AWS says to what a role does not allow."""
    if is_s3:
        body = f"<Error><Code>AccessDenied</Code><Message>{why}</Message></Error>".encode()
        return 403, [("content-type", "application/xml")], body
    told = {"__type": "AccessDeniedException", "message": why, "Message": why}
    return 400, [("content-type", "application/x-amz-json-1.0")], json.dumps(told).encode()


def quoted(key):
    """A key as S3 writes it into events."""
    return urllib.parse.quote(key, safe="/-_.*~ ").replace(" ", "+")
