"""Names of people by their shape alone: capitalised words side by side that are in no dictionary."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..spans import Span
from .lexicon import is_known
from .personal_names import given_names, plain
from .technical_terms import TECHNICAL

CAPITALISED_WORD = re.compile(r"[A-ZÀ-ÞŁŚŻČŠŽĐ][^\W\d_]*[a-zß-ÿ][^\W\d_]*")
_PARTICLE = r"(?:van|von|de|der|den|da|del|della|di|du|la|le|al|bin|ibn|dos|das|ter|el)"
_CAPITALISED_RUN = re.compile(
    r"(?<![\w@./:=#\\-])[A-ZÀ-ÞŁŚŻČŠŽĐ][^\W\d_A-Z]{1,24}(?:['’-][A-ZÀ-Þ]?[^\W\d_A-Z]{2,24})*"
    rf"(?:,?[ ](?:{_PARTICLE}[ ]){{0,3}}[A-ZÀ-ÞŁŚŻČŠŽĐ](?:\.|[^\W\d_]{{0,2}}[^\W\d_A-Z]{{1,"
    rf"24}}(?:['’-][A-ZÀ-Þ]?[^\W\d_A-Z]{{2,24}})*)){{1,4}}(?![\w@(=-])"
)


def find(text: str) -> Iterator[Span]:
    """Capitalised words side by side of which two are in no dictionary, or one is and another is a given name."""
    for run in _CAPITALISED_RUN.finditer(text):
        words = list(CAPITALISED_WORD.finditer(text, *run.span()))
        first = 0
        while first < len(words):
            if is_known(words[first][0]) and not is_given(words[first][0]):
                first += 1
                continue
            last = first
            while last + 1 < len(words) and (not is_known(words[last + 1][0]) or is_given(words[last + 1][0])):
                last += 1
            chosen = [word[0] for word in words[first : last + 1]]
            strange = sum(not is_known(word) for word in chosen)
            is_alone = run.start() == len(text) - len(text.lstrip()) and run.end() == len(text.rstrip())
            if 2 <= len(chosen) <= 5 and (strange >= 2 or (strange >= 1 and any(is_given(word) for word in chosen))):
                yield Span(words[first].start(), words[last].end(), "PERSON", 0.55, "shape")
            elif (
                is_alone
                and strange >= 1
                and 2 <= len(words) <= 4
                and not any(plain(word[0]) in TECHNICAL for word in words)
            ):
                yield Span(*run.span(), "PERSON", 0.55, "shape")
            first = last + 1


def is_given(word: str) -> bool:
    """Whether a word is a given name that is no ordinary word."""
    return plain(word) in given_names()
