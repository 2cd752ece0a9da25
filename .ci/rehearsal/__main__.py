"""Rehearses the deployment: see `.ci/rehearse`.

one       rehearses on moto, or with the local stack's own S3 and DynamoDB, and keeps what was told
compare   holds two rehearsals against each other
damaged   rehearses what is damaged on purpose: each has to fail, and to say why
account   holds an empty account, for a trial by hand
page      follows docs/operations.md in such an account
"""

import argparse
import json
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import authorizer
import cold_start
import compare
import damage
import page
import seal
import trial
from deployment import Deployment
from function import Failed
from issuer import Issuer
from journey import Journey
from services import Services, free_port
from stage import Stage


class Rehearsal:
    """A stage with everything on it, and the journey over it."""

    def __init__(self, arguments, own, folder):
        self.services, self.stage, self.gateway = None, None, None
        try:
            self._open(arguments, own, folder)
        except BaseException:
            self.close()
            raise

    def _open(self, arguments, own, folder):
        folder.mkdir(parents=True)
        port, self.issuer, template, token_keys = free_port(), Issuer(), arguments.template, {}
        if arguments.authorizer:
            template = folder / "template.yaml"
            template.write_text(subprocess.check_output(["sed", "-f", "infra/keys.sed", arguments.template], text=True))
        self.services = services = Services(folder, arguments.embedded if own else None, template)
        if arguments.authorizer:
            keys = json.dumps(self.issuer.key_set())
            token_keys = {"TokenKeysSecretArn": services.keep_secret("token-keys", keys)}
        # Both ways to hold the key are rehearsed.
        configuration = seal.at_hand() if own else seal.in_key_service(services.client("kms"))
        deployment = Deployment(
            template,
            token_keys
            | {
                "JwtIssuer": self.issuer.address,
                "JwtAudience": "xinzheng",
                "VerificationBaseUrl": f"http://127.0.0.1:{port}/verify",
                "PortalOrigin": f"http://127.0.0.1:{port}",
                "SigningSecretArn": services.keep_secret("signing", json.dumps(configuration)),
                "SigningKeyArn": configuration.get("kms_key_id", ""),
                # Small, so that a sample has parts and several chunks.
                "PartBytes": 4096,
                "ChunkRows": 50,
            },
        )
        services.make(deployment)
        self.stage = Stage(deployment, services, arguments.built, folder / "logs", self.issuer)
        self.gateway = self.stage.serve(port)
        programs = {"verifier": str(arguments.verifier.resolve())}
        self.journey = Journey(self.stage, services, self.issuer, folder, programs)

    def close(self):
        for one in (
            self.gateway and self.gateway.shutdown,
            self.stage and self.stage.end,
            self.services and self.services.end,
        ):
            if one:
                one()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def one(arguments):
    own = arguments.services == "own"
    began = time.monotonic()
    with Rehearsal(arguments, own, arguments.out) as rehearsal:
        stage = rehearsal.stage
        failed = None
        try:
            rehearsal.journey.run()
            # Afterwards: what looks at anything leaves its entry.
            if stage.authorizer:
                print(f"{authorizer.judge(stage, rehearsal.issuer)} tokens are taken or refused as they should be")
        except Failed as failure:
            failed = failure
        faults = [f"refused: {one}" for one in dict.fromkeys(stage.calls.refused)]
        faults += [f"not known: {one}" for one in dict.fromkeys(stage.calls.unknown)]
        faults += [f"{binary} logged an error: {line}" for binary, line in errors(arguments.out / "logs")]
        if failed:
            faults.append(str(failed))
        (arguments.out / "told.json").write_text(json.dumps(rehearsal.journey.told, ensure_ascii=False, default=str))
        (arguments.out / "failed-calls.json").write_text(json.dumps(stage.calls.failed, ensure_ascii=False, indent=1))
        report(stage, arguments, began)
        if faults:
            print("\n".join(faults))
            return 1
    return 0


