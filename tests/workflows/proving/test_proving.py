"""A proof of isolation holds on a hub as it is, and finds each guard that was taken away within one run."""

from contextlib import ExitStack, contextmanager
from unittest import mock

import pytest
from django.conf import settings

from hub.api.schema import schema as api
from hub.audit.models import IsolationRun
from hub.escalation.models import Trigger
from hub.sharing.models import Projection
from hub.workflows.proving import findings
from hub.workflows.proving.proving import prove_isolation, prove_isolation_task
from hub.workflows.proving.stage import SLUGS
from redaction.leakage import LeakageVerdict
from redaction.operators import Redacted
from tenants.actors import operator_at_console, system_actor
from tenants.decisions import allow
from tenants.models import ServiceToken, Tenant
from tenants.scoping import acting_as
from tests.promises.asking import as_owner, keeper_rows

CONSOLE = operator_at_console("test")
# Each proof sets a stage, builds projections and asks over HTTP.
pytestmark = [pytest.mark.campaign, pytest.mark.timeout(3600)]
# The whole schema is a campaign.
SOME = ("cases", "case", "rawCase", "accessEvents", "submitCase", "reviewCase", "revokeGrant")


def synthetic():
    with acting_as(CONSOLE):
        return dict(Tenant.objects.filter(is_synthetic=True).values_list("slug", "pk"))


@pytest.fixture(scope="module")
def proof(address):
    """A proof on the hub as it is; the guards that tests take away afterwards find its stage set."""
    with acting_as(CONSOLE):
        real = Tenant.objects.create(slug="acme", name="Acme Assist")
    return prove_isolation(address, roots=SOME), real


def test_a_hub_with_all_its_guards_is_proven(proof):
    run, real = proof
    assert (run.problem, run.findings, run.outcome) == ("", [], "held")
    assert run.checks > 2000
    stored = IsolationRun.objects.get()
    assert (stored.pk, stored.outcome, stored.checks) == (run.pk, "held", run.checks)
    events = keeper_rows(
        "SELECT tenant_id, outcome, basis, object_id FROM audit.access_event WHERE action = 'isolation.prove'"
        " ORDER BY tenant_id NULLS FIRST"
    )
    assert events == [(None, "allowed", "proven", str(run.pk)), (real.pk, "allowed", "proven", str(run.pk))]


@pytest.mark.campaign
def test_every_root_field_is_asked_by_every_stranger(proof, address):
    run = prove_isolation(address)
    assert (run.problem, run.findings, run.outcome) == ("", [], "held")
    schema = api._schema
    roots = {f"Query.{name}" for name in schema.query_type.fields} | {
        f"Mutation.{name}" for name in schema.mutation_type.fields
    }
    assert run.places >= len(roots)
    # By six strangers, in documents of several questions each.
    assert run.requests > 6 * len(roots) / 8


def test_the_stage_is_two_synthetic_tenants_whose_keys_have_ended(proof):
    assert set(synthetic()) == set(SLUGS)
    for tenant_id in synthetic().values():
        with acting_as(system_actor(tenant_id, "test")):
            keys = ServiceToken.objects.filter(tenant_id=tenant_id)
            assert keys.count() >= 4
            assert not keys.filter(revoked_at__isnull=True).exists()


def test_nobody_changes_or_removes_a_proof(proof):
    with acting_as(CONSOLE), pytest.raises(Exception, match="permission denied"):
        IsolationRun.objects.update(outcome="broken")
    with acting_as(CONSOLE), pytest.raises(Exception, match="permission denied"):
        IsolationRun.objects.all().delete()


def test_without_an_address_nothing_is_tried(proof):
    before = IsolationRun.objects.count()
    assert settings.CASEWARD_PROOF_URL == ""
    prove_isolation_task()
    assert IsolationRun.objects.count() == before


def test_a_hub_that_does_not_answer_is_no_pass(proof, monkeypatch):
    run = prove_isolation("http://127.0.0.1:9")
    assert (run.outcome, run.failed, run.requests) == ("unproven", 0, 1)
    assert run.problem == "The API at CASEWARD_PROOF_URL cannot be reached: connect_failed."
    events = keeper_rows("SELECT outcome, basis FROM audit.access_event WHERE object_id = %s", [str(run.pk)])
    assert events == [("failed", "unproven")] * 2


# -- guards, one taken away at a time ------------------------------------------------------------------------------


@contextmanager
def as_it_was(*statements, undo):
    with as_owner(*statements):
        pass
    try:
        yield
    finally:
        with as_owner(*undo):
            pass


