"""Which words are ordinary: whole words of the token classifier's vocabulary, terms of the trade, joins of both."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module

from .personal_names import plain
from .technical_terms import TECHNICAL
from .token_classifier import model_folder
from .word_lists import word_list

_LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "pt")
_EVERYDAY = word_list("everyday_words.txt")


@lru_cache(maxsize=1)
def _stop_words() -> frozenset[str]:
    words = (word for language in _LANGUAGES for word in import_module(f"spacy.lang.{language}.stop_words").STOP_WORDS)
    return frozenset(plain(word) for word in words)


def is_stop_word(word: str) -> bool:
    """Whether a word is one of the small ones that every sentence is made of."""
    return plain(word) in _stop_words()


@lru_cache(maxsize=1)
def _vocabulary() -> frozenset[str]:
    # The vocabulary is pruned of frequent words; the languages' function words and this list give them back.
    lines = (model_folder() / "vocab.txt").read_text(encoding="utf-8").splitlines()
    words = (*lines, *_stop_words(), *_EVERYDAY)
    return frozenset(word for word in words if word.isalpha() and len(word) >= 2)


_ENDINGS = (
    "s", "es", "ed", "d", "ing", "er", "ers", "ly", "ness", "ment", "ation", "able", "al", "y", "n", "r", "ive", "ous",
    "ity", "ful", "less",
)  # fmt: skip
_DOUBLING = frozenset({"ed", "ing", "er", "ers", "y"})  # stopped, planning, mapper, foggy


@lru_cache(maxsize=100_000)
def is_known(word: str) -> bool:
    """Whether a word or the stem of an inflected word belongs to the language or the trade."""
    folded = plain(word)
    known = _vocabulary()
    if folded in known or folded in TECHNICAL:
        return True
    for ending in _ENDINGS:
        stem = folded.removesuffix(ending)
        if (
            stem != folded
            and len(stem) >= 3
            and (
                stem in known
                or stem + "e" in known
                or stem in TECHNICAL
                or (ending in _DOUBLING and stem[:-1] in known and stem[-1:] == stem[-2:-1])
            )
        ):
            return True
    return any(
        folded.startswith(prefix) and len(folded) - len(prefix) >= 4 and folded[len(prefix) :] in known
        for prefix in _PREFIXES
    )


@lru_cache(maxsize=100_000)
def is_written_small(word: str) -> bool:
    """Whether a word in small letters beside a name is no part of it: known as it stands, or as a form of one."""
    folded = plain(word)
    known = _vocabulary()
    if folded in known or folded in TECHNICAL:
        return True
    return folded.endswith(("s", "ed", "ing", "ly")) and is_known(folded)


@lru_cache(maxsize=100_000)
def is_ordinary(word: str) -> bool:
    """A known word, or two known words written together as in names of functions."""
    folded = plain(word)
    if is_known(folded):
        return True
    known = _vocabulary()
    for cut in range(4, len(folded) - 3):
        if (folded[:cut] in known or folded[:cut] in TECHNICAL) and (
            folded[cut:] in known or folded[cut:] in TECHNICAL
        ):
            return True
    return False


_PREFIXES = (
    "un",
    "re",
    "de",
    "pre",
    "post",
    "sub",
    "non",
    "mis",
    "in",
    "auto",
    "multi",
    "micro",
    "over",
    "under",
    "dis",
    "pro",
    "inter",
    "semi",
    "anti",
    "hyper",
)
