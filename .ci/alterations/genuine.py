"""Files that nothing was done to but to prove them for longer."""

import io
import subprocess
from dataclasses import dataclass
from pathlib import Path

from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.signers import PdfTimeStamper
from pyhanko_certvalidator import ValidationContext

import prepared
import updates
from people import ROOT, STAMPS, STRANGER
from second_update import signed_revision


@dataclass
class Genuine:
    name: str
    data: bytes
    # Whose roots are trusted: those of the service that issued it, or our own.
    whose: str
    # What the signature is proven by (PAdES).
    level: str
    # Which of its files the service takes it for; `None` when it has never issued it.
    known: str | None = None


BY_OTHERS = "extended-by-others"


def of_service(folder):
    """As the service issued and prolonged them, judged by what it published after the last."""
    for file, name, level, known in [
        ("as-issued-b-b", "issued without an authority", "B-B", "as-issued"),
        ("as-issued-b-lta", "issued with an authority", "B-LTA", "as-issued"),
        ("while-the-authority-failed", "issued while the authority failed", "B-B", "as-issued"),
        ("completed", "the same, completed by the schedule", "B-LTA", "completed"),
        ("stamped-after-a-year", "stamped again after a year", "B-LTA", "restamped"),
        ("stamped-after-two-years", "stamped again after two years", "B-LTA", "restamped"),
        ("before-another-key", "issued before the key was rotated", "B-LTA", "as-issued"),
        ("after-another-key", "issued after the key was rotated", "B-LTA", "as-issued"),
    ]:
        yield Genuine(name, Path(folder, f"{file}.pdf").read_bytes(), "issued", level, known)


def extended(plain, long):
    """What others add to their copies."""
    for base, data, level in ("B-B", plain, "B-B"), ("B-LTA", long, "B-LTA"):
        stored = updates.store(data, [STRANGER.asn1], [STRANGER.revocations()])
        for name, copy in [
            ("stamped by a stranger", updates.stamp(data)),
            ("stamped twice by a stranger", updates.stamp(updates.stamp(data))),
            ("with a security store of a stranger's", stored),
            ("with a security store of a stranger's, by hand", updates.Raw(data).with_store()),
            ("with a stranger's security store, stamped", updates.stamp(stored)),
        ]:
            yield Genuine(f"{base}, {name}", copy, "issued", level, BY_OTHERS)
    yield Genuine("B-LTA, cut off behind what was signed", signed_revision(long), "issued", "B-T")


def of_others(work, unsigned):
    """Signed by pyHanko with a key of ours."""
    yield Genuine("signed by pyHanko (B-B)", prepared.signed(unsigned), "own", "B-B")
    yield Genuine("signed by pyHanko with a time stamp (B-T)", prepared.with_time(unsigned), "own", "B-T")
    yield Genuine("signed by pyHanko with revocation lists (B-LT)", prepared.with_lists(unsigned), "own", "B-LT")
    long = prepared.for_long(unsigned)
    yield Genuine("signed by pyHanko for long (B-LTA)", long, "own", "B-LTA")
    yield Genuine("signed for long, and stamped again later", restamped(long), "own", "B-LTA")
    yield Genuine("signed for long, and stamped by a stranger", updates.stamp(long), "own", "B-LTA")
    flat = without_streams(work, unsigned)
    yield Genuine("with a cross-reference table, signed by pyHanko", prepared.signed(flat), "own", "B-B")
    yield Genuine("with a cross-reference table, signed for long", prepared.for_long(flat), "own", "B-LTA")
    stamped = updates.stamp(prepared.signed(flat))
    yield Genuine("with a cross-reference table, stamped by a stranger", stamped, "own", "B-B")


def restamped(data):
    return PdfTimeStamper(STAMPS.stamper(ROOT)).update_archival_timestamp_chain(
        PdfFileReader(io.BytesIO(data)), ValidationContext(
            trust_roots=[ROOT.asn1], crls=[ROOT.revocations()], allow_fetching=False)).getvalue()


def without_streams(work, unsigned):
    """The unsigned file without object streams, and with a cross-reference table."""
    old, new = work / "old.pdf", work / "new.pdf"
    old.write_bytes(unsigned)
    subprocess.run(["qpdf", "--object-streams=disable", old, new], check=True, capture_output=True)
    return new.read_bytes()
