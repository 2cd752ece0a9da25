"""Judges a public log by another implementation, written from the RFCs alone: signed notes and cosignatures of Ed25519,
the tree of RFC 9162 (2.1.1), inclusion (2.1.3.2) and consistency (2.1.4.2). Usage: judge.py <address> <policy file> <witness> <proof>...

Proofs of consistency are those that a log sends to its witnesses; here they are made by 2.1.4.1 of the entries that were read, and sent to a witness as a log would (C2SP tlog-witness).
"""

import base64
import hashlib
import json
import sys
import urllib.error
import urllib.request

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def leaf_hash(entry):
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def split(n):
    """The largest power of two smaller than n."""
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def head(leaves):
    """2.1.1, by hashes of the leaves."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return node_hash(head(leaves[:k]), head(leaves[k:]))


def consistency(m, leaves, whole=True):
    """2.1.4.1: SUBPROOF."""
    n = len(leaves)
    if m == n:
        return [] if whole else [head(leaves)]
    k = split(n)
    if m <= k:
        return consistency(m, leaves[:k], whole) + [head(leaves[k:])]
    return consistency(m - k, leaves[k:], False) + [head(leaves[:k])]


def check_inclusion(entry, index, size, path, root):
    """2.1.3.2."""
    if index >= size:
        return False
    fn, sn, r = index, size - 1, leaf_hash(entry)
    for p in path:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            r = node_hash(p, r)
            if not fn & 1:
                while fn and not fn & 1:
                    fn >>= 1
                    sn >>= 1
        else:
            r = node_hash(r, p)
        fn >>= 1
        sn >>= 1
    return sn == 0 and r == root


def check_consistency(first, second, first_hash, second_hash, path):
    """2.1.4.2."""
    if first == second:
        return not path and first_hash == second_hash
    if not path:
        return False
    if first & (first - 1) == 0:
        path = [first_hash] + path
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn >>= 1
        sn >>= 1
    fr = sr = path[0]
    for c in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = node_hash(c, fr), node_hash(c, sr)
            if not fn & 1:
                while fn and not fn & 1:
                    fn >>= 1
                    sn >>= 1
        else:
            sr = node_hash(sr, c)
        fn >>= 1
        sn >>= 1
    return fr == first_hash and sr == second_hash and sn == 0


def key(text):
    """A key of a signed note: its name, the id by which signatures call it, the algorithm, the key."""
    name, number, encoded = text.split("+", 2)
    raw = base64.b64decode(encoded, validate=True)
    own = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4]
    assert own.hex() == number, f"the id of {text}"
    return name, own, raw[0], Ed25519PublicKey.from_public_bytes(raw[1:])


def opened(note, log, witnesses):
    """Size and root of a checkpoint that the log has signed, and the witnesses that have cosigned it."""
    text, signatures = note.rsplit("\n\n", 1)
    text += "\n"
    origin, size, root = text.split("\n")[:3]
    signed = set()
    for line in signatures.splitlines():
        dash, name, encoded = line.split(" ")
        assert dash == "—"
        raw = base64.b64decode(encoded, validate=True)
        for known in [log, *witnesses]:
            if (name, raw[:4]) != known[:2]:
                continue
            try:
                if known[2] == 1:
                    known[3].verify(raw[4:], text.encode())
                else:
                    assert known[2] == 4
                    at = int.from_bytes(raw[4:12], "big")
                    known[3].verify(raw[12:], f"cosignature/v1\ntime {at}\n{text}".encode())
                signed.add(known[0])
            except InvalidSignature:
                sys.exit(f"a signature by {name} does not hold")
    assert origin == log[0] and origin in signed, "the log has not signed it"
    return int(size), base64.b64decode(root, validate=True), signed - {origin}


def offered(witness, log, checkpoint, size, leaves):
    """Has a witness cosign the checkpoint from where it is, and refuse what does not go on from there."""
    with urllib.request.urlopen(witness) as answer:
        own = key(answer.read().decode().strip())

    def add(old, path, text=checkpoint):
        lines = "".join(base64.b64encode(one).decode() + "\n" for one in path)
        body = f"old {old}\n{lines}\n{text}".encode()
        try:
            with urllib.request.urlopen(urllib.request.Request(f"{witness}/add-checkpoint", body)) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read().decode()

    status, text = add(size, [])
    known = 0 if status == 200 else int(text)
    if status != 200:
        assert status == 409 and known < size, (status, text)
        path = consistency(known, leaves) if known else []
        if path:
            assert add(known, path[:-1] + [leaves[0]])[0] == 422, "a wrong proof is refused"
        status, text = add(known, path)
        assert status == 200, (status, text)
    _, _, by = opened(checkpoint + text, log, [own])
    assert own[0] in by, "the witness has cosigned it"
    assert add(0, [])[0] == 409 and add(size, leaves[:1])[0] == 422
    assert add(size, [], checkpoint.replace(f"\n{size}\n", f"\n{size - 1}\n"))[0] == 403, "what the log has not signed"
    assert add(size, [], checkpoint.replace(log[0] + "\n", "other.example.invalid\n", 1))[0] == 404


def main():
    address, policy, witness, *proofs = sys.argv[1:]
    lines = [line.split() for line in open(policy, encoding="utf-8") if line.strip()]
    log = next(key(line[1]) for line in lines if line[0] == "log")
    witnesses = [key(line[2]) for line in lines if line[0] == "witness"]

    def get(path):
        with urllib.request.urlopen(f"{address}/{path}") as answer:
            return answer.read()

    size, root, cosigned = opened(get("checkpoint").decode(), log, witnesses)
    entries = []
    for number in range((size + 255) // 256):
        width = min(size - number * 256, 256)
        # Three digits each, all but the last behind an x.
        digits = f"{number:03d}" if number < 1000 else f"x{number // 1000:03d}/{number % 1000:03d}"
        bundle = get(f"tile/entries/{digits}" + ("" if width == 256 else f".p/{width}"))
        while bundle:
            length = int.from_bytes(bundle[:2], "big")
            entries.append(bundle[2 : 2 + length])
            bundle = bundle[2 + length :]
    leaves = [leaf_hash(entry) for entry in entries]
    assert len(leaves) == size and head(leaves) == root, "the entries are not those of the root"
    for entry in entries:
        fact = json.loads(entry)
        canonical = json.dumps(fact, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        assert canonical == entry, f"not canonical: {entry}"
    for first in range(1, size + 1):
        path = consistency(first, leaves)
        assert check_consistency(first, size, head(leaves[:first]), root, path), f"size {first}"
        if path:
            assert not check_consistency(first, size, head(leaves[:first]), root, path[:-1] + [root]), "an altered path"
    offered(witness, log, get("checkpoint").decode(), size, leaves)
    for file in proofs:
        top, checkpoint = open(file, encoding="utf-8").read().split("\n\n", 1)
        first, extra, index, *path = top.split("\n")
        assert first == "c2sp.org/tlog-proof@v1"
        entry = base64.b64decode(extra.removeprefix("extra "), validate=True)
        index, path = int(index.removeprefix("index ")), [base64.b64decode(line, validate=True) for line in path]
        of_size, of_root, by = opened(checkpoint, log, witnesses)
        assert check_inclusion(entry, index, of_size, path, of_root), file
        assert not check_inclusion(entry + b" ", index, of_size, path, of_root), "an altered entry"
        assert not check_inclusion(entry, index + 1, of_size, path, of_root), "another place"
        assert by, "a proof rests on a checkpoint that was cosigned"
    print(
        f"RFC 9162 in Python: {size} entries, consistency of each size, {len(proofs)} proofs; "
        f"cosigned by {', '.join(sorted(cosigned)) or 'nobody'}"
    )


main()
