"""Incremental updates: what a stranger adds behind the end, with a library and by hand."""

import io
import re
import zlib
from unittest import mock

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields, signers
from pyhanko.sign.timestamps.dummy_client import DummyTimeStamper
from pyhanko.sign.signers import PdfTimeStamper
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.stamp import TextStampStyle

from bytes_changed import digit
from people import STRANGE_STAMPS, STRANGER


def numbered(**entries):
    return generic.DictionaryObject({pdf_name(f"/{name}"): value for name, value in entries.items()})


def rectangle(*places):
    return generic.ArrayObject(generic.NumberObject(place) for place in places)


RECT = (50, 50, 500, 700)
ANNOTATIONS = [
    "Text", "Link", "FreeText", "Line", "Square", "Circle", "Polygon", "PolyLine", "Highlight", "Underline", "Squiggly",
    "StrikeOut", "Stamp", "Caret", "Ink", "Popup", "FileAttachment", "Screen", "Watermark", "Redact", "RichMedia",
    "Widget",
]
CATALOG = {
    "Lang": generic.pdf_string("en"),
    "OpenAction": numbered(S=pdf_name("/JavaScript"), JS=generic.pdf_string("app.alert(1)")),
    "AA": numbered(WC=numbered(S=pdf_name("/JavaScript"), JS=generic.pdf_string("1"))),
    "Names": numbered(JavaScript=numbered(Names=generic.ArrayObject())),
    "Outlines": generic.NullObject(),
    "PageLabels": numbered(Nums=generic.ArrayObject()),
    "PageMode": pdf_name("/FullScreen"),
    "ViewerPreferences": numbered(HideToolbar=generic.BooleanObject(True)),
    "OutputIntents": generic.ArrayObject(),
    "Version": pdf_name("/2.0"),
    "URI": numbered(Base=generic.pdf_string("http://example.org")),
    "Legal": numbered(JavaScriptActions=generic.NumberObject(0)),
    "Collection": numbered(Schema=numbered()),
    "Perms": numbered(),
    "Threads": generic.ArrayObject(),
    "AF": generic.ArrayObject(),
    "StructTreeRoot": numbered(Type=pdf_name("/StructTreeRoot")),
    "OCProperties": numbered(OCGs=generic.ArrayObject(), D=numbered(BaseState=pdf_name("/OFF"))),
    "Extensions": numbered(XXXX=numbered(JS=numbered(S=pdf_name("/JavaScript")))),
}


def updated(data, edit):
    """The file with an update in which `edit` was done."""
    writer = IncrementalPdfFileWriter(io.BytesIO(data))
    made = edit(writer)
    if made is None:
        made = io.BytesIO()
        writer.write(made)
    assert made.getvalue().startswith(data) and len(made.getvalue()) > len(data)
    return made.getvalue()


def first_page(writer):
    return writer.root["/Pages"]["/Kids"][0].get_object()


def annotate(writer, annotation):
    page = first_page(writer)
    if "/Annots" not in page:
        page["/Annots"] = generic.ArrayObject()
    page["/Annots"].append(writer.add_object(annotation))
    writer.update_container(page["/Annots"])
    writer.update_container(page)


def annotation(kind):
    return lambda writer: annotate(writer, numbered(
        Type=pdf_name("/Annot"), Subtype=pdf_name(f"/{kind}"), Rect=rectangle(*RECT), Contents=generic.pdf_string("x"),
        F=generic.NumberObject(4),
    ))


def catalog(key, value):
    def edit(writer):
        writer.root[pdf_name(f"/{key}")] = value
        writer.update_root()
    return edit


def content(writer):
    page = first_page(writer)
    stream = generic.StreamObject(stream_data=b"0 0 600 800 re f")
    page["/Contents"] = writer.add_object(stream)
    writer.update_container(page)


def content_in_place(writer):
    page = first_page(writer)
    stream = page.raw_get("/Contents")
    stream = stream[0] if isinstance(stream, generic.ArrayObject) else stream
    stream.get_object()._data = b"0 0 600 800 re f"
    stream.get_object()._encoded_data = None
    writer.mark_update(stream)


def fonts(writer):
    page = first_page(writer)
    fonts = page["/Resources"]["/Font"]
    key = next(iter(fonts))
    fonts[key] = writer.add_object(numbered(
        Type=pdf_name("/Font"), Subtype=pdf_name("/Type1"), BaseFont=pdf_name("/Helvetica")))
    writer.update_container(fonts)


