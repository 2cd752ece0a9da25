"""Has reports judged by page-validation as PDF/A-3a and PDF/UA-1, and by outloud as they are read out.

judge.py REPORT.pdf...             fails at the first that is not; then that damaged copies are found out
judge.py --damage FROM TO font     writes a copy that lacks a font's program
"""

import io
import re
import sys
import tempfile

import page
import pikepdf
from lxml import etree
from outloud import check

PROFILES = ("3a", "ua1")
RANGE = re.compile(rb"/ByteRange\[(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\]")
# The first signature of a file that was proven for longer is not of all of it. ISO 19005-3 asks each signature for the
# revision that it signs (annex B); page-validation asks the first for the whole file.
OF_FIRST_SIGNATURE = "PDFA3A-SIGNATURE-BYTERANGE-001"


def objections(data: bytes) -> list[str]:
    found = judged(data)
    ranges = RANGE.findall(data)
    ends = [int(begin) + int(length) for _, _, begin, length in ranges]
    if len(ends) > 1 and ends[-1] == len(data):
        # Its last time stamp is of the whole file, and without what is behind it the first signature is too.
        found = [objection for objection in found if not objection.startswith(OF_FIRST_SIGNATURE)]
        found += [f"as it was signed: {objection}" for objection in judged(data[:ends[0]])]
    return found + lost(data)


def judged(data: bytes) -> list[str]:
    found = []
    for profile in PROFILES:
        said = page.validate_pdf_bytes(data, profile=profile)
        assert said.is_compliant == (not said.failures)
        found += [f"{failure.rule_id}: {failure.message}" for failure in said.failures]
    return found


