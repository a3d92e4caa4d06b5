"""What the name of a field says about its value: the vocabulary of keys and the category each one implies."""

from __future__ import annotations

import re
from functools import lru_cache

from .word_lists import word_list, words_by_topic

# These say something only when they are the whole key, or its last word.
_ONLY_WHOLE = word_list("keys_only_whole.txt")
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_a-zA-Z]+")
# Words beside a sensitive word that turn the field into a measurement or a setting.
_MEASURES = word_list("key_measures.txt")
_PEOPLE = word_list("key_people.txt")
_ADDRESS_FROM_ANYTHING = re.compile(r"address")


@lru_cache(maxsize=1)
def _category_by_word() -> dict[str, str]:
    return {word: category for category, names in words_by_topic("key_names.yaml").items() for word in names}


def words_of(key: str) -> list[str]:
    return [word.lower() for word in _WORDS.findall(key)]


@lru_cache(maxsize=50_000)
def category_of_key(key: str, parent: str = "") -> str | None:
    """The category a key implies for its value; `parent` is the key above it. None says nothing."""
    words = words_of(key)
    if not words or len(key) > 80:
        return None
    known = _category_by_word()
    if any(word in _MEASURES for word in words):
        # "token_count" is a measurement, "email_status" is not an address; "policy_number" stays one.
        joined = "".join(words)
        return known.get(joined)
    while len(words) > 1 and words[-1].isdigit():
        words = words[:-1]
    for length in range(len(words), 0, -1):
        for start in range(len(words) - length, -1, -1):
            joined = "".join(words[start : start + length])
            category = known.get(joined) or (known.get(joined.removesuffix("s")) if len(joined) > 5 else None)
            if category is None:
                continue
            singular = joined if joined in known else joined.removesuffix("s")
            is_last = start + length == len(words)
            if singular in _ONLY_WHOLE and not is_last:
                continue
            return category
    if words[-1] == "name" and (set(words[:-1]) & _PEOPLE or (len(words) == 1 and set(words_of(parent)) & _PEOPLE)):
        return "PERSON"
    if words[-1] in ("id", "number", "no", "nr", "ref", "reference", "code") and set(words[:-1]) & _PEOPLE:
        return "ACCOUNT_ID"
    if len(words) == 1 and words[0] in _NUMBERS and parent and not parent.isdigit():
        return _category_of_number(words[0], words_of(parent))
    if words[-1] in ("key", "auth", "pass") and len(words) == 1:
        return "SECRET"
    return None


# A number of what the key above says: {"customer": {"number": ...}}, {"policy": {"no": ...}}.
_NUMBERS = frozenset({"id", "uuid", "guid", "ref", "reference", "number", "no", "nr", "num", "code"})
# These stand beside other words in names of people; above a number they are anything.
_PARTS_OF_NAMES = frozenset({"male", "female", "given", "family", "first", "last", "middle", "full", "legal", "birth"})


def _category_of_number(word: str, parents: list[str]) -> str | None:
    if not parents:
        return None
    last = parents[-1]
    if {last, last.removesuffix("s")} & _PEOPLE - _PARTS_OF_NAMES:
        return "ACCOUNT_ID"
    known = _category_by_word()
    names = (last, last.removesuffix("s"), "".join(parents))
    spellings = (word, "number", "id") if word in ("no", "nr", "num", "number") else (word,)
    return next((known[name + spelling] for name in names for spelling in spellings if name + spelling in known), None)


def is_number_of_something(key: str) -> bool:
    """Whether a field holds a number or reference and does not say of what."""
    words = words_of(key)
    return len(words) == 1 and words[0] in _NUMBERS


def is_maybe_a_name(key: str) -> bool:
    """Whether a field may hold a person's name as well as the name of a thing."""
    words = words_of(key)
    return bool(words) and words[-1] in (
        "name",
        "names",
        "contact",
        "from",
        "to",
        "cc",
        "by",
        "sender",
        "caller",
        "agent",
        "speaker",
    )
