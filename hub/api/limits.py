"""How much one request may ask for, measured in one walk that is linear in its document, however fragments double."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
)

from .refusals import bad_input, limit_exceeded

MAX_BODY_BYTES = 1_000_000
MAX_TOKENS = 2_000
MAX_JSON_DEPTH = 64

MAX_DEPTH = 16
MAX_ALIASES = 30
MAX_FIELDS = 500
MAX_DIRECTIVES = 30
MAX_COST = 25_000

DEFAULT_PAGE = 25
LARGEST_PAGE = 100
LONGEST_TEXT = 500
MOST_MEMBERS = 50
MOST_FILTERS = 20

# Lists without `first` or `last`: how many items one of them counts as. Introspection is weighed by what it costs.
_LIST_SIZES = {
    "cases": DEFAULT_PAGE,
    "grants": DEFAULT_PAGE,
    "accessEvents": DEFAULT_PAGE,
    "disclosures": DEFAULT_PAGE,
    "isolationProofs": DEFAULT_PAGE,
    "openBreakGlass": DEFAULT_PAGE,
    "readers": DEFAULT_PAGE,
    "reads": DEFAULT_PAGE,
    "refusals": DEFAULT_PAGE,
    "perDay": DEFAULT_PAGE,
    "own": DEFAULT_PAGE,
    "alerts": DEFAULT_PAGE,
    "recalledHoldings": DEFAULT_PAGE,
    "dispositionRuns": DEFAULT_PAGE,
    "dispositionRun": DEFAULT_PAGE,
    "erasures": DEFAULT_PAGE,
    "erasure": DEFAULT_PAGE,
    "destinations": DEFAULT_PAGE,
    "deliveries": DEFAULT_PAGE,
    "similarCases": 10,
    "savedSearches": 10,
    "failureModes": 10,
    "modelVersions": 10,
    "severities": 6,
    "months": 12,
    "evidence": 10,
    "types": 30,
    "fields": 5,
    "inputFields": 5,
    "enumValues": 5,
    "possibleTypes": 3,
    "directives": 3,
}
# Sums stop growing here: a document of doubling fragments stands for astronomic numbers.
_CEILING = 10**9


@dataclass(frozen=True, slots=True)
class Measures:
    """What a piece of a document amounts to once its fragments are spread out."""

    depth: int = 0
    aliases: int = 0
    fields: int = 0
    directives: int = 0
    cost: int = 0

    def beside(self, other: "Measures", *, spreads: int = 0) -> "Measures":
        """Both pieces in one selection."""
        return Measures(
            max(self.depth, other.depth),
            min(self.aliases + other.aliases, _CEILING),
            min(self.fields + other.fields + spreads, _CEILING),
            min(self.directives + other.directives, _CEILING),
            min(self.cost + other.cost, _CEILING),
        )


class _Walk:
    """Measures selections; every fragment once, however often it is spread."""

    def __init__(self, document: DocumentNode, variables: Mapping[str, Any]) -> None:
        self.variables = variables
        self.fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        self.known: dict[str, Measures] = {}

    def selection(self, selection: SelectionSetNode | None, inside: frozenset[str] = frozenset()) -> Measures:
        total = Measures()
        for node in selection.selections if selection else ():
            directives = len(node.directives or ())
            if isinstance(node, FieldNode):
                part = self._field(node, inside)
            elif isinstance(node, FragmentSpreadNode):
                part = self._fragment(node.name.value, inside)
            elif isinstance(node, InlineFragmentNode):
                part = self.selection(node.selection_set, inside)
            else:
                continue
            total = total.beside(part, spreads=0 if isinstance(node, FieldNode) else 1)
            total = total.beside(Measures(directives=directives))
        return total

    def _field(self, node: FieldNode, inside: frozenset[str]) -> Measures:
        below = self.selection(node.selection_set, inside)
        return Measures(
            depth=below.depth + 1,
            aliases=min(below.aliases + (1 if node.alias else 0), _CEILING),
            fields=min(below.fields + 1, _CEILING),
            directives=below.directives,
            cost=min(1 + self._size(node) * below.cost, _CEILING),
        )

    def _fragment(self, name: str, inside: frozenset[str]) -> Measures:
        fragment = self.fragments.get(name)
        # Unknown fragments and cycles are for validation to name; here they just end the walk.
        if fragment is None or name in inside:
            return Measures()
        if name not in self.known:
            self.known[name] = self.selection(fragment.selection_set, inside | {name})
        return self.known[name]

    def _size(self, node: FieldNode) -> int:
        """How many items a field stands for: what it asks for, or what it gets without asking."""
        asked = [
            self._number(argument.value)
            for argument in node.arguments or ()
            if argument.name.value in {"first", "last"}
        ]
        sizes = [min(max(size, 0), LARGEST_PAGE) for size in asked if size is not None]
        return max(sizes) if sizes else _LIST_SIZES.get(node.name.value, 1)

    def _number(self, value: Any) -> int | None:
        if isinstance(value, IntValueNode):
            # Longer numbers are no page sizes, and no 32-bit numbers either.
            return int(value.value) if len(value.value) < 10 else LARGEST_PAGE
        if isinstance(value, VariableNode):
            given = self.variables.get(value.name.value, LARGEST_PAGE)
            return given if isinstance(given, int) else None
        return None


def measure(document: DocumentNode, variables: Mapping[str, Any]) -> Measures:
    """All operations of a document together: validation looks at every one, whichever is executed."""
    walk = _Walk(document, variables)
    total = Measures()
    for node in document.definitions:
        if isinstance(node, OperationDefinitionNode):
            total = total.beside(walk.selection(node.selection_set))
            total = total.beside(Measures(directives=len(node.directives or ())))
    # A fragment that nothing uses is an error, but it is validated before that is found.
    for name in walk.fragments:
        walk.known.setdefault(name, walk._fragment(name, frozenset()))
    return total


def check(measures: Measures) -> None:
    """Refuse what is too much, naming the first limit that is exceeded."""
    for what, found, allowed in (
        ("depth", measures.depth, MAX_DEPTH),
        ("aliases", measures.aliases, MAX_ALIASES),
        ("fields", measures.fields, MAX_FIELDS),
        ("directives", measures.directives, MAX_DIRECTIVES),
        ("cost", measures.cost, MAX_COST),
    ):
        if found > allowed:
            raise limit_exceeded(what, found, allowed)


def page_size(first: int | None, last: int | None) -> tuple[int | None, int | None]:
    """The sizes of a page, checked; without either the first page of the usual size."""
    for name, size in (("first", first), ("last", last)):
        if size is not None and not 0 <= size <= LARGEST_PAGE:
            raise bad_input(f"`{name}` is between 0 and {LARGEST_PAGE}.")
    return (DEFAULT_PAGE if first is None and last is None else first), last


def checked_texts(*texts: str | None) -> None:
    """Texts of a filter are short."""
    if any(text is not None and len(text) > LONGEST_TEXT for text in texts):
        raise bad_input(f"A text of a filter has at most {LONGEST_TEXT} characters.")


def checked_lists(*lists: Sequence[object] | None) -> None:
    """Lists of a filter are short."""
    if any(members is not None and len(members) > MOST_MEMBERS for members in lists):
        raise bad_input(f"A list of a filter has at most {MOST_MEMBERS} members.")
