"""Files that were prepared before they were signed, so that something can be done to them afterwards ("Shadow Attacks:
Hiding and Replacing Content in Signed PDFs", 2021), and signatures that are wrapped or forged ("1 Trillion Dollar
Refund", 2019). They are signed with a key whose root is trusted."""

import io
import re

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko_certvalidator import ValidationContext

from bytes_changed import certifying
from people import ROOT, SIGNER, STAMPS, STRANGER
from updates import Raw, first_page, numbered, rectangle, store, updated


def signed(data, **options):
    """Certified: nothing may be changed."""
    writer = IncrementalPdfFileWriter(io.BytesIO(data))
    page = len(writer.root["/Pages"]["/Kids"]) - 1
    spec = fields.SigFieldSpec("Seal", on_page=page, box=(320, 640, 540, 715))
    metadata = signers.PdfSignatureMetadata(
        field_name="Seal", certify=True, docmdp_permissions=fields.MDPPerm.NO_CHANGES,
        subfilter=fields.SigSeedSubFilter.PADES, md_algorithm="sha256", **options.pop("metadata", {}))
    signer = signers.PdfSigner(metadata, SIGNER.signer(ROOT), new_field_spec=spec, **options)
    return signer.sign_pdf(writer).getvalue()


def with_time(data):
    """Signed at level B-T: stamped."""
    return signed(data, timestamper=STAMPS.stamper(ROOT))


def with_lists(data, **options):
    """Signed at level B-LT: stamped, with revocation lists."""
    lists = [ROOT.revocations()]
    context = ValidationContext(trust_roots=[ROOT.asn1], crls=lists, allow_fetching=False, other_certs=[STAMPS.asn1])
    return signed(data, timestamper=STAMPS.stamper(ROOT), metadata=dict(
        embed_validation_info=True, validation_context=context, **options))


def for_long(data):
    """Signed at level B-LTA: stamped, with revocation lists, and stamped again."""
    return with_lists(data, use_pades_lta=True)


def shadows(unsigned):
    """Prepared, signed, and then changed."""
    raw = Raw(unsigned)
    page = raw.reader.root["/Pages"]["/Kids"].raw_get(0).idnum
    absent = raw.size + 20
    body = raw.body(page)

    # Hide: what covers the page is taken away. Here it is an object that is there, and is emptied.
    cover = absent + 1
    covered = b"<</Type/XObject/Subtype/Form/BBox[0 0 600 800]/Length 16>>\nstream\n0 0 600 800 re f\nendstream"
    prepared = signed(raw.update({cover: covered, page: body.rstrip()[:-2] + b"/Cover %d 0 R>>" % cover}))
    after = Raw(prepared)
    yield "shadow, hide: the cover is emptied", after.update({cover: covered.replace(b"re f", b"re n")})
    yield "shadow, hide: the cover is freed", after.update({}).replace(
        b"xref\ntrailer", b"xref\n%d 1\n0000000000 00001 f \ntrailer" % cover)
    yield "shadow, hide: the cover is emptied beside a store", after.with_store(
        objects={cover: covered.replace(b"re f", b"re n")})

    # Replace: a font or a field is defined anew.
    yield "shadow, replace: a field's picture", after.with_store(objects={
        Raw(prepared).reader.root["/AcroForm"]["/Fields"].raw_get(0).idnum: b"<</FT/Tx/T(Seal)/V(x)>>"})

    # Hide and replace: an object is referred to that comes later.
    prepared = signed(raw.update({page: body.rstrip()[:-2] + b"/AF[%d 0 R]>>" % absent}, size=absent + 1))
    after = Raw(prepared)
    yield "shadow, hide and replace: the missing object comes", after.update({absent: covered})
    certificate = STRANGER.asn1.dump()
    filled = b"<</Length %d>>\nstream\n%s\nendstream" % (len(certificate), certificate)
    yield "shadow, hide and replace: the missing object comes as a certificate", after.update({
        absent: filled, after.size: b"<</Certs[%d 0 R]>>" % absent,
        after.root: after.body(after.root).rstrip()[:-2] + b"/DSS %d 0 R>>" % after.size})

    # What was there twice: the later of two objects is shown by some, the earlier by others.
    spare = raw.update({page: body})
    yield "shadow: the table of the first revision is named again", signed(spare) + (
        b"startxref\n%d\n%%%%EOF\n" % raw.previous)


