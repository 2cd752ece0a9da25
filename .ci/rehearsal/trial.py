"""A trial of a deployment by hand: an empty account of AWS on this machine, in which `docs/operations.md` is followed as it stands. `sam
deploy` is answered here: what it would have CloudFormation make is made, and the functions run behind an HTTP API until the end.
"""

import datetime
import json
import pathlib
import re
import signal
import threading
import time
import urllib.parse
import xml.sax.saxutils

from deployment import STACK, Deployment, text
from function import Failed
from issuer import Issuer
from proxy import Calls, Proxy
from services import Services
from stage import Stage

# Between two looks at what waits, between two rounds of the schedules, and how long either may take at the end, in seconds.
LOOKS, ROUNDS, ENDS = 0.1, 60, 30


class Front(Proxy):
    """Where the account's own people call AWS."""

    def __init__(self, trial, port):
        super().__init__(trial.services, trial.calls, "the account's own", port=port)
        self.trial = trial

    def pass_on(self, method, target, headers, body):
        if (method, target) == ("POST", "/trial/deployment"):
            status, told = self.trial.deploy(**json.loads(body))
            return status, [("content-type", "application/json")], json.dumps(told).encode()
        if headers.get("x-amz-target") == "AmazonSQS.StartMessageMoveTask":
            told = {"TaskHandle": self.trial.redrive(json.loads(body)["SourceArn"])}
            return 200, [("content-type", "application/x-amz-json-1.0")], json.dumps(told).encode()
        if headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            asked = dict(urllib.parse.parse_qsl(body.decode()))
            if asked.get("StackName") == STACK and (told := self.trial.cloudformation(asked)):
                return 200, [("content-type", "text/xml")], told.encode()
        return super().pass_on(method, target, headers, body)


