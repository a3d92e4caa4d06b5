"""Documents read once: parsed and validated, kept by the hash of their text in a bounded cache; answers never are."""

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLSyntaxError,
    StringValueNode,
    parse,
    specified_rules,
    validate,
)
from graphql.language import Visitor, visit
from prometheus_client import Counter, Gauge

from .limits import MAX_TOKENS
from .refusals import ErrorCode, bad_input, request_error
from .schema import schema

CACHED_DOCUMENTS = 512
# Longer documents are read each time: the cache stays small whatever is sent.
LONGEST_CACHED_DOCUMENT = 20_000
MOST_ERRORS = 10

LOOKUPS = Counter("caseward_graphql_documents", "Documents by whether they were known already.", ["found"])
KEPT = Gauge("caseward_graphql_documents_kept", "Documents that are kept, parsed and validated.")


@dataclass(slots=True)
class Reading:
    """A document once it was read: or, where it cannot be executed, what is wrong with it."""

    document: DocumentNode | None
    syntax_errors: tuple[dict[str, Any], ...] = ()
    _validation_errors: tuple[dict[str, Any], ...] | None = None

    def validation_errors(self) -> tuple[dict[str, Any], ...]:
        """What does not fit the schema; looked for once. Two threads may both look, and find the same."""
        if self._validation_errors is None:
            self._validation_errors = _validate(self.document) if self.document is not None else ()
        return self._validation_errors


class DocumentCache:
    """The documents that were asked last, by the SHA-256 of their text."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._lock = threading.Lock()
        self._kept: OrderedDict[bytes, Reading] = OrderedDict()

    def read(self, text: str) -> Reading:
        """A document, parsed now or before."""
        if len(text) > LONGEST_CACHED_DOCUMENT:
            return _parse(text)
        key = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
        LOOKUPS.labels("yes" if found else "no").inc()
        if found is not None:
            return found
        reading = _parse(text)
        with self._lock:
            self._kept[key] = reading
            while len(self._kept) > self.size:
                self._kept.popitem(last=False)
            KEPT.set(len(self._kept))
        return reading

    def __len__(self) -> int:
        return len(self._kept)


documents = DocumentCache(CACHED_DOCUMENTS)


class _NulFinder(Visitor):
    """PostgreSQL keeps no NUL character in a text, so none is let in."""

    def enter_string_value(self, node: StringValueNode, *_: Any) -> None:
        if "\0" in node.value:
            raise bad_input("A text contains the character NUL, which cannot be stored or searched for.")


def _parse(text: str) -> Reading:
    try:
        document = parse(text, max_tokens=MAX_TOKENS)
    except GraphQLSyntaxError as error:
        # The parser has no code of its own for a document that is too long or nested too deeply.
        is_too_much = error.message.endswith("Parsing aborted.")
        code = ErrorCode.LIMIT_EXCEEDED if is_too_much else ErrorCode.GRAPHQL_PARSE_FAILED
        return Reading(None, (request_error(error, code),))
    visit(document, _NulFinder())
    return Reading(document)


def _validate(document: DocumentNode) -> tuple[dict[str, Any], ...]:
    errors = validate(schema._schema, document, specified_rules, max_errors=MOST_ERRORS)
    return tuple(request_error(error, ErrorCode.GRAPHQL_VALIDATION_FAILED) for error in errors[:MOST_ERRORS])
