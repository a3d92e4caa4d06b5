"""Cursors reveal nothing, cannot be made up or carried elsewhere; pages walk forwards and backwards alike."""

import base64
from datetime import date
from uuid import uuid4

import pytest
from django.test import override_settings

from hub.api.cursors import open_cursor, seal
from hub.api.refusals import CodedError
from hub.sharing.shapes import Position
from tenants.actors import Actor, ActorKind

PAGE = """
query Page($first: Int, $last: Int, $after: String, $before: String, $order: CaseOrder! = NEWEST) {
  cases(first: $first, last: $last, after: $after, before: $before, order: $order) {
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    edges { cursor node { id } }
  }
}"""
ORDERS = ["NEWEST", "OLDEST", "SEVERITY", "OCCURRED"]


@pytest.fixture
def actor():
    return Actor(kind=ActorKind.USER, tenant_id=uuid4())


@pytest.mark.parametrize("value", [None, 0, 5, date(2026, 3, 4), date.min])
def test_a_position_comes_back_as_it_was(actor, value):
    position = Position(value, uuid4())
    assert open_cursor(actor, "cases:x", seal(actor, "cases:x", position)) == position


def test_a_cursor_shows_neither_the_case_nor_its_value(actor):
    position = Position(date(2026, 3, 4), uuid4())
    cursor = seal(actor, "cases:occurred", position)
    opened = base64.urlsafe_b64decode(cursor + "==")
    assert position.case_id.bytes not in opened
    assert position.case_id.hex.encode() not in opened
    assert b"2026" not in opened


def refused(actor, listing, cursor):
    with pytest.raises(CodedError) as caught:
        open_cursor(actor, listing, cursor)
    return caught.value.extensions["code"], caught.value.message


def test_every_cursor_that_is_not_ours_is_refused_in_the_same_words(actor):
    cursor = seal(actor, "cases:newest", Position(None, uuid4()))
    stranger = Actor(kind=ActorKind.USER, tenant_id=uuid4())
    with override_settings(SECRET_KEY="another key"):
        foreign = seal(actor, "cases:newest", Position(None, uuid4()))
    answers = {refused(actor, "cases:newest", text) for text in ("", "x", "\0", "ü", "a" * 201, "YXJyYXk6NQ", foreign)}
    answers |= {refused(actor, "cases:oldest", cursor), refused(stranger, "cases:newest", cursor)}
    raw = base64.urlsafe_b64decode(cursor + "==")
    for place in range(len(raw)):
        changed = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
        answers.add(refused(actor, "cases:newest", base64.urlsafe_b64encode(changed).rstrip(b"=").decode()))
    assert answers == {("BAD_CURSOR", "This cursor cannot be used here. Start again without it.")}


def test_a_cursor_outlives_a_change_of_the_key(actor):
    position = Position(None, uuid4())
    with override_settings(SECRET_KEY="the former key"):
        cursor = seal(actor, "grants", position)
    with override_settings(SECRET_KEY="the present key", SECRET_KEY_FALLBACKS=["the former key"]):
        assert open_cursor(actor, "grants", cursor) == position


def walk(ask, who, *, backwards, size, order):
    found, cursor = [], None
    for _ in range(100):
        asked = {"last": size, "before": cursor} if backwards else {"first": size, "after": cursor}
        page = ask(who, PAGE, order=order, **asked).data["cases"]
        ids = [edge["node"]["id"] for edge in page["edges"]]
        found = ids + found if backwards else found + ids
        info = page["pageInfo"]
        if ids:
            assert (info["startCursor"], info["endCursor"]) == (page["edges"][0]["cursor"], page["edges"][-1]["cursor"])
        if not info["hasPreviousPage" if backwards else "hasNextPage"]:
            return found
        cursor = info["startCursor" if backwards else "endCursor"]
    raise AssertionError("The list has no end.")


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("size", [1, 4, 100])
def test_pages_walk_forwards_and_backwards_alike(ask, order, size):
    forwards = walk(ask, "carol", backwards=False, size=size, order=order)
    assert len(forwards) == len(set(forwards)) == 15
    assert walk(ask, "carol", backwards=True, size=size, order=order) == forwards


def sliced(ids, first, last, after, before):
    """What the specification of Relay's connections says, over a plain list."""
    low = 0 if after is None else after + 1
    high = len(ids) if before is None else before
    found = ids[low : max(low, high)]
    if first is not None:
        found = found[:first]
    if last is not None:
        found = found[max(len(found) - last, 0) :]
    return found


@pytest.mark.parametrize(("first", "last"), [(0, None), (2, None), (5, None), (None, 0), (None, 3), (None, 5), (4, 2)])
def test_every_stretch_is_what_relay_says(ask, first, last):
    edges = ask("carol", PAGE, first=100).data["cases"]["edges"]
    ids, cursors = [edge["node"]["id"] for edge in edges], [edge["cursor"] for edge in edges]
    for after in (None, 0, 7, 13, 14):
        for before in (None, 0, 1, 8, 14):
            asked = {"first": first, "last": last}
            if after is not None:
                asked["after"] = cursors[after]
            if before is not None:
                asked["before"] = cursors[before]
            page = ask("carol", PAGE, **asked).data["cases"]
            assert [edge["node"]["id"] for edge in page["edges"]] == sliced(ids, first, last, after, before)


def test_another_orders_cursor_is_refused(ask):
    cursor = ask("carol", PAGE, first=1).data["cases"]["pageInfo"]["endCursor"]
    assert ask("carol", PAGE, first=1, after=cursor, order="SEVERITY").codes == ["BAD_CURSOR"]
    assert ask("alice", PAGE, first=1, after=cursor).codes == ["BAD_CURSOR"]
