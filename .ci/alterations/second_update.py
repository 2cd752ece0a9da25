"""What is done to the second update of a report of level B-LTA: its security store, its time stamp, its
cross-references.

Whoever writes it anew behind what was signed can put other proofs there, which is genuine; nothing else."""

import re

from bytes_changed import digit, flipped
from people import STRANGER
from updates import CATALOG, Raw, annotation, catalog, content, stamp, store, updated


def signed_revision(data):
    """The file up to what was signed: the second end of file."""
    ends = [match.end() for match in re.finditer(rb"%%EOF\n", data)]
    return data[:ends[1]]


class Store:
    """Where the objects of the store stand."""

    def __init__(self, data):
        at = data.rindex(b"<</Type/DSS")
        text = data[at:data.index(b">>", at)]
        self.data, self.at = data, at
        lists = {kind: text.partition(kind)[2].partition(b"]")[0] for kind in (b"/Certs", b"/OCSPs")}
        numbers = {kind: re.findall(rb"(\d+) 0 R", held) for kind, held in lists.items()}
        self.numbers = {kind: [int(number) for number in found] for kind, found in numbers.items()}

    def stream(self, number):
        head = self.data.rindex(b"\n%d 0 obj\n" % number)
        begin = self.data.index(b"stream\n", head) + len("stream\n")
        length = int(re.search(rb"/Length (\d+)", self.data[head:begin])[1])
        return begin, begin + length

    def flipped(self, number):
        begin, end = self.stream(number)
        return flipped(self.data, (begin + end) // 2)

    def exchanged(self, one, other):
        """Two references of the store change their places."""
        one, other = b"%d 0 R" % one, b"%d 0 R" % other
        text = self.data[self.at:]
        text = text.replace(one, b"?", 1).replace(other, one, 1).replace(b"?", other, 1)
        return self.data[:self.at] + text

    def without(self, number):
        """A reference of the store is gone; the rest stands where it stood."""
        reference = b"%d 0 R" % number
        place = self.data.index(reference, self.at)
        return self.data[:place] + b" " * len(reference) + self.data[place + len(reference):]


def alterations(data, other):
    """Each name with the altered file; `other` is another report of this level."""
    yield from of_store(data)
    yield from of_time_stamp(data, other)
    yield from of_what_stands_there(data)
    yield from written_anew(data, other)


def of_store(data):
    held = Store(data)
    certificates, responses = held.numbers[b"/Certs"], held.numbers[b"/OCSPs"]
    for kind, numbers in ("certificate", certificates), ("OCSP response", responses):
        for at, number in enumerate(numbers):
            yield f"the store: a byte of {kind} {at + 1}", held.flipped(number)
        yield f"the store: a {kind} dropped", held.without(numbers[0])
        yield f"the store: two exchanged, each a {kind}", held.exchanged(*numbers[:2])
    yield "the store: a certificate exchanged for an OCSP response", held.exchanged(certificates[0], responses[0])
    yield "the store: none", re.sub(rb"/DSS (\d+ 0 R)", rb"/DSZ \1", data)

    # By a third update.
    raw, certificate = Raw(data), STRANGER.asn1.dump()
    body = b"<</Length %d>>\nstream\n%s\nendstream" % (len(certificate), certificate)
    yield "the store: a certificate defined anew", raw.update({certificates[0]: body})
    yield "the store: an OCSP response defined anew", raw.update({responses[0]: body})
    yield "the store: a certificate freed", raw.update({}).replace(
        b"xref\ntrailer", b"xref\n%d 1\n0000000000 00001 f \ntrailer" % certificates[0])
    catalog_without = re.sub(rb"/DSS \d+ 0 R", b"", raw.body(raw.root))
    yield "the store: taken out of the catalog", raw.update({raw.root: catalog_without})
    for name, left in [("the certificates", {"Certs": []}), ("the OCSP responses", {"OCSPs": []}),
                       ("one OCSP response", {"OCSPs": responses[1:]})]:
        yield f"the store: without {name}", raw.with_store(objects={raw.size + 1: raw.held(left)})
    yield "the store: an OCSP response among the certificates", raw.with_store(objects={
        raw.size + 1: raw.held(Certs=responses)})
    yield "the store: the signed page among the certificates", raw.with_store(objects={
        raw.size + 1: raw.held(Certs=[raw.reader.root["/Pages"]["/Kids"].raw_get(0).idnum])})


def of_time_stamp(data, other):
    at = data.rindex(b"/ETSI.RFC3161")
    gap = data.index(b"/Contents<", at) + len("/Contents<")
    close = data.index(b">", gap)
    info = data.index(b"060B2A864886F70D0109100104", gap)
    yield "the time stamp: another time", digit(data, data.index(b"180F32", info) + 9)
    yield "the time stamp: another imprint", digit(data, data.index(b"0420", info) + 10)
    theirs = other.index(b"/Contents<", other.rindex(b"/ETSI.RFC3161")) + len("/Contents<")
    token = other[theirs:other.index(b">", theirs)].ljust(close - gap, b"0")[:close - gap]
    yield "the time stamp: the token of another report's", data[:gap] + token + data[close:]
    yield "the time stamp: a signature's subfilter", data[:at] + b"/ETSI.CAdES.d" + data[at + 13:]
    yield "the time stamp: another type", data.replace(b"/Type/DocTimeStamp/", b"/Type/Sig/        ")
    for name, old, new in [
        ("a rectangle over the page", b"/Rect[-1 -1 -1 -1]", b"/Rect[-1 -1 99 99]"),
        ("seen by nobody", b"/F 132/Rect[-1", b"/F 134/Rect[-1"),
        ("another name", b"/T(Timestamp1)", b"/T(Timestamp2)"),
        ("another kind of field", b"/FT/Sig/T(Timestamp", b"/FT/Btn/T(Timestamp"),
    ]:
        assert old in data, old
        yield f"the time stamp's field: {name}", data.replace(old, new)


def of_what_stands_there(data):
    begin = len(signed_revision(data))
    rest = data[begin:]
    for name, old, new in [
        ("the page: without its seal", b"/Annots[", b"/Annotz["),
        ("the page: another content", b"/Contents 2", b"/Contents 3"),
        ("the page: cropped", b"/CropBox [0 0 595", b"/CropBox [0 0 095"),
        ("the catalog: without DocMDP", b"/Perms<<", b"/Perma<<"),
        ("the catalog: another language", b"(zh-CN)", b"(en-GB)"),
        ("the catalog: no files", b"/EmbeddedFiles", b"/EmbeddedFilez"),
        ("the form: without the seal", b"/Fields[", b"/Fieldz["),
        ("the form: SigFlags", b"/SigFlags 3", b"/SigFlags 0"),
    ]:
        assert old in rest, old
        yield f"in the second update, {name}", data[:begin] + rest.replace(old, new)
    for name, mark in [("behind its first object", b"endobj\n"), ("within the store", b"<</Type/DSS"),
                       ("within the time stamp", b"/Contents<30"), ("before its cross-references", b"<</Type/XRef"),
                       ("before startxref", b"startxref")]:
        yield f"the second update is cut off {name}", data[:begin + rest.index(mark) + len(mark)]


def written_anew(data, other):
    """A stranger puts an update of their own in its place, and stamps it."""
    signed = signed_revision(data)
    yield "the second update is another report's", signed + other[len(signed_revision(other)):]
    stored = store(signed, [STRANGER.asn1])
    for kind in ("FreeText", "Stamp", "Widget"):
        yield f"the second update written anew: a store, an annotation {kind}, stamped", stamp(
            updated(stored, annotation(kind)))
    yield "the second update written anew: a store, another content, stamped", stamp(updated(stored, content))
    yield "the second update written anew: a store, another language, stamped", stamp(
        updated(stored, catalog("Lang", CATALOG["Lang"])))
    yield "the second update written anew: an object that nothing needs, stamped", stamp(
        Raw(signed).with_store(objects={Raw(signed).size + 7: b"<</S/JavaScript/JS(x)>>"}))
    yield "the second update stands twice", data + data[len(signed):]
    unsigned = data[:data.index(b"%%EOF\n") + 6]
    yield "the second update stands before what was signed", unsigned + data[len(signed):] + signed[len(unsigned):]

