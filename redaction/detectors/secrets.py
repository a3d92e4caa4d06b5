"""Credentials: patterns of detect-secrets and our own behind a keyword gate, and entropy in context."""

from __future__ import annotations

import importlib
import itertools
import math
import pkgutil
import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import ahocorasick

from ..spans import Span
from .identifiers import compiled

version = "1"

# Pattern and the strings of which one must stand in the text, in lower case.
_OWN: tuple[tuple[str, tuple[str, ...], int], ...] = (
    (
        (
            r"-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----[A-Za-z0-9+/=\s:,\\]{20,}(?:-----END "
            r"[A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----)?"
        ),
        ("private key",),
        0,
    ),
    (r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)?", ("eyj",), 0),
    (
        r"\b(?:AKIA|ASIA|AGPA|AIDA|AROA|ANPA|ABIA|ACCA)[A-Z0-9]{16}\b",
        ("akia", "asia", "agpa", "aida", "aroa", "anpa", "abia", "acca"),
        0,
    ),
    (
        r"\b(?:gh[pousr]_[A-Za-z0-9]{20,255}|github_pat_[A-Za-z0-9_]{22,255})",
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
        0,
    ),
    (
        r"\b(?:glpat|gldt|glrt|glsoat|glcbt|glptt|glft|glimt|glagent)-[A-Za-z0-9_-]{16,}",
        ("glpat-", "gldt-", "glrt-", "glsoat-", "glcbt-", "glptt-", "glft-", "glimt-", "glagent-"),
        0,
    ),
    (r"\bxox[abposre]-[A-Za-z0-9-]{8,}|\bxapp-[A-Za-z0-9-]{8,}", ("xox", "xapp-"), 0),
    (r"https://hooks\.slack\.com/(?:services|workflows)/[A-Za-z0-9+/_-]{20,}", ("hooks.slack.com",), 0),
    (r"https://(?:\w+\.)?discord(?:app)?\.com/api/webhooks/\d+/[\w-]+", ("discord",), 0),
    (r"\b[sr]k-(?:[A-Za-z0-9]+-){0,3}[A-Za-z0-9_-]{16,}", ("sk-", "rk-"), 0),
    (r"\b(?:sk|rk|pk|whsec)_(?:live|test)?_?[A-Za-z0-9]{14,}", ("sk_", "rk_", "pk_", "whsec_"), 0),
    (r"\bAIza[A-Za-z0-9_-]{30,40}", ("aiza",), 0),
    (r"\bya29\.[A-Za-z0-9_-]{20,}", ("ya29.",), 0),
    (r"\bGOCSPX-[A-Za-z0-9_-]{20,}", ("gocspx-",), 0),
    (r"\bhf_[A-Za-z0-9]{20,}", ("hf_",), 0),
    (r"\bnpm_[A-Za-z0-9]{30,}", ("npm_",), 0),
    (r"\bpypi-[A-Za-z0-9_-]{30,}", ("pypi-",), 0),
    (r"\bdop_v1_[a-f0-9]{40,}|\bdapi[a-f0-9]{30,}", ("dop_v1_", "dapi"), 0),
    (r"\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}", ("sg.",), 0),
    (r"\b(?:AC|SK)[0-9a-f]{32}\b", ("ac", "sk"), 0),
    (r"\bkey-[0-9a-f]{32}\b", ("key-",), 0),
    (r"\b\d{8,10}:AA[A-Za-z0-9_-]{30,}", (":aa",), 0),
    (r"\b(?:shpat|shpca|shppa|shpss)_[A-Fa-f0-9]{28,}", ("shpat_", "shpca_", "shppa_", "shpss_"), 0),
    (r"\blin_(?:api|oauth)_[A-Za-z0-9]{30,}", ("lin_",), 0),
    (r"\b(?:hvs|hvb|hvr|s)\.[A-Za-z0-9_-]{24,}", ("hvs.", "hvb.", "hvr.", "s."), 0),
    (r"\bcw_[A-Za-z0-9]{4,}_[A-Za-z0-9_-]{16,}", ("cw_",), 0),
    (r"(?:AccountKey|SharedAccessKey|sig)=([A-Za-z0-9+/%=]{20,})", ("accountkey", "sharedaccesskey", "sig="), 1),
    (
        r"(?i)\b(?:Bearer|Basic|Token|Digest|NTLM|Negotiate|OAuth|ApiKey)\s{1,3}([A-Za-z0-9._~+/-]{12,}={0,2})",
        ("bearer", "basic", "token", "digest", "ntlm", "negotiate", "oauth", "apikey"),
        1,
    ),
    (r"://([^\s/@:\"'<>]{0,128}:[^\s/@\"'<>]{1,256})@", ("://",), 1),
    (r"(?:\s-u|--user|--proxy-user)[ =]*[\"']?([^\s\"':]{1,80}:[^\s\"']{1,120})", ("-u", "-user"), 1),
    (
        (
            r"(?i)(?:--?(?:password|passwd|pass|pwd|token|secret|api-key|apikey|access-key)[ =]+|identified "
            r"by\s+|-AsPlainText\s+|ConvertTo-SecureString\s+(?:-String\s+)?)[\"']?([^\s\"'<>|]{4,200})"
        ),
        ("-pass", "-pwd", "-token", "-secret", "-api", "-access", "identified", "plaintext", "securestring"),
        1,
    ),
    (
        (
            r"(?i)\b(?:password|passwort|passphrase|passcode|pwd|kennwort|mot de passe|contraseña|secret|"
            r"api[ -]?key|access key|token|pin)\b(?:\s+(?:is|was|are|ist|war|es|est|to|set to|reset to|"
            r"changed to|of|lautet|still))?\s*(?:[:=]|->|→)?\s*[\"'`]?([^\s\"'`<>,;()\[\]{}]{6,200})"
        ),
        (
            "passw",
            "passphrase",
            "passcode",
            "pwd",
            "kennwort",
            "mot de passe",
            "contrase",
            "secret",
            "key",
            "token",
            "pin",
        ),
        1,
    ),
)
_WHOLE_PLUGINS = frozenset(
    {"KeywordDetector", "IPPublicDetector", "BasicAuthDetector", "PrivateKeyDetector", "JwtTokenDetector"}
)
_SENTENCE_WORD = re.compile(
    r"[A-Za-z][a-z]*[.!?:]?|\d{1,6}[.%]?|[A-Z]+|[\w-]+\.(?:py|js|json|ya?ml|txt|md)|[a-z]+(?:[-_/.][a-z]+)*[.)]?"
)