def form_field(writer):
    field = numbered(FT=pdf_name("/Tx"), T=generic.pdf_string("x"), V=generic.pdf_string("x"), Rect=rectangle(*RECT))
    writer.root["/AcroForm"]["/Fields"].append(writer.add_object(field))
    writer.update_container(writer.root["/AcroForm"]["/Fields"])
    writer.update_root()


def form_entry(key, value):
    def edit(writer):
        writer.root["/AcroForm"][pdf_name(f"/{key}")] = value
        writer.update_container(writer.root["/AcroForm"])
        writer.update_root()
    return edit


def seal(writer):
    return writer.root["/AcroForm"]["/Fields"][0].get_object()


def seal_moved(writer):
    seal(writer)["/Rect"] = rectangle(0, 0, 10, 10)
    writer.update_container(seal(writer))


def seal_redrawn(writer):
    picture = generic.StreamObject(stream_data=b"0 0 600 800 re f")
    picture[pdf_name("/Subtype")] = pdf_name("/Form")
    picture[pdf_name("/BBox")] = rectangle(0, 0, 600, 800)
    seal(writer)["/AP"] = numbered(N=writer.add_object(picture))
    writer.update_container(seal(writer))


def seal_emptied(writer):
    del seal(writer)["/V"]
    writer.update_container(seal(writer))


def information(writer):
    info = writer.trailer["/Info"]
    info["/Title"] = generic.pdf_string("CZXY-20251103-FORGED00")
    writer.update_container(info)


def without_information(writer):
    writer.set_info(None)
    writer.root["/Lang"] = writer.root["/Lang"]
    writer.update_root()


def metadata(writer):
    stream = writer.root["/Metadata"]
    stream._data = stream.data.replace(b"CZXY-", b"CZXZ-")
    stream._encoded_data = None
    writer.update_container(stream)


def without_metadata(writer):
    del writer.root["/Metadata"]
    writer.update_root()


def page(writer):
    pages = writer.root["/Pages"]
    added = numbered(Type=pdf_name("/Page"), Parent=writer.root.raw_get("/Pages"), MediaBox=rectangle(*RECT))
    pages["/Kids"].append(writer.add_object(added))
    pages["/Count"] = generic.NumberObject(int(pages["/Count"]) + 1)
    writer.update_container(pages["/Kids"])
    writer.update_container(pages)


def without_page(writer):
    pages = writer.root["/Pages"]
    del pages["/Kids"][0]
    pages["/Count"] = generic.NumberObject(int(pages["/Count"]) - 1)
    writer.update_container(pages["/Kids"])
    writer.update_container(pages)


def pages_swapped(writer):
    kids = writer.root["/Pages"]["/Kids"]
    kids[0], kids[1] = kids.raw_get(1), kids.raw_get(0)
    writer.update_container(kids)
    writer.update_container(writer.root["/Pages"])


def page_entry(key, value):
    def edit(writer):
        first_page(writer)[pdf_name(f"/{key}")] = value
        writer.update_container(first_page(writer))
    return edit


def embedded_data(writer):
    stream = generic.StreamObject(stream_data=b'{"number":"CZXY-20251103-FORGED00"}')
    file = numbered(Type=pdf_name("/Filespec"), F=generic.pdf_string("report.json"),
                    EF=numbered(F=writer.add_object(stream)))
    writer.root["/AF"] = generic.ArrayObject([writer.add_object(file)])
    writer.update_root()


def hidden_layer(writer):
    group = writer.add_object(numbered(Type=pdf_name("/OCG"), Name=generic.pdf_string("x")))
    writer.root["/OCProperties"] = numbered(
        OCGs=generic.ArrayObject([group]), D=numbered(OFF=generic.ArrayObject([group])))
    first_page(writer)["/OC"] = group
    writer.update_container(first_page(writer))
    writer.update_root()


def nothing_of_it(writer):
    writer.add_object(generic.pdf_string("an object that nothing refers to"))


