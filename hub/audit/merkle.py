"""The Merkle tree of RFC 9162: roots, inclusion and consistency proofs over stored complete subtrees."""

import hashlib
from collections.abc import Callable, Sequence

# The hash of the complete subtree `level`, `index`: it covers the leaves [index * 2**level, (index + 1) * 2**level).
NodeReader = Callable[[int, int], bytes]

EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(leaf: bytes) -> bytes:
    """SHA-256 of 0x00 and the leaf (RFC 9162, 2.1.1)."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256 of 0x01 and both children."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def completed_nodes(position: int, hash_at_level_0: bytes, read: NodeReader) -> list[tuple[int, int, bytes]]:
    """The subtrees that become complete when the leaf at `position` is appended, itself first."""
    nodes = [(0, position, hash_at_level_0)]
    level, index, current = 0, position, hash_at_level_0
    while index % 2:
        current = node_hash(read(level, index - 1), current)
        level, index = level + 1, index // 2
        nodes.append((level, index, current))
    return nodes


def root_of(size: int, read: NodeReader) -> bytes:
    """The root of the first `size` leaves."""
    return _range_hash(0, size, read) if size else EMPTY_ROOT


def inclusion_proof(position: int, size: int, read: NodeReader) -> list[bytes]:
    """The hashes that lead from the leaf at `position` to the root of `size` leaves, lowest first."""
    if not 0 <= position < size:
        raise ValueError("The position lies outside the tree.")
    return _path(position, 0, size, read)


def consistency_proof(old_size: int, size: int, read: NodeReader) -> list[bytes]:
    """The hashes that show that the first `old_size` leaves of the larger tree are the smaller tree."""
    if not 0 < old_size <= size:
        raise ValueError("The old size lies outside the tree.")
    return _subproof(old_size, 0, size, True, read)


def root_from_inclusion(leaf: bytes, position: int, size: int, proof: Sequence[bytes]) -> bytes:
    """The root that a leaf hash and its inclusion proof lead to (RFC 9162, 2.1.3.2)."""
    if position >= size:
        raise ValueError("The position lies outside the tree.")
    fn, sn, current = position, size - 1, leaf
    for sibling in proof:
        if sn == 0:
            raise ValueError("The proof is too long.")
        if fn % 2 or fn == sn:
            current = node_hash(sibling, current)
            while not fn % 2 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            current = node_hash(current, sibling)
        fn, sn = fn >> 1, sn >> 1
    if sn:
        raise ValueError("The proof is too short.")
    return current


def is_consistent(old_size: int, old_root: bytes, size: int, root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the proof shows that the old tree is the beginning of the new one (RFC 9162, 2.1.4.2)."""
    if old_size == size:
        return not proof and old_root == root
    hashes = list(proof)
    if old_size & (old_size - 1) == 0:
        hashes.insert(0, old_root)
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
            fr, sr = node_hash(sibling, fr), node_hash(sibling, sr)
            while not fn % 2 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node_hash(sr, sibling)
        fn, sn = fn >> 1, sn >> 1
    return fr == old_root and sr == root and sn == 0


def _split(size: int) -> int:
    """The largest power of two smaller than `size`."""
    return 1 << (size - 1).bit_length() - 1


def _range_hash(start: int, size: int, read: NodeReader) -> bytes:
    if size & (size - 1) == 0:
        level = size.bit_length() - 1
        return read(level, start >> level)
    left = _split(size)
    return node_hash(_range_hash(start, left, read), _range_hash(start + left, size - left, read))


def _path(position: int, start: int, size: int, read: NodeReader) -> list[bytes]:
    if size == 1:
        return []
    left = _split(size)
    if position < left:
        return [*_path(position, start, left, read), _range_hash(start + left, size - left, read)]
    return [*_path(position - left, start + left, size - left, read), _range_hash(start, left, read)]


def _subproof(old: int, start: int, size: int, is_whole: bool, read: NodeReader) -> list[bytes]:
    if old == size:
        return [] if is_whole else [_range_hash(start, size, read)]
    left = _split(size)
    if old <= left:
        return [*_subproof(old, start, left, is_whole, read), _range_hash(start + left, size - left, read)]
    return [*_subproof(old - left, start + left, size - left, False, read), _range_hash(start, left, read)]
