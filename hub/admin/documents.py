"""Policy documents as officers read and write them: YAML or JSON text, and the lines by which two versions differ."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

LONGEST_TEXT = 200_000


@dataclass(frozen=True, slots=True)
class UnreadableDocument(ValueError):
    """Why a text is no policy document, and on which line."""

    message: str

    def __str__(self) -> str:
        return self.message


class _PlainLoader(yaml.SafeLoader):
    """YAML without what makes a small text large (aliases) or ambiguous (a key twice)."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Refuse aliases: a few of them, nested, would fill the memory."""
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()
            raise UnreadableDocument(f"Line {event.start_mark.line + 1}: write the value out instead of an alias (*).")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        """Refuse a key that stands twice: one of the two would silently not count."""
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise UnreadableDocument(f"Line {key_node.start_mark.line + 1}: the key {key!r} must be a text.")
            if key in seen:
                raise UnreadableDocument(f"Line {key_node.start_mark.line + 1}: “{key}” stands there twice.")
            seen.add(key)
        return dict(super().construct_mapping(node, deep))


class _PlainDumper(yaml.SafeDumper):
    """YAML without anchors, indented under its keys."""

    def ignore_aliases(self, data: Any) -> bool:
        """Equal parts are written out."""
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> Any:
        """Items of a list stand deeper than their key."""
        return super().increase_indent(flow, False)


def write_document(document: Mapping[str, Any]) -> str:
    """The document as YAML, keys in the order they have."""
    return yaml.dump(dict(document), Dumper=_PlainDumper, sort_keys=False, allow_unicode=True, width=100)


def read_document(text: str) -> dict[str, Any]:
    """A document from YAML or JSON. Raises UnreadableDocument, which names the line."""
    if len(text) > LONGEST_TEXT:
        raise UnreadableDocument(f"The document is longer than {LONGEST_TEXT:,} characters.")
    try:
        found = yaml.load(text, Loader=_PlainLoader)  # noqa: S506 - a SafeLoader, made stricter
    except yaml.MarkedYAMLError as error:
        line = f"Line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise UnreadableDocument(f"{line}{error.problem or 'this is neither YAML nor JSON'}.") from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        if isinstance(error, UnreadableDocument):
            raise
        raise UnreadableDocument("This is neither YAML nor JSON.") from None
    if not isinstance(found, dict):
        raise UnreadableDocument("A policy is a map of entries, such as “name: partner”.")
    return found


def differing_lines(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The lines of the newer document with what was added (+), taken away (-) or kept around it ( )."""
    old = write_document(before).splitlines() if before is not None else []
    new = write_document(after).splitlines()
    lines = list(difflib.unified_diff(old, new, n=3, lineterm=""))[2:]
    return [(line[0], line[1:]) if not line.startswith("@@") else ("@", "…") for line in lines]
