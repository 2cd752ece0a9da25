"""Has PDFBox's preflight, which knows PDF/A-1b alone, look at a report as far as that goes.

as-1b.py shown REPORT.pdf TO.pdf    writes what it is shown: the report without object streams and attached files,
                                    which 1b forbids, and with a claim to be 1b
as-1b.py judged SAID                fails unless each of its objections is one of 1b's own
"""

import re
import sys

import pikepdf

CLAIM = b"<pdfaid:part>3</pdfaid:part><pdfaid:conformance>A</pdfaid:conformance>"
AS_1B = b"<pdfaid:part>1</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>"

# What 1b alone forbids, by PDFBox's codes.
OF_1B = {"2.2.2": "the opacity of a picture (soft mask)"}


def show(report: str, to: str) -> None:
    with pikepdf.open(report) as pdf:
        del pdf.Root.Names, pdf.Root.AF
        metadata = pdf.Root.Metadata.read_bytes()
        assert metadata.count(CLAIM) == 1, "it does not claim to be PDF/A-3a"
        pdf.Root.Metadata.write(metadata.replace(CLAIM, AS_1B))
        pdf.remove_unreferenced_resources()
        streams = {"stream_decode_level": pikepdf.StreamDecodeLevel.none}
        pdf.save(to, object_stream_mode=pikepdf.ObjectStreamMode.disable, **streams)


def judge(said: str) -> None:
    text = open(said).read()
    if "is a valid PDF/A-1b file" in text:
        print("valid for PDFBox as PDF/A-1b")
        return
    assert "is not a valid PDF/A-1b file" in text, text
    codes = re.findall(r"^(\d+(?:\.\d+)*) : ", text, re.M)
    assert codes and set(codes) <= OF_1B.keys(), text
    forbidden = ", ".join(f"{code} {OF_1B[code]}" for code in sorted(set(codes)))
    print(f"valid for PDFBox but for what 1b alone forbids: {forbidden}")


if sys.argv[1] == "shown":
    show(*sys.argv[2:])
else:
    judge(*sys.argv[2:])
