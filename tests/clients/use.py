"""Imports every module of the client that openapi-python-client made, and asks the service by it."""

import importlib
import pkgutil
import sys

import xinzheng_client
from xinzheng_client import Client
from xinzheng_client.models import BatchRequest, Problem, ReportStatus, Verification

modules = [module.name for module in pkgutil.walk_packages(xinzheng_client.__path__, "xinzheng_client.")]
for name in modules:
    importlib.import_module(name)
assert len(modules) > 250, len(modules)

from xinzheng_client.api.proof import get_verify_code, post_verify  # noqa: E402

with Client(base_url=sys.argv[1]) as client:
    answer = get_verify_code.sync("EXAMP1E-0000005-000000W", client=client)
    assert isinstance(answer, Verification) and answer.sample and answer.status == ReportStatus.WITHDRAWN, answer
    assert answer.to_dict()["withdrawal"]["reason"], answer
    unknown = get_verify_code.sync("0" * 21, client=client)
    assert isinstance(unknown, Problem) and unknown.type_ == "/problems/code-unknown", unknown
    batch = post_verify.sync(client=client, body=BatchRequest(codes=["EXAMP1E-0000001-0000006"]))
    assert batch.results[0].sample, batch
print(f"openapi-python-client: {len(modules)} modules imported, and the service asked")
