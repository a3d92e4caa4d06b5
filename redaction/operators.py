"""Rewrites a document by what was found and what the policy says. Pure and deterministic: same input, same output."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from . import dates
from .detectors.places import country_of
from .documents import KEY_MARK, is_fact, leaves, number_text, rewrite
from .findings import Budget, Document, Finding, Withheld
from .policy import Policy
from .propagation import squashed
from .pseudonyms import NameLinks, token_for
from .readings import as_it_stands, cleaned, opened, respelled
from .segments import decoded_runs

_ANY_SIZE = Budget(characters=10**10, values=10**9, depth=200)
_ADJACENT = re.compile(r"[ \t,.'’-]{1,2}")
_JOINING = frozenset({"PERSON", "ADDRESS", "LOCATION"})
# When two findings overlap, the label of the one that says more is written; unknown ones rank last.
_RANK = (
    "SECRET", "EMAIL_ADDRESS", "CREDIT_CARD", "BANK_ACCOUNT", "GOVERNMENT_ID", "ADDRESS", "PHONE_NUMBER",
    "IP_ADDRESS", "DATE_OF_BIRTH",
    "USERNAME", "PERSON", "ACCOUNT_ID", "DEVICE_ID", "COORDINATE", "HEALTH", "AMOUNT", "AGE", "LOCATION", "HOSTNAME",
    "DEMOGRAPHIC",
    "ORGANIZATION", "URL", "DATE_TIME", "CUSTOM", "OBFUSCATED", "UNSUPPORTED_LANGUAGE",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Redacted:
    """The rewritten document, how often each category was rewritten, and the share of characters that went."""

    document: Document
    counts: dict[str, int]
    removed_share: float
    # The findings that were acted upon; those the policy keeps are not among them.
    hidden: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class _Stretch:
    start: int
    end: int
    category: str
    operator: str


def redact(document: Document, findings: Sequence[Finding], policy: Policy, *, key: bytes, subject: str) -> Redacted:
    """The document as an audience may see it; raises Withheld when the policy withholds a category that was found."""
    if not key:
        raise ValueError("redact needs the audience's key; an empty key would make all audiences linkable")
    return _Rewriting(document, findings, policy, key, subject).result()


class _Rewriting:
    def __init__(
        self, document: Document, findings: Sequence[Finding], policy: Policy, key: bytes, subject: str
    ) -> None:
        self.document, self.policy, self.key = document, policy, key
        self.days = -(
            1 + int.from_bytes(hmac.new(key, f"dates\0{subject}".encode(), hashlib.sha256).digest()[:4], "big") % 365
        )
        self.texts = {leaf.path: leaf.text for leaf in leaves(document, _ANY_SIZE)}
        self.hidden: list[Finding] = []
        by_path: dict[str, list[_Stretch]] = {}
        for finding in findings:
            text = self.texts.get(finding.path)
            if text is None or not 0 <= finding.start < finding.end <= len(text):
                # Findings of another document: acting on them would leave this one's values in.
                raise Withheld("incomplete")
            operator = policy.operator_for(finding.category, in_facts=is_fact(finding.path))
            if policy.rule_for(finding.path) == "keep":
                operator = "keep"
            if operator == "withhold":
                raise Withheld("language" if finding.category == "UNSUPPORTED_LANGUAGE" else "incomplete")
            if operator == "keep":
                continue
            by_path.setdefault(finding.path, []).append(
                _Stretch(finding.start, finding.end, finding.category, operator)
            )
            self.hidden.append(finding)
        self.stretches = {path: _resolved(self.texts[path], stretches) for path, stretches in by_path.items()}
        self.links = NameLinks(
            legible(self.texts[path][s.start : s.end])
            for path, found in self.stretches.items()
            for s in found
            if s.category == "PERSON"
        )
        self.counts: Counter[str] = Counter()
        self.removed = 0

    def result(self) -> Redacted:
        rewritten = rewrite(self.document, self._value, self._key, lambda path: self.policy.rule_for(path) == "drop")
        total = sum(_visible(text) for text in self.texts.values()) or 1
        return Redacted(
            rewritten, dict(sorted(self.counts.items())), round(self.removed / total, 6), tuple(self.hidden)
        )

    def _key(self, path: str, key: str) -> str:
        stretches = self.stretches.get(path + KEY_MARK)
        return self._spliced(key, stretches) if stretches else key

    def _value(self, path: str, value: Document) -> Document:
        rule = self.policy.rule_for(path)
        if rule == "keep":
            return value
        text = value if isinstance(value, str) else number_text(value)  # type: ignore[arg-type]
        whole = rule or self._unknown_field(path)
        if whole in ("mask", "label"):
            self.removed += _visible(text)
            self.counts["FIELD"] += 1
            return "***" if whole == "mask" else "<FIELD>"
        if whole == "drop":
            return None
        stretches = self.stretches.get(path)
        if not stretches:
            return value
        if isinstance(value, str):
            return self._spliced(text, stretches)
        return self._number(value, text, stretches[0])  # type: ignore[arg-type]

    def _unknown_field(self, path: str) -> str | None:
        if self.policy.unknown_fields == "analyse" or not re.match(
            r"evidence\[\d+\]\.payload(?=[.\[])|unmapped[.\[]", path
        ):
            return None
        return self.policy.unknown_fields

    def _spliced(self, text: str, stretches: Sequence[_Stretch]) -> str:
        pieces, position = [], 0
        for stretch in stretches:
            pieces.append(text[position : stretch.start])
            pieces.append(self._replacement(text[stretch.start : stretch.end], stretch))
            position = stretch.end
        pieces.append(text[position:])
        return "".join(pieces)

    def _number(self, value: int | float, text: str, stretch: _Stretch) -> Document:
        """A number that must go becomes what the operator writes; a coarsened one stays a number."""
        written = self._replacement(text, stretch)
        if stretch.operator == "drop":
            return None
        if stretch.operator == "generalise":
            try:
                return json.loads(written)
            except ValueError:
                return written
        return written

    def _replacement(self, piece: str, stretch: _Stretch) -> str:
        self.counts[stretch.category] += 1
        self.removed += _visible(piece)
        category, operator = stretch.category, stretch.operator
        if operator == "drop":
            return ""
        if operator == "mask":
            return "***"
        if operator == "pseudonymise":
            plain = legible(piece)
            canonical = self.links.canonical(plain) if category == "PERSON" else squashed(plain)[0] or piece
            return token_for(category, canonical, self.key)
        if operator == "shift":
            return dates.shifted(piece, self.days) or f"<{category}>"
        if operator == "generalise":
            return generalised(category, piece) or f"<{category}>"
        return f"<{category}>"


def legible(piece: str) -> str:
    """What a found piece says once its encoding is taken off, so that all forms of a value get one token."""
    reading = cleaned(as_it_stands(piece))
    runs = decoded_runs(reading)
    if len(runs) == 1 and runs[0].ends[0] - runs[0].starts[0] >= len(piece) - 2:
        return runs[0].text
    spelled = respelled(reading)
    if len(spelled) == 1 and len(spelled[0].text) == sum(c.isalnum() or c in "@._-" for c in piece):
        return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", spelled[0].text)
    other = opened(reading)
    return (other or reading).text


def _visible(text: str) -> int:
    return sum(not character.isspace() for character in text)


def _resolved(text: str, stretches: Iterable[_Stretch]) -> list[_Stretch]:
    """Stretches that overlap, or stand side by side and belong together, become one."""
    clusters: list[list[_Stretch]] = []
    end = -1
    for stretch in sorted(stretches, key=lambda s: (s.start, -s.end)):
        touches = bool(clusters) and (
            stretch.start < end
            or (
                stretch.category in _JOINING
                and any(s.category == stretch.category for s in clusters[-1])
                and _ADJACENT.fullmatch(text[end : stretch.start]) is not None
            )
        )
        if touches:
            clusters[-1].append(stretch)
            end = max(end, stretch.end)
        else:
            clusters.append([stretch])
            end = stretch.end
    return [_one(cluster) for cluster in clusters]


def _one(cluster: list[_Stretch]) -> _Stretch:
    start, end = min(s.start for s in cluster), max(s.end for s in cluster)
    # The longest says best what the whole is; among equals the rank decides.
    best = min(cluster, key=lambda s: (s.start - s.end, _RANK.index(s.category) if s.category in _RANK else len(_RANK)))
    return _Stretch(start, end, best.category, best.operator)


def generalised(category: str, piece: str) -> str | None:
    """A coarser value that says less; None when the piece cannot be read."""
    if category == "DATE_TIME":
        return dates.to_month(piece)
    if category == "DATE_OF_BIRTH":
        return dates.to_year(piece)
    if category == "LOCATION":
        return country_of(piece)
    if category == "URL":
        match = re.match(r"([a-z]+://)(?:[^/@\s]*@)?([^/?#\s:]+)", piece, re.IGNORECASE)
        return f"{match[1]}{match[2]}/" if match else None
    if category == "IP_ADDRESS":
        match = re.fullmatch(r"(\d+\.\d+)\.\d+\.\d+", piece)
        return f"{match[1]}.0.0/16" if match else None
    if category == "COORDINATE":
        coarse = re.sub(r"(-?\d{1,3})\.\d+", r"\1.0", piece)
        return coarse if coarse != piece or re.fullmatch(r"-?\d{1,3}(?:\.0)?", piece) else None
    match = re.search(r"\d+", re.sub(r"(?<=\d)[,.' ](?=\d{3})", "", piece))
    if match is None:
        return None
    number = int(match[0])
    if category == "AGE":
        return f"{number // 10 * 10}-{number // 10 * 10 + 9}"
    width = 10 ** max(len(match[0]) - 1, 1)
    return f"{number // width * width}-{(number // width + 1) * width}"
