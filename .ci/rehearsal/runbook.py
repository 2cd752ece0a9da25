"""Pages of infra/runbook.md that need queues, keys and roles as AWS has them, tried in a trial: a fault is put in, the page is followed, and
what it says is looked for."""

import json
import pathlib
import re
import subprocess
import time
import uuid

from commands import blocks, section

PAGE = pathlib.Path("infra/runbook.md")
FILE = pathlib.Path("events/uploads/market-supervision/coercion/2025-07-01/行政强制.csv")
REGISTER = pathlib.Path("events/uploads/market-supervision/subject/2025-07-01/主体登记信息.xlsx")
CLERK = {"role": "unit", "unit": "market-supervision", "sub": "clerk of market-supervision"}
SUBJECT = {"role": "subject", "subject": "91140403XN10000145", "name": "长治市虚构〇一商贸有限公司", "sub": "subject"}
PATIENCE = 60


def tried(trial, environment, place):
    """What did not go as the pages say."""
    hand = Hand(trial, environment, place)
    wrong = []
    for page, follow in (
        ("UploadDeadLettersAlarm", lambda: hand.dead_letters("ingest", "UploadQueue", "UploadDeadLetterQueue")),
        ("ChunkDeadLettersAlarm", lambda: hand.dead_letters("index", "ChunkQueue", "ChunkDeadLetterQueue")),
        ("SealUnusableAlarm", hand.key_refused),
        ("Another key signs reports", hand.another_key),
    ):
        told = follow()
        print(f"{page}: {told or 'as the runbook says'}", flush=True)
        wrong += [f"{page}: {told}"] if told else []
    return wrong


class Hand:
    """Who follows the pages."""

    def __init__(self, trial, environment, place):
        self.trial, self.place = trial, place
        self.deployment, self.services, self.stage = trial.deployment, trial.services, trial.stage
        self.environment = environment | {"SigningSecretArn": self.deployment.values["SigningSecretArn"]}

    def types(self, command):
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command],
            cwd=self.place,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"{command}: {done.stdout}{done.stderr}")
        return done.stdout.strip()

    def role_of(self, binary):
        return self.stage.roles[self.stage.by_binary(binary).function.role]

    def put(self, file, table, day):
        """Puts a file as a unit does; its key."""
        key = f"uploads/market-supervision/{table}/{day}/{file.name}"
        self.types(
            f"aws s3 cp --only-show-errors '{file.resolve()}' 's3://{self.deployment.reference('UploadsBucket')}/{key}'"
        )
        return key

    def state(self, key):
        _, _, content = self.stage.request("GET", "/uploads", CLERK)
        return next((one["state"] for one in json.loads(content)["items"] if one["key"] == key), None)

    def is_indexed(self, key):
        return soon(lambda: self.state(key) in ("indexed", "completed"))

    # -- queues

    def dead_letters(self, binary, queue, letters):
        """A function may not read any more; what it should read comes to the dead letters; its right is given back."""
        role, url = self.role_of(binary), self.deployment.reference(queue)
        kept = role.statements
        role.statements = [one for one in kept if not any(action.startswith("s3:Get") for action in one.actions)]
        # A message comes again at once: five times pass in a moment.
        self.comes_again_after(url, 0)
        key = self.put(FILE, "coercion", "2026-07-10" if binary == "ingest" else "2026-07-11")
        if not soon(lambda: self.waiting(letters) == 1):
            return "no message comes to the dead letters"
        if "a message failed and will come again" not in self.stage.by_binary(binary).log.read_text(errors="replace"):
            return f"the log of {binary} does not say why"
        role.statements = kept
        self.comes_again_after(url, 720)
        self.types(f"aws sqs start-message-move-task --source-arn {self.deployment.attribute(letters, 'Arn')}")
        if not self.is_indexed(key):
            return f"the file is {self.state(key)} after its message was sent again"
        left = self.waiting(letters)
        return f"{left} messages are left among the dead letters" if left else None

    def comes_again_after(self, url, seconds):
        self.services.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": str(seconds)})

    def waiting(self, queue):
        """What `ApproximateNumberOfMessagesVisible` is, on which the alarm rests."""
        asked = self.services.client("sqs").get_queue_attributes(
            QueueUrl=self.deployment.reference(queue), AttributeNames=["ApproximateNumberOfMessages"]
        )
        return int(asked["Attributes"]["ApproximateNumberOfMessages"])

    # -- keys

    def asks(self):
        """Asks for a report: the status."""
        headers = {"idempotency-key": uuid.uuid4().hex}
        return self.stage.request("POST", "/reports", SUBJECT, headers, {"purpose": "other"})[0]

    def told(self):
        """How often the seal was told to be unusable."""
        return len(re.findall(r'"SealUnusable":[1-9]', self.stage.by_binary("report").log.read_text(errors="replace")))

    def key_refused(self):
        """The role may not sign; it may again."""
        if not self.is_indexed(self.put(REGISTER, "subject", "2026-07-10")) or self.asks() != 201:
            return "there is no report even before"
        role, before = self.role_of("report"), self.told()
        kept = role.statements
        role.statements = [one for one in kept if "kms:Sign" not in one.actions]
        if (status := self.asks()) != 503:
            return f"a report is answered {status}"
        if self.told() == before or '"seal-unusable"' not in self.stage.by_binary("report").log.read_text():
            return "neither metric nor log tells of it"
        role.statements = kept
        # By the schedule it is looked at again.
        self.stage.tick("report")
        return None if (status := self.asks()) == 201 else f"a report is answered {status} when it may again"

    def another_key(self):
        """Another key of KMS follows; without the right to it no function that starts issues anything."""
        arn = self.types(
            "aws kms create-key --key-usage SIGN_VERIFY --key-spec ECC_NIST_P256 --query KeyMetadata.Arn --output text"
        )
        self.environment |= {"NextSigningKeyArn": arn}
        self.types(
            f"xinzheng certificate-request --kms-key {arn} --subject 'CN=下一个,O=某市,C=CN' --out request.pem\n"
            "openssl x509 -req -in request.pem -CA authority.pem -CAkey authority.key -CAcreateserial -days 1460 "
            "-copy_extensions copy -out signing.pem\n"
            "cat signing.pem authority.pem >chain.pem\n"
            f"jq -n --rawfile certificates chain.pem --arg key {arn} "
            "'{certificates: $certificates, kms_key_id: $key}' >next.json"
        )
        prepare, deploy, put, finish = blocks(section(PAGE.read_text(), "### Another key signs reports"))
        self.types(prepare)
        self.types(put)
        running = self.stage.by_binary("report")
        running.kill()
        if (status := self.asks()) != 503:
            return f"without the right to the new key a function that starts answers {status}"
        self.types(deploy)
        if (status := self.asks()) != 201:
            return f"with the right to the new key a report is answered {status}"
        self.types(finish)
        if (status := self.asks()) != 201:
            return f"with the right to the new key alone a report is answered {status}"
        self.types(
            'curl -fsS "$Url/.well-known/certificates.pem" -o certificates.pem\n'
            "xinzheng-verify smoke.pdf --trust certificates.pem"
        )
        published = re.findall(r"-----BEGIN[^#]*?END CERTIFICATE-----", (self.place / "certificates.pem").read_text())
        if published[0] != (self.place / "signing.pem").read_text().strip():
            return "the new certificate is not the first of those that are published"
        return None


def soon(holds):
    until = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > until:
            return False
        time.sleep(0.2)
    return True