UPDATES = {
    "page content: another stream": content,
    "page content: the stream itself": content_in_place,
    "fonts: another one": fonts,
    "form: a text field": form_field,
    "form: NeedAppearances": form_entry("NeedAppearances", generic.BooleanObject(True)),
    "form: XFA": form_entry("XFA", generic.pdf_string("<xdp/>")),
    "form: DA": form_entry("DA", generic.pdf_string("/F 0 Tf")),
    "the seal: moved": seal_moved,
    "the seal: redrawn": seal_redrawn,
    "the seal: emptied": seal_emptied,
    "Info: another title": information,
    "XMP: another number": metadata,
    "XMP: removed": without_metadata,
    "pages: one more": page,
    "pages: one less": without_page,
    "pages: two swapped": pages_swapped,
    "page: turned": page_entry("Rotate", generic.NumberObject(180)),
    "page: cropped": page_entry("CropBox", rectangle(0, 0, 10, 10)),
    "page: an action on opening": page_entry("AA", numbered(O=numbered(S=pdf_name("/JavaScript")))),
    "embedded data: replaced": embedded_data,
    "layers: a page hidden": hidden_layer,
    "an object that nothing refers to": nothing_of_it,
}


# Its own tool knows nothing of certification.
UNAWARE = mock.patch.multiple(
    signers.PdfSigner, _enforce_certification_constraints=lambda self, reader: None)


def approval(writer, **options):
    with UNAWARE:
        metadata = signers.PdfSignatureMetadata(field_name="Stranger", **options)
        return signers.sign_pdf(writer, metadata, signer=STRANGER.signer(), in_place=False)


def stamped_signature(writer):
    fields.append_signature_field(writer, fields.SigFieldSpec("Stranger", on_page=0, box=RECT))
    return approval(writer)


def visible_stamp(writer):
    fields.append_signature_field(writer, fields.SigFieldSpec("Stranger", on_page=0, box=RECT))
    with UNAWARE:
        signer = signers.PdfSigner(
            signers.PdfSignatureMetadata(field_name="Stranger"), signer=STRANGER.signer(),
            stamp_style=TextStampStyle(stamp_text="作废"))
        return signer.sign_pdf(writer)


def stamp(data, stamper=None):
    """The file with a document time stamp."""
    stamper = stamper or STRANGE_STAMPS.stamper(STRANGER)
    return PdfTimeStamper(stamper).timestamp_pdf(IncrementalPdfFileWriter(io.BytesIO(data)), "sha256").getvalue()


def store(data, certificates=(), lists=()):
    """The file with a security store."""
    buffer = io.BytesIO(data)
    DocumentSecurityStore.add_dss(buffer, None, certs=list(certificates), ocsps=[], crls=list(lists))
    return buffer.getvalue()


def by_library(data):
    """What is added with a library that strangers have."""
    for name, edit in UPDATES.items():
        yield f"update: {name}", updated(data, edit)
    for kind in ANNOTATIONS:
        yield f"update: annotation {kind}", updated(data, annotation(kind))
    for key, value in CATALOG.items():
        yield f"update: catalog {key}", updated(data, catalog(key, value))
    yield "a stranger's signature, unseen", updated(data, approval)
    yield "a stranger's signature over the first page", updated(data, stamped_signature)
    yield "a stranger's signature with a visible stamp", updated(data, visible_stamp)
    yield "a stranger's certification", updated(data, lambda writer: approval(writer, certify=True))


