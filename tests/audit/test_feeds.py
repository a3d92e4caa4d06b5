"""The record pushed to real receivers: everything, in order, at least once, each push on record, none for ever."""

import hashlib
import os
import signal
import threading
from base64 import b64decode
from datetime import timedelta
from uuid import uuid4

import orjson
import pytest
from django.db import connections
from django.utils import timezone

from hub.audit.actions import AuditAction
from hub.audit.checkpoints import verify_note
from hub.audit.feeds import reading
from hub.audit.merkle import is_consistent
from hub.audit.recording import record
from hub.audit.sealing import signing_key
from hub.outgoing.signing import new_secret, verify
from hub.workflows import feeding, feeds
from hub.workflows.keeping import seal_record, verify_record
from hub.workflows.outcomes import Done, Invalid, Refusal
from tenants.decisions import refuse
from tenants.scoping import acting_as
from tests.audit.feeding import Feeds, notes_of_log, sealed_rows
from tests.audit.test_exports import check
from tests.outgoing.authority import make_authority
from tests.outgoing.collecting import collecting
from tests.outgoing.listening import cut, listening, reply

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keeper", "auditor"])


@pytest.fixture
def hub(cast, settings):
    settings.CASEWARD_OUTGOING_ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
    settings.CASEWARD_DELIVERY_TIMEOUT_SECONDS = 3
    settings.CASEWARD_DELIVERY_FIRST_WAIT_SECONDS = 1
    return Feeds(cast)


def told(listener):
    """What the receiver was told, batch by batch."""
    return [orjson.loads(asked.body) for asked in listener.asked]


def rows_of(batches):
    """Position and id of each event in them."""
    events = [event for batch in batches for event in batch["data"]["events"]]
    return {event["metadata"]["sequence"]: event["metadata"]["uid"] for event in events}


# A SIEM ----------------------------------------------------------------------------------------------


def test_a_siem_is_told_every_row_of_its_own_in_the_order_of_the_log(hub, monkeypatch):
    monkeypatch.setattr(reading, "BATCH", 20)
    monkeypatch.setattr(reading, "WINDOW", 30)
    hub.happen(40)
    hub.happen(25, who="carol")
    with listening() as listener:
        feed_id = hub.active(listener.url("/siem"), from_beginning=True)
        taken = hub.push()
        batches = told(listener)
        assert taken == len(batches) > 4
        expected = sealed_rows(hub.tenant_id)
        assert rows_of(batches) == {
            position: row for position, row in expected.items() if position < hub.row(feed_id).position
        }
        assert len(rows_of(batches)) == sum(len(batch["data"]["events"]) for batch in batches) > 40 + 27 + 17
        for asked, batch in zip(listener.asked, batches, strict=True):
            assert verify(asked.headers, asked.body, [hub.secret]) == batch["id"]
            assert (batch["type"], batch["source"]) == ("dev.caseward.audit.events", "/tenants/acme")
            for event in batch["data"]["events"]:
                check(event)
    assert [batch["data"]["first"] for batch in batches[1:]] == [batch["data"]["next"] for batch in batches[:-1]]


def test_each_push_is_on_record_before_it_leaves_and_the_pushes_come_to_an_end(hub):
    seen = []
    with listening() as listener:

        def answer(handler):
            seen.append([event.detail["message"] for event in hub.events(action="feed.push")])
            reply(handler, 204)

        feed_id = hub.active(listener.url())
        hub.happen(3)
        listener.answer = answer
        assert [hub.push() for _ in range(4)] == [1, 0, 0, 0]
        (asked,) = listener.asked
        assert seen == [[asked.headers["webhook-id"]]]
        (push,), (accept,) = hub.events(action="feed.push"), hub.events(action="feed.accept")
        assert push.detail["sha256"] == hashlib.sha256(asked.body).hexdigest()
        assert (push.detail["count"], push.detail["attempt"]) == (len(told(listener)[0]["data"]["events"]), 1)
        assert (accept.detail["message"], accept.detail["status"], accept.object_id) == (
            push.detail["message"], 204, str(feed_id),
        )  # fmt: skip
        # What the push has left on record leaves with the next rows, so that nothing is missing in the end.
        hub.happen(1)
        assert hub.push() == 1
    pushed = set(rows_of(told(listener)).values())
    assert {str(push.pk), str(accept.pk)} <= pushed