def permissive(unsigned):
    """Signed, but otherwise than reports are."""
    writer = IncrementalPdfFileWriter(io.BytesIO(unsigned))
    metadata = signers.PdfSignatureMetadata(
        field_name="Seal", subfilter=fields.SigSeedSubFilter.PADES, md_algorithm="sha256")
    approved = signers.sign_pdf(writer, metadata, signer=SIGNER.signer(ROOT)).getvalue()
    yield "signed without certification", approved
    writer = IncrementalPdfFileWriter(io.BytesIO(unsigned))
    metadata = signers.PdfSignatureMetadata(
        field_name="Seal", certify=True, docmdp_permissions=fields.MDPPerm.ANNOTATE, md_algorithm="sha256",
        subfilter=fields.SigSeedSubFilter.PADES)
    annotated = signers.sign_pdf(writer, metadata, signer=SIGNER.signer(ROOT)).getvalue()
    yield "certified so that notes are allowed, with a note", updated(annotated, note)
    stranger = signers.PdfSignatureMetadata(
        field_name="Seal", certify=True, docmdp_permissions=fields.MDPPerm.NO_CHANGES, md_algorithm="sha256",
        subfilter=fields.SigSeedSubFilter.PADES)
    writer = IncrementalPdfFileWriter(io.BytesIO(unsigned))
    yield "certified by a stranger", signers.sign_pdf(writer, stranger, signer=STRANGER.signer()).getvalue()
    yield "certified by one whose certificate was taken back", store(
        signed(unsigned), [ROOT.asn1], [ROOT.revocations(SIGNER.asn1.serial_number)])


def note(writer):
    page = first_page(writer)
    added = writer.add_object(numbered(
        Type=pdf_name("/Annot"), Subtype=pdf_name("/FreeText"), Rect=rectangle(50, 50, 500, 700),
        Contents=generic.pdf_string("x"), DA=generic.pdf_string("/F 9 Tf")))
    page.setdefault(pdf_name("/Annots"), generic.ArrayObject()).append(added)
    writer.update_container(page["/Annots"])
    writer.update_container(page)


def forged(data):
    """The signature stays, and what it is of is told otherwise."""
    at = certifying(data)
    start, stop = data.index(b"[", at), data.index(b"]", at) + 1
    numbers = [int(number) for number in re.findall(rb"\d+", data[start:stop])]
    width = stop - start - 2

    def with_range(text, data=data):
        assert len(text) <= width, text
        return data[:start] + b"[" + text.ljust(width) + b"]" + data[stop:]

    yield "forged: no ByteRange", data[:at] + data[at:stop].replace(b"/ByteRange", b"/ByteRangf") + data[stop:]
    yield "forged: an empty ByteRange", with_range(b"")
    yield "forged: a negative ByteRange", with_range(b"0 -1 -1 0")
    yield "forged: a ByteRange of nothing", with_range(b"0 0 0 0")
    yield "forged: null as Contents", data[:numbers[1]] + b"null".ljust(numbers[2] - numbers[1]) + data[numbers[2]:]
    # Wrapping: the second part moves away, and a page of the attacker's takes its place.
    tail = data[numbers[2]:]
    inserted = b">>\nendobj\n% a page of the attacker's\n"
    moved = data[:numbers[2]] + inserted + tail
    text = b"%d %d %d %d" % (numbers[0], numbers[1], numbers[2] + len(inserted), numbers[3])
    yield "wrapped: the second part is moved behind something new", with_range(text, moved)
    copied = Raw(data).with_store() + tail
    text = b"%d %d %d %d" % (numbers[0], numbers[1], len(copied) - len(tail), numbers[3])
    yield "wrapped: the second part stands behind an update", with_range(text, copied)
    yield "wrapped: a gap before the signature", with_range(b"%d %d %d %d" % (
        numbers[0], numbers[1] - 400, numbers[2], numbers[3]))
    raw = Raw(data)
    signature = raw.reader.root["/Perms"].raw_get("/DocMDP").idnum
    other = raw.size
    yield "wrapped: a copy of the signature certifies", raw.update({
        other: raw.body(signature), raw.root: re.sub(
            rb"/DocMDP %d 0 R" % signature, b"/DocMDP %d 0 R" % other, raw.body(raw.root))})
