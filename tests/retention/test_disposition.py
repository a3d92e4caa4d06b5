"""From a rule that two people let govern to a certificate: dry run, confirmation, run, and what remains."""

from typing import Any
from uuid import UUID

import pytest

from hub.audit.models import AccessEvent
from hub.lifecycle.models import PolicyKind
from hub.retention.models import DispositionBatch, DispositionEntry, DispositionRun, ListedItem
from hub.workflows import disposition, evidence, policy, submission
from hub.workflows.disposition import DryRunMade, Progress, dispose_of_due, make_dry_run
from hub.workflows.outcomes import Done, Invalid, PolicyAnswer, Refusal
from tenants.actors import system_actor
from tenants.scoping import acting_as
from tests.world import World, owner_connection


def govern(world: World, slug: str, **document: Any) -> UUID:
    """A rule that olga writes and omar lets govern."""
    olga, omar = world.cast["olga"], world.cast["omar"]
    document = {"clock": "recorded", "then": "purge", **document}
    with acting_as(olga):
        drafted = policy.draft_policy(olga, kind=PolicyKind.RETENTION_RULE, slug=slug, document=document)
        assert isinstance(drafted, PolicyAnswer), drafted
        policy.propose_policy(olga, version_id=drafted.version_id)
        alone = policy.activate_policy(olga, version_id=drafted.version_id)
        assert alone == Refusal("same_person")
    with acting_as(omar):
        active = policy.activate_policy(omar, version_id=drafted.version_id)
    assert isinstance(active, PolicyAnswer)
    assert active.state == "active"
    return drafted.version_id


def dry_run(world: World, who: str = "olga") -> DryRunMade:
    with acting_as(world.cast[who]):
        made = make_dry_run(world.cast[who])
    assert isinstance(made, DryRunMade), made
    return made


def confirm(world: World, run_id: UUID, who: str = "olga") -> Any:
    with acting_as(world.cast[who]):
        return disposition.confirm_dry_run(world.cast[who], run_id=run_id)


def count(table: str) -> int:
    with owner_connection() as owner:
        if table.startswith("audit."):
            owner.execute("SET ROLE caseward_keeper")
        return owner.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # type: ignore[index]


def seen_by_system(world: World) -> Any:
    return acting_as(system_actor(world.cast.tenant("acme").pk, "test"))


def test_nothing_goes_before_somebody_has_seen_it(kept: World, age: Any) -> None:
    govern(kept, "evidence", track="raw_evidence", keep="P1M")
    age("2 months")
    tenant = kept.cast.tenant("acme").pk
    assert dispose_of_due(tenant, now=True) == Progress()
    made = dry_run(kept)
    with seen_by_system(kept):
        assert ListedItem.objects.filter(track="raw_text").exclude(kept_because="").count() == 1
    assert made.due == 2
    assert dispose_of_due(tenant, now=True) == Progress()
    assert count("catalog_evidencebody") == 2
    assert isinstance(confirm(kept, made.run_id), Done)
    assert dispose_of_due(tenant) == Progress(disposed=2)
    assert count("catalog_evidencebody") == 0
    assert count("catalog_casetext") == 1


def test_a_run_deletes_what_was_listed_and_certifies_it(kept: World, age: Any) -> None:
    rule = govern(kept, "evidence", track="raw_evidence", keep="P1M")
    age("2 months")
    made = dry_run(kept)
    with seen_by_system(kept):
        listed = set(ListedItem.objects.filter(kept_because="").values_list("item_id", "digest"))
    confirm(kept, made.run_id)
    tenant = kept.cast.tenant("acme").pk
    dispose_of_due(tenant)
    with seen_by_system(kept):
        entries = DispositionEntry.objects.all()
        assert set(entries.values_list("pk", "digest")) == listed
        assert set(entries.values_list("rule_id", "track", "ending")) == {(rule, "raw_evidence", "purge")}
        batch = DispositionBatch.objects.get()
        event = AccessEvent.objects.get(pk=batch.event_id)
        assert (batch.count, event.detail["count"], event.detail["items_digest"]) == (2, 2, batch.items_digest)
        omar = kept.cast["omar"].person_key
        assert [(named["id"], named["approved_by"]) for named in batch.rules] == [(str(rule), omar)]
        assert event.detail["seen_by"] == kept.cast["olga"].person_key
        run = DispositionRun.objects.get()
        assert (run.state, run.disposed_count, run.difference_count) == ("finished", 2, 0)
    # Once more: nothing is left, and nothing is done twice.
    assert dispose_of_due(tenant, now=True) == Progress()
    assert count("retention_dispositionentry") == 2