def test_quiet_rows_leave_by_themselves_after_an_hour(hub, monkeypatch):
    with listening() as listener:
        hub.active(listener.url())
        hub.happen(1)
        hub.push()
        assert hub.push() == 0
        monkeypatch.setattr(reading, "QUIET_FOR", timedelta(0))
        assert hub.push() == 1
    assert [event["api"]["operation"] for event in told(listener)[1]["data"]["events"]] == ["feed.push", "feed.accept"]


def test_a_row_whose_transaction_ends_late_is_not_passed_over(hub):
    written, go_on = threading.Event(), threading.Event()
    late = []

    def write_late():
        alice = hub.cast["alice"]
        try:
            with acting_as(alice, durable=True):
                late.append(record(alice, AuditAction.CASE_READ, "case:late", refuse("not_available")))
                written.set()
                go_on.wait(30)
        finally:
            connections.close_all()

    with listening() as listener:
        hub.active(listener.url())
        thread = threading.Thread(target=write_late)
        thread.start()
        assert written.wait(30)
        hub.happen(1)
        assert hub.push() == 1
        assert str(late[0]) not in rows_of(told(listener)).values()
        go_on.set()
        thread.join()
        assert hub.push() == 1
        # Its id is older than that of a row that was pushed before it.
        rows = rows_of(told(listener))
        assert str(late[0]) < max(rows.values())
        assert str(late[0]) in rows.values()


@pytest.mark.parametrize("is_tls", [True, False])
def test_a_collector_gets_one_syslog_message_for_each_row(hub, is_tls, tmp_path, settings):
    settings.CASEWARD_OUTGOING_CA_FILE, tls = make_authority(tmp_path)
    with collecting(tls=tls if is_tls else None) as collector:
        scheme = f"tls://localhost:{collector.port}" if is_tls else f"tcp://127.0.0.1:{collector.port}"
        hub.active(scheme, transport="syslog")
        hub.happen(5)
        assert hub.push() == 1
    heads, events = [], []
    for message in collector.messages:
        head, _, text = message.decode().partition("] ")
        heads.append(head.split(" "))
        events.append(orjson.loads(text))
    for event in events:
        check(event)
    positions = [event["metadata"]["sequence"] for event in events]
    assert positions == sorted(positions)
    rows = sealed_rows(hub.tenant_id)
    assert {position: event["metadata"]["uid"] for position, event in zip(positions, events, strict=True)} == {
        position: row for position, row in rows.items() if position in set(positions)
    }
    reads = [(head, event) for head, event in zip(heads, events, strict=True) if head[5] == "case.read"]
    assert [head[0] for head, _ in reads] == ["<110>1", "<110>1", "<108>1", "<110>1", "<110>1"]
    assert [event["status_id"] for _, event in reads] == [1, 1, 2, 1, 1]
    assert len([head for head in heads if head[5] == "case.disclose"]) == 4


@pytest.mark.parametrize("fault", ["500", "cut"])
def test_what_was_not_taken_comes_again_the_same_and_nothing_overtakes_it(hub, fault):
    with listening() as listener:
        feed_id = hub.active(listener.url())
        hub.happen(2)
        listener.answer = cut if fault == "cut" else lambda handler: reply(handler, 500)
        assert hub.push() == 0
        row = hub.row(feed_id)
        assert (row.attempts, row.reason) == (1, "cut_off" if fault == "cut" else "http_500")
        hub.happen(2)
        assert hub.push() == 0
        assert len(listener.asked) == 1
        hub.make_due()
        listener.answer = lambda handler: reply(handler, 200)
        # The batch that was not taken, and then what has happened since.
        assert hub.push() == 2
        assert hub.row(feed_id).reason == ""
    first, again, newer = listener.asked
    assert (first.headers["webhook-id"], first.body) == (again.headers["webhook-id"], again.body)
    assert [event.detail["attempt"] for event in hub.events(action="feed.push")] == [1, 2, 1]
    assert orjson.loads(newer.body)["data"]["first"] == orjson.loads(first.body)["data"]["next"]


