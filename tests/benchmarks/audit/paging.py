"""What recording adds to reading a page of fifty shared cases."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, is_dataclass
from typing import Any

import orjson

from hub.sharing.shapes import CaseFilter, CaseOrder, PageRequest, read_page
from hub.workflows.disclosure import disclose_cases
from tenants.actors import Actor
from tenants.scoping import acting_as
from tests.world import PURPOSE, build_world

PAGE = 50
REQUEST = PageRequest(first=PAGE)


def measure(rounds: int) -> None:
    """Read the same page with and without its record, in turns, and compare the middle times."""
    world = build_world()
    for number in range(PAGE):
        world.submit("alice", "acme/atlas", world.canaries.case(f"bench-{number}"))
    world.build()
    carol = world.cast.actor("carol", purpose=PURPOSE)
    plain, recorded = [], []
    for _ in range(rounds):
        plain.append(_timed(lambda: _read(carol)))
        recorded.append(_timed(lambda: _disclose(carol)))
    without, with_record = statistics.median(plain), statistics.median(recorded)
    print(
        f"page of {PAGE}     {without * 1000:8.1f} ms without record, {with_record * 1000:.1f} ms with it:"
        f" {with_record / without - 1:+.1%}"
    )


def _read(carol: Actor) -> None:
    with acting_as(carol, durable=True):
        page = read_page(carol, CaseFilter(), CaseOrder.NEWEST, REQUEST)
        _to_bytes(page.rows)
    assert len(page.rows) == PAGE, len(page.rows)


def _disclose(carol: Actor) -> None:
    with acting_as(carol, durable=True):
        found: Any = disclose_cases(
            carol, condition=CaseFilter(), order=CaseOrder.NEWEST, page=REQUEST, fields=["title", "summary"]
        )
        _to_bytes(found.page.rows)
    assert len(found.page.rows) == PAGE


def _to_bytes(rows: tuple[Any, ...]) -> bytes:
    return orjson.dumps([asdict(row) if is_dataclass(row) else row for row in rows], default=str)  # type: ignore[arg-type]


def _timed(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
