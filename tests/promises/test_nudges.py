"""Promise 7: the row is the to-do, the message only a nudge; whatever is lost or killed, everything gets built once."""

import os
import random
import secrets
import signal
import time
from pathlib import Path

import pytest
from django.db import connection

from hub.embedded.processes import find_running
from hub.workflows.nudging import nudge
from hub.workflows.projection import BUILD_TASK
from tests.promises.asking import keeper_rows
from tests.promises.background import background, owner_rows, unfinished, wait_until

KILLS = 20
LEASE_SECONDS = 30
SUBMIT = (
    "mutation($team: ID!, $case: JSON!) { submitCase(teamId: $team, case: $case)"
    " { __typename ... on CaseSubmitted { caseId version } } }"
)
# Each case is wanted by its own team and by carol's: two projections.
AUDIENCES = 2


@pytest.fixture(scope="module")
def hub(world, tmp_path_factory):
    """A broker of one's own; nobody listens to it yet."""
    with background(tmp_path_factory.mktemp("nudges")) as here:
        yield here


def submit(ask, name):
    """A case over HTTP; its id."""
    case = {
        "title": f"Refund bot fails at step {name}",
        "summary": f"Customer Alina Marchetti <alina.{name}@example.org> was told of a refund by run {name}.",
        "facts": {"kind": "incident", "model": {"name": "refund-bot", "version": "2"}},
        "evidence": [{"name": "log", "kind": "logs", "payload": f"user=alina.{name}@example.org step=refund"}],
    }
    answer = ask("alice", SUBMIT, team=str(ask.world.cast.team("acme/atlas").pk), case=case).data["submitCase"]
    assert (answer["__typename"], answer["version"]) == ("CaseSubmitted", 1)
    return answer["caseId"]


def finish(hub, *, seconds):
    return wait_until(lambda: unfinished() == 0, seconds=seconds, what=lambda: f"{unfinished()} left\n{hub.tails()}")


def assert_built_once(case_ids):
    """Exactly one ready projection in force for each audience, built by one transaction, and no lease left."""
    rows = owner_rows(
        "SELECT case_id::text, count(*), count(*) FILTER (WHERE state = 'ready' AND is_in_force),"
        " count(DISTINCT (version_id, policy_version_id, audience_id)), count(*) FILTER (WHERE leased_by <> ''),"
        " count(*) FILTER (WHERE leased_until IS NOT NULL), max(attempts)"
        " FROM sharing_projection WHERE case_id = ANY(%s::uuid[]) GROUP BY 1",
        [list(case_ids)],
    )
    assert {row[0] for row in rows} == set(case_ids)
    assert {row[1:] for row in rows} == {(AUDIENCES, AUDIENCES, AUDIENCES, 0, 0, 0)}
    analyses = owner_rows(
        "SELECT count(*), count(DISTINCT version_id) FROM sharing_analysis WHERE case_id = ANY(%s::uuid[])",
        [list(case_ids)],
    )
    assert analyses == [(len(case_ids), len(case_ids))]
    built = keeper_rows(
        "SELECT detail->>'case', count(*), count(DISTINCT object_id) FROM audit.access_event"
        " WHERE action = 'projection.build' AND detail->>'case' = ANY(%s) GROUP BY 1",
        [list(case_ids)],
    )
    assert {row[0] for row in built} == set(case_ids)
    assert {row[1:] for row in built} == {(AUDIENCES, AUDIENCES)}


def assert_shared(ask, case_ids):
    """Carol reads every one of them beside what the world has, and no name."""
    answer = ask("carol", "{ cases(first: 100) { totalCount nodes { owner title summary evidence { payload } } } }")
    owners = [node["owner"] for node in answer.data["cases"]["nodes"]]
    assert owners.count("acme/atlas") == len(case_ids) + 2
    assert answer.data["cases"]["totalCount"] == len(case_ids) + 3
    assert b"Marchetti" not in answer.content
    assert b"@example.org" not in answer.content


CASES = []


