"""Write the corpus as JSON lines that `manage.py redact --score` reads."""

from __future__ import annotations

import argparse
import json

from . import documents


def main() -> int:
    """Print one document a line; the same seed gives the same documents."""
    parser = argparse.ArgumentParser(prog="python -m tests.redaction.corpus", description=__doc__)
    parser.add_argument("--each", type=int, default=40, help="How many documents of each of the twelve kinds.")
    parser.add_argument("--seed", type=int, default=2026)
    options = parser.parse_args()
    for document in documents(options.each, options.seed):
        print(json.dumps(document, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