def lost(data: bytes) -> list[str]:
    """What of the structure the parent tree does not lead back to (ISO 32000-1, 14.7.4.4): no judge looks there."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        numbers = list(pdf.Root.StructTreeRoot.ParentTree.Nums)
        owners = dict(zip(map(int, numbers[::2]), numbers[1::2]))
        found = []

        def leads_back(element, kid):
            page = element.get("/Pg")
            if isinstance(kid, pikepdf.Dictionary):
                page = kid.get("/Pg", page)
                if kid.get("/Type") == "/OBJR":
                    return owners.get(int(kid.Obj.get("/StructParent", -1))) == element
                kid = kid.MCID
            content = owners.get(int(page.get("/StructParents", -1)), [])
            return int(kid) < len(content) and content[int(kid)] == element

        for element in pdf.objects:
            if not isinstance(element, pikepdf.Dictionary) or "/S" not in element or "/P" not in element:
                continue
            kids = element.get("/K", pikepdf.Array())
            for kid in kids if isinstance(kids, pikepdf.Array) else [kids]:
                if not (isinstance(kid, pikepdf.Dictionary) and "/S" in kid) and not leads_back(element, kid):
                    found.append(f"LOST: {element.S}")
        return found


def elements(pdf, kind):
    return [of for of in pdf.objects if isinstance(of, pikepdf.Dictionary) and of.get("/S") == kind and "/P" in of]


def without_alternative(pdf):
    (*_, figure) = elements(pdf, "/Figure")
    del figure["/Alt"]


def without_keys(pdf):
    del pdf.pages[0].StructParents


def without_link_key(pdf):
    del pdf.pages[0].Annots[0].StructParent


def without_scope(pdf):
    for header in elements(pdf, "/TH"):
        del header["/A"]


def without_title_shown(pdf):
    del pdf.Root.ViewerPreferences


def without_relationship(pdf):
    del pdf.Root.AF[0]["/AFRelationship"]


def without_font(pdf):
    for of in pdf.objects:
        if isinstance(of, pikepdf.Dictionary) and "/FontFile2" in of:
            del of["/FontFile2"]


DAMAGES = {
    without_alternative: "PDFUA1-FIGURE-ALTERNATIVE-TEXT-001",
    without_keys: "LOST",
    without_link_key: "PDFUA1-LINK-LINK-TAG-001",
    without_scope: "PDFUA1-TABLE-HEADERS-SCOPE-001",
    without_title_shown: "PDFUA1-VIEWER-PREFERENCES-001",
    without_relationship: "PDFA3A-FILE-SPEC-AF-RELATIONSHIP-001",
    without_font: "PDFA3A-FONT-EMBEDDING-001",
}


def backwards(pdf):
    document = pdf.Root.StructTreeRoot.K
    document.K = pikepdf.Array(reversed(list(document.K)))


def without_section_headings(pdf):
    for heading in elements(pdf, "/H2"):
        heading.S = pikepdf.Name("/P")


def without_headers(pdf):
    for header in elements(pdf, "/TH"):
        header.S = pikepdf.Name("/TD")


MISREADINGS = {
    backwards: "ORD-001",
    without_section_headings: "HDG-001",
    without_headers: "TBL-001",
}


def damaged(report: str, damage) -> bytes:
    with pikepdf.open(report) as pdf:
        damage(pdf)
        to = io.BytesIO()
        pdf.save(to)
        return to.getvalue()


def metadata_is_sound(report: str) -> None:
    with pikepdf.open(report) as pdf:
        metadata = bytes(pdf.Root.Metadata.read_bytes())
        subject = str(pdf.docinfo["/Subject"])
    described = etree.fromstring(metadata).find(".//{http://purl.org/dc/elements/1.1/}description")
    assert "".join(described.itertext()).strip() == subject, f"{report}: the metadata name another subject"


def misread(report: str) -> list[str]:
    result = check(report)
    # Records of one wording that stand at the same place of several pages look like running lines.
    def is_a_record(finding):
        return finding.rule == "PAG-001" and not re.search("报告编号|页　共", str(finding.evidence))

    # The field of a time stamp stands outside the page, where PDF/UA-1 (7.18.1) does not ask for it: the structure is
    # signed before.
    stamps = len(RANGE.findall(open(report, "rb").read())) - 1

    def is_a_stamp(finding):
        return finding.rule == "FRM-003" and stamps > 0 and finding.message.startswith(f"{stamps} form field widget(s)")

    findings = [one for one in result.sorted_findings() if not is_a_record(one) and not is_a_stamp(one)]
    return [f"{finding.rule}: {finding.message}" for finding in findings]


def main(reports: list[str]) -> None:
    for report in reports:
        found = objections(open(report, "rb").read())
        assert not found, f"{report}: {found}"
        metadata_is_sound(report)
        found = misread(report)
        assert not found, f"{report}: {found}"
        print(f"{report}: PDF/A-3a, PDF/UA-1, read in its order")
    (report,) = [report for report in reports if report.endswith("unsigned-10.pdf")]
    for damage, rule in DAMAGES.items():
        found = objections(damaged(report, damage))
        assert any(objection.startswith(rule) for objection in found), f"{damage.__name__}: {found}"
        print(f"found out as it should be: {damage.__name__} ({found[0].split(':')[0]})")
    for misreading, rule in MISREADINGS.items():
        with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
            file.write(damaged(report, misreading))
            file.flush()
            found = misread(file.name)
        assert any(finding.startswith(rule) for finding in found), f"{misreading.__name__}: {found}"
        print(f"found out as it should be: {misreading.__name__} ({rule})")
    data = open(report, "rb").read()
    for before, after in ((b"<pdfaid:part>3<", b"<pdfaid:part>2<"), (b"<pdfuaid:part>1<", b"<pdfuaid:part>2<")):
        assert data.count(before) == 1 and objections(data.replace(before, after)), f"a wrong claim: {after}"
    wrong = data.replace(b"\r\nendstream", b"endstream  ", 1)
    assert objections(wrong), "a stream that ends without an end of line"
    print("found out as it should be: wrong claims, a stream's end")


if sys.argv[1] == "--damage":
    open(sys.argv[3], "wb").write(damaged(sys.argv[2], {"font": without_font}[sys.argv[4]]))
else:
    main(sys.argv[1:])
