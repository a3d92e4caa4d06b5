"""Weighs what the two name models saw: keeps names and places, drops code, measurements and technical terms."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ..segments import Surface
from ..spans import Span
from .lexicon import is_known, is_written_small
from .name_shapes import CAPITALISED_WORD, is_given
from .personal_names import family_names, given_names, plain
from .places import country_of
from .technical_terms import TECHNICAL
from .token_classifier import Token

version = "2"

_CODE = re.compile(r"[_={}\[\]<>;$\\|@#%^*+~`]|::|->|\w\(|\)\w|^[a-z]+[A-Z]\w*$|\w/\w|\d")
_CAMEL = re.compile(r"[a-z][A-Z]{2,}|[A-Z]{2,}[a-z]{2,}")
_LETTERS = re.compile(r"[^\W\d_]{2}")
_PERSON_LABELS = frozenset({"GIVEN_NAME", "SURNAME"})
_PLACE_LABELS = frozenset({"CITY", "STATE"})
_STREET_LABELS = frozenset({"STREET_NAME", "BUILDING_NUMBER", "SECONDARY_ADDRESS", "ZIP_CODE"})
_NUMBERS = {
    "PHONE": "PHONE_NUMBER", "TAX_ID": "GOVERNMENT_ID", "BANK_ACCOUNT": "BANK_ACCOUNT",
    "ROUTING_NUMBER": "BANK_ACCOUNT",
    "GOVERNMENT_ID": "GOVERNMENT_ID", "PASSPORT": "GOVERNMENT_ID", "DRIVERS_LICENSE": "GOVERNMENT_ID",
}  # fmt: skip
_LEGAL_FORM = re.compile(
    r"\b(?:Inc|Ltd|LLC|LLP|GmbH|AG|S\.?A\.?|SARL|B\.?V\.?|PLC|plc|Corp|Co|KG|SpA|Oy|AB|A/S|Group|Sons|"
    r"Holdings?|and Sons|PLC)\b\.?|\w+-\w+$|\w+, \w+ and \w+$"
)
_GAP = re.compile(r"[\s,.'-]{0,2}")
SURE = 0.75


def find(text: str, entities: Sequence[Span], tokens: Sequence[Token], surface: Surface) -> Iterator[Span]:
    """The names, places and numbers that both models' sightings amount to."""
    tokens = [token for token in tokens if not _is_called(text, token.start, token.end)]
    people = [token for token in _neighbours(text, tokens, _PERSON_LABELS) if _is_name(text, token, surface)]
    for token in people:
        start, end = with_neighbours(text, token.start, _end_of_name(text, token.start, token.end))
        yield Span(start, end, "PERSON", round(min(token.score, 0.9), 3), "names_by_model")
    places = list(_neighbours(text, tokens, _PLACE_LABELS))
    for token in places:
        if token.score >= 0.5 and _is_plain(text[token.start : token.end]):
            yield Span(token.start, token.end, "LOCATION", round(min(token.score, 0.9), 3), "names_by_model")
    streets = list(_neighbours(text, tokens, _STREET_LABELS, reach=3))
    for token in streets:
        piece = text[token.start : token.end]
        has_name = any(
            t.label == "STREET_NAME" and t.score >= 0.5 for t in tokens if token.start <= t.start < token.end
        )
        beside_place = any(abs(p.start - token.end) <= 3 or abs(token.start - p.end) <= 3 for p in places)
        is_code = any(
            t.label == "ZIP_CODE" and t.score >= SURE and sum(map(str.isdigit, text[t.start : t.end])) >= 4
            for t in tokens
            if token.start <= t.start < token.end
        )
        if (
            is_code
            and surface == Surface.PROSE
            and not re.search(r"\d[.,]\d", _whole(text, token.start - 2 if token.start > 2 else 0, token.end + 2))
        ) or (
            token.score >= 0.5
            and not _CODE_SIGNS.search(piece)
            and (has_name or beside_place)
            and _LETTERS.search(piece + "xx" * beside_place)
        ):
            yield Span(token.start, token.end, "ADDRESS", round(min(token.score, 0.9), 3), "names_by_model")
    for token in tokens:
        category = _NUMBERS.get(token.label)
        piece = text[token.start : token.end]
        if (
            category
            and token.score >= SURE
            and not _DIGEST.fullmatch(_hyphenated(text, token.start, token.end))
            and sum(c.isdigit() for c in piece) >= 6
            and not re.search(r"\d\.\d{3,}|\d{4}-\d\d-\d\d", piece)
        ) and surface in (Surface.PROSE, Surface.DATA):
            yield Span(token.start, token.end, category, round(min(token.score, 0.9), 3), "names_by_model")
    for span in entities:
        piece = text[span.start : span.end]
        if span.category == "PERSON" and _is_person_alone(piece, surface):
            yield span
        elif span.category == "LOCATION" and _is_plain(piece) and not _CAMEL.search(piece):
            if _agrees(span, places, streets) or (surface == Surface.PROSE and _is_place_alone(piece)):
                yield span
        elif span.category == "ORGANIZATION" and _is_person_like(piece):
            yield span._replace(category="PERSON", score=0.5)
        elif span.category == "ORGANIZATION" and surface == Surface.PROSE and _is_company(piece, people, span):
            yield span