class Raw:
    """An update by hand."""

    def __init__(self, data):
        self.data, self.reader = data, PdfFileReader(io.BytesIO(data))
        trailer = self.reader.trailer
        self.root = trailer.raw_get("/Root").idnum
        self.size = int(trailer["/Size"])
        self.previous = int(re.findall(rb"startxref\s+(\d+)", data)[-1])
        written = io.BytesIO()
        trailer.raw_get("/ID").write_to_stream(written, None)
        self.kept = b"/ID %s/Info %d 0 R" % (written.getvalue(), trailer.raw_get("/Info").idnum)

    def body(self, number):
        """An object as it is written."""
        written = io.BytesIO()
        self.reader.get_object(generic.Reference(number, 0, self.reader)).write_to_stream(written, None)
        return written.getvalue()

    def update(self, objects, between=b"", trailer=b"", previous=None, listed=None, generation=0, size=None, root=None):
        """`objects` by their numbers; what else is given is done otherwise than it should be."""
        data, offsets = bytearray(self.data), {}
        for number, body in objects.items():
            offsets[number] = len(data)
            data += b"%d %d obj\n%s\nendobj\n" % (number, generation, body)
            data += between
        start = len(data)
        data += b"xref\n"
        for number, offset in sorted((offsets if listed is None else {n: offsets[n] for n in listed}).items()):
            data += b"%d 1\n%010d %05d n \n" % (number, offset, generation)
        size = size or max([self.size, *(number + 1 for number in objects)])
        previous = self.previous if previous is None else previous
        data += b"trailer\n<</Size %d/Root %d 0 R%s%s%s>>\nstartxref\n%d\n%%%%EOF\n" % (
            size, root or self.root, self.kept, trailer, b"" if previous < 0 else b"/Prev %d" % previous, start)
        return bytes(data)

    def with_store(self, more=b"", body=None, **otherwise):
        """A security store with a certificate, and the catalog that has it."""
        certificate = STRANGER.asn1.dump() if body is None else body
        stream = b"<</Length %d%s>>\nstream\n%s\nendstream" % (len(certificate), more, certificate)
        objects = {self.size: stream, self.size + 1: self.held(Certs=[self.size]), self.root: self.catalog()}
        return self.update(objects | otherwise.pop("objects", {}), **otherwise)

    def held(self, left={}, **added):
        """The store of the file, with more; of some kinds only what is left."""
        root, lists = self.reader.root, b""
        before = root["/DSS"] if "/DSS" in root else {}
        for kind in ("Certs", "OCSPs", "CRLs"):
            held = before[f"/{kind}"] if f"/{kind}" in before else generic.ArrayObject()
            numbers = [held.raw_get(at).idnum for at in range(len(held))]
            numbers = left.get(kind, numbers) + added.get(kind, [])
            lists += b"/%s[%s]" % (kind.encode(), b" ".join(b"%d 0 R" % number for number in numbers))
        return b"<<%s>>" % lists

    def catalog(self, more=b""):
        body = re.sub(rb"/DSS \d+ 0 R", b"", self.body(self.root)).rstrip()
        return body[:-2] + b"/DSS %d 0 R%s>>" % (self.size + 1, more)


def by_hand(data):
    """What no library writes."""
    raw = Raw(data)
    new = raw.size + 7
    script = b"<</S/JavaScript/JS(x)>>"
    page = raw.reader.root["/Pages"]["/Kids"].raw_get(0).idnum
    yield "by hand: an update of nothing", raw.update({})
    yield "by hand: a store, and an object that nothing lists", raw.with_store(
        objects={new: script}, listed=[raw.size, raw.size + 1, raw.root])
    yield "by hand: a store, and an object that nothing needs", raw.with_store(objects={new: script})
    yield "by hand: a store, and a comment", raw.with_store(between=b"% x\n")
    yield "by hand: a store, and bytes between objects", raw.with_store(between=b"x\n")
    yield "by hand: a store, and the page with another entry", raw.with_store(
        objects={page: raw.body(page)[:-2] + b"/X 1>>"})
    yield "by hand: a store, and a catalog with two Pages", raw.with_store(
        objects={raw.root: raw.catalog(b"/Pages %d 0 R" % page)})
    yield "by hand: a store, and an action", raw.with_store(
        objects={raw.root: raw.catalog(b"/OpenAction %d 0 R" % new), new: script})
    yield "by hand: a store whose certificate is a script", raw.with_store(body=b"app.alert(1)")
    yield "by hand: a store whose certificate has a name", raw.with_store(more=b"/JS(x)")
    yield "by hand: a store of other kinds", raw.with_store(
        objects={raw.size + 1: b"<</Certs[%d 0 R]/JavaScript[%d 0 R]>>" % (raw.size, raw.size)})
    yield "by hand: a store that is a page", raw.with_store(objects={raw.size + 1: b"<</Certs[%d 0 R]>>" % page})
    yield "by hand: a store, and Prev skips what was signed", raw.with_store(previous=first_section(data))
    yield "by hand: a store without Prev", raw.with_store(previous=-1)
    yield "by hand: a store of another generation", raw.with_store(generation=1)
    yield "by hand: a store, and Encrypt", raw.with_store(trailer=b"/Encrypt<</Filter/Standard/V 1/R 2/O()/U()/P -4>>")
    yield "by hand: a store, and a second table", raw.with_store(trailer=b"/XRefStm %d" % raw.previous)
    yield "by hand: a store, and another Root", raw.with_store(
        root=raw.size + 8, objects={raw.size + 8: raw.catalog(b"/Lang(en)")})
    yield "by hand: a store, and a size that hides it", raw.with_store(size=raw.size)
    information = raw.reader.trailer.raw_get("/Info").idnum
    yield "by hand: a store, and no Info", raw.with_store().replace(b"/Info %d 0 R/Prev" % information, b"/Prev")
    yield "by hand: a page in an object stream", packed(raw, page)
    yield "by hand: an object is freed", raw.update({}).replace(
        b"xref\ntrailer", b"xref\n%d 1\n0000000000 00001 f \ntrailer" % page)
    yield "by hand: startxref names the table before", wound_back(data, raw.with_store())


