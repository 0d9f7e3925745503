"""The Merkle tree against reference vectors, the definition, and its laws."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaintwin.guard.merkle import (
    EMPTY_ROOT,
    Frontier,
    consistency_path,
    continues,
    frontier_of,
    includes,
    inclusion_path,
    leaf_hash,
    node_hash,
    root_of,
    subtree_of,
)
from tests.oracles import plain_merkle
from tests.sizes import scaled

# Entries, roots and proofs of the reference implementation of certificate transparency (RFC 6962).
ENTRIES = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
PATHS = {
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
PROOFS = {
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
LEAVES = [leaf_hash(entry) for entry in ENTRIES]
SUBTREE = subtree_of(LEAVES)


def test_root_of__reference_vectors() -> None:
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert root_of(0, SUBTREE) == Frontier().root() == EMPTY_ROOT
    assert [root_of(size, SUBTREE).hex() for size in range(1, 9)] == ROOTS


def test_inclusion_path__reference_vectors() -> None:
    for (index, size), expected in PATHS.items():
        assert [node.hex() for node in inclusion_path(index, size, subtree=SUBTREE)] == expected


def test_consistency_path__reference_vectors() -> None:
    for (first, second), expected in PROOFS.items():
        assert [node.hex() for node in consistency_path(first, second, subtree=SUBTREE)] == expected


def entries_of(count: int) -> list[bytes]:
    return [number.to_bytes(3, "big") for number in range(count)]


def test_paths__equal_the_definition_and_verify_for_all_sizes() -> None:
    largest = scaled(ci=33, full=130)
    entries = entries_of(largest)
    leaves = [leaf_hash(entry) for entry in entries]
    subtree = subtree_of(leaves)
    roots = [plain_merkle.root(entries[:size]) for size in range(largest + 1)]
    for size in range(1, largest + 1):
        assert root_of(size, subtree) == roots[size]
        for index in range(size):
            path = inclusion_path(index, size, subtree=subtree)
            assert path == plain_merkle.path(index, entries[:size])
            assert includes(leaves[index], index, size=size, path=path, root=roots[size])
        for first in range(1, size + 1):
            path = consistency_path(first, size, subtree=subtree)
            assert path == plain_merkle.proof(first, entries[:size])
            assert continues(first, size, path=path, first_root=roots[first], second_root=roots[size])


def flipped(content: bytes, bit: int) -> bytes:
    changed = bytearray(content)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def test_includes__no_flipped_bit_and_no_other_place_is_believed() -> None:
    for size in (1, 2, 5, 7, 8):
        root = root_of(size, SUBTREE)
        for index in range(size):
            path = inclusion_path(index, size, subtree=SUBTREE)
            for place in range(len(path)):
                for bit in range(0, 256, 1 if size == 7 else 37):
                    changed = [*path[:place], flipped(path[place], bit), *path[place + 1 :]]
                    assert not includes(LEAVES[index], index, size=size, path=changed, root=root)
            for bit in range(0, 256, 5):
                assert not includes(flipped(LEAVES[index], bit), index, size=size, path=path, root=root)
                assert not includes(LEAVES[index], index, size=size, path=path, root=flipped(root, bit))
            for other in range(-1, size + 2):
                if other != index:
                    assert not includes(LEAVES[index], other, size=size, path=path, root=root)
            assert not includes(LEAVES[index], index, size=size, path=[*path, root], root=root)
            if path:
                assert not includes(LEAVES[index], index, size=size, path=path[:-1], root=root)


def test_continues__no_flipped_bit_is_believed() -> None:
    for second in range(2, 9):
        for first in range(1, second):
            roots = (root_of(first, SUBTREE), root_of(second, SUBTREE))
            path = consistency_path(first, second, subtree=SUBTREE)
            for place in range(len(path)):
                for bit in range(0, 256, 11):
                    changed = [*path[:place], flipped(path[place], bit), *path[place + 1 :]]
                    assert not continues(first, second, path=changed, first_root=roots[0], second_root=roots[1])
            assert not continues(first, second, path=path, first_root=flipped(roots[0], 0), second_root=roots[1])
            assert not continues(first, second, path=path, first_root=roots[0], second_root=flipped(roots[1], 0))
            assert not continues(first, second, path=[*path, roots[0]], first_root=roots[0], second_root=roots[1])
            assert not continues(first, second, path=path[:-1], first_root=roots[0], second_root=roots[1])
    assert not continues(0, 4, path=[], first_root=EMPTY_ROOT, second_root=root_of(4, SUBTREE))


@given(st.lists(st.integers(0, 40), max_size=12), st.integers(1, 4))
def test_frontier__grows_in_any_steps(steps: list[int], keep_from: int) -> None:
    tree, count, nodes = Frontier(), 0, {}
    leaves = [leaf_hash(entry) for entry in entries_of(sum(steps))]
    for step in steps:
        nodes |= {(level, place): node for level, place, node in tree.extend(leaves[count : count + step], keep_from=keep_from)}
        count += step
        assert (tree.size, tree.root()) == (count, root_of(count, subtree_of(leaves)))
    subtree = subtree_of(leaves)
    expected = {(k, p) for k in range(keep_from, 12) for p in range(count >> k)}
    assert set(nodes) == expected
    assert all(node == subtree(level, place) for (level, place), node in nodes.items())
    assert frontier_of(count, subtree).peaks == tree.peaks


def test_frontier__refuses_peaks_that_do_not_fit() -> None:
    with pytest.raises(ValueError, match="2 peaks"):
        Frontier(3, [b""])
    with pytest.raises(ValueError, match="not in a tree"):
        inclusion_path(3, 3, subtree=SUBTREE)
    with pytest.raises(ValueError, match="does not continue"):
        consistency_path(3, 2, subtree=SUBTREE)


def test_frontier__copy_grows_alone() -> None:
    tree = Frontier()
    tree.extend(LEAVES[:3])
    other = tree.copy()
    other.extend(LEAVES[3:])
    assert (tree.size, tree.root().hex()) == (3, ROOTS[2])
    assert other.root().hex() == ROOTS[7]


def test_node_hash__differs_from_a_leaf_of_the_same_bytes() -> None:
    assert node_hash(LEAVES[0], LEAVES[1]) != leaf_hash(LEAVES[0] + LEAVES[1])
