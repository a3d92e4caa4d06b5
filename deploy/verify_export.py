#!/usr/bin/env python3
"""Verifies an export bundle of Caseward's access record on a machine that has nothing else of Caseward's.

    python3 verify_export.py --verifier KEY [--former KEY] [--checkpoint FILE] BUNDLE

KEY is the log's verifier key (`name+hash+key`), which you keep yourself: a key that only the bundle brings along proves
nothing. FILE holds a checkpoint that you kept from outside the hub; the bundle then has to show that the log has only
grown since. Where the hub has changed its key meanwhile, your earlier checkpoint holds under the former one. Needs
Python 3.9 or newer and the package `cryptography`. Exit 0: all holds. Exit 1: something does not.

What holds when it says so: every row of the bundle is, to the byte, the row at its position in the log that the
checkpoint signs; the bundle was not shortened; personal values that came along are those that the rows commit to.
What a bundle cannot show: that it holds every row there is. Positions of other organisations' rows are gaps in it.
"""

import argparse
import base64
import hashlib
import hmac
import json
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FORMAT = "caseward-audit-bundle-1"


class Unproved(Exception):
    """Something that does not hold, in words."""


def main():
    """Read the bundle line by line, in flat memory, and stop at the first line that does not hold."""
    parser = argparse.ArgumentParser(description="Verify an export bundle of Caseward's access record.")
    parser.add_argument("bundle")
    parser.add_argument("--verifier", required=True, metavar="KEY", help="The log's verifier key, or a file with it.")
    parser.add_argument(
        "--former", action="append", default=[], metavar="KEY", help="A key that was replaced: for earlier checkpoints."
    )
    parser.add_argument("--checkpoint", metavar="FILE", help="A checkpoint (or a file of them) kept outside the hub.")
    options = parser.parse_args()
    try:
        keys = [_key(given) for given in [options.verifier, *options.former]]
        kept = _last_note(_text(options.checkpoint)) if options.checkpoint else None
        with open(options.bundle, "rb") as lines:
            print(verify(lines, keys, kept))
    except (Unproved, OSError) as error:
        print(f"NOT PROVED: {error}", file=sys.stderr)
        return 1
    return 0


def verify(lines, keys, kept=None):
    """Check a bundle; returns a sentence about what was proved, or raises Unproved. `keys`: the present one first."""
    digest = hashlib.sha256()
    size = root = None
    count, last, private = 0, "", 0
    for number, line in enumerate(lines, start=1):
        try:
            entry = json.loads(line, parse_float=_no_float)
            kind = entry["type"]
            if number == 1:
                size, root = check_head(entry, keys, kept)
            elif kind == "row":
                private += check_row(entry, size, root)
                if entry["row"]["id"] <= last:
                    raise Unproved("its id does not come after the one before it")
                last, count = entry["row"]["id"], count + 1
            elif kind == "end":
                if entry["rows"] != count or entry["sha256"] != digest.hexdigest():
                    raise Unproved("it counts or hashes other lines than those before it")
                if next(iter(lines), None) is not None:
                    raise Unproved("there are lines after it")
                return f"PROVED: {count} rows under the checkpoint of {size} rows; {private} personal values fit."
            else:
                raise Unproved(f"it is of an unknown type {kind!r}")
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            raise Unproved(f"line {number} is not what a bundle holds ({type(error).__name__})") from error
        except Unproved as error:
            raise Unproved(f"line {number}: {error}") from None
        digest.update(line)
    raise Unproved("the bundle has no end: it was cut off, or its export was interrupted")


def check_head(head, keys, kept):
    """The checkpoint that everything else is held against, and its relation to the one that was kept outside."""
    if head["type"] != "head" or head["format"] != FORMAT:
        raise Unproved("this is not the head of a bundle")
    size, root = open_note(head["checkpoint"], keys[0])
    known = {size: root}
    since = head.get("since")
    if since:
        old_size, old_root = open_earlier(since["checkpoint"], keys)
        proof = [base64.b64decode(value, validate=True) for value in since["proof"]]
        if not is_consistent(old_size, old_root, size, root, proof):
            raise Unproved(f"the log of {size} rows does not begin with the {old_size} rows of the earlier checkpoint")
        known[old_size] = old_root
    if kept:
        kept_size, kept_root = open_earlier(kept, keys)
        if kept_size not in known:
            raise Unproved(
                f"it says nothing about your checkpoint of {kept_size} rows; export it with --since that checkpoint"
            )
        if known[kept_size] != kept_root:
            raise Unproved(f"its checkpoint of {kept_size} rows is another one than yours: the log was rewritten")
    return size, root


