"""Which words are ordinary: whole words of the token classifier's vocabulary, terms of the trade, joins of both."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module

from .personal_names import plain
from .technical_terms import TECHNICAL
from .token_classifier import model_folder

_LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "pt")
_EVERYDAY = """
    end start stop begin open close send sent get got set put run ran see saw say said ask told call called write
    wrote read reply replied live lives lived work works worked pay paid buy bought sell sold help need want like
    know think feel find found lose lost day days week weeks month months year years hour hours minute minutes
    second seconds time times today tomorrow yesterday tonight morning evening night man men woman women child
    children people person friend family home house room door car money bank card bill price cost order ticket
    flight hotel water food phone mail letter book page line word name number street road city town country world
    place thing way part case point group company team office school law court doctor nurse patient client
    customer agent driver owner tenant manager director engineer teacher student lawyer officer big small new old
    good bad high low long short early late first last next same other right left wrong true false red blue green
    white black yes please thanks thank hello dear signed resident reporter sender caller holder member guest user
    account contract invoice payment delivery parcel claim policy
"""


@lru_cache(maxsize=1)
def _vocabulary() -> frozenset[str]:
    # The vocabulary is pruned of frequent words; the languages' function words and this list give them back.
    stop_words = (
        word for language in _LANGUAGES for word in import_module(f"spacy.lang.{language}.stop_words").STOP_WORDS
    )
    lines = (model_folder() / "vocab.txt").read_text(encoding="utf-8").splitlines()
    words = (*lines, *(plain(word) for word in stop_words), *_EVERYDAY.split())
    return frozenset(word for word in words if word.isalpha() and len(word) >= 2)


_ENDINGS = ("s", "es", "ed", "d", "ing", "er", "ers", "ly", "ness", "ment", "ation", "able", "al", "y", "n", "r")


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
                or (stem[:-1] in known and stem[-1:] == stem[-2:-1])
            )
        ):
            return True
    return any(
        folded.startswith(prefix) and len(folded) - len(prefix) >= 4 and folded[len(prefix) :] in known
        for prefix in _PREFIXES
    )


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