def policy_open(table):
    return as_it_was(
        f"CREATE POLICY everything ON {table} FOR SELECT TO caseward_app USING (true)",
        undo=[f"DROP POLICY everything ON {table}"],
    )


def wall_off(table):
    return as_it_was(
        f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY", undo=[f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"]
    )


def keepers(statement, undo):
    return as_it_was("SET ROLE caseward_keeper", statement, undo=["SET ROLE caseward_keeper", undo])


def instead(place, function):
    return mock.patch(place, function)


def everything(actor):
    from django.db.models import UUIDField, Value

    return Projection.objects.annotate(basis_id=Value(None, output_field=UUIDField()))


def untouched(document, found, policy, *, key, subject):
    return Redacted(document=document, counts={}, removed_share=0.0)


# What is taken away: how, and the guard that the proof names.
GUARDS = {
    "row-level security of a table": (lambda: wall_off("sharing_projection"), "walls"),
    "row-level security of raw text": (lambda: wall_off("catalog_casetext"), "walls"),
    "a policy more": (lambda: policy_open("sharing_sharinggrant"), "walls"),
    "the record's append-only right": (
        lambda: keepers("GRANT DELETE ON audit.access_event TO caseward_app",
                        "REVOKE DELETE ON audit.access_event FROM caseward_app"), "rights"),
    "visible_projections": (lambda: instead("hub.sharing.access.visible_projections", everything),
                            "visible_projections"),
    "decide_view": (lambda: instead("hub.sharing.access.decide_view", lambda *_: allow("yes")), "decide_view"),
    "decide": (lambda: instead("tenants.permissions.decide", lambda *_, **__: allow("yes")), "decide"),
    "the right to raw": (lambda: instead("hub.workflows.disclosure.raw_basis", lambda *_: "role:reader"), "raw_basis"),
    "redaction": (lambda: instead("hub.workflows.building.redact", untouched), "redaction"),
    "the second look": (
        lambda: instead("hub.workflows.building.second_look", lambda *_, **__: LeakageVerdict(True, (), ())),
        "redaction"),
    "the end of tokens": (lambda: instead("tenants.services.revoke_token", lambda _: None), "tokens"),
    "the record of reads": (lambda: instead("hub.workflows.disclosure.record", lambda *_, **__: None), "record"),
}  # fmt: skip


@pytest.mark.parametrize("taken", GUARDS)
def test_a_guard_that_is_gone_is_found_within_one_run(proof, address, monkeypatch, taken):
    take, guard = GUARDS[taken]
    # One finding is enough here.
    monkeypatch.setattr(findings, "MOST_KEPT", 1)
    with ExitStack() as stack:
        stack.enter_context(take())
        run = prove_isolation(address, roots=SOME)
    assert run.outcome == "broken", (run.outcome, run.problem)
    assert [found["guard"] for found in run.findings] == [guard], run.findings


@pytest.mark.parametrize(
    ("table", "guard"), [("sharing_projection", "row-level security"), ("catalog_evidencebody", "row-level security")]
)
def test_an_open_wall_is_seen_in_what_comes_through_as_well(proof, address, monkeypatch, table, guard):
    """Not only by its definition: rows of the other side are counted."""
    monkeypatch.setattr(findings, "MOST_KEPT", 1)
    monkeypatch.setattr("hub.workflows.proving.walls._compare_with_migrated", lambda _: None)
    with wall_off(table):
        run = prove_isolation(address, roots=SOME)
    assert (run.outcome, [found["guard"] for found in run.findings]) == ("broken", [guard])


def test_a_broken_guard_reaches_auditors_rules_and_logs(proof, address, monkeypatch, caplog):
    _, real = proof
    monkeypatch.setattr(findings, "MOST_KEPT", 1)
    with instead("hub.sharing.access.decide_view", lambda *_: allow("yes")):
        run = prove_isolation(address, roots=SOME)
    events = keeper_rows(
        "SELECT tenant_id, outcome, basis FROM audit.access_event WHERE object_id = %s ORDER BY tenant_id NULLS FIRST",
        [str(run.pk)],
    )
    assert events == [(None, "failed", "broken"), (real.pk, "failed", "broken")]
    for tenant_id in synthetic().values():
        with acting_as(system_actor(tenant_id, "test")):
            assert Trigger.objects.filter(kind="leak_reported", occurred_at__gte=run.started_at).exists()
    assert "isolation_not_proven" in caplog.text
