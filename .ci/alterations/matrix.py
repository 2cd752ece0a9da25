"""The matrix of files and judges."""

import logging
import multiprocessing
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import bytes_changed  # noqa: E402
import genuine  # noqa: E402
import prepared  # noqa: E402
import second_update  # noqa: E402
import updates  # noqa: E402
from judges import OfPdfsig, OfService, OfXinzheng, of_pyhanko  # noqa: E402
from people import ROOT, STRANGER  # noqa: E402
from asn1crypto import pem, x509  # noqa: E402
from pyhanko.pdf_utils.reader import PdfFileReader  # noqa: E402
from pyhanko.pdf_utils.writer import copy_into_new_writer  # noqa: E402

MATRIX = Path("docs/proof-matrix.md")
HEAD = """# Who notices what

`.ci/check-alterations` takes reports that a local stack has issued within two years, alters two of them, and has each
file judged: by pyHanko 0.38 (its first signature that is no time stamp is valid and trusted, and nothing was changed
that it does not permit), by poppler's `pdfsig` (valid, trusted, and of the whole file), by `xinzheng-verify` with the
certificates that are published after the last was issued, and by the service that issued them, as its page asks it:
by the digest of the whole, and when that is unknown by what the file begins with and what stands behind that
(`POST /verify/additions`). Some files were not issued there: they were prepared and then signed with another key that
is trusted; the service is not asked about these.

The check fails when `xinzheng-verify` or the service lets an alteration pass, when one of them refuses a genuine file
or takes it for another than it is, and when this table says otherwise of the two. What the others miss is told, and no
fault of ours.

"""
GENUINE = """
## Genuine files

pdfsig takes a signature of the whole file alone, and so no report that was proven for longer. What is cut off behind
what was signed is genuine, B-T: the second update only proves it for longer. As a file it was never issued, so that
the service does not know it.

"""


@dataclass
class Altered:
    table: str
    name: str
    data: bytes
    whose: str


def rewritten(work, data):
    """The file as another program writes it."""
    old, new = work / "old.pdf", work / "new.pdf"
    old.write_bytes(data)
    for name, options in [("qpdf", []), ("qpdf, without object streams", ["--object-streams=disable"]),
                          ("qpdf, for the web", ["--linearize"])]:
        subprocess.run(["qpdf", "--warning-exit-0", *options, old, new], check=True, capture_output=True)
        yield f"written anew by {name}", new.read_bytes()
    with open(old, "rb") as file, open(new, "wb") as to:
        copy_into_new_writer(PdfFileReader(file)).write(to)
    yield "written anew by pyHanko", new.read_bytes()


def of_any(work, report):
    """What is done to a report of any level."""
    yield from bytes_changed.of_structure(report, "the signature's", bytes_changed.certifying(report))
    yield from bytes_changed.of_file(report)
    yield from updates.by_library(report)
    yield from updates.by_hand(report)
    yield from updates.of_stamps(updates.stamp(report))
    yield "a time stamp whose imprint is of another file", updates.wrong_imprint(report)
    yield "a time stamp with a picture", updates.visible_time_stamp(report)
    yield "a store, stamped, and then an annotation", updates.updated(
        updates.stamp(updates.store(report, [STRANGER.asn1])), updates.annotation("Square"))
    yield from prepared.forged(report)
    yield from rewritten(work, report)


def of_prepared(work, unsigned):
    """Prepared, signed with another key, and changed."""
    yield from prepared.shadows(unsigned)
    yield from prepared.permissive(unsigned)
    signed = prepared.signed(unsigned)
    behind = bytes_changed.behind_structure(signed, 0)
    yield "a digit behind the signature's structure", behind
    long, square = prepared.for_long(unsigned), updates.annotation("Square")
    yield "signed for long, and then an annotation", updates.updated(long, square)
    flat = prepared.signed(genuine.without_streams(work, unsigned))
    yield "with a cross-reference table, and then an annotation", updates.updated(flat, square)
    yield "with a cross-reference table, and then another title", updates.updated(flat, updates.information)


