"""Those who judge a file: each says whether it takes it for genuine."""

import base64
import http.client
import io
import json
import subprocess
from hashlib import sha256
from urllib.parse import urlsplit

from pyhanko.keys import load_certs_from_pemder
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext


def of_pyhanko(data, roots):
    """The first signature is valid, trusted, and nothing was changed that it does not permit."""
    try:
        context = ValidationContext(trust_roots=list(load_certs_from_pemder([roots])), allow_fetching=False)
        signatures = PdfFileReader(io.BytesIO(data)).embedded_regular_signatures
        return bool(signatures) and validate_pdf_signature(signatures[0], context).bottom_line
    except Exception:  # Whatever it stumbles over, it does not call genuine.
        return False


class OfPdfsig:
    """The first signature is valid, trusted, and of the whole file."""

    def __init__(self, work, roots):
        self.database, self.file = work / "nss", work / "pdfsig.pdf"
        self.database.mkdir()
        subprocess.run(["certutil", "-N", "-d", self.database, "--empty-password"], check=True)
        for at, root in enumerate(roots):
            added = ["certutil", "-A", "-d", self.database, "-n", f"root{at}", "-t", "CT,C,C", "-i", root]
            subprocess.run(added, check=True)

    def __call__(self, data, names_responder):
        self.file.write_bytes(data)
        # Nobody is asked. Told so, it trusts no certificate that names nobody to ask.
        options = ["-no-ocsp"] if names_responder else []
        command = ["pdfsig", *options, "-nssdir", self.database, self.file]
        said = subprocess.run(command, capture_output=True, text=True, errors="replace").stdout
        first = said.partition("Signature #1")[2].partition("Signature #2")[0]
        words = ["Signature is Valid.", "Certificate is Trusted.", "\n  - Total document signed"]
        return all(word in first for word in words)


class OfXinzheng:
    """What the command says, as it says it to programs."""

    def __init__(self, work, program):
        self.file, self.program = work / "xinzheng.pdf", program

    def __call__(self, data, published):
        self.file.write_bytes(data)
        command = [self.program, "--format", "json", "--trust", published, self.file]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode in (0, 1, 2) and done.stdout.count("\n") == 1, (done.returncode, done.stderr)
        said = json.loads(done.stdout)
        assert (done.returncode == 0) == said["verdict"].startswith("genuine"), done
        return said


class OfService:
    """What the service says of a file to whoever drops it on its page (`shared/pages/assets/verify.js`): by the
    digest of the whole, and when that is unknown by what it begins with and what stands behind that. The file
    itself is not sent."""

    # What is sent at most of what stands behind (`verify.js`).
    MOST = 180_000

    def __init__(self, address, source):
        self.host, self.source = urlsplit(address).netloc, source

    def __call__(self, data):
        """Which of its files it takes it for, or `None`."""
        status, told = self.asked("GET", f"/verify?sha256={sha256(data).hexdigest()}")
        if status == 200:
            return told["asked_file"]
        assert (status, fault(told)) == (404, "file-unknown"), told
        prefixes = [{"bytes": end, "sha256": sha256(data[:end]).hexdigest()} for end in ends(data)]
        if not prefixes:
            return None
        status, told = self.asked("POST", "/verify", {"sha256": [prefix["sha256"] for prefix in prefixes]})
        assert status == 200, told
        faults = {fault(result["problem"]) for result in told["results"] if "problem" in result}
        assert faults <= {"file-unknown"}, faults
        issued = [prefix for prefix, result in zip(prefixes, told["results"], strict=True) if "code" in result]
        if not issued:
            return None
        behind = data[issued[-1]["bytes"]:]
        if len(behind) > self.MOST:
            return None
        copy = {"prefixes": issued[-1:], "additions": base64.b64encode(behind).decode()}
        status, told = self.asked("POST", "/verify/additions", copy)
        assert status in (200, 409), (status, told)
        return told["asked_file"] if status == 200 else None

    def asked(self, method, path, body=None):
        # A network may look so much up in vain an hour; everybody asks for one file, from an address of their own.
        connection = http.client.HTTPConnection(self.host, source_address=(self.source, 0))
        try:
            content = None if body is None else json.dumps(body)
            connection.request(method, path, content, dict.fromkeys(("accept", "content-type"), "application/json"))
            answer = connection.getresponse()
            told = json.loads(answer.read())
        finally:
            connection.close()
        assert answer.status != 429 and answer.status < 500, (answer.status, told)
        return answer.status, told


def fault(problem):
    return problem["type"].rpartition("/")[2]


def ends(data):
    """Where ends of file stand in it, the last eight but that of the whole."""
    found, at = [], data.rfind(b"%%EOF")
    while at >= 0 and len(found) < 9:
        end = at + 5
        end += data[end:end + 1] == b"\r"
        end += data[end:end + 1] == b"\n"
        if end < len(data):
            found.append(end)
        at = data.rfind(b"%%EOF", 0, at)
    return found[:8][::-1]
