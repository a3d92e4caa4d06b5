"""Questions to the record: each filter finds its events and no others, and cursors stay where they are."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from hub.audit.actions import AuditAction
from hub.audit.queries import EventFilter
from hub.audit.recording import DisclosedRow, record
from hub.workflows.auditing import read_events
from tenants.decisions import allow, refuse
from tenants.scoping import acting_as

pytestmark = pytest.mark.django_db
CASE, OTHER_CASE = UUID(int=200), UUID(int=201)
GRANT, OTHER_GRANT, VERSION = UUID(int=5), UUID(int=6), UUID(int=7)


@pytest.fixture
def named(cast):
    """Events of acme's people by name."""
    acme, team = cast.tenant("acme").pk, cast.team("acme/atlas").pk
    borealis, lumen = cast.tenant("borealis").pk, cast.team("borealis/lumen").pk
    alice, olga = cast.actor("alice", purpose="ResearchAndDevelopment"), cast["olga"]
    with acting_as(alice):
        own = record(
            alice, AuditAction.CASE_LIST, "shared_cases:", allow("own_team"), fields=["title"],
            disclosed=[DisclosedRow(acme, team, CASE, None, VERSION)],
        )  # fmt: skip
        foreign = record(
            alice, AuditAction.CASE_LIST, "shared_cases:", allow("grants"), fields=["title"],
            disclosed=[
                DisclosedRow(borealis, lumen, OTHER_CASE, GRANT),
                DisclosedRow(borealis, lumen, CASE, OTHER_GRANT),
            ],
        )  # fmt: skip
        single = record(
            alice, AuditAction.CASE_READ, "shared_case:c_abc", allow(f"grant:{GRANT}"), fields=["title"],
            disclosed=[DisclosedRow(borealis, lumen, OTHER_CASE, GRANT)],
        )  # fmt: skip
    with acting_as(olga):
        refused = record(olga, AuditAction.CASE_READ_RAW, f"case:{CASE}", refuse("not_available"))
        revoked = record(olga, AuditAction.GRANT_REVOKE, f"grant:{OTHER_GRANT}", allow("role:officer"))
    return {"own": own, "foreign": foreign, "single": single, "refused": refused, "revoked": revoked}


@pytest.mark.parametrize(
    ("_case", "condition", "expected"),
    [
        ("a case of one's own", EventFilter(case=str(CASE)), ["refused", "own"]),
        ("somebody else's case by its public id", EventFilter(case="c_abc"), ["single"]),
        ("a case of another owner by its inner id", EventFilter(case=str(OTHER_CASE)), []),
        ("a grant", EventFilter(grant_id=GRANT), ["single", "foreign"]),
        ("a grant and what was done to it", EventFilter(grant_id=OTHER_GRANT), ["revoked", "foreign"]),
        ("a policy version", EventFilter(policy_version_id=VERSION), ["own"]),
        ("an outcome", EventFilter(outcomes=("refused",)), ["refused"]),
        ("a purpose", EventFilter(purpose="ResearchAndDevelopment"), ["single", "foreign", "own"]),
        ("an action", EventFilter(actions=("case.list", "grant.revoke")), ["revoked", "foreign", "own"]),
        ("a kind of actor", EventFilter(actor_kind="token"), []),
        ("two that must both hold", EventFilter(case=str(CASE), outcomes=("allowed",)), ["own"]),
        ("a time that has passed", EventFilter(until=timezone.now() - timedelta(days=1)), []),
    ],
)
def test_a_filter_finds_its_events_and_no_others(cast, named, _case, condition, expected):
    erin = cast["erin"]
    with acting_as(erin):
        page = read_events(erin, condition=condition, first=50)
    names = {event_id: name for name, event_id in named.items()}
    assert [names[event.pk] for event in page.events if event.pk in names] == expected


def test_pages_go_on_where_they_ended_whatever_was_added_meanwhile(cast, named):
    erin, condition = cast["erin"], EventFilter(actions=("case.list", "case.read", "case.read_raw", "grant.revoke"))
    seen, after = [], None
    with acting_as(erin):
        while True:
            page = read_events(erin, condition=condition, first=2, after=after)
            seen += [event.pk for event in page.events]
            if not page.has_more:
                break
            after = page.events[-1].pk
            record(erin, AuditAction.CASE_READ, "shared_case:c_new", refuse("not_available"))
    assert seen == sorted(named.values(), reverse=True)
