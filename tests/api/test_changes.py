"""Keeping a copy: a machine that pulls changes ends up with what it may see, whatever was done, and drops the rest."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from hub.sharing.models import GrantState, SharingGrant
from hub.sharing.services import granting
from tenants.actors import system_actor
from tenants.scoping import acting_as

CHANGES = """query Changes($since: String!, $first: Int) { cases(changedSince: $since, first: $first) {
  pageInfo { hasNextPage endCursor } tombstones { id }
  edges { cursor } nodes { id title digest sensitivity { dataClass tlp } }
} }"""
SEEN = """query Seen($after: String) { cases(first: 100, after: $after) {
  pageInfo { hasNextPage endCursor } nodes { id title digest sensitivity { dataClass tlp } }
} }"""


class Copy:
    """A machine's copy of what it may see."""

    def __init__(self, ask, who):
        self.ask, self.who = ask, who
        self.cursor, self.cases = "beginning", {}
        self.pages = self.told = 0

    def pull(self, first=5, lose=None):
        """Pull until there is nothing more; an answer that is lost on the way is asked for again."""
        for _ in range(100):
            page = self.ask(self.who, CHANGES, since=self.cursor, first=first).data["cases"]
            self.pages += 1
            if lose is not None and lose():
                continue
            self.told += len(page["tombstones"]) + len(page["nodes"])
            for tombstone in page["tombstones"]:
                self.cases.pop(tombstone["id"], None)
            self.cases |= {node["id"]: node for node in page["nodes"]}
            self.cursor = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                return self.cases
        raise AssertionError("The changes have no end.")


def seen(ask, who):
    found, after = {}, None
    while True:
        page = ask(who, SEEN, after=after).data["cases"]
        found |= {node["id"]: node for node in page["nodes"]}
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            return found


def test_a_copy_begins_with_everything_and_goes_on_with_nothing(ask):
    copy = Copy(ask, "carol")
    assert copy.pull() == seen(ask, "carol")
    told, cursor = copy.told, copy.cursor
    assert told == len(copy.cases) > 12
    copy.pull()
    assert (copy.told, copy.cursor) == (told, cursor)


def test_the_same_cursor_gives_the_same_page_again(ask):
    first = ask("carol", CHANGES, since="beginning", first=4).data["cases"]
    after = first["pageInfo"]["endCursor"]
    pages = [ask("carol", CHANGES, since=after, first=4).data["cases"]["nodes"] for _ in range(3)]
    assert pages[0] == pages[1] == pages[2]
    assert not {node["id"] for node in pages[0]} & {node["id"] for node in first["nodes"]}


@pytest.mark.parametrize(
    "variables",
    [{"filter": {"kinds": ["BUG"]}}, {"order": "OLDEST"}, {"last": 3}, {"after": "x"}, {"before": "x"}],
)  # fmt: skip
def test_changes_go_with_first_alone(ask, variables):
    query = """query Q($filter: CaseFilter, $order: CaseOrder! = NEWEST, $last: Int, $after: String, $before: String) {
      cases(changedSince: "beginning", filter: $filter, order: $order, last: $last, after: $after, before: $before) {
        nodes { id } } }"""
    assert ask("carol", query, **variables).codes == ["BAD_USER_INPUT"]


def test_a_cursor_is_good_for_its_own_token_alone(ask, world):
    cursor = ask("carol", CHANGES, since="beginning", first=1).data["cases"]["pageInfo"]["endCursor"]
    for who in ("alice", "dave"):
        assert ask(who, CHANGES, since=cursor).codes == ["BAD_CURSOR"]
    # The same person with another purpose sees other cases.
    assert ask("carol", CHANGES, purpose="AcademicResearch", since=cursor).codes == ["BAD_CURSOR"]
    for text in ("", "x", "ü", cursor[:-2] + "AA"):
        assert ask("carol", CHANGES, since=text).codes == ["BAD_CURSOR"]
    assert ask("erin", CHANGES, since="beginning").codes == ["NOT_AVAILABLE"]


def owner(statement, *parameters):
    with connections["owner"].cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else []


