"""The tree against the definitions of RFC 9162, written naively here."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.audit import merkle


def naive_root(leaves: list[bytes]) -> bytes:
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + naive_root(leaves[:split]) + naive_root(leaves[split:])).digest()


class Log:
    """A log in memory."""

    def __init__(self, leaves: list[bytes]) -> None:
        self.nodes: dict[tuple[int, int], bytes] = {}
        for position, leaf in enumerate(leaves):
            for level, index, value in merkle.completed_nodes(position, leaf, self.read):
                self.nodes[level, index] = value

    def read(self, level: int, index: int) -> bytes:
        return self.nodes[level, index]


def leaves_of(count: int) -> list[bytes]:
    return [merkle.leaf_hash(str(number).encode()) for number in range(count)]


def test_the_empty_tree_and_one_leaf():
    assert merkle.root_of(0, Log([]).read).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert merkle.leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"


@pytest.mark.parametrize("size", range(1, 40))
def test_root_is_the_naive_root(size):
    leaves = leaves_of(size)
    assert merkle.root_of(size, Log(leaves).read) == naive_root(leaves)


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 130), st.data())
def test_every_inclusion_proof_leads_to_the_root_and_no_other_leaf_does(size, data):
    leaves = leaves_of(size)
    position = data.draw(st.integers(0, size - 1))
    proof = merkle.inclusion_proof(position, size, Log(leaves).read)
    root = naive_root(leaves)
    assert merkle.root_from_inclusion(leaves[position], position, size, proof) == root
    assert merkle.root_from_inclusion(merkle.leaf_hash(b"other"), position, size, proof) != root


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 130), st.data())
def test_a_consistency_proof_holds_for_the_true_beginning_alone(size, data):
    leaves = leaves_of(size)
    old = data.draw(st.integers(1, size))
    proof = merkle.consistency_proof(old, size, Log(leaves).read)
    root, old_root = naive_root(leaves), naive_root(leaves[:old])
    assert merkle.is_consistent(old, old_root, size, root, proof)
    assert not merkle.is_consistent(old, naive_root([*leaves[: old - 1], b"x" * 32]), size, root, proof)