_WORD_BEFORE = re.compile(r"(?<![\w@./:=-])([^\W\d_]{3,30})[ ]$")
_WORD_AFTER = re.compile(r"[ ]([^\W\d_]{3,30})(?![\w@/:=(-])")


def _end_of_name(text: str, start: int, end: int) -> int:
    """The end of a name without the ordinary words in lower case that the model took along."""
    while True:
        words = text[start:end].rsplit(None, 1)
        if len(words) < 2 or not words[1].islower():
            return end
        last = plain(words[1].strip(".,"))
        if not is_known(last) or last in given_names() or last in family_names():
            return end
        end = start + len(words[0])


def with_neighbours(text: str, start: int, end: int) -> tuple[int, int]:
    """A name together with the words beside it that are in no dictionary: the rest of a rare name."""
    before = _WORD_BEFORE.search(text, max(0, start - 40), start)
    if before and (_belongs(before[1]) or _is_given_like(text, before)):
        start = before.start(1)
    after = _WORD_AFTER.match(text, end)
    if after and _belongs(after[1]):
        end = after.end(1)
    return start, end


def _is_given_like(text: str, word: re.Match[str]) -> bool:
    """Capitalised inside a sentence right before a family name: a given name, unless it is a term."""
    earlier = text[: word.start(1)].rstrip(" \t")
    opens = not earlier or earlier[-1] in ".!?\n:\"'(["
    return word[1][0].isupper() and word[1][1:].islower() and not opens and plain(word[1]) not in TECHNICAL


def _belongs(word: str) -> bool:
    if word.islower():
        return not is_written_small(word)
    return not is_known(word) or plain(word) in given_names()


_CODE_SIGNS = re.compile(r"[_={}\[\]<>;$\\|@%^*~`]|::|->")


def _neighbours(text: str, tokens: Sequence[Token], labels: frozenset[str], reach: int = 2) -> Iterator[Token]:
    """Tokens of the labels, joined where only a blank or comma parts them."""
    current: Token | None = None
    for token in tokens:
        if token.label not in labels:
            continue
        if (
            current is not None
            and token.start - current.end <= reach
            and re.fullmatch(r"[\s,.'’-]*", text[current.end : token.start])
        ):
            current = Token(current.start, max(current.end, token.end), current.label, max(current.score, token.score))
            continue
        if current is not None:
            yield current
        current = token
    if current is not None:
        yield current


def _whole(text: str, start: int, end: int) -> str:
    """The stretch with the words it cuts completed."""
    while start > 0 and (text[start - 1].isalnum() or text[start - 1] == "_"):
        start -= 1
    while end < len(text) and (text[end].isalnum() or text[end] == "_"):
        end += 1
    return text[start:end]


_DIGEST = re.compile(
    r"(?=.*[a-fA-F])[0-9a-fA-F]{12,}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|v?\d+(?:\.\d+)+"
)


def _hyphenated(text: str, start: int, end: int) -> str:
    """The stretch with everything that is written together with it."""
    while start > 0 and (text[start - 1].isalnum() or text[start - 1] in "-._"):
        start -= 1
    while end < len(text) and (text[end].isalnum() or text[end] in "-._"):
        end += 1
    return text[start:end].strip("-._")


_FRAME = re.compile(r"line \d+, in $")