class Child:
    """A process of its own that pushes, and may be killed by whoever it talks to."""

    def __init__(self, tenant_id):
        # A connection that two processes share belongs to neither.
        connections.close_all()
        self.pid = os.fork()
        if not self.pid:
            try:
                feeding.push_feeds(tenant_id)
            finally:
                os._exit(0)

    def kill(self):
        os.kill(self.pid, signal.SIGKILL)

    def wait(self):
        return os.WTERMSIG(os.waitpid(self.pid, 0)[1])


@pytest.mark.parametrize("transport", ["webhook", "syslog"])
def test_a_worker_killed_between_sending_and_noting_it_loses_nothing(hub, transport):
    """The receiver has the whole batch in hand when it kills the process that has sent it."""
    child, is_there = [], threading.Event()

    def kill():
        is_there.wait(10)
        child[0].kill()

    with listening() as listener, collecting() as collector:
        if transport == "webhook":
            listener.answer = lambda handler: kill()
            feed_id = hub.active(listener.url())
        else:
            collector.before_close = lambda batch: kill()
            feed_id = hub.active(f"tcp://127.0.0.1:{collector.port}", transport="syslog")
        hub.happen(3)
        before = hub.row(feed_id).position
        seal_record()
        child.append(Child(hub.tenant_id))
        is_there.set()
        assert child[0].wait() == signal.SIGKILL
        row = hub.row(feed_id)
        assert (row.position, row.attempts, row.leased_by != "") == (before, 1, True)
        # Nobody takes it up while the lease stands; then somebody sends the same again.
        assert hub.push() == 0
        hub.update(leased_until=timezone.now() - timedelta(seconds=1))
        listener.answer = lambda handler: reply(handler, 204)
        collector.before_close = lambda batch: None
        hub.push()
        assert hub.row(feed_id).position >= row.sending_to > before
        if transport == "webhook":
            first, again = listener.asked[:2]
            assert (first.headers["webhook-id"], first.body) == (again.headers["webhook-id"], again.body)
        else:
            assert collector.batches[0] == collector.batches[1]
    assert [event.detail["attempt"] for event in hub.events(action="feed.push")][:2] == [1, 2]


# Witnesses -------------------------------------------------------------------------------------------


def test_witnesses_are_told_every_checkpoint_in_order_each_from_its_own_position(hub, tmp_path):
    with listening() as first, listening() as second:
        one = hub.active(first.url(), content="checkpoints")
        hub.active(second.url(), content="checkpoints")
        second.answer = lambda handler: reply(handler, 503)
        for _ in range(3):
            hub.happen(2)
            hub.push()
        assert hub.row(one).reason == ""
        hub.make_due()
        second.answer = lambda handler: reply(handler, 204)
        hub.happen(1)
        hub.push()
        taken = {}
        for listener in (first, second):
            given = {}
            for asked, batch in zip(listener.asked, told(listener), strict=True):
                assert verify(asked.headers, asked.body, [hub.secret]) == batch["id"]
                sizes = [entry["size"] for entry in batch["data"]["checkpoints"]]
                assert sizes == sorted(sizes)
                for entry in batch["data"]["checkpoints"]:
                    assert verify_note(entry["note"], signing_key().verifier).size == entry["size"]
                    given[entry["size"]] = entry["note"]
            taken[listener.port] = given
        assert taken[first.port] == taken[second.port] == dict(notes_of_log()[: len(taken[first.port])])
        assert len(taken[first.port]) >= 3
    # What a witness has kept is what the record is held against.
    outside = list(taken[second.port].values())
    assert verify_record(outside_notes=outside).findings == []
    with connections["keeper"].cursor() as keeper:
        keeper.execute("UPDATE audit.access_event SET basis = 'role:officer' WHERE basis = 'own_team'")
        for table in ("checkpoint", "tree_node", "sealed_leaf"):
            keeper.execute(f"DELETE FROM audit.{table}")
    hub.happen(1)
    seal_record()
    assert verify_record().findings == []
    assert any("they were rewritten" in finding for finding in verify_record(outside_notes=outside).findings)


