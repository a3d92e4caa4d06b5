"""`python -m tests.benchmarks.retention`: purging against plain SQL deleting the same rows in the same batches."""

from __future__ import annotations

import argparse
import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings.testing")


def main() -> int:
    """Bring real servers up, fill a database, and purge it twice: by the hub, and its twin by plain SQL."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.retention", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="Evidence rows to purge.")
    parser.add_argument("--per-case", type=int, default=100, help="How many of them a case has.")
    parser.add_argument("--reads", type=float, default=10, help="Reads a second of the reader beside it; 0: none.")
    options = parser.parse_args()
    django.setup()
    with _servers() as servers:
        from .purging import measure

        measure(servers, rows=options.rows, per_case=options.per_case, reads=options.reads)
    return 0


@contextlib.contextmanager
def _servers() -> Iterator[object]:
    """Servers that write to the disk before they say so, as those of a hub do."""
    from hub.embedded import services as embedded
    from tests.platform import databases
    from tests.platform.servers import TestServers

    with tempfile.TemporaryDirectory(prefix="caseward-bench-", ignore_cleanup_errors=True) as folder:
        try:
            with embedded.services(Path(folder), is_durable=True, is_quiet=True) as running:
                servers = TestServers(running.superuser_url, running.urls)
                databases.make_template(servers, "caseward_bench")
                yield servers
        finally:
            embedded.discard(Path(folder))


if __name__ == "__main__":
    raise SystemExit(main())