def test_differences_are_reported_with_their_reason(kept: World, age: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    govern(kept, "evidence", track="raw_evidence", keep="P1M")
    age("2 months")
    made = dry_run(kept)
    confirm(kept, made.run_id)
    monkeypatch.setattr(disposition, "holds_on", lambda ids: dict.fromkeys(ids, UUID(int=1)))
    assert dispose_of_due(kept.cast.tenant("acme").pk) == Progress(differences=2)
    with seen_by_system(kept):
        assert set(ListedItem.objects.filter(is_difference=True).values_list("kept_because")) == {("held",)}
    assert count("catalog_evidencebody") == 2
    assert count("retention_dispositionentry") == 0


def test_rules_that_changed_since_are_not_confirmed(kept: World, age: Any) -> None:
    govern(kept, "evidence", track="raw_evidence", keep="P1M")
    age("2 months")
    made = dry_run(kept)
    govern(kept, "incidents", track="raw_evidence", keep="P9Y", select={"kinds": ["incident"]})
    assert isinstance(confirm(kept, made.run_id), Invalid)
    assert (dry_run(kept).due, count("catalog_evidencebody")) == (0, 2)


def test_who_may_not(kept: World) -> None:
    before = count("audit.access_event")
    for who in ("alice", "erin", "rita"):
        with acting_as(kept.cast[who]):
            assert make_dry_run(kept.cast[who]) == Refusal("no_role")
    made = dry_run(kept)
    with acting_as(kept.cast["alice"]):
        refused = disposition.confirm_dry_run(kept.cast["alice"], run_id=made.run_id)
    assert isinstance(refused, Refusal)
    assert count("audit.access_event") == before + 5
    with owner_connection() as owner:
        assert owner.execute("SELECT state FROM retention_dispositionrun").fetchall() == [("listed",)]


def test_pausing(kept: World, age: Any) -> None:
    govern(kept, "evidence", track="raw_evidence", keep="P1M")
    age("2 months")
    confirm(kept, dry_run(kept).run_id)
    olga, tenant = kept.cast["olga"], kept.cast.tenant("acme").pk
    with acting_as(olga):
        disposition.control_dispositions(olga, is_paused=True, rate_per_second=100, reason="an inquiry")
    assert dispose_of_due(tenant) == Progress(stopped_because="paused")
    assert count("catalog_evidencebody") == 2
    with acting_as(olga):
        disposition.control_dispositions(olga, is_paused=False, rate_per_second=100, reason="it is over")
    assert dispose_of_due(tenant).disposed == 2


def test_no_canary_remains_after_the_purge(kept: World, age: Any) -> None:
    for track in ("raw_evidence", "raw_text", "projection"):
        govern(kept, track, track=track, keep="P1M")
    kept.build()
    age("2 months")
    assert {"catalog_casetext", "catalog_evidencebody", "catalog_caseversion"} <= tables_with_canaries(kept)
    made = dry_run(kept)
    confirm(kept, made.run_id)
    assert dispose_of_due(kept.cast.tenant("acme").pk).disposed == made.due == 4
    assert tables_with_canaries(kept) == set()
    # Building finds nothing to do: what was disposed of is not wanted again.
    kept.build()
    assert tables_with_canaries(kept) == set()
    with owner_connection() as owner:
        assert owner.execute("SELECT state, reason, document FROM sharing_projection").fetchall() == [
            ("withheld", "disposed", None)
        ]


def tables_with_canaries(world: World) -> set[str]:
    """Every row of every table, searched as a dump would be."""
    with owner_connection() as owner:
        tables = owner.execute(
            "SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname = 'public' AND c.relkind = 'r'"
        ).fetchall()
        return {
            table
            for (table,) in tables
            if world.canaries.found_in("\n".join(row for (row,) in owner.execute(f"SELECT t::text FROM {table} t")))
        }


def test_a_purged_case_answers_clearly(kept: World, age: Any) -> None:
    govern(kept, "text", track="raw_text", keep="P1M")
    age("2 months")
    confirm(kept, dry_run(kept).run_id)
    assert dispose_of_due(kept.cast.tenant("acme").pk).disposed == 1
    alice, case_id = kept.cast["alice"], kept.cases["atlas"]
    with acting_as(alice):
        added = evidence.add_evidence(alice, case_id=case_id, name="log", kind="logs", payload="x")
        assert isinstance(added, Invalid)
        assert "its retention ended" in added.problems[0].message
        # Its identity is still taken: the same record submitted again brings nothing back.
        again = submission.submit_case(
            alice, team_id=kept.cast.team("acme/atlas").pk, draft=kept.canaries.case("atlas-1")
        )
        assert isinstance(again, Invalid)
        assert again.problems[0].path == "source_id"
    assert count("catalog_casetext") == 0