def test_a_witness_can_see_at_once_that_the_log_has_only_grown(hub):
    with listening() as listener:
        hub.active(listener.url(), content="checkpoints")
        hub.push()
        hub.happen(5)
        hub.push()
    before, after = told(listener)
    assert "growth" not in before["data"]
    growth = after["data"]["growth"]
    roots = {
        entry["size"]: verify_note(entry["note"], signing_key().verifier).root
        for batch in (before, after)
        for entry in batch["data"]["checkpoints"]
    }
    proof = [b64decode(value) for value in growth["proof"]]
    assert is_consistent(growth["from"], roots[growth["from"]], growth["to"], roots[growth["to"]], proof)


def test_witnesses_do_not_keep_each_other_awake(hub):
    with listening() as first, listening() as second:
        hub.active(first.url(), content="checkpoints")
        hub.active(second.url(), content="checkpoints")
        hub.active(second.url("/siem"))
        hub.happen(1)
        hub.push()
        hub.push()
        asked = len(first.asked) + len(second.asked)
        assert [hub.push() for _ in range(3)] == [0, 0, 0]
        assert len(first.asked) + len(second.asked) == asked


def test_a_log_that_is_shorter_than_what_was_told_is_held_back_and_said(hub):
    with listening() as listener:
        feed_id = hub.active(listener.url(), content="checkpoints")
        hub.happen(3)
        hub.push()
        asked = len(listener.asked)
        with connections["keeper"].cursor() as keeper:
            for table in ("checkpoint", "tree_node", "sealed_leaf"):
                keeper.execute(f"DELETE FROM audit.{table}")
        assert feeding.push_feeds(hub.tenant_id) == 0
        assert (hub.row(feed_id).reason, len(listener.asked)) == ("log_is_shorter", asked)


# People ----------------------------------------------------------------------------------------------


def test_where_the_record_goes_takes_two_people_and_the_second_is_an_auditor(hub):
    with listening() as listener:
        feed_id = hub.draft(listener.url())
        hub.happen(1)
        assert hub.do("omar", feeds.approve_feed, feed_id=feed_id) == Refusal("no_role")
        assert hub.do("alice", feeds.approve_feed, feed_id=feed_id) == Refusal("no_role")
        assert hub.do("oscar", feeds.approve_feed, feed_id=feed_id) == Refusal("unknown")
        own = hub.draft(listener.url(), by="erin")
        assert hub.do("erin", feeds.approve_feed, feed_id=own) == Refusal("same_person")
        assert hub.push() == 0
        assert listener.asked == []
        refused = hub.events(action="feed.change", outcome="refused")
        assert [(event.basis, event.user_id) for event in refused] == [
            ("no_role", hub.cast.user("omar").pk), ("no_role", hub.cast.user("alice").pk),
            ("same_person", hub.cast.user("erin").pk),
        ]  # fmt: skip
        assert isinstance(hub.do("erin", feeds.approve_feed, feed_id=feed_id), Done)
        terms = feeds.FeedTerms("Elsewhere", "record", "webhook", listener.url("/elsewhere"))
        assert isinstance(hub.do("olga", feeds.edit_feed, feed_id=feed_id, terms=terms), Done)
        assert hub.row(feed_id).state == "proposed"
        assert hub.push() == 0


