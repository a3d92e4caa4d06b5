"""What the name models see: which parts of a text are worth their time, and what was seen before."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterator, Sequence

from .detectors import structured
from .detectors.key_names import is_maybe_a_name
from .detectors.token_classifier import Token
from .letters import UPPER
from .readings import Reading, as_it_stands
from .segments import Segment, Surface
from .spans import Span

Sightings = dict[str, tuple[list[Span], list[Token]]]
_REMEMBERED = 40_000
_LONGEST_REMEMBERED = 2_000

# What differs from line to line of a log: numbers, and words in small letters with a number in them.
_CHANGING = re.compile(rf"(?<!\S)[^\s{UPPER}]*\d[^\s{UPPER}]*(?!\S)|\d(?:[\d.,:-]*\d)?")
_LINE = re.compile(r"[^\n]+")
_NAME_LIKE = re.compile(
    rf"[{UPPER}][^\W\d_]+(?:['’-][^\W\d_]+)*(?:[ ,.]{{1,2}}(?:[{UPPER}a-z][^\W\d_]*(?:['’-][^\W\d_]+)*\.?)){{0,4}}\Z"
)
_TWO_WORDS = re.compile(r"[^\W\d_]{2}[^\w\n]{1,3}[^\W\d_]{2}|^[^\W\d_]{3,}$")
_LONGEST_PIECE = 20_000


def for_models(segment: Segment) -> Iterator[Reading]:
    """The parts of a segment that are worth a model's time; log lines as templates, so that they repeat."""
    text, surface = segment.text, segment.surface
    if surface in (Surface.KEY, Surface.NUMBER, Surface.FACT):
        return
    if surface == Surface.DATA:
        if not segment.is_whole and _field_says_all(segment):
            return
        if (
            _NAME_LIKE.match(text.strip())
            or (segment.keys and is_maybe_a_name(segment.keys[-1]) and len(text) >= 3)
            or segment.is_whole
        ):
            yield as_it_stands(text)
        return
    if surface == Surface.PROSE and len(text) <= _LONGEST_PIECE:
        yield as_it_stands(text)
        return
    for line in _LINE.finditer(text):
        for start in range(line.start(), line.end(), _LONGEST_PIECE):
            end = min(line.end(), start + _LONGEST_PIECE)
            if not _TWO_WORDS.search(text[start:end]):
                continue
            if surface == Surface.LOG:
                yield _template(text, start, end)
            else:
                yield Reading(text[start:end], range(start, end), range(start + 1, end + 1))


def _field_says_all(segment: Segment) -> bool:
    """Whether the key above a value has it hidden as a whole, so that no model can add anything."""
    return any(
        span.category in _HIDDEN_EVERYWHERE and span.start == 0 and span.end == len(segment.text)
        for span in structured.find_field(segment)
    )


_HIDDEN_EVERYWHERE = frozenset({"PERSON", "EMAIL_ADDRESS", "PHONE_NUMBER", "ADDRESS", "SECRET", "USERNAME"})


def _template(text: str, start: int, end: int) -> Reading:
    """A log line with a nought for everything that differs from line to line."""
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    position = start
    for match in _CHANGING.finditer(text, start, end):
        pieces.extend((text[position : match.start()], "0"))
        starts.extend((*range(position, match.start()), match.start()))
        ends.extend((*range(position + 1, match.start() + 1), match.end()))
        position = match.end()
    pieces.append(text[position:end])
    starts.extend(range(position, end))
    ends.extend(range(position + 1, end + 1))
    return Reading("".join(pieces), starts, ends)


def seen_in(segment: Segment, sightings: Sightings) -> Iterator[tuple[int, int, list[Span], list[Token]]]:
    """The parts of a segment that the models read, as start and end, with what they saw counted from the start."""
    for piece in for_models(segment):
        offset, end = piece.starts[0], piece.ends[-1]
        seen = sightings[piece.text]
        yield offset, end, *(seen if len(piece.text) == end - offset else _moved(piece, *seen))


def _moved(piece: Reading, entities: list[Span], tokens: list[Token]) -> tuple[list[Span], list[Token]]:
    """What was seen in a template, at the places of the line that it stands for."""
    offset = piece.starts[0]

    def place(start: int, end: int) -> tuple[int, int]:
        first, last = piece.origin(start, end)
        return first - offset, last - offset

    return (
        [Span(*place(span.start, span.end), span.category, span.score, span.detector) for span in entities],
        [Token(*place(token.start, token.end), token.label, token.score) for token in tokens],
    )


_memory: OrderedDict[str, tuple[list[Span], list[Token]]] = OrderedDict()


def sightings_in(segments: Sequence[Segment]) -> Sightings:
    """What the models see in every distinct text; texts seen before are remembered."""
    from .detectors import pii

    wanted = dict.fromkeys(piece.text for segment in segments for piece in for_models(segment))
    seen: Sightings = {}
    fresh = []
    for text in wanted:
        if text in _memory:
            _memory.move_to_end(text)
            seen[text] = _memory[text]
        else:
            fresh.append(text)
    if fresh:
        models = pii.name_models()
        for text, entities, tokens in zip(fresh, models.entities(fresh), models.tokens(fresh), strict=True):
            seen[text] = (entities, tokens)
            if len(text) <= _LONGEST_REMEMBERED:
                _memory[text] = seen[text]
        while len(_memory) > _REMEMBERED:
            _memory.popitem(last=False)
    return seen
