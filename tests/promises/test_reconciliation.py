"""Promise 3: random operations through every door, and their record compared with what really came back: all of it."""

import random
import secrets

import pytest

from tests.promises.reconciling import Reconciler


@pytest.mark.parametrize("times", [100, pytest.param(10_000, marks=pytest.mark.campaign)])
@pytest.mark.timeout(7200)
def test_the_record_is_what_was_returned_and_nothing_else(ask, times, tmp_path):
    seed = secrets.randbits(32)
    print(f"seed {seed}")
    books = Reconciler(ask, random.Random(seed), tmp_path)
    act_often(books, times)
    print(dict(books.done), books.expected, "events")
    assert sum(books.done.values()) == times
    assert books.expected > times // 2
    # Nothing else has written an event meanwhile, and nobody in particular was counted, no more and no less.
    assert books.count() - books.start == books.expected
    assert books.refusals() - books.counted_before == books.counted


@pytest.mark.parametrize(
    ("_case", "place", "instead"),
    [
        ("no disclosures", "hub.audit.recording._disclosures", lambda *_: []),
        ("an event is lost", "hub.workflows.disclosure.record", lambda *_, **__: None),
        ("nothing in the detail", "hub.audit.recording._checked", lambda _: {}),
    ],
)
def test_a_record_that_holds_less_is_found(ask, tmp_path, monkeypatch, _case, place, instead):
    books = Reconciler(ask, random.Random(3), tmp_path)
    monkeypatch.setattr(place, instead)
    with pytest.raises(AssertionError, match="operation"):
        act_often(books, 60)


def act_often(books, times):
    for _ in range(times):
        books.act()
