"""A client of the Xinzheng API in Python, with its standard library alone.

client.py report SERVICE FOLDER   asks for a report about the subject of the client's token and keeps it in FOLDER;
                                  CLIENT_ID and CLIENT_SECRET are the identity provider's
client.py verify SERVICE FOLDER   says of each PDF in FOLDER how it stands; the files stay where they are
"""

import hashlib, json, os, pathlib, sys, urllib.parse, urllib.request, uuid  # noqa: E401


def ask(address, body=None, **headers):
    with urllib.request.urlopen(urllib.request.Request(address, body, headers)) as answer:
        return answer.read()


def report(service, folder):
    description = json.loads(ask(f"{service}/openapi.json"))
    discovery = json.loads(ask(description["components"]["securitySchemes"]["openId"]["openIdConnectUrl"]))
    credentials = {"client_id": os.environ["CLIENT_ID"], "client_secret": os.environ["CLIENT_SECRET"]}
    form = urllib.parse.urlencode({"grant_type": "client_credentials", **credentials}).encode()
    token = json.loads(ask(discovery["token_endpoint"], form))["access_token"]
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json", "idempotency-key": str(uuid.uuid4())}
    issued = json.loads(ask(f"{service}/reports", json.dumps({"purpose": "financial"}).encode(), **headers))
    (folder / f"{issued['number']}.pdf").write_bytes(ask(issued["download"]["url"]))
    verified = json.loads(ask(f"{service}/verify/{issued['code']}"))
    print(verified["number"], verified["status"], verified["subject"]["name"], sep="\t")


def verify(service, folder):
    # What is a PDF is told by its bytes, not by its name.
    files = sorted(file for file in folder.iterdir() if file.is_file() and b"%PDF-" in file.open("rb").read(1024))
    if not files:
        sys.exit(f"there is no PDF in {folder}")
    standings = []
    for start in range(0, len(files), 100):
        digests = [hashlib.sha256(file.read_bytes()).hexdigest() for file in files[start : start + 100]]
        body = json.dumps({"sha256": digests}).encode()
        results = json.loads(ask(f"{service}/verify", body, **{"content-type": "application/json"}))["results"]
        # A sample is no report; `status` is also why there is none.
        standings += ["sample" if result.get("sample") else result["status"] for result in results]
    for file, standing in zip(files, standings):
        print(file.name, standing, sep="\t")
    sys.exit(any(standing != "valid" for standing in standings))


{"report": report, "verify": verify}[sys.argv[1]](sys.argv[2], pathlib.Path(sys.argv[3]))