def first_section(data):
    return int(re.findall(rb"startxref\s+(\d+)", data)[0])


def wound_back(data, extended):
    """The update is there, and readers are sent to the table before it."""
    place = int(re.findall(rb"startxref\s+(\d+)", data)[-1])
    head, _, _ = extended.rpartition(b"startxref")
    return head + b"startxref\n%d\n%%%%EOF\n" % place


def packed(raw, page):
    """A page that is defined anew in an object stream."""
    body = raw.body(page)[:-2] + b"/Rotate 180>>"
    index = b"%d 0 " % page
    inner = zlib.compress(index + body)
    data = bytearray(raw.data)
    at = len(data)
    data += b"%d 0 obj\n<</Type/ObjStm/N 1/First %d/Filter/FlateDecode/Length %d>>\nstream\n%s\nendstream\nendobj\n" % (
        raw.size, len(index), len(inner), inner)
    start = len(data)
    rows = {page: (2, raw.size, 0), raw.size: (1, at, 0), raw.size + 1: (1, start, 0)}
    table = b"".join(bytes([kind]) + second.to_bytes(4) + bytes([third]) for kind, second, third in rows.values())
    index = b" ".join(b"%d 1" % number for number in rows)
    data += b"%d 0 obj\n<</Type/XRef/W[1 4 1]/Index[%s]/Size %d/Root %d 0 R%s/Prev %d/Length %d>>\n" % (
        raw.size + 1, index, raw.size + 2, raw.root, raw.kept, raw.previous, len(table))
    data += b"stream\n%s\nendstream\nendobj\n" % table
    data += b"startxref\n%d\n%%%%EOF\n" % start
    return bytes(data)


def of_stamps(data):
    """What is done to a file with a document time stamp."""
    at = data.rindex(b"/ByteRange")
    gap = data.rindex(b"/Contents <", 0, at) + len("/Contents <")
    flip = lambda at, mask=1: data[:at] + bytes([data[at] ^ mask]) + data[at + 1:]
    yield "a time stamp of something else", flip(data.rindex(b"/TU (Timestamp)") + 6)
    info = data.index(b"060B2A864886F70D0109100104", gap)
    yield "a time stamp with another time", digit(data, data.index(b"180F32", info) + 9)
    until = data.index(b"20520101".hex().encode(), info)
    yield "a time stamp with another certificate beside it", digit(data, until + 9)
    yield "a time stamp with a broken signature", digit(data, gap + 2 * (4 + int(data[gap + 4:gap + 8], 16)) - 5)
    yield "a time stamp whose ByteRange leaves something out", flip(data.index(b" ", data.index(b"[0", at) + 3) - 1)
    yield "a time stamp and a visible rectangle", data.replace(b"/Rect [ 0 0 0 0 ]", b"/Rect [ 0 0 9 9 ]")
    yield "a time stamp, and bytes behind it", data + b"\n%"


def wrong_imprint(data):
    """A document time stamp whose imprint is of another file."""
    class Wrong(DummyTimeStamper):
        async def async_timestamp(self, message_digest, md_algorithm):
            return await super().async_timestamp(bytes(len(message_digest)), md_algorithm)
    inner = STRANGE_STAMPS.stamper(STRANGER)
    return stamp(data, Wrong(inner.tsa_cert, inner.tsa_key, certs_to_embed=inner.certs_to_embed))


def visible_time_stamp(data):
    """A document time stamp with a picture over the first page."""
    with mock.patch.object(fields, "_insert_or_get_field_at", drawn(fields._insert_or_get_field_at)):
        return stamp(data)


def drawn(insert):
    def wrapper(writer, *arguments, **options):
        made = insert(writer, *arguments, **options)
        field = made[1].get_object()
        picture = generic.StreamObject(stream_data=b"0 0 600 800 re f")
        picture[pdf_name("/Subtype")] = pdf_name("/Form")
        picture[pdf_name("/BBox")] = rectangle(*RECT)
        field["/Rect"] = rectangle(*RECT)
        field["/AP"] = numbered(N=writer.add_object(picture))
        return made
    return wrapper
