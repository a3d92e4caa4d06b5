"""An export needs as much memory for a million events as for a few thousand."""

import resource
import tracemalloc

import pytest
from django.db import connections

from hub.workflows.exporting import ExportFormat, ExportSubject, export_pages

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keeper"])
FILL = """
    INSERT INTO audit.access_event (id, format, tenant_id, occurred_at, actor_kind, actor_key, purpose, action, outcome,
        basis, object_kind, object_id, request_id, commitments, detail)
    SELECT uuidv7(), 1, %s, now(), 'user', 'user:' || (n %% 50), '', 'case.list', 'allowed', 'own_team', 'shared_cases',
        '', 'request-' || n, '{}', '{"count": 3}'
      FROM generate_series(1, %s) AS n
"""
SLACK_BYTES = 1_000_000
SLACK_RESIDENT_KILOBYTES = 20_000


def fill(tenant_id, rows):
    with connections["keeper"].cursor() as keeper:
        keeper.execute(FILL, [tenant_id, rows])


def export(erin, form):
    return sum(page.count(b"\n") for page in export_pages(erin, subject=ExportSubject.EVENTS, form=form))


def peak(erin, form):
    tracemalloc.start()
    rows = export(erin, form)
    _, highest = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return rows, highest


def test_four_times_the_rows_take_no_more_memory(cast):
    erin, acme = cast["erin"], cast.tenant("acme").pk
    fill(acme, 2_500)
    export(erin, ExportFormat.CSV)
    few, little = peak(erin, ExportFormat.CSV)
    fill(acme, 7_500)
    many, much = peak(erin, ExportFormat.CSV)
    assert many - few > 7_500
    assert much < little + SLACK_BYTES


@pytest.mark.campaign
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("form", list(ExportFormat))
def test_a_million_events_take_no_more_memory(cast, form):
    erin, acme = cast["erin"], cast.tenant("acme").pk
    fill(acme, 20_000)
    export(erin, form)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    fill(acme, 980_000)
    rows = export(erin, form)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"{form}: {rows} rows, peak {before} kB before and {after} kB after")
    assert rows >= 1_000_000
    assert after < before + SLACK_RESIDENT_KILOBYTES
