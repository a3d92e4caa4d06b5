"""Runs detection in a child that may be killed: time and memory budgets hold whatever the text does to a detector."""

from __future__ import annotations

import json
import os
import select
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from .findings import Analysis, Budget, Document, Finding, Withheld

_HEADER = struct.Struct(">Q")
_LONGEST_MESSAGE = 1 << 30
_START_SECONDS = 120.0  # loading the models on a busy machine
_POLL_SECONDS = 0.05


class DetectionProcess:
    """A reusable child. Not multiprocessing: workers of a task queue are daemons and may have no such children."""

    def __init__(self, budget: Budget | None = None) -> None:
        self.budget = budget or Budget()
        self._child: subprocess.Popen[bytes] | None = None
        self._served = 0
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def analyse(self, document: Document) -> Analysis:
        """The analysis of one document; raises Withheld."""
        result = self.analyse_many([document])[0]
        if isinstance(result, Withheld):
            raise result
        return result

    def analyse_many(self, documents: Sequence[Document]) -> list[Analysis | Withheld]:
        """One result for each document. When a batch breaks its budget, its documents are tried one by one."""
        if not documents:
            return []
        with self._lock:
            try:
                return self._ask(documents)
            except Withheld as refusal:
                if len(documents) == 1 or (
                    refusal.reason_code == "process_failed" and self._child is None and self._served == 0
                ):
                    return [refusal for _ in documents]
            results: list[Analysis | Withheld] = []
            for document in documents:
                try:
                    results.extend(self._ask([document]))
                except Withheld as refusal:
                    results.append(refusal)
            return results

    def close(self) -> None:
        """End the child; the next document starts another."""
        child, self._child, self._served = self._child, None, 0
        if child is None:
            return
        with suppress(OSError):
            child.kill()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        with suppress(subprocess.TimeoutExpired):
            child.wait(timeout=10)

    def _ask(self, documents: Sequence[Document]) -> list[Analysis | Withheld]:
        try:
            message = json.dumps(list(documents), ensure_ascii=True, allow_nan=False).encode()
        except RecursionError:
            raise Withheld("too_deep") from None
        except (TypeError, ValueError):
            raise Withheld("undecodable") from None
        if len(message) > len(documents) * (self.budget.characters * 6 + 64 * self.budget.values):
            raise Withheld("oversized")
        try:
            child = self._running()
            deadline = time.monotonic() + self.budget.seconds * max(1.0, len(documents) ** 0.5)
            self._send(child, message, deadline)
            answer = self._receive(child, deadline)
            results = _results(answer, len(documents))
        except Withheld:
            self.close()
            raise
        except Exception:
            # A broken pipe, a truncated or foreign answer: whatever it was, nothing is known about the documents.
            self.close()
            raise Withheld("process_failed") from None
        self._served += len(documents)
        if self._served >= self.budget.documents_per_process:
            self.close()
        return results

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is not None and self._child.poll() is None:
            return self._child
        self.close()
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "ORT_DISABLE_TELEMETRY": "1", "PYTHONUTF8": "1"}
        root = str(Path(__file__).resolve().parent.parent)
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, (root, environment.get("PYTHONPATH"))))
        self._child = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "redaction.detection_process",
                json.dumps([self.budget.characters, self.budget.values, self.budget.depth]),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            cwd="/",
        )
        greeting = self._receive(self._child, time.monotonic() + _START_SECONDS)
        if greeting != b'"ready"':
            raise Withheld("process_failed")
        return self._child

    def _send(self, child: subprocess.Popen[bytes], message: bytes, deadline: float) -> None:
        assert child.stdin is not None
        descriptor = child.stdin.fileno()
        os.set_blocking(descriptor, False)
        rest = memoryview(_HEADER.pack(len(message)) + message)
        while rest:
            self._wait(child, deadline, writing=descriptor)
            rest = rest[os.write(descriptor, rest[: 1 << 16]) :]

    def _receive(self, child: subprocess.Popen[bytes], deadline: float) -> bytes:
        assert child.stdout is not None
        header = self._exactly(child, _HEADER.size, deadline)
        (length,) = _HEADER.unpack(header)
        if length > _LONGEST_MESSAGE:
            raise Withheld("process_failed")
        return self._exactly(child, length, deadline)

    def _exactly(self, child: subprocess.Popen[bytes], length: int, deadline: float) -> bytes:
        assert child.stdout is not None
        descriptor = child.stdout.fileno()
        parts = bytearray()
        while len(parts) < length:
            self._wait(child, deadline, reading=descriptor)
            part = os.read(descriptor, min(length - len(parts), 1 << 20))
            if not part:
                raise Withheld("process_failed")
            parts += part
        return bytes(parts)

    def _wait(
        self, child: subprocess.Popen[bytes], deadline: float, *, reading: int | None = None, writing: int | None = None
    ) -> None:
        """Until the pipe is ready; raises when the child is over its time or memory."""
        readers = [] if reading is None else [reading]
        writers = [] if writing is None else [writing]
        while True:
            ready = select.select(readers, writers, [], _POLL_SECONDS)
            if ready[0] or ready[1]:
                return
            if time.monotonic() > deadline:
                raise Withheld("timeout")
            if _resident_mb(child.pid) > self.budget.memory_mb:
                raise Withheld("memory")


def _resident_mb(pid: int) -> float:
    """Resident memory of a process; 0 where the system does not tell (the child's own limit holds there)."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1_048_576


def _results(answer: bytes, expected: int) -> list[Analysis | Withheld]:
    content = json.loads(answer)
    if not isinstance(content, list) or len(content) != expected:
        raise Withheld("process_failed")
    results: list[Analysis | Withheld] = []
    for one in content:
        if "withheld" in one:
            results.append(Withheld(one["withheld"]))
        else:
            findings = tuple(Finding(*finding) for finding in one["findings"])
            results.append(Analysis(findings, tuple(one["layers"]), one["fingerprint"]))
    return results


def _serve(source: BinaryIO, sink: BinaryIO, budget: Budget) -> None:
    """The child's life: read documents, answer, until the parent closes the pipe."""
    from .engine import analyse, analyse_many

    analyse({"warm": "Anna Schmidt lives in Berlin."}, budget=budget)
    _write(sink, "ready")
    while len(header := source.read(_HEADER.size)) == _HEADER.size:
        (length,) = _HEADER.unpack(header)
        documents = json.loads(source.read(length))
        answer: list[dict[str, Any]] = []
        for result in analyse_many(documents, budget=budget):
            if isinstance(result, Withheld):
                answer.append({"withheld": result.reason_code})
            else:
                findings = [[f.path, f.start, f.end, f.category, f.score, f.detector] for f in result.findings]
                answer.append({"findings": findings, "layers": result.layers, "fingerprint": result.fingerprint})
        _write(sink, answer)


def _write(sink: BinaryIO, content: Any) -> None:
    message = json.dumps(content).encode()
    sink.write(_HEADER.pack(len(message)) + message)
    sink.flush()


def main() -> None:
    characters, values, depth = json.loads(sys.argv[1])
    # Whatever a library prints must not end up between the answers.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    _serve(sys.stdin.buffer, answers, Budget(characters=characters, values=values, depth=depth))


if __name__ == "__main__":
    main()