class Trial:
    """The account, and what is deployed in it."""

    def __init__(self, arguments):
        self.arguments, self.folder = arguments, arguments.out
        self.folder.mkdir(parents=True, exist_ok=True)
        self.stage, self.gateway, self.deployment, self.calls = None, None, None, Calls()
        self.issuer, self.ended, self.lock, self.worker = Issuer(), threading.Event(), threading.Lock(), None
        self.services = Services(self.folder)
        try:
            self.front = Front(self, arguments.port)
            self._programs()
        except BaseException:
            self.close()
            raise

    def _programs(self):
        """What is typed: the project's programs and AWS's, and in the place of SAM's what hands a deployment on."""
        bin = self.folder / "bin"
        bin.mkdir(exist_ok=True)
        here = pathlib.Path(__file__).resolve()
        programs = {
            "sam": here.with_name("sam"),
            "xinzheng": self.arguments.verifier.with_name("xinzheng").resolve(),
            "xinzheng-verify": self.arguments.verifier.resolve(),
        }
        for name, program in programs.items():
            (bin / name).unlink(missing_ok=True)
            (bin / name).symlink_to(program)
        # Version 1 of the command line asks SQS at an address of its own, whatever the environment says.
        aws = pathlib.Path(self.arguments.python).with_name("aws")
        (bin / "aws").write_text(f'#!/bin/sh\nexec {aws} --endpoint-url "$AWS_ENDPOINT_URL" "$@"\n')
        (bin / "aws").chmod(0o755)
        self.bin = bin.resolve()

    @property
    def environment(self):
        """What says where everything is."""
        return {
            "AWS_ENDPOINT_URL": self.front.url,
            "AWS_ACCESS_KEY_ID": self.services.key_id,
            "AWS_SECRET_ACCESS_KEY": self.services.key_secret,
            "AWS_DEFAULT_REGION": "cn-north-1",
            "AWS_REGION": "cn-north-1",
            "SAM_BUILD_MODE": "debug",
            "Url": f"http://127.0.0.1:{self.arguments.api_port}",
        }

    # -- a deployment

    def deploy(self, stack, parameters):
        """What `sam deploy` has made: the status of the answer, and the stack's outputs or what is wrong."""
        with self.lock:
            wrong = list(self._unfit(stack, parameters))
            if wrong:
                return 400, {"wrong": wrong}
            if self.stage:
                # Parameters that are not given stay as they were.
                self.deployment.values |= parameters
                self.stage.deploy_again()
                return 200, self.outputs()
            # The domain and the issuer are on this machine.
            url = self.environment["Url"]
            here = {"PortalOrigin": url, "VerificationBaseUrl": f"{url}/verify", "JwtIssuer": self.issuer.address}
            self.deployment = Deployment(self.arguments.template, parameters | here)
            self.services.make(self.deployment)
            for name in self.deployment.of_type("AWS::IAM::ManagedPolicy"):
                document = json.dumps(self.deployment.properties(name)["PolicyDocument"])
                self.services.client("iam").create_policy(PolicyName=f"{STACK}-{name}", PolicyDocument=document)
            stage = Stage(self.deployment, self.services, self.arguments.built, self.folder / "logs", self.issuer)
            stage.may_fail = {running.function.binary for running in stage.functions.values()}
            self.gateway = stage.serve(self.arguments.api_port)
            self.stage = stage
            self.worker = threading.Thread(target=self._work, daemon=True)
            self.worker.start()
            return 200, self.outputs()

    def _unfit(self, stack, parameters):
        """What CloudFormation would refuse."""
        declared = Deployment.declared(self.arguments.template)
        if stack != STACK:
            yield f"the trial's stack is called {STACK}, not {stack}"
        for name, value in parameters.items():
            wanted = declared.get(name)
            if wanted is None:
                yield f"{name} is no parameter of the template"
            elif not re.fullmatch(wanted.get("AllowedPattern", ".*"), value, re.DOTALL):
                yield f"{name}: {value} is not of the form {wanted['AllowedPattern']}"
            elif "AllowedValues" in wanted and value not in map(text, wanted["AllowedValues"]):
                yield f"{name}: {value} is none of {wanted['AllowedValues']}"
        known = (self.deployment.values if self.deployment else {}) | parameters
        missing = [name for name, one in declared.items() if "Default" not in one and name not in known]
        yield from (f"{name} is to be given" for name in missing)
        if not missing:
            yield from Deployment(self.arguments.template, known).broken_rules()

    def outputs(self):
        """The outputs of the stack, without those of what only AWS makes."""
        told = {}
        for name, output in self.deployment.template["Outputs"].items():
            if "Condition" not in output or self.deployment.condition(output["Condition"]):
                try:
                    told[name] = self.deployment.resolve(output["Value"])
                except SystemExit:
                    continue
        return told | {"ApiUrl": self.environment["Url"]}

    def cloudformation(self, asked):
        """The answer of CloudFormation about the stack; `None` when the question is another."""
        if not self.deployment:
            return None
        made = f"<CreationTime>{datetime.datetime.now(datetime.UTC).isoformat()}</CreationTime>"
        match asked.get("Action"):
            case "DescribeStacks":
                outputs = "".join(
                    f"<member>{element('OutputKey', name)}{element('OutputValue', value)}</member>"
                    for name, value in self.outputs().items()
                )
                stack = element("StackName", STACK) + element("StackStatus", "CREATE_COMPLETE") + made
                said = f"<Stacks><member>{stack}<Outputs>{outputs}</Outputs></member></Stacks>"
            case "DescribeStackResource" if asked.get("LogicalResourceId") in self.deployment.resources:
                name = asked["LogicalResourceId"]
                told = {
                    "StackName": STACK,
                    "LogicalResourceId": name,
                    "PhysicalResourceId": self.deployment.reference(name),
                    "ResourceType": self.deployment.resources[name]["Type"],
                    "ResourceStatus": "CREATE_COMPLETE",
                }
                detail = "".join(element(key, value) for key, value in told.items())
                said = f"<StackResourceDetail>{detail}</StackResourceDetail>"
            case _:
                return None
        action = asked["Action"]
        space = "http://cloudformation.amazonaws.com/doc/2010-05-15/"
        return f'<{action}Response xmlns="{space}"><{action}Result>{said}</{action}Result></{action}Response>'

    def redrive(self, letters):
        """Sends what is among dead letters on its way again (moto has no such task): a handle."""
        client, of = self.services.client("sqs"), {}
        for name, queue in self.deployment.of_type("AWS::SQS::Queue").items():
            policy = self.deployment.resolve(queue.get("Properties", {}).get("RedrivePolicy", {}))
            of[policy.get("deadLetterTargetArn")] = self.deployment.reference(name)
        url = self.services.url_of(letters)
        while found := client.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
            for message in found:
                client.send_message(QueueUrl=of[letters], MessageBody=message["Body"])
                client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return letters

    # -- what brings functions their events

    def _work(self):
        scheduled = [one for one in self.stage.functions.values() if one.function.schedules]
        due = time.monotonic()
        while not self.ended.wait(LOOKS):
            try:
                self.stage.carry()
                if time.monotonic() >= due:
                    due = time.monotonic() + ROUNDS
                    for running in scheduled:
                        self._tick(running)
            except Failed as failure:
                self._say(failure)

    def _tick(self, running):
        try:
            self.stage.tick(running.function.binary)
        except Failed as failure:
            self._say(failure)

    def _say(self, failure):
        if not self.ended.is_set():
            print(str(failure)[:400], flush=True)

    def comes_to(self, receipts):
        """Whether so many files have receipts, soon."""
        until = time.monotonic() + ENDS
        bucket = self.deployment.reference("IntakeBucket")
        while True:
            listed = self.services.client("s3").list_objects_v2(Bucket=bucket, Prefix="receipts/")
            if listed["KeyCount"] == receipts or time.monotonic() > until:
                return listed["KeyCount"] == receipts
            time.sleep(LOOKS)

    def close(self):
        self.ended.set()
        if self.worker:
            self.worker.join(ENDS)
        for one in (self.gateway and self.gateway.shutdown, self.stage and self.stage.end, self.services.end):
            if one:
                one()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def element(name, value):
    return f"<{name}>{xml.sax.saxutils.escape(text(value))}</{name}>"


def hold(arguments):
    """Until Ctrl-C."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with Trial(arguments) as trial:
        print("An empty account, until Ctrl-C. In another terminal:\n", flush=True)
        for name, value in trial.environment.items():
            print(f"    export {name}={value}")
        print(f"    export PATH={trial.bin}:$PATH\n")
        print(f"Then docs/operations.md as it stands. Logs of functions are in {trial.folder / 'logs'}.", flush=True)
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            return 0