def errors(folder):
    """What functions logged as errors: nothing of a rehearsal should."""
    for log in sorted(folder.glob("*.log")):
        for line in log.read_text(errors="replace").splitlines():
            if '"level":"ERROR"' in line or "panicked" in line:
                yield log.stem, line[:600]


def report(stage, arguments, began):
    calls = stage.calls.made
    print(
        f"{arguments.services}: {sum(calls.values())} calls in {time.monotonic() - began:.0f} seconds, {len(stage.calls.refused)} refused"
    )
    for known in sorted(stage.calls.known):
        print(f"known: {known}")
    granted, needless = 0, []
    for function in stage.deployment.functions():
        role = stage.roles[function.role]
        granted += sum(len(one.actions) for one in role.statements if one.allows)
        needless += [f"{name}: {action}" for name, action in role.unused() if not action.startswith("logs:")]
    print(f"{granted} actions are allowed; not needed here: {', '.join(needless)}")
    print("function: slowest answer in seconds, memory in MB of what it has")
    for running in stage.functions.values():
        resident = running.resident()
        print(f"  {running.function.binary}: {running.slowest:.2f}, {resident} of {running.function.memory}")


def two(arguments):
    first, second = (json.loads((folder / "told.json").read_text()) for folder in (arguments.first, arguments.second))
    found = list(compare.differences(first, second))
    print("\n".join(found) or f"{len(first)} answers, receipts and what is kept are the same on both")
    return bool(found)


def cold(arguments):
    with Rehearsal(arguments, True, arguments.out) as rehearsal:
        rehearsal.journey.issue_only()
        return cold_start.measure(rehearsal, arguments)


def damaged(arguments):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="rehearsal-"))
    try:
        return damage.rehearse(lambda at: Rehearsal(arguments, True, folder / str(at)))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def followed(arguments):
    began = time.monotonic()
    logs = arguments.out / "logs"
    faults, blocks = page.follow(
        arguments, lambda: [f"{binary} logged an error: {line}" for binary, line in errors(logs)]
    )
    print("\n".join(faults) or f"{blocks} blocks of {page.PAGE} were followed in {time.monotonic() - began:.0f} seconds")
    return bool(faults)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--built", type=pathlib.Path, required=True, help="the functions' programs")
    common.add_argument("--embedded", required=True, help="the program that serves the local stack's S3 and DynamoDB")
    common.add_argument("--verifier", type=pathlib.Path, required=True, help="the offline verifier")
    common.add_argument("--template", default="template.yaml")
    common.add_argument("--authorizer", choices=["keys"], help="who checks tokens: a function that has the keys")
    single = commands.add_parser("one", parents=[common])
    single.add_argument("--services", choices=["moto", "own"], required=True)
    single.add_argument("--out", type=pathlib.Path, required=True)
    single.set_defaults(run=one)
    both = commands.add_parser("compare")
    both.add_argument("first", type=pathlib.Path)
    both.add_argument("second", type=pathlib.Path)
    both.set_defaults(run=two)
    starts = commands.add_parser("cold", parents=[common])
    starts.add_argument("--out", type=pathlib.Path, required=True)
    starts.add_argument("--hello", type=pathlib.Path, required=True, help="the function that does nothing")
    starts.add_argument("--hold", action="store_true", help="fail when a start is beyond its bound")
    starts.set_defaults(run=cold)
    broken = commands.add_parser("damaged", parents=[common])
    broken.set_defaults(run=damaged)
    by_hand = argparse.ArgumentParser(add_help=False)
    by_hand.add_argument("--out", type=pathlib.Path, required=True)
    by_hand.add_argument("--port", type=int, default=0, help="of the account; one that is free when it is 0")
    by_hand.add_argument("--api-port", type=int, default=free_port(), help="of the HTTP API")
    by_hand.set_defaults(python=sys.executable)
    for name, run in (("account", trial.hold), ("page", followed)):
        commands.add_parser(name, parents=[common, by_hand]).set_defaults(run=run)
    arguments = parser.parse_args()
    # Whoever is told to end ends what it has started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(arguments.run(arguments))


main()
