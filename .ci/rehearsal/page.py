"""The commands of docs/operations.md, in a trial: each as it stands, one after the other, but for those marked as not for one."""

import os
import pathlib
import shutil
import subprocess

import runbook
from commands import blocks
from trial import Trial

PAGE = "docs/operations.md"
# Files that are sent: four of the smoke test, one by a clerk, one by S3 credentials.
FILES = 6


def follow(arguments, logged):
    """What went wrong: a command that failed, a call that a role refused, an error that was `logged`. And how much was followed."""
    place = arguments.out / "city"
    place.mkdir(parents=True)
    # What is typed where the project lies.
    for folder in ("infra", "functions/portal"):
        (place / folder).mkdir(parents=True)
    for file in ("infra/build", "infra/deploy", "samconfig.toml", "template.yaml"):
        shutil.copy(file, place / file)
    (place / "七月/coercion").mkdir(parents=True)
    shutil.copy("events/uploads/market-supervision/coercion/2025-07-01/行政强制.csv", place / "七月/coercion")
    typed = blocks(pathlib.Path(PAGE).read_text())
    with Trial(arguments) as trial:
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "XINZHENG_"))}
        environment |= trial.environment | {"PATH": f"{trial.bin}:{os.environ['PATH']}"}
        script = "\n".join(["set -euo pipefail", *typed])
        done = subprocess.run(["bash", "-c", script], cwd=place, env=environment, check=False)
        faults = [f"refused: {one}" for one in dict.fromkeys(trial.calls.refused)]
        faults += [f"not known: {one}" for one in dict.fromkeys(trial.calls.unknown)]
        if not done.returncode and not trial.comes_to(FILES):
            faults.append(f"{FILES} files were sent, and did not come to as many receipts")
        faults += logged()
        if not faults and not done.returncode:
            faults += runbook.tried(trial, environment, place)
    if done.returncode:
        faults.append(f"a command of {PAGE} ended with {done.returncode}")
    return faults, len(typed)
