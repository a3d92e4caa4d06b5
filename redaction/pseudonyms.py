"""One person, one token: links the forms of a name inside a case and derives tokens with the audience's key."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable

from .detectors.personal_names import plain
from .propagation import squashed

_TITLE = re.compile(
    r"(?i)^(?:mr|mrs|ms|miss|mx|dr|prof|sir|madam|herrn?|frau|monsieur|madame|mme|m|mlle|señora?|sra?|don|doña|signora?|sig)\.?\s+"
)
_WORD = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*")
TOKEN = re.compile(r"[A-Z_]+_[0-9a-f]{6}")


def token_for(category: str, canonical: str, key: bytes) -> str:
    """The audience's token for a value: the same for the same value, unlinkable without the key."""
    digest = hmac.new(key, f"{category}\0{canonical}".encode(), hashlib.sha256).hexdigest()
    return f"{_PREFIX.get(category, category)}_{digest[:6]}"


_PREFIX = {
    "EMAIL_ADDRESS": "EMAIL",
    "ACCOUNT_ID": "ACCOUNT",
    "USERNAME": "USER",
    "IP_ADDRESS": "IP",
    "HOSTNAME": "HOST",
    "DEVICE_ID": "DEVICE",
}


def words_of_name(text: str) -> tuple[str, ...]:
    """The words of a name without title, possessive, accents and case; an inverted name the right way round."""
    bare = re.sub(r"['’]s\b", "", _TITLE.sub("", text.strip()))
    if bare.count(",") == 1:
        family, given = bare.split(",")
        bare = f"{given} {family}"
    return tuple(plain(word) for word in _WORD.findall(bare))


class NameLinks:
    """Which forms of a name in one case mean the same person; ambiguous forms stay on their own."""

    def __init__(self, names: Iterable[str]) -> None:
        forms = {words for name in names if (words := words_of_name(name))}
        self._canonical: dict[tuple[str, ...], tuple[str, ...]] = {}
        longer = sorted(forms, key=lambda words: (-len(words), -sum(map(len, words)), words))
        for form in longer:
            hosts = [other for other in longer if _says_more(other, form) and _fits(form, other)]
            # A form of a form: "Anna" fits "Anna Schmidt" and "Anna Maria Schmidt", which are one person themselves.
            roots = {self._canonical.get(host, host) for host in hosts}
            self._canonical[form] = roots.pop() if len(roots) == 1 else form

    def canonical(self, name: str) -> str:
        words = words_of_name(name)
        if not words:
            return squashed(name)[0]
        return " ".join(self._canonical.get(words, words))


def _says_more(other: tuple[str, ...], form: tuple[str, ...]) -> bool:
    """More words, or as many with fewer initials among them."""
    return len(other) > len(form) or (len(other) == len(form) and sum(map(len, other)) > sum(map(len, form)))


def _fits(short: tuple[str, ...], long: tuple[str, ...]) -> bool:
    """Every word of the short form is a word or the initial of a word of the long one, each used once."""
    remaining = list(long)
    for word in short:
        match = next((w for w in remaining if w == word), None) or next(
            (w for w in remaining if len(word) == 1 and w[0] == word), None
        )
        if match is None:
            return False
        remaining.remove(match)
    # Initials alone could be anybody.
    return any(len(word) > 1 for word in short)