class Life:
    """What happens to the cases that atlas shares with lumen: by the services of the hub where there is one."""

    def __init__(self, world, draw):
        self.world, self.draw = world, draw
        self.acme = world.cast.tenant("acme").pk
        self.kinds = (self.issue, self.revoke, self.expire, self.start, self.recall, self.level, self.edit,
                      self.restrict, self.ceiling)  # fmt: skip

    def step(self):
        kind = self.draw.choice(self.kinds)
        kind()
        return kind.__name__

    def cases(self):
        """Those of atlas."""
        of_atlas = ("atlas", "small")
        return sorted(str(pk) for name, pk in self.world.cases.items() if name.startswith(of_atlas))

    def grants(self, **conditions):
        with acting_as(system_actor(self.acme, "test")):
            return list(SharingGrant.objects.filter(tenant_id=self.acme, **conditions).order_by("pk"))

    def issue(self):
        cases = self.draw.sample(self.cases(), 4)
        self.world.share(
            "borealis/lumen", profile=self.draw.choice(["partner", "public"]), selection={"cases": cases},
        )  # fmt: skip
        self.world.build()

    def revoke(self):
        running = self.grants(state=GrantState.ACTIVE)
        if len(running) > 1:
            with acting_as(self.world.cast["olga"]):
                granting.revoke(self.draw.choice(running).pk, by="user:olga", reason="test")

    def expire(self):
        running = self.grants(state=GrantState.ACTIVE)
        if running:
            owner(
                "UPDATE sharing_sharinggrant SET starts_at = now() - interval '1 day',"
                " expires_at = now() - interval '1 second' WHERE id = %s",
                self.draw.choice(running).pk,
            )

    def start(self):
        """A grant's term is as if it began now, or had not begun yet."""
        running = self.grants(state=GrantState.ACTIVE)
        if running:
            sooner = self.draw.choice([-1, 1])
            now = timezone.now()
            owner(
                "UPDATE sharing_sharinggrant SET starts_at = %s, expires_at = %s WHERE id = %s",
                now + timedelta(hours=sooner), now + timedelta(days=9), self.draw.choice(running).pk,
            )  # fmt: skip

    def recall(self):
        owner(
            "UPDATE sharing_projection SET recalled_at = CASE WHEN recalled_at IS NULL THEN now() END"
            " WHERE case_id = %s",
            self.draw.choice(self.cases()),
        )

    def level(self):
        name, rank = self.draw.choice([("public", 0), ("internal", 1), ("confidential", 2), ("restricted", 3)])
        owner(
            "UPDATE sharing_projection SET data_class = %s, class_rank = %s WHERE case_id = %s",
            name, rank, self.draw.choice(self.cases()),
        )  # fmt: skip

    def edit(self):
        """What is shared of a case is another text now."""
        owner(
            "UPDATE sharing_projection SET digest = md5(random()::text) || md5(random()::text),"
            " document = jsonb_set(document, '{title}', to_jsonb('Edited ' || left(md5(random()::text), 6)))"
            " WHERE case_id = %s AND document IS NOT NULL",
            self.draw.choice(self.cases()),
        )

    def restrict(self):
        owner(
            "UPDATE sharing_projection SET is_restricted = NOT is_restricted WHERE case_id = %s",
            self.draw.choice(self.cases()),
        )

    def ceiling(self):
        running = self.grants(state=GrantState.ACTIVE)
        if running:
            owner(
                "UPDATE sharing_sharinggrant SET ceiling_class = %s WHERE id = %s",
                self.draw.choice(["internal", "confidential", "restricted"]), self.draw.choice(running).pk,
            )  # fmt: skip


@pytest.mark.parametrize("changes", [60, pytest.param(200, marks=[pytest.mark.campaign, pytest.mark.timeout(7200)])])
def test_a_copy_equals_what_may_be_seen_after_random_changes(ask, world, changes):
    draw = random.Random(changes)
    life = Life(world, draw)
    copy = Copy(ask, "carol")
    done, dropped = set(), 0
    for number in range(changes):
        done.add(life.step())
        if number % 5 == 4:
            before = set(copy.cases)
            assert copy.pull(first=draw.choice([1, 3, 50]), lose=lambda: draw.random() < 0.2) == seen(ask, "carol")
            dropped += len(before - set(copy.cases))
    assert copy.pull() == seen(ask, "carol")
    assert len(done) == len(life.kinds)
    assert dropped > 3


def test_tombstones_are_for_holders_of_a_receipt_alone(ask, world):
    """Carol was told to drop what she held; dave, who never held anything, is told nothing."""
    user = world.cast.user("carol")
    held = {row[0] for row in owner("SELECT public_id FROM sharing_receipt")}
    told = {
        row[0]
        for row in owner(
            "SELECT e.public_id FROM sharing_mirrorentry e JOIN sharing_mirror m ON m.id = e.mirror_id"
            " JOIN tenants_servicetoken t ON m.actor_key = 'token:' || t.id WHERE e.is_gone AND t.user_id = %s",
            user.pk,
        )
    }
    own = {row[0] for row in owner("SELECT public_id FROM sharing_projection WHERE tenant_id = %s", user_tenant(world))}
    assert told
    assert told - own <= held
    page = ask("dave", CHANGES, since="beginning", first=50).data["cases"]
    assert (page["tombstones"], page["nodes"]) == ([], [])


def user_tenant(world):
    return world.cast.tenant("borealis").pk
