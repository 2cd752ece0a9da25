"""Alterations of single bytes, of the end and of the beginning."""

import re


def flipped(data, at, mask=1):
    changed = bytearray(data)
    changed[at] ^= mask
    return bytes(changed)


def digit(data, at):
    """Another hexadecimal digit."""
    return data[:at] + (b"1" if data[at:at + 1] == b"0" else b"0") + data[at + 1:]


def last(data, mark, default=2):
    """Where something stands last; of a file that does not have it, a place in its midst."""
    at = data.rfind(mark)
    return at if at >= 0 else len(data) // default


def certifying(data):
    """Where the ByteRange of the report's own signature stands."""
    return data.index(b"/ByteRange", data.index(b"/ETSI.CAdES.detached"))


def stamped(data):
    """Where the ByteRange of its last time stamp stands."""
    return data.index(b"/ByteRange", data.rindex(b"/ETSI.RFC3161"))


def of_structure(data, whose, range_at):
    """What is done to a signature or a time stamp, by where its ByteRange stands."""
    numbers = [match.span() for match in re.finditer(rb"\d+", data[range_at:data.index(b"]", range_at)])]
    gap = data.index(b"/Contents<", range_at) + len("/Contents<")
    close = data.index(b">", gap)
    structure = gap + 2 * (4 + int(data[gap + 4:gap + 8], 16))
    for at, (start, stop) in enumerate(numbers):
        yield f"{whose} ByteRange: its number {at + 1}", flipped(data, range_at + stop - 1)
    first = range_at + numbers[0][1]
    assert data[first:first + 2] == b"  "
    yield f"{whose} ByteRange: a fifth number", data[:first] + b" 1" + data[first + 2:]
    yield f"{whose} Contents: its first digit", digit(data, gap)
    yield f"{whose} Contents: a digit of the structure's length", digit(data, gap + 5)
    yield f"{whose} Contents: a certificate", digit(data, gap + 400)
    yield f"{whose} Contents: the last digit of the structure", digit(data, structure - 1)
    yield f"{whose} Contents: the case of a digit", other_case(data, gap)
    yield f"{whose} Contents: emptied", data[:gap] + b"0" * (close - gap) + data[close:]
    yield f"{whose} Contents: left out", data[:gap - 2] + b"z" + data[gap - 1:]
    yield f"{whose} subfilter", flipped(data, data.rindex(b"/SubFilter/ETSI.", 0, range_at) + 16)


def behind_structure(data, range_at):
    """Another digit behind a signature or a time stamp, of a file that has room there."""
    close = re.compile(rb"/Contents\s*<[0-9A-Fa-f]{1000,}>").search(data, range_at).end() - 1
    assert data[close - 2:close] == b"00"
    return flipped(data, close - 1)


def of_file(data):
    """What is done to any file."""
    stream = data.rindex(b"/Type/XRef")
    rows = data.index(b"stream\n", stream) + len("stream\n")
    end = data.rindex(b"%%EOF")
    yield "header: the version", flipped(data, data.index(b"-1.") + 3)
    yield "header: a byte of the comment", flipped(data, 12)
    yield "a byte of a third of the file", flipped(data, len(data) // 3)
    yield "a byte of the first object", flipped(data, data.index(b" 0 obj") + 9)
    yield "a byte of the signed page", flipped(data, last(data, b"<</Type /Page\n", 4) + 20)
    yield "a byte of the first trailer", digit(data, data.index(b"/ID", 0, data.index(b"%%EOF")) + 6)
    yield "the reason", flipped(data, data.rindex(b"/Reason") + 14)
    yield "the day of the signature", flipped(data, data.rindex(b"/M(D:20") + 9)
    yield "DocMDP: P = 3", data.replace(b"/P 1/V/1.2", b"/P 3/V/1.2")
    yield "Perms: another name", data.replace(b"/Perms<<", b"/Perma<<")
    yield "the cross-reference stream: an offset", flipped(data, rows + 2)
    yield "the cross-reference stream: the kind of an object", flipped(data, rows)
    yield "the cross-reference stream: its Index", flipped(data, data.index(b"/Index[", stream) + 7)
    yield "the cross-reference stream: its Size", flipped(data, data.index(b"/Size ", stream) + 6)
    yield "the cross-reference stream: its Prev", flipped(data, data.index(b"/Prev ", stream) + 6)
    yield "the cross-reference stream: its Root", flipped(data, data.index(b"/Root ", stream) + 6)
    yield "the cross-reference stream: its ID", digit(data, data.index(b"/ID[<", stream) + 5)
    yield "startxref", flipped(data, data.rindex(b"startxref\n") + 10)
    yield "the mark of the end", flipped(data, end + 3)
    yield "the last byte", flipped(data, len(data) - 1)
    for name, size in [("one byte", 1), ("ten bytes", 10), ("a thousand bytes", 1000), ("half", len(data) // 2)]:
        yield f"cut off: {name}", data[:-size]
    yield "cut off: down to what was signed first", data[:data.index(b"%%EOF") + 6]
    yield "cut out: a byte of the middle", data[:len(data) // 2] + data[len(data) // 2 + 1:]
    yield "put in: a byte in the middle", data[:len(data) // 2] + b" " + data[len(data) // 2:]
    yield "appended: a line feed", data + b"\n"
    yield "appended: a space", data + b" "
    yield "appended: a comment", data + b"% nothing\n"
    yield "appended: another mark of the end", data + b"%%EOF\n"
    yield "appended: zeros", data + bytes(1000)
    yield "appended: an object that nothing lists", data + b"99999 0 obj\n<</S/JavaScript/JS(x)>>\nendobj\n"
    yield "appended: the file itself", data + data
    yield "prepended: a line feed", b"\n" + data
    yield "prepended: a line of text", b"GIF89a\n" + data
    yield "prepended: half of the file", data[:len(data) // 2] + data


def other_case(data, gap):
    at = next(at for at in range(gap, len(data)) if data[at:at + 1].isalpha())
    return flipped(data, at, 0x20)
