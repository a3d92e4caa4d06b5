"""An auditor's filters stay quick however long the record grows: what each reads, as PostgreSQL plans and counts it."""

from datetime import timedelta
from uuid import UUID

import orjson
import pytest
from django.db import connection, connections
from django.utils import timezone

from hub.audit.queries import DisclosureFilter, EventFilter, disclosures_seen_by, events_seen_by
from tenants.identifiers import new_id
from tenants.scoping import acting_as

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keeper"])
PAGE = 51
GRANT, CASE = UUID(int=5), UUID(int=6)
# Half of the events are another tenant's; a few are of a rare kind, and lie at the beginning.
FILL = """
    INSERT INTO audit.access_event (id, format, tenant_id, occurred_at, actor_kind, actor_key, token_id, purpose,
        action, outcome, basis, object_kind, object_id, request_id, commitments, detail)
    SELECT uuidv7(make_interval(secs => n - %(rows)s)), 1,
        CASE n %% 2 WHEN 0 THEN %(tenant)s::uuid ELSE %(other)s::uuid END, now() + make_interval(secs => n - %(rows)s),
        CASE WHEN n < 40 THEN 'token' ELSE 'user' END, CASE WHEN n < 40 THEN 'token:rare' ELSE 'user:' || (n %% 50) END,
        CASE WHEN n < 40 THEN %(grant)s::uuid END, CASE WHEN n < 40 THEN 'Rare' ELSE 'ResearchAndDevelopment' END,
        CASE WHEN n < 40 THEN 'grant.revoke' ELSE 'case.list' END, CASE WHEN n < 40 THEN 'refused' ELSE 'allowed' END,
        CASE WHEN n < 40 THEN 'grant:' || %(grant)s::text ELSE 'own_team' END,
        CASE WHEN n < 40 THEN 'grant' ELSE 'shared_cases' END, CASE WHEN n < 40 THEN %(grant)s::text ELSE '' END,
        'request-' || n, '{}', '{"count": 3}'
      FROM generate_series(1, %(rows)s) AS n
"""
GIVEN = """
    INSERT INTO audit.access_disclosure (id, event_id, format, occurred_at, reader_tenant_id, reader_team_ids,
        reader_key, owner_tenant_id, owner_team_ids, case_ids, fields, grant_ids, policy_version_ids, is_raw, purpose)
    SELECT uuidv7(make_interval(secs => n * 10 - %(rows)s)), gen_random_uuid(), 1,
        now() + make_interval(secs => n * 10 - %(rows)s), %(other)s::uuid, '{}', 'user:' || (n %% 50),
        CASE n %% 2 WHEN 0 THEN %(tenant)s::uuid ELSE %(other)s::uuid END, '{}',
        ARRAY[CASE WHEN n < 40 THEN %(case)s::uuid ELSE gen_random_uuid() END], '{title}',
        ARRAY[CASE WHEN n < 40 THEN %(grant)s::uuid ELSE gen_random_uuid() END], ARRAY[gen_random_uuid()], n < 40,
        'ResearchAndDevelopment'
      FROM generate_series(1, %(rows)s / 10) AS n
"""


def filters():
    """Every filter by name, with a value that is rare: the worst case of a walk along an index."""
    now = timezone.now()
    return {
        "none": EventFilter(),
        "actor": EventFilter(actor_key="token:rare"),
        "action": EventFilter(actions=("grant.revoke",)),
        "outcome": EventFilter(outcomes=("refused",)),
        "object": EventFilter(object_kind="grant", object_id=str(GRANT)),
        "request": EventFilter(request_id="request-2"),
        "case": EventFilter(case=str(CASE)),
        "grant": EventFilter(grant_id=GRANT),
        "policy version": EventFilter(policy_version_id=new_id()),
        "time": EventFilter(since=now - timedelta(hours=1), until=now),
        "purpose": EventFilter(purpose="Rare"),
        "kind of actor": EventFilter(actor_kind="token"),
        "disclosures": DisclosureFilter(),
        "disclosed case": DisclosureFilter(case_id=CASE),
        "disclosed grant": DisclosureFilter(grant_id=GRANT),
        "reader": DisclosureFilter(reader_key="user:7"),
        "raw": DisclosureFilter(raw_only=True),
    }


# Few different values, or one index or another (OR): these read the tenant's rows, and that is what they may read.
MAY_READ_ALL = {"purpose", "kind of actor", "raw", "case", "grant"}


@pytest.mark.parametrize("rows", [20_000, pytest.param(1_000_000, marks=pytest.mark.campaign)])
@pytest.mark.timeout(7200)
def test_a_filter_reads_little_more_than_its_page(cast, rows):
    erin, acme = cast["erin"], cast.tenant("acme").pk
    values = {"rows": rows, "tenant": str(acme), "other": str(cast.tenant("borealis").pk), "grant": str(GRANT),
              "case": str(CASE)}  # fmt: skip
    with connections["keeper"].cursor() as keeper:
        keeper.execute(FILL, values)
        keeper.execute(GIVEN, values)
        keeper.execute("ANALYZE audit.access_event, audit.access_disclosure")
    most = {}
    with acting_as(erin), connection.cursor() as cursor:
        for name, condition in filters().items():
            seen = events_seen_by if isinstance(condition, EventFilter) else disclosures_seen_by
            query, parameters = seen(erin, condition)[:PAGE].query.sql_with_params()
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {query}", parameters)
            found = cursor.fetchone()[0]
            plan = (orjson.loads(found) if isinstance(found, str) else found)[0]
            most[name] = (rows_read(plan["Plan"]), plan["Execution Time"])
            print(f"{name:15} {most[name][0]:9.0f} rows read, {most[name][1]:8.1f} ms")
    assert {name: read for name, (read, _) in most.items() if read > 2_000 and name not in MAY_READ_ALL} == {}


def rows_read(plan):
    """All rows that the plan's scans have looked at, those that a filter threw away among them."""
    own = 0
    if "Scan" in plan["Node Type"]:
        removed = plan.get("Rows Removed by Filter", 0) + plan.get("Rows Removed by Index Recheck", 0)
        own = (plan["Actual Rows"] + removed) * plan["Actual Loops"]
    return own + sum(rows_read(part) for part in plan.get("Plans", []))