def test_submissions_succeed_while_the_broker_is_away_and_all_is_built_when_it_is_back(hub, ask):
    submit(ask, "warm-up")  # the first one imports and connects
    CASES.append(owner_rows("SELECT case_id::text FROM sharing_projection ORDER BY created_at DESC LIMIT 1")[0][0])
    hub.stop_broker()
    began = time.monotonic()
    CASES.extend(submit(ask, f"away-{number}") for number in range(3))
    assert time.monotonic() - began < 3 * 2, "a request waited for the broker"
    hub.start_broker()

    # A message that is lost ...
    CASES.append(submit(ask, "lost"))
    assert hub.lose_messages() > 0
    # ... and one that comes three times.
    CASES.append(submit(ask, "thrice"))
    for _ in range(2):
        nudge(BUILD_TASK, ask.world.cast.tenant("acme").pk)
    assert unfinished() == AUDIENCES * len(CASES)

    hub.start_worker()
    hub.start_beat()
    seconds = finish(hub, seconds=60)
    print(f"built after {seconds:.1f} s")
    assert_built_once(CASES)
    assert_shared(ask, CASES)


def test_the_broker_may_go_in_the_middle_of_the_work_and_come_back(hub, ask):
    CASES.append(submit(ask, "under-way"))
    wait_until(lambda: bool(at_work()), seconds=20, what=hub.tails, pause=0.005)
    # What is done now cannot be acknowledged any more.
    hub.stop_broker()
    CASES.append(submit(ask, "meanwhile"))
    finish_under_way = wait_until(lambda: unfinished() <= AUDIENCES, seconds=30, what=hub.tails)
    print(f"finished without a broker after {finish_under_way:.1f} s")
    time.sleep(1)
    hub.start_broker()
    finish(hub, seconds=60)
    CASES.append(submit(ask, "afterwards"))
    finish(hub, seconds=60)
    assert_built_once(CASES)
    assert_shared(ask, CASES)
    hub.stop()


def at_work():
    """The worker processes that hold a lease and are alive."""
    found = set()
    for (worker,) in owner_rows("SELECT DISTINCT leased_by FROM sharing_projection WHERE leased_by <> ''"):
        pid = int(worker.split(":")[1])
        if find_running(pid, ["celery"]):
            found.add(pid)
    return found


def children_of(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_a_worker_killed_at_any_point_loses_nothing_and_does_nothing_twice(hub, ask):
    """SIGKILL to whoever holds a lease, at a random moment: its pool process, or all of the worker at once."""
    seed = secrets.randbits(32)
    draw = random.Random(seed)
    print(f"seed {seed}")
    workers = [hub.start_worker(2), hub.start_worker(2)]
    wait_until(lambda: all(children_of(one.popen.pid) for one in workers), seconds=60, what=hub.tails)
    began, held = time.monotonic(), 0
    for number in range(KILLS):
        CASES.append(submit(ask, f"kill-{number}"))
        seen = time.monotonic() + 3
        while not (holding := at_work()) and time.monotonic() < seen:
            time.sleep(0.02)
        delay = draw.choice([draw.uniform(0, 0.2), draw.uniform(0, 2)])
        time.sleep(delay)
        # Whoever holds a lease; when nobody does any more, somebody between two pieces of work.
        children = [child for one in workers for child in children_of(one.popen.pid)]
        victim = draw.choice(sorted(at_work() & set(children)) or children)
        still = victim in at_work()
        held += still
        worker = next(one for one in workers if os.getpgid(victim) == one.popen.pid)
        is_whole = number % 5 == 4
        if is_whole:
            hub.kill(worker)
            workers.remove(worker)
            workers.append(hub.start_worker(2))
        else:
            os.kill(victim, signal.SIGKILL)
        what = "all of it" if is_whole else f"its process {victim}"
        when = f"{delay:.3f} s after a lease was seen" if holding else "with no lease seen"
        print(f"kill {number}: {worker.name}, {what}, {when}, lease {'held' if still else 'given back'}")
    print(f"{KILLS} kills in {time.monotonic() - began:.0f} s, {held} of them while a lease was held")
    assert held >= KILLS // 4, "too few were killed at work"
    hub.stop()
    hub.start_worker()
    hub.start_beat()
    seconds = finish(hub, seconds=LEASE_SECONDS + 60)
    print(f"one worker finished after {seconds:.0f} s")
    assert_built_once(CASES)
    assert_shared(ask, CASES)
    old = owner_rows(
        "SELECT count(*) FROM sharing_projection WHERE leased_until < now() - interval '30 seconds' OR leased_by <> ''"
    )
    assert old == [(0,)]
    hub.stop()
    connection.close()
