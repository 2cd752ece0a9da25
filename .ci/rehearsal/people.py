"""Who takes part in a rehearsal, and what they can do: ask the HTTP API, put and fetch files, look at what is kept."""

import datetime
import hashlib
import http.client
import json
import pathlib
import subprocess
import urllib.parse

from function import Failed
from proxy import quoted

SUBJECT = "91140403XN10000145"
PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
    b"trailer<</Root 1 0 R>>\n%%EOF\n"
)


class People:
    """Those who take part; what they are told is kept for comparing two rehearsals."""

    def __init__(self, stage, services, issuer, folder, programs):
        self.stage, self.services, self.issuer = stage, services, issuer
        self.folder, self.programs = pathlib.Path(folder), programs
        self.told, self.once = [], 0
        self.bucket = {
            name: services.deployment.reference(name) for name in services.deployment.of_type("AWS::S3::Bucket")
        }

    def tell(self, step, value):
        self.told.append((step, value))
        return value

    # -- who asks

    @property
    def subject(self):
        return {"role": "subject", "subject": SUBJECT, "name": "长治市虚构〇一商贸有限公司", "sub": SUBJECT}

    @staticmethod
    def clerk(unit):
        return {"role": "unit", "unit": unit, "sub": f"clerk of {unit}"}

    operator = {"role": "operator", "sub": "operator-1", "name": "平台工作人员"}
    bank = {"role": "third-party", "sub": "bank-1", "name": "长治市虚构银行"}

    def ask(self, method, target, who=None, status=200, body=None, etag=None, accept=None, headers=()):
        """An answer in JSON, or its bytes when it is something else; what is answered is part of what is compared."""
        sent = dict(headers)
        if method == "POST":
            self.once += 1
            sent["idempotency-key"] = f"rehearsal-{self.once}"
        if etag:
            sent["if-match"] = etag
        if accept:
            sent["accept"] = accept
        answered, told, content = self.stage.request(method, target, who, sent, body)
        if answered != status:
            raise Failed(
                f"{method} {target} answers {answered}, not {status}: {content[:600].decode(errors='replace')}"
            )
        is_json = "json" in told.get("content-type", "")
        self.last = told
        kind = told.get("content-type", "")
        # What comes back from signing in is drawn.
        asked = target.partition("?")[0] if "/callback?" in target else target
        self.tell(
            f"{method} {asked}",
            [status, kind, json.loads(content) if is_json else extent(content, kind)],
        )
        return json.loads(content) if is_json else content

    def get(self, target, who=None, **more):
        return self.ask("GET", target, who, **more)

    def post(self, target, who=None, body=None, status=201, **more):
        return self.ask("POST", target, who, status, body, **more)

    def cookies(self):
        """The cookies that the last answer set, as a browser sends them."""
        return "; ".join(one.partition(";")[0] for one in self.last["set-cookie"].split("\n"))

    # -- files

    @staticmethod
    def over_http(method, url, headers=(), body=None):
        split = urllib.parse.urlsplit(url)
        connection = http.client.HTTPConnection(split.netloc, timeout=60)
        sent = {name: value for name, value in dict(headers).items() if name.lower() != "host"}
        connection.request(method, f"{split.path}?{split.query}", body, sent)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        if answer.status // 100 != 2:
            raise Failed(
                f"{method} {split.path} at its address answers {answer.status}: {content[:400].decode(errors='replace')}"
            )
        return content

    def put_at(self, announced, content):
        address = announced["upload"]
        self.over_http(address["method"], address["url"], address["headers"], content)

    def put(self, key, content, is_told=True):
        """As a unit with credentials of its own does; unless it is told, S3's event is lost."""
        url = self.stage.anyone.url if is_told else None
        if not is_told:
            self.services.lost.add(quoted(key))
        self.services.client("s3", url).put_object(Bucket=self.bucket["UploadsBucket"], Key=key, Body=content)

    def attachment(self, name):
        wanted = {"name": name, "bytes": len(PDF), "sha256": hashlib.sha256(PDF).hexdigest()}
        announced = self.post("/attachments", self.subject, wanted)
        self.put_at(announced, PDF)
        return announced["id"]

    def keys(self, bucket, prefix=""):
        pages = (
            self.services.client("s3")
            .get_paginator("list_objects_v2")
            .paginate(Bucket=self.bucket[bucket], Prefix=prefix)
        )
        return [one["Key"] for page in pages for one in page.get("Contents", [])]

    def object(self, bucket, key):
        return self.services.client("s3").get_object(Bucket=self.bucket[bucket], Key=key)["Body"].read()

    def receipts(self):
        return [json.loads(self.object("IntakeBucket", key)) for key in self.keys("IntakeBucket", "receipts/")]

    def judge(self, file, *more):
        """By the offline verifier, with the certificates that are published."""
        command = [self.programs["verifier"], file, "--trust", "certificates.pem", *more]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Failed(f"the verifier does not take {file}: {done.stdout}{done.stderr}")

    # -- what is there

    def upload_of(self, key, unit):
        listed = self.get("/uploads", self.clerk(unit))["items"]
        return next(one for one in listed if one["key"] == key)

    def record(self, unit, kind):
        own = self.get("/records", self.subject)["records"]
        return next(one for one in own if one["unit"] == unit and one["kind"] == kind and not one.get("repaired_on"))

    def etag_of(self, path, who):
        self.get(path, who)
        return self.last["etag"]

    def today(self):
        return datetime.datetime.now(datetime.UTC).date().isoformat()

    def hence(self, days):
        return (datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")

    def kept(self):
        """Items of the table and objects, by kind."""
        client, items = self.services.client("dynamodb"), []
        for table, index in self.services.tables:
            if index is None:
                for page in client.get_paginator("scan").paginate(TableName=table):
                    items += page["Items"]
        objects = {f"object of {name}": self.keys(name) for name in self.bucket if name != "AuditBucket"}
        # How many entries come together differs; each stands there all the same.
        audited = [self.object("AuditBucket", key).decode() for key in self.keys("AuditBucket")]
        entries = sorted({line for lines in audited for line in lines.splitlines()})
        return {"items": items, "objects": objects | {"entry of the audit": [json.loads(line) for line in entries]}}


def extent(content, kind):
    """What of an answer that is not JSON is the same in each rehearsal: how long a page is, how many lines another text has. A time in it
    may have fewer digits, and base64 of one is then shorter."""
    return len(content) if "html" in kind else content.count(b"\n") if "text" in kind else kind
