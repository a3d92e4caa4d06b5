"""The command: JSON lines in, redacted JSON lines out, in order; or a labelled file's figures. Needs no database."""

from __future__ import annotations

import argparse
import json
import secrets
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

from .findings import Budget, Finding, Withheld
from .policy import PACKS, Policy, PolicyError, load_pack, parse_policy

DONE, FOUND, WRONG_USAGE = 0, 1, 2
BATCH = 32


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; the exit code is 0 done, 1 something was withheld, 2 wrong usage."""
    parser = argparse.ArgumentParser(
        prog="redact",
        description='Reads JSON lines {"id", "text"} or {"id", "document"} on standard input and writes each '
        "redacted, with its findings.",
    )
    parser.add_argument("--policy", default="partner", help=f"a pack ({', '.join(PACKS)}) or the path of a YAML file")
    parser.add_argument(
        "--score", type=Path, metavar="FILE", help="print leak and over-redaction on a labelled JSONL file instead"
    )
    parser.add_argument(
        "--key-file", type=Path, help="the audience's key for pseudonyms; without it every run has its own"
    )
    parser.add_argument("--no-second-look", action="store_true", help="do not search the output again (for measuring)")
    options = parser.parse_args(argv)
    try:
        policy = _policy(options.policy)
        key = options.key_file.read_bytes().strip() if options.key_file else secrets.token_bytes(32)
        if not key:
            raise PolicyError(f"the key file {options.key_file} is empty; put at least 32 random bytes into it")
    except (PolicyError, OSError) as error:
        print(f"redact: {error}", file=sys.stderr)
        return WRONG_USAGE
    if options.score:
        return _score(options.score, policy)
    return _stream(sys.stdin, sys.stdout, policy, key, look_twice=not options.no_second_look)


def _policy(name: str) -> Policy:
    if name in PACKS:
        return load_pack(name)
    path = Path(name)
    if not path.is_file():
        raise PolicyError(f"unknown policy {name!r}; give one of {', '.join(PACKS)} or the path of a YAML file")
    return parse_policy(path.read_text(encoding="utf-8"))


def _stream(source: TextIO, sink: TextIO, policy: Policy, key: bytes, *, look_twice: bool) -> int:
    from .engine import analyse_many
    from .leakage import second_look
    from .operators import redact

    outcome = DONE
    for batch in _batches(source):
        analyses = analyse_many([row["document"] for row in batch])
        for row, analysis in zip(batch, analyses, strict=True):
            answer: dict[str, Any] = {"id": row["id"]}
            try:
                if row["problem"]:
                    raise Withheld(row["problem"])
                if isinstance(analysis, Withheld):
                    raise analysis
                redacted = redact(row["document"], analysis.findings, policy, key=key, subject=str(row["id"]))
                if (
                    look_twice
                    and not second_look(
                        row["document"], redacted, analysis.findings, policy=policy, deep=False
                    ).is_clean
                ):
                    raise Withheld("incomplete")
                answer["document"] = redacted.document
                answer["findings"] = [_plain(finding) for finding in redacted.hidden]
            except Withheld as refusal:
                outcome = FOUND
                answer |= {"document": None, "findings": [], "withheld": refusal.reason_code}
            sink.write(json.dumps(answer, ensure_ascii=False) + "\n")
        sink.flush()
    return outcome


def _plain(finding: Finding) -> dict[str, Any]:
    return {
        "path": finding.path,
        "start": finding.start,
        "end": finding.end,
        "category": finding.category,
        "score": finding.score,
        "detector": finding.detector,
    }


def _batches(source: TextIO) -> Iterator[list[dict[str, Any]]]:
    """Rows in batches; a line that is no such object keeps its place and is withheld."""
    batch: list[dict[str, Any]] = []
    for number, line in enumerate(source, 1):
        if not line.strip():
            continue
        batch.append(_row(number, line))
        if len(batch) >= BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _row(number: int, line: str) -> dict[str, Any]:
    if len(line) > 8 * Budget().characters:
        return {"id": number, "document": None, "problem": "oversized"}
    try:
        row = json.loads(line)
    except RecursionError:
        return {"id": number, "document": None, "problem": "too_deep"}
    except ValueError:
        return {"id": number, "document": None, "problem": "undecodable"}
    if not isinstance(row, dict) or not ("document" in row or "text" in row):
        return {"id": number, "document": None, "problem": "undecodable"}
    document = row["document"] if "document" in row else row["text"]
    return {"id": row.get("id", number), "document": document, "problem": ""}


def _score(path: Path, policy: Policy) -> int:
    from .engine import analyse_many
    from .scoring import read_labelled, report, score

    try:
        rows = list(read_labelled(path))
    except (OSError, ValueError) as error:
        print(f"redact: {path.name}: {error}", file=sys.stderr)
        return WRONG_USAGE
    analyse_many(["Anna Schmidt lives in Berlin."])
    started = time.perf_counter()
    removed: list[list[tuple[int, int]]] = []
    for begin in range(0, len(rows), 128):
        batch = rows[begin : begin + 128]
        for row, analysis in zip(batch, analyse_many([row["text"] for row in batch]), strict=True):
            if isinstance(analysis, Withheld):
                removed.append([(0, len(row["text"]))])
                continue
            removed.append([(f.start, f.end) for f in analysis.findings if policy.operator_for(f.category) != "keep"])
    seconds = time.perf_counter() - started
    print(
        f"{path.parent.name or path.name}/{path.name}, policy {policy.name} {policy.version}, "
        f"{len(rows) / seconds:.1f} texts/s"
    )
    for line in report(score(rows, removed)):
        print(line)
    return DONE


if __name__ == "__main__":
    sys.exit(main())