def check_row(entry, size, root):
    """The row's own bytes, hashed again, lead over the proof to the root; returns how many personal values fit."""
    leaf = hashlib.sha256(b"\x00" + canonical({"table": entry["table"], **entry["row"]})).digest()
    proof = [base64.b64decode(value, validate=True) for value in entry["proof"]]
    if root_from_inclusion(leaf, entry["position"], size, proof) != root:
        raise Unproved(f"the row {entry['row']['id']} is not what stands at position {entry['position']} of the log")
    private = entry.get("private", {})
    for name, given in private.items():
        commitment = hmac.new(bytes.fromhex(given["salt"]), given["value"].encode(), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(commitment, entry["row"]["commitments"][name]):
            raise Unproved(f"the personal value {name!r} is not what the row commits to")
    return len(private)


def canonical(value):
    """JSON with sorted keys and no blanks, as the hub hashes it."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def open_earlier(note, keys):
    """The same of a checkpoint that one of the keys has signed, the present one or a former."""
    for key in keys[1:]:
        try:
            return open_note(note, key)
        except Unproved:
            continue
    return open_note(note, keys[0])


def open_note(note, verifier):
    """Size and root of a checkpoint (C2SP tlog-checkpoint) whose Ed25519 signature by this key holds."""
    try:
        name, fingerprint, encoded = verifier.split("+", 2)
        key = base64.b64decode(encoded, validate=True)
        body, signatures = note.split("\n\n", 1)
        _, size, root = body.split("\n")
        size, root = int(size), base64.b64decode(root, validate=True)
    except ValueError:
        raise Unproved("this is not a checkpoint, or not a verifier key") from None
    key_hash = hashlib.sha256(name.encode() + b"\n" + key).digest()[:4]
    if key[:1] != b"\x01" or len(key) != 33 or key_hash.hex() != fingerprint:
        raise Unproved("the verifier key does not fit its own fingerprint")
    for line in signatures.splitlines():
        if line.startswith(f"\u2014 {name} "):
            try:
                raw = base64.b64decode(line.rsplit(" ", 1)[1], validate=True)
                if raw[:4] == key_hash:
                    Ed25519PublicKey.from_public_bytes(key[1:]).verify(raw[4:], (body + "\n").encode())
                    return size, root
            except (ValueError, InvalidSignature):
                continue
    raise Unproved("no signature of your verifier key holds on the checkpoint")


def root_from_inclusion(leaf, position, size, proof):
    """RFC 9162, 2.1.3.2."""
    if not 0 <= position < size:
        raise Unproved("its position lies outside the log")
    fn, sn, current = position, size - 1, leaf
    for sibling in proof:
        if sn == 0:
            return None
        if fn % 2 or fn == sn:
            current = _node(sibling, current)
            while not fn % 2 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            current = _node(current, sibling)
        fn, sn = fn >> 1, sn >> 1
    return current if sn == 0 else None


def is_consistent(old_size, old_root, size, root, proof):
    """RFC 9162, 2.1.4.2."""
    if not 0 < old_size <= size:
        return False
    if old_size == size:
        return not proof and old_root == root
    hashes = ([old_root] if old_size & (old_size - 1) == 0 else []) + proof
    if not hashes:
        return False
    fn, sn = old_size - 1, size - 1
    while fn % 2:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = hashes[0]
    for sibling in hashes[1:]:
        if sn == 0:
            return False
        if fn % 2 or fn == sn:
            fr, sr = _node(sibling, fr), _node(sibling, sr)
            while not fn % 2 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = _node(sr, sibling)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and fr == old_root and sr == root


def _node(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def _no_float(text):
    raise ValueError("the record holds no numbers with a point")


def _key(given):
    return given if given.count("+") >= 2 else _text(given).strip()


def _text(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def _last_note(text):
    blocks = [block.strip("\n") for block in text.split("\n\n") if block.strip()]
    if len(blocks) < 2:
        raise Unproved("the file holds no checkpoint")
    return f"{blocks[-2]}\n\n{blocks[-1]}\n"


if __name__ == "__main__":
    sys.exit(main())