def altered(work, plain, long, other, unsigned):
    for name, data in of_any(work, plain):
        yield Altered("B-B", name, data, "issued")
    for name, data in of_any(work, long):
        yield Altered("B-LTA", name, data, "issued")
    at = bytes_changed.stamped(long)
    for name, data in bytes_changed.of_structure(long, "the time stamp's", at):
        yield Altered("B-LTA", name, data, "issued")
    yield Altered("B-LTA", "the time stamp's Contents: a digit behind the structure",
                  bytes_changed.behind_structure(long, at), "issued")
    for name, data in second_update.alterations(long, other):
        yield Altered("B-LTA", name, data, "issued")
    yield Altered("others", "not signed", unsigned, "issued")
    for name, data in of_prepared(work, unsigned):
        yield Altered("others", name, data, "own")


class Judges:
    """All of them, each with a folder of its own; every file is asked about from another address of loopback."""

    def __init__(self, folder, program, address, published):
        self.work = Path(tempfile.mkdtemp(dir=folder))
        self.address, self.trusted = address, {}
        for whose, certificates in ("issued", published), ("own", ROOT.pem()):
            self.trusted[whose] = {
                "roots": self.pem(f"{whose}-roots", roots(certificates)),
                "published": self.pem(f"{whose}-published", certificates),
            }
        self.pdfsig = OfPdfsig(self.work, [trusted["roots"] for trusted in self.trusted.values()])
        self.xinzheng = OfXinzheng(self.work, program)

    def pem(self, name, text):
        path = self.work / f"{name}.pem"
        path.write_text(text)
        return str(path)

    def judged(self, at, data, whose):
        """What pyHanko, pdfsig, our command and the service say."""
        trusted = self.trusted[whose]
        service = OfService(self.address, f"127.{1 + at // 62500}.{at // 250 % 250}.{at % 250 + 1}")
        is_issued = whose == "issued"
        return (of_pyhanko(data, trusted["roots"]), self.pdfsig(data, is_issued),
                self.xinzheng(data, trusted["published"]), service(data) if is_issued else None)


def roots(certificates):
    """Those that nobody else has issued."""
    found = [x509.Certificate.load(der) for _, _, der in pem.unarmor(certificates.encode(), multiple=True)]
    return "".join(pem.armor("CERTIFICATE", one.dump()).decode() for one in found if one.issuer == one.subject)


CASES, JUDGES = [], None


def begin(*judges):
    global JUDGES
    logging.disable(logging.CRITICAL)
    JUDGES = Judges(*judges)


def judge(at):
    return JUDGES.judged(at, CASES[at].data, CASES[at].whose)


def main(program, folder, address, *options):
    logging.disable(logging.CRITICAL)
    plain = Path(folder, "as-issued-b-b.pdf").read_bytes()
    other = Path(folder, "as-issued-b-lta.pdf").read_bytes()
    long = Path(folder, "stack/first-report/report.pdf").read_bytes()
    # The unsigned file is a prefix: up to the first mark of an end.
    unsigned = long[:long.index(b"%%EOF") + 6]
    with tempfile.TemporaryDirectory() as work:
        work = Path(work)
        CASES.extend(genuine.of_service(folder))
        CASES.append(genuine.Genuine("issued today, of another subject", long, "issued", "B-LTA", "as-issued"))
        CASES.extend(genuine.extended(plain, long))
        CASES.extend(genuine.of_others(work, unsigned))
        CASES.extend(altered(work, plain, long, other, unsigned))
        for case in CASES:
            assert isinstance(case, genuine.Genuine) or case.data not in (plain, long), case.name
        judges = (work, program, address, Path(folder, "published.pem").read_text())
        with multiprocessing.get_context("fork").Pool(os.cpu_count(), begin, judges) as pool:
            judged = list(zip(CASES, pool.imap(judge, range(len(CASES)), chunksize=4), strict=True))
    return ended(judged, "--write" in options)


