"""`python -m tests.benchmarks.redaction`: how fast all layers are, as a ratio to Presidio as it comes, in one run."""

from __future__ import annotations

import argparse
import logging
import time
from collections.abc import Callable
from typing import Any

from presidio_analyzer import AnalyzerEngine
from presidio_analyzer.nlp_engine import NlpEngineProvider

from redaction import Withheld
from redaction.detectors.pii import LANGUAGE_MODEL
from redaction.engine import analyse_many

from .texts import as_text, texts

_MODEL = {"nlp_engine_name": "spacy", "models": [{"lang_code": "en", "model_name": LANGUAGE_MODEL}]}


def main() -> int:
    """Print documents a second of both for every kind of text, and the ratio between them."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.redaction", description=__doc__)
    parser.add_argument("--documents", type=int, default=60, help="How many of each kind.")
    parser.add_argument("--rounds", type=int, default=3, help="Each with other documents; the middle one counts.")
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    stock = AnalyzerEngine(nlp_engine=NlpEngineProvider(nlp_configuration=_MODEL).create_engine())
    for document in ("Anna Keller called.", "user=a"):
        stock.analyze(document, language="en")
        analyse_many([document])
    rounds = [texts(options.documents, seed) for seed in range(options.rounds)]
    print(f"{'':12} {'Presidio/s':>12} {'all layers/s':>13} {'ratio':>7}")
    for kind in rounds[0]:
        pairs = []
        for made in rounds:
            documents = made[kind]
            theirs = _seconds(lambda given=documents: [stock.analyze(as_text(one), language="en") for one in given])
            ours = _seconds(lambda given=documents: _analyse(given))
            pairs.append((theirs / ours, len(documents) / theirs, len(documents) / ours))
        ratio, slow, fast = sorted(pairs)[len(pairs) // 2]
        print(f"{kind:12} {slow:12.1f} {fast:13.1f} {ratio:7.2f}")
    return 0


def _analyse(documents: list[Any]) -> None:
    for begin in range(0, len(documents), 128):
        for analysis in analyse_many(documents[begin : begin + 128]):
            if isinstance(analysis, Withheld):
                raise analysis


def _seconds(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


if __name__ == "__main__":
    raise SystemExit(main())