@lru_cache(maxsize=1)
def _rules() -> list[tuple[Any, tuple[str, ...], int]]:
    rules: list[tuple[Any, tuple[str, ...], int]] = [(compiled(pattern), gate, group) for pattern, gate, group in _OWN]
    rules.extend((pattern, (), 0) for pattern in _maintained())
    return rules


def _maintained() -> Iterator[re.Pattern[str]]:
    """The token patterns of detect-secrets; those that need entropy or a parsed file are covered elsewhere."""
    plugins = importlib.import_module("detect_secrets.plugins")
    from detect_secrets.plugins.base import RegexBasedDetector

    for module in sorted(module.name for module in pkgutil.iter_modules(plugins.__path__)):
        for item in vars(importlib.import_module(f"detect_secrets.plugins.{module}")).values():
            if isinstance(item, type) and issubclass(item, RegexBasedDetector) and item.__name__ not in _WHOLE_PLUGINS:
                patterns = getattr(item, "denylist", None)
                if isinstance(patterns, (list, tuple)):
                    yield from patterns


_LONG_RUN = re.compile(r"[A-Za-z0-9_.:/+=@-]{16,}")


@lru_cache(maxsize=1)
def _gate() -> Any:
    automaton = ahocorasick.Automaton()
    owners: dict[str, set[int]] = {}
    for index, (_, gate, _) in enumerate(_rules()):
        for word in gate:
            owners.setdefault(word, set()).add(index)
    for word, indices in owners.items():
        automaton.add_word(word, tuple(indices))
    automaton.make_automaton()
    return automaton


def find(text: str, *, by_entropy: bool = True) -> Iterator[Span]:
    """Credentials anywhere in a text; random runs only where no key speaks for the value."""
    lowered = text.lower()
    wanted: set[int] = set()
    for _, indices in _gate().iter(lowered):
        wanted.update(indices)
    rules = _rules()
    for index in sorted(wanted):
        pattern, _, group = rules[index]
        for match in pattern.finditer(text):
            start, end = match.span(group)
            if index == len(_OWN) - 1 and not _is_secret_word(text[start:end]):
                continue
            if group and match.re.pattern.startswith(r"(?i)\b(?:Bearer") and not _is_secret_word(text[start:end]):
                continue
            yield Span(start, end, "SECRET", 0.9, "secret_pattern")
    for run in _LONG_RUN.finditer(text):
        yield from _in_run(text, run.start(), run.end(), rules, by_entropy)


def _in_run(
    text: str, start: int, end: int, rules: list[tuple[Any, tuple[str, ...], int]], by_entropy: bool
) -> Iterator[Span]:
    piece = text[start:end]
    for pattern, _, _ in rules[len(_OWN) :]:
        for match in pattern.finditer(piece[:500]):
            # A long capture group is the secret itself, a short one only its prefix.
            first, last = match.span(1) if pattern.groups and len(match[1] or "") >= 12 else match.span()
            if last - first >= 12:
                yield Span(start + first, start + last, "SECRET", 0.9, "secret_pattern")
    for part in _TOKEN.finditer(piece) if by_entropy else ():
        if _is_random(part[0]):
            yield Span(start + part.start(), start + part.end(), "SECRET", 0.6, "entropy")


_TOKEN = re.compile(r"[A-Za-z0-9_+=-]{20,}")


def entropy(text: str) -> float:
    total = len(text)
    return -sum(count / total * math.log2(count / total) for count in Counter(text).values())


def _is_random(token: str) -> bool:
    """Long, of mixed case with digits, and not made of words: nobody writes that by hand."""
    body = token.strip("_=-")
    if len(body) < 20 or len(body) > 512:
        return False
    kinds = (any(c.islower() for c in body), any(c.isupper() for c in body), any(c.isdigit() for c in body))
    if not all(kinds) or entropy(body) < 3.8:
        return False
    # Identifiers are words with seams; random text changes its kind of sign all the time.
    changes = sum(_kind(a) != _kind(b) for a, b in itertools.pairwise(body))
    longest_word = max((len(word) for word in re.findall(r"[A-Z]?[a-z]+", body)), default=0)
    return changes >= len(body) * 0.35 and longest_word <= 7


def _kind(character: str) -> int:
    return 0 if character.islower() else 1 if character.isupper() else 2 if character.isdigit() else 3


def _is_secret_word(word: str) -> bool:
    """Whether what stands after the word 'password' is one, and not the next word of the sentence."""
    bare = word.rstrip(".,;:!?")
    if len(bare) < 6 or bare.isalpha() or _SENTENCE_WORD.fullmatch(bare):
        return False
    kinds = sum(
        (
            any(c.islower() for c in bare),
            any(c.isupper() for c in bare),
            any(c.isdigit() for c in bare),
            any(not c.isalnum() for c in bare),
        )
    )
    return kinds >= 3 or (any(c.isdigit() for c in bare) and (len(bare) >= 8 and not re.fullmatch(r"[\d.,:/-]+", bare)))
