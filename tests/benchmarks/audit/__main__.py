"""`python -m tests.benchmarks.audit`: what recording costs, and whether sealing keeps up. Ratios come from one run."""

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
    """Bring real servers up, and measure one thing after the other."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.audit", description=__doc__)
    parser.add_argument("--writers", type=int, default=32)
    parser.add_argument("--processes", type=int, default=4, help="The writers are shared out among so many processes.")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--rounds", type=int, default=60, help="How many pages of 50 are read with and without record.")
    parser.add_argument("--without-page", action="store_true", help="Leave out the page of 50 (it builds 50 cases).")
    options = parser.parse_args()
    django.setup()
    with _servers():
        from . import appending, paging

        appending.measure(options.writers, options.processes, options.seconds)
        if not options.without_page:
            paging.measure(options.rounds)
    return 0


@contextlib.contextmanager
def _servers() -> Iterator[None]:
    """Servers that write to the disk before they say so, as those of a hub do."""
    from hub.embedded import services as embedded
    from hub.embedded.postgres import LOGINS
    from tests.platform import databases
    from tests.platform.servers import TestServers

    with tempfile.TemporaryDirectory(prefix="caseward-bench-", ignore_cleanup_errors=True) as folder:
        try:
            with embedded.services(Path(folder), is_durable=True, is_quiet=True) as running:
                assert set(LOGINS) <= set(running.urls)
                databases.make_template(TestServers(running.superuser_url, running.urls), "caseward_bench")
                databases.use_servers(TestServers(running.superuser_url, running.urls).for_database("caseward_bench"))
                yield
        finally:
            embedded.discard(Path(folder))


if __name__ == "__main__":
    raise SystemExit(main())
