"""Somebody who reads a page of shared cases, again and again, while others delete."""

from __future__ import annotations

import multiprocessing
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import django

SHARED = 10


@contextmanager
def reader(servers: Any, database: str, carol: Any, reads: float) -> Iterator[Any]:
    """A process that reads a page again and again; the call in the block gives the middle time since the last call."""
    context = multiprocessing.get_context("spawn")
    times, stop = context.Queue(), context.Event()
    process = context.Process(
        target=_read, args=(servers.for_database(database), carol, reads, times, stop), daemon=True
    )  # fmt: skip
    if reads:
        process.start()
        times.get(timeout=300)

    def middle() -> float:
        taken = []
        while not times.empty():
            taken.append(times.get())
        return statistics.median(taken) if taken else 0.0

    try:
        yield middle
    finally:
        stop.set()
        if reads:
            middle()
            process.join(30)


def _read(urls: dict[str, str], carol: Any, reads: float, times: Any, stop: Any) -> None:
    django.setup()
    from hub.sharing.shapes import CaseFilter, CaseOrder, PageRequest
    from hub.workflows.disclosure import disclose_cases
    from tenants.scoping import acting_as
    from tests.platform import databases

    databases.use_servers(urls)
    while not stop.is_set():
        started = time.perf_counter()
        with acting_as(carol, durable=True):
            found: Any = disclose_cases(
                carol, condition=CaseFilter(), order=CaseOrder.NEWEST, page=PageRequest(first=SHARED), fields=["title"]
            )
        assert len(found.page.rows) == SHARED
        taken = time.perf_counter() - started
        times.put(taken)
        time.sleep(max(0.0, 1 / reads - taken))