def wrong_with(case, told):
    """What of our own judgement is wrong; nothing when nothing is."""
    _, _, ours, service = told
    said = f"{case.name}: {ours['verdict']}, {ours['level']}, {why(ours)}"
    is_ours = ours["verdict"].startswith("genuine")
    if isinstance(case, Altered):
        if is_ours:
            yield f"passes xinzheng-verify: {case.table}, {said}"
        if service:
            yield f"passes the service as {service}: {case.table}, {said}"
        return
    if not is_ours or ours["level"] != case.level:
        yield f"is {case.level}: {said}"
    if service != case.known:
        yield f"is {case.known} to the service, which says {service}: {said}"


def why(ours):
    return ", ".join(reason["code"] for reason in ours["reasons"])


def row(case, told):
    pyhanko, pdfsig, ours, service = told
    is_ours = ours["verdict"].startswith("genuine")
    if isinstance(case, Altered):
        words = ["**passes**" if takes else "notices" for takes in (pyhanko, pdfsig, is_ours, service)]
        reasons = f"{ours['verdict']}: {why(ours)}"
    else:
        words = ["takes" if takes else "**refuses**" for takes in (pyhanko, pdfsig, is_ours)]
        words.append(service or "does not know it")
        reasons = f"{ours['verdict']}, {ours['level']}"
    if case.whose != "issued":
        words[3] = ""
    return f"| {case.name} | {' | '.join(words)} | {reasons} |"


def written(judged):
    alterations = [(case, told) for case, told in judged if isinstance(case, Altered)]
    missed = [sum(bool(told[at]) for _, told in alterations) for at in range(2)]
    ours = [sum(told[2]["verdict"].startswith("genuine") for _, told in alterations),
            sum(bool(told[3]) for _, told in alterations)]
    text = HEAD + (f"Of {len(alterations)} alterations pyHanko lets {missed[0]} pass, pdfsig {missed[1]}, "
                   f"xinzheng-verify {ours[0]}, the service {ours[1]}.\n")
    text += GENUINE + table("file", [row(*one) for one in judged if not isinstance(one[0], Altered)])
    for which, title in [("B-B", "Alterations of a report without time stamps (B-B)"),
                         ("B-LTA", "Alterations of a report that is proven for long (B-LTA)"),
                         ("others", "Not signed, or signed with another key")]:
        text += f"\n## {title}\n\n" + table("alteration", [row(*one) for one in alterations if one[0].table == which])
    return text


def table(first, rows):
    head = [f"| {first} | pyHanko | pdfsig | xinzheng-verify | service | verdict |", "|---|---|---|---|---|---|"]
    return "\n".join(head + rows) + "\n"


def of_ours(text):
    """What the table says of the command and of the service. What a peer sees in a byte depends on the bytes around it,
    which are drawn, and so does why a file is refused."""
    rows = [line.split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return [(row[0], *row[3:5], re.split("[:,]", row[5])[0]) for row in rows]


def ended(judged, write):
    wrong = [line for case, told in judged for line in wrong_with(case, told)]
    text = written(judged)
    if write:
        MATRIX.write_text(text)
    elif of_ours(MATRIX.read_text()) != of_ours(text):
        Path("target").mkdir(exist_ok=True)
        Path("target/proof-matrix.md").write_text(text)
        wrong.append(f"{MATRIX} says something else than target/proof-matrix.md")
    for line in wrong:
        print("WRONG:", line)
    print(re.search(r"Of \d+ alterations.*", text)[0])
    alterations = sum(isinstance(case, Altered) for case, _ in judged)
    print(f"{len(judged) - alterations} genuine files, {alterations} alterations, {len(wrong)} wrong")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
