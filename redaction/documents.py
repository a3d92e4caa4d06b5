"""Walks a document and names every place in it; checks that it is one that can be vouched for."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from .findings import Budget, Document, Withheld

PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*\Z")
KEY_MARK = "#key"  # ends the path of a map's key itself; a plain key has no '#', any other stands in ["..."]
_UNREADABLE = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Leaf:
    """One string or number of a document, or one key of a map."""

    path: str
    text: str
    keys: tuple[str, ...]  # the map keys above it, outermost first
    is_number: bool = False
    is_key: bool = False
    within: str = ""  # the path of the map or list that holds it


def join_key(path: str, key: str) -> str:
    """The path of a map's entry."""
    if PLAIN_KEY.match(key):
        return f"{path}.{key}" if path else key
    return f"{path}[{json.dumps(key, ensure_ascii=False)}]"


def number_text(value: int | float) -> str:
    """A number as the string in which it is searched."""
    return str(value) if isinstance(value, int) else repr(value)


def leaves(document: Document, budget: Budget) -> list[Leaf]:
    """Every string, number and key, in document order; raises Withheld for what is too large, too deep or no text."""
    found: list[Leaf] = []
    characters = 0
    stack: list[tuple[object, str, tuple[str, ...], int, str]] = [(document, "", (), 0, "")]
    visited = 0
    while stack:
        node, path, keys, depth, within = stack.pop()
        visited += 1
        if visited > budget.values:
            raise Withheld("oversized")
        if depth > budget.depth:
            raise Withheld("too_deep")
        if node is None or isinstance(node, bool):
            continue
        if isinstance(node, str):
            characters += len(node)
            if characters > budget.characters:
                raise Withheld("oversized")
            if _UNREADABLE.search(node):
                raise Withheld("undecodable")
            found.append(Leaf(path, node, keys, within=within))
        elif isinstance(node, (int, float)):
            if isinstance(node, float) and not math.isfinite(node):
                raise Withheld("undecodable")
            if isinstance(node, int) and node.bit_length() > 4_000:
                raise Withheld("oversized")
            found.append(Leaf(path, number_text(node), keys, is_number=True, within=within))
        elif isinstance(node, list):
            stack.extend(
                (child, f"{path}[{index}]", keys, depth + 1, path) for index, child in reversed(list(enumerate(node)))
            )
        elif isinstance(node, dict):
            children = []
            for key, child in node.items():
                if not isinstance(key, str) or _UNREADABLE.search(key):
                    raise Withheld("undecodable")
                characters += len(key)
                child_path = join_key(path, key)
                found.append(Leaf(child_path + KEY_MARK, key, keys, is_key=True, within=path))
                children.append((child, child_path, (*keys, key), depth + 1, path))
            stack.extend(reversed(children))
        else:
            raise Withheld("undecodable")
        if characters > budget.characters:
            raise Withheld("oversized")
    return found


def rewrite(
    document: Document,
    new_value: Callable[[str, Document], Document],
    new_key: Callable[[str, str], str],
    dropped: Callable[[str], bool],
) -> Document:
    """The document of the same shape with every leaf and key passed through the functions; dropped ones are null."""

    def visit(node: Document, path: str) -> Document:
        if path and dropped(path):
            return None
        if isinstance(node, list):
            return [visit(child, f"{path}[{index}]") for index, child in enumerate(node)]
        if isinstance(node, dict):
            rewritten: dict[str, Document] = {}
            for key, child in node.items():
                child_path = join_key(path, key)
                name = new_key(child_path, key)
                # Two keys that become one must not swallow an entry.
                while name in rewritten:
                    name += "'"
                rewritten[name] = visit(child, child_path)
            return rewritten
        if node is None or isinstance(node, bool):
            return node
        return new_value(path, node)

    return visit(document, "")


def texts_of(document: Document) -> Iterator[str]:
    """Every string, number and key of a document as text, without checks: for looking at what is already rewritten."""
    stack: list[Document] = [document]
    while stack:
        node = stack.pop()
        if isinstance(node, str):
            yield node
        elif isinstance(node, bool) or node is None:
            continue
        elif isinstance(node, (int, float)):
            yield number_text(node)
        elif isinstance(node, list):
            stack.extend(node)
        elif isinstance(node, dict):
            yield from node
            stack.extend(node.values())


def is_fact(path: str) -> bool:
    """Whether a place belongs to a case's typed facts and tags, where names of models and systems stand."""
    return re.match(r"(?:facts|tags)(?:[.\[#]|\Z)", path) is not None