@pytest.mark.parametrize("step", [feeds.approve_feed, feeds.disable_feed, feeds.rotate_feed_secret, feeds.try_feed])
def test_unknown_and_foreign_feeds_are_refused_alike(hub, step):
    feed_id = hub.draft("https://siem.example/in")
    assert hub.do("oscar", step, feed_id=feed_id) == hub.do("oscar", step, feed_id=uuid4()) != None  # noqa: E711
    assert hub.do("alice", step, feed_id=feed_id) == Refusal("no_role")
    assert hub.row(feed_id).state == "proposed"


@pytest.mark.parametrize(
    ("terms", "path", "said"),
    [
        (("", "record", "webhook", "https://siem.example"), "name", "1 to 120"),
        (("S", "cases", "webhook", "https://siem.example"), "content", "Choose one of"),
        (("S", "record", "pigeon", "https://siem.example"), "transport", "Choose one of"),
        (("S", "record", "webhook", "http://siem.example"), "address", "must begin with https://"),
        (("S", "record", "webhook", "tls://siem.example"), "address", "https://"),
        (("S", "record", "syslog", "https://siem.example"), "address", "tls://siem.example:6514"),
        (("S", "record", "syslog", "tcp://siem.example"), "address", "must begin with tls://"),
        (("S", "checkpoints", "syslog", "tls://siem.example"), "address", "Checkpoints go by signed webhook"),
    ],
)
def test_terms_are_checked_in_words(hub, terms, path, said):
    answer = hub.do("olga", feeds.draft_feed, terms=feeds.FeedTerms(*terms))
    assert isinstance(answer, Invalid)
    assert [(problem.path, said in problem.message) for problem in answer.problems] == [(path, True)]
    assert hub.events(action="feed.change") == []


def test_a_test_says_nothing_and_how_it_ended_is_kept(hub):
    with listening() as listener:
        feed_id = hub.draft(listener.url())
        assert isinstance(hub.do("olga", feeds.try_feed, feed_id=feed_id), Done)
        hub.happen(1)
        assert hub.push() == 0
        (asked,) = listener.asked
        assert verify(asked.headers, asked.body, [hub.secret])
        assert orjson.loads(asked.body)["data"] == {"message": "This is a test of Caseward."}
        row = hub.row(feed_id)
        assert (row.test_wanted_at, row.test_reason, row.tested_at is not None) == (None, "", True)
        listener.answer = lambda handler: reply(handler, 403)
        hub.do("erin", feeds.try_feed, feed_id=feed_id)
        hub.push()
        assert (hub.row(feed_id).test_reason, hub.row(feed_id).state) == ("http_403", "proposed")


def test_a_secret_is_replaced_without_loss_and_is_stored_sealed(hub):
    with listening() as listener:
        feed_id = hub.active(listener.url())
        assert hub.do("erin", feeds.rotate_feed_secret, feed_id=feed_id) == Refusal("no_role")
        present = new_secret()
        hub.do("olga", feeds.rotate_feed_secret, feed_id=feed_id, secret=present)
        hub.happen(1)
        hub.push()
        (asked,) = listener.asked
        assert verify(asked.headers, asked.body, [present]) == verify(asked.headers, asked.body, [hub.secret])
    made = hub.do("olga", feeds.rotate_feed_secret, feed_id=feed_id)
    assert made.shown_once.startswith("whsec_")
    assert isinstance(hub.do("olga", feeds.rotate_feed_secret, feed_id=feed_id, secret="short"), Invalid)


def test_a_disabled_feed_keeps_its_place(hub):
    with listening() as listener:
        feed_id = hub.active(listener.url())
        hub.happen(1)
        hub.push()
        place = hub.row(feed_id).position
        assert isinstance(hub.do("olga", feeds.disable_feed, feed_id=feed_id), Done)
        hub.happen(1)
        assert hub.push() == 0
        assert hub.do("olga", feeds.try_feed, feed_id=feed_id) == Refusal("disabled")
        assert (len(listener.asked), hub.row(feed_id).position) == (1, place)