def _is_called(text: str, start: int, end: int) -> bool:
    """Whether a word is a function's name: a call follows it, or it ends a line of a Python traceback."""
    before = text[max(0, start - 24) : start]
    return (text[end : end + 1] == "(" and before[-1:] == ".") or _FRAME.search(before) is not None


def _is_plain(piece: str) -> bool:
    words = [word for word in re.split(r"[\s,.'’-]+", piece) if word]
    return (
        bool(_LETTERS.search(piece)) and not _CODE.search(piece) and not all(plain(word) in TECHNICAL for word in words)
    )


def _is_name(text: str, token: Token, surface: Surface) -> bool:
    piece = _whole(text, token.start, token.end)
    if not _is_plain(piece):
        return False
    words = [plain(word) for word in re.split(r"[\s,.]+", piece) if word]
    known = any(word in given_names() or word in family_names() for word in words)
    if piece.islower():
        is_strange = any(len(word) > 3 and not is_known(word) for word in words)
        return token.score >= SURE and (known or is_strange) and len(piece) >= 3 and surface != Surface.CODE
    if piece.isupper() and len(words) == 1 and len(piece) <= 5 and not known:
        return False
    if surface in (Surface.CODE, Surface.LOG) and len(words) == 1 and not known:
        return token.score >= SURE and piece[1:].islower()
    is_strange = any(not is_known(word) for word in words)
    return token.score >= (0.35 if known or is_strange or len(words) > 1 else 0.5)


def _is_person_alone(piece: str, surface: Surface) -> bool:
    """Whether to believe spaCy, which takes many capitalised terms for people."""
    if not _is_plain(piece) or _CAMEL.search(piece) or "\n" in piece:
        return False
    words = [word for word in re.split(r"[\s,]+", piece.strip()) if word]
    folded = [plain(word.strip(".'")) for word in words]
    if any(word in TECHNICAL for word in folded) or len(words) > 5:
        return False
    known_given = any(word in given_names() for word in folded)
    known_family = any(word in family_names() for word in folded)
    if len(words) == 1:
        is_strange = surface == Surface.PROSE and not is_known(folded[0])
        return (known_given or known_family or is_strange) and words[0][:1].isupper() and not words[0].isupper()
    if not all(word[:1].isupper() or len(word) <= 3 for word in words):
        return False
    return (
        known_given
        or known_family
        or (surface == Surface.PROSE and all(word[1:].islower() for word in words if len(word) > 2))
    )


def _is_place_alone(piece: str) -> bool:
    """What spaCy alone takes for a place: believed when it is on the map or in no dictionary."""
    words = [word for word in re.split(r"[\s,.'’-]+", piece) if word]
    if (
        any(plain(word) in TECHNICAL for word in words)
        or not words
        or not words[0][0].isupper()
        or (len(words) == 1 and words[0].isupper() and len(words[0]) > 3)
    ):
        return False
    return country_of(piece) is not None or any(not is_known(word) for word in words if len(word) > 2)


def _is_person_like(piece: str) -> bool:
    """What spaCy takes for a company and is two or three capitalised words, the first of them in no dictionary."""
    words = piece.split()
    if (
        not 2 <= len(words) <= 3
        or not all(CAPITALISED_WORD.fullmatch(word) for word in words)
        or _LEGAL_FORM.search(piece)
    ):
        return False
    return (
        not any(plain(word) in TECHNICAL for word in words)
        and (not is_known(words[0]) or is_given(words[0]))
        and not is_known(words[-1])
    )


def _agrees(span: Span, places: Sequence[Token], streets: Sequence[Token]) -> bool:
    return any(token.start < span.end and span.start < token.end for token in (*places, *streets))


def _is_company(piece: str, people: Sequence[Token], span: Span) -> bool:
    """A company's name only with a legal form, or when it is made of a person's name."""
    if not _is_plain(piece) or len(piece) > 80:
        return False
    if _LEGAL_FORM.search(piece):
        words = [plain(word) for word in re.split(r"[\s,.'-]+", piece) if word]
        return any(word in family_names() or word in given_names() for word in words) or bool(
            re.search(r"\b(?:Inc|Ltd|LLC|LLP|GmbH|PLC|Corp|Group)\b", piece)
        )
    return any(token.start < span.end and span.start < token.end for token in people)
