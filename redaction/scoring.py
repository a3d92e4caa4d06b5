"""Measures detection against labelled texts: how much of what is sensitive stays, and how much of the rest goes."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from .detectors.word_lists import word_list

# Closed-class words inside a labelled span identify nobody.
_IGNORED = word_list("closed_class_words.txt")
_WORD = re.compile(r"\w+")
DIRECT = "DIRECT"


@dataclass
class Tally:
    """Sums over texts; a labelled span leaks when any letter or digit of it stays."""

    texts: int = 0
    spans: int = 0
    leaked: int = 0
    other: int = 0
    other_removed: int = 0

    def add(self, tally: Tally) -> None:
        self.texts += tally.texts
        self.spans += tally.spans
        self.leaked += tally.leaked
        self.other += tally.other
        self.other_removed += tally.other_removed

    @property
    def leak(self) -> float:
        return self.leaked / self.spans if self.spans else 0.0

    @property
    def over(self) -> float:
        return self.other_removed / self.other if self.other else 0.0


@dataclass
class Score:
    """The figures of one labelled set."""

    everything: Tally = field(default_factory=Tally)
    direct: Tally = field(default_factory=Tally)
    by_label: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    by_kind: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    rows: list[Tally] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)  # of the rows, in their order
    label_rows: dict[str, list[Tally]] = field(default_factory=lambda: defaultdict(list))

    def interval(self, name: str) -> tuple[float, float]:
        """The 95 % interval of a figure of the direct identifiers, by resampling the texts."""
        return interval_of(self.rows, name)

    def interval_of_kind(self, kind: str, name: str) -> tuple[float, float]:
        return interval_of([row for row, own in zip(self.rows, self.kinds, strict=True) if own == kind], name)

    def interval_of_label(self, label: str) -> tuple[float, float]:
        """The 95 % interval of the share of a label's spans that leak."""
        return interval_of(self.label_rows[label], "leak")


def interval_of(rows: Sequence[Tally], name: str, draws: int = 400) -> tuple[float, float]:
    """The 95 % interval of `leak` or `over`, by drawing as many texts again and again (bootstrap over texts)."""
    part, whole = {"leak": ("leaked", "spans"), "over": ("other_removed", "other")}[name]
    values = np.array([(getattr(row, part), getattr(row, whole)) for row in rows], dtype=float).reshape(-1, 2)
    if not len(values):
        return 0.0, 0.0
    drawn = np.random.default_rng(1).integers(0, len(values), (draws, len(values)))
    sums = values[drawn].sum(axis=1)
    shares = np.divide(sums[:, 0], sums[:, 1], out=np.zeros(draws), where=sums[:, 1] > 0)
    low, high = np.percentile(shares, (2.5, 97.5))
    return float(low), float(high)


def read_labelled(path: Path) -> Iterator[dict[str, Any]]:
    """Texts with spans from JSON lines: {"text", "spans": [{"start", "end", "label", "identifier_type"?}], "kind"?}."""
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
                row["text"], row["spans"]
            except (ValueError, KeyError, TypeError):
                raise ValueError(f"line {number}: expected an object with 'text' and 'spans'") from None
            yield row


def score(rows: Sequence[dict[str, Any]], removed: Sequence[Sequence[tuple[int, int]]]) -> Score:
    """The figures of labelled rows, given the stretches that were removed from each."""
    result = Score()
    for row, stretches in zip(rows, removed, strict=True):
        text = row["text"]
        covered = bytearray(len(text))
        for start, end in stretches:
            covered[start:end] = b"\1" * (min(end, len(text)) - start)
        labelled = bytearray(len(text))
        for span in row["spans"]:
            labelled[span["start"] : span["end"]] = b"\1" * (span["end"] - span["start"])
        outside = [i for i in range(len(text)) if not labelled[i] and not text[i].isspace()]
        everything = Tally(texts=1, other=len(outside), other_removed=sum(covered[i] for i in outside))
        direct = Tally(texts=1, other=everything.other, other_removed=everything.other_removed)
        labels: dict[str, Tally] = defaultdict(Tally)
        for span in row["spans"]:
            leaks = not all(covered[i] for i in _telling(text, span["start"], span["end"]))
            kind = span.get("identifier_type", DIRECT)
            for tally in (everything, direct) if kind == DIRECT else (everything,):
                tally.spans += 1
                tally.leaked += leaks
            labels[span["label"]].add(Tally(spans=1, leaked=int(leaks)))
        for label, tally in labels.items():
            result.by_label[label].add(tally)
            result.label_rows[label].append(tally)
        result.everything.add(everything)
        result.direct.add(direct)
        result.by_kind[row.get("kind", "all")].add(direct)
        result.rows.append(direct)
        result.kinds.append(row.get("kind", "all"))
    return result


def _telling(text: str, start: int, end: int) -> list[int]:
    skipped: set[int] = set()
    for match in _WORD.finditer(text, start, end):
        if match[0].lower() in _IGNORED:
            skipped.update(range(*match.span()))
    signs = [i for i in range(start, end) if text[i].isalnum()]
    return [i for i in signs if i not in skipped] or signs or [i for i in range(start, end) if not text[i].isspace()]


def report(result: Score) -> Iterator[str]:
    """The figures as lines for people."""
    low, high = result.interval("leak")
    over_low, over_high = result.interval("over")
    yield (
        f"direct identifiers: {result.direct.spans} spans in {result.direct.texts} texts, leak "
        f"{100 * result.direct.leak:.2f} % "
        f"[{100 * low:.2f}, {100 * high:.2f}], over-redaction {100 * result.direct.over:.2f} % "
        f"[{100 * over_low:.2f}, {100 * over_high:.2f}]"
    )
    yield f"all labels: {result.everything.spans} spans, leak {100 * result.everything.leak:.2f} %"
    if len(result.by_kind) > 1:
        for kind, tally in sorted(result.by_kind.items()):
            (low, high), (over_low, over_high) = (result.interval_of_kind(kind, name) for name in ("leak", "over"))
            yield (
                f"  {kind:24} spans {tally.spans:5}  leak {100 * tally.leak:6.2f} % "
                f"[{100 * low:5.2f}, {100 * high:5.2f}]"
                f"  over {100 * tally.over:6.2f} % [{100 * over_low:5.2f}, {100 * over_high:5.2f}]"
            )
        mean_leak, mean_over = (
            sum(getattr(tally, name) for tally in result.by_kind.values()) / len(result.by_kind)
            for name in ("leak", "over")
        )
        yield f"  {'mean of the kinds':37} leak {100 * mean_leak:6.2f} % {'':15} over {100 * mean_over:6.2f} %"
    for label, tally in sorted(result.by_label.items(), key=lambda item: -item[1].spans):
        low, high = result.interval_of_label(label)
        yield (
            f"    {label:24} spans {tally.spans:5}  recall {100 * (1 - tally.leak):6.2f} % "
            f"[{100 * (1 - high):6.2f}, {100 * (1 - low):6.2f}]"
        )
