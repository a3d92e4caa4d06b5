"""Looks at every guard by itself: PostgreSQL's walls, Python's, and the rights of the application's role.

Behind each other, two walls hide that one of them is gone. So each is asked with the other one open: PostgreSQL's
as the stranger himself, Python's inside a transaction to which PostgreSQL shows everything of the owner's.
"""

from collections.abc import Iterable
from uuid import UUID

from django.db import connection, connections

from hub.catalog import queries
from hub.catalog.models import Case
from hub.sharing import access
from hub.sharing.models import Projection
from redaction import Document, load_pack
from redaction import Finding as Sensitive
from tenants import permissions
from tenants.actors import ANONYMOUS
from tenants.roles import Action
from tenants.scoping import acting_as

from .. import building, disclosure
from .findings import Finding, Findings
from .marks import mark_case
from .stage import PROCESS, VISIBLE, Side

# What the database opens to the team that a grant names; ceiling, purpose and restriction are Python's to hold.
OPEN_TO_RECIPIENTS = frozenset({"sharing_projection", "sharing_sharinggrant", "sharing_grantcoverage"})
# What both tenants' officers see: who received what, and who asked for it.
OPEN_TO_BOTH = frozenset({"sharing_receipt", "sharing_accessrequest"})
OPEN_BY_DATABASE = frozenset({*VISIBLE, "restricted", "above", "elsewhere"})
# Personal values of events are none of these: retention deletes them, and their commitments stay.
APPENDED_ONLY = ("audit.access_event", "audit.access_disclosure", "audit.isolation_run")
RAW_TABLES = (*queries.RAW_TABLES, "sharing_analysis")
# The one table that sweeps read across tenants; it holds ids and kinds of work.
CONTENT_FREE = "tenants_tenantwork"
RECORD = {"audit.access_event": "tenant_id", "audit.event_private": "tenant_id",
          "audit.access_disclosure": "owner_tenant_id"}  # fmt: skip

WALLS = """
    SELECT format('%s.%s', n.nspname, c.relname), 'row-level security',
           concat_ws(' ', CASE WHEN c.relrowsecurity THEN 'on' ELSE 'off' END,
                     CASE WHEN c.relforcerowsecurity THEN 'forced' ELSE 'not forced' END)
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname IN ('public', 'audit') AND c.relkind IN ('r', 'p') AND NOT c.relispartition
       AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid)
    UNION ALL
    SELECT format('%s.%s', schemaname, tablename), 'policy ' || policyname,
           concat_ws(' | ', permissive, roles::text, cmd, qual, with_check)
      FROM pg_policies WHERE schemaname IN ('public', 'audit')
    UNION ALL
    SELECT format('%s.%s', n.nspname, c.relname), 'trigger ' || t.tgname,
           concat_ws(' ', t.tgenabled, pg_get_triggerdef(t.oid))
      FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname IN ('public', 'audit') AND NOT t.tgisinternal AND t.tgparentid = 0
    UNION ALL
    SELECT 'public', 'function ' || p.proname, pg_get_functiondef(p.oid)
      FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.proname LIKE 'cw\\_%'
"""
EVERY_WALL = WALLS.replace("%", "%%")


def note_walls(using: str) -> None:
    """After migrating, as the owner: write down what the walls are, for proofs to compare with."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT to_regclass('public.isolation_wall') IS NOT NULL AND current_user = 'caseward_owner'")
        if cursor.fetchone() != (True,):
            return
        cursor.execute("DELETE FROM isolation_wall")
        cursor.execute(f"INSERT INTO isolation_wall (place, name, definition) {EVERY_WALL}", [])


def look_at_walls(sides: tuple[Side, Side], findings: Findings) -> None:
    """Every guard, one after the other."""
    with acting_as(ANONYMOUS, durable=True):
        tables = _walled_tables()
        _compare_with_migrated(findings)
        _check_rights(findings)
        for table, rows in _count(tables, None).items():
            findings.check(rows == 0, Finding("row-level security", "nobody", table, f"{rows} rows without a tenant"))
    _look_at_redaction(findings)
    for side, other in (sides, sides[::-1]):
        _look_from_outside(side, other, tables, findings)
        _look_from_next_door(side, findings)
        _look_at_decisions(side, other, findings)


def _compare_with_migrated(findings: Findings) -> None:
    """Policies, triggers and functions as the last migration has left them: nothing less, nothing more."""
    with connection.cursor() as cursor:
        cursor.execute(EVERY_WALL, [])
        present = {(place, name): definition for place, name, definition in cursor.fetchall()}
        cursor.execute("SELECT place, name, definition FROM isolation_wall")
        noted = {(place, name): definition for place, name, definition in cursor.fetchall()}
    findings.check(bool(noted), Finding("walls", "nobody", "isolation_wall", "no walls are written down: run migrate"))
    for key in sorted(present.keys() | noted.keys()):
        place, name = key
        what = "is gone" if key not in present else "was added" if key not in noted else "was changed"
        findings.check(present.get(key) == noted.get(key), Finding("walls", "nobody", place, f"{name} {what}"))


def _check_rights(findings: Findings) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolsuper, rolbypassrls, rolcreaterole, (SELECT count(*) FROM pg_class WHERE relowner = r.oid)"
            " FROM pg_roles r WHERE rolname = current_user"
        )
        findings.check(
            cursor.fetchone() == (False, False, False, 0),
            Finding("rights", "caseward_app", "pg_roles", "the application's role owns tables or passes walls"),
        )
        for table in APPENDED_ONLY:
            cursor.execute(
                "SELECT has_any_column_privilege(%s, 'UPDATE') OR has_table_privilege(%s, 'DELETE, TRUNCATE')",
                [table, table],
            )
            findings.check(
                cursor.fetchone() == (False,),
                Finding("rights", "caseward_app", table, "the application may change or delete the record"),
            )


def _walled_tables() -> dict[str, str]:
    """Every table with a tenant, and the column that says which."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'"
            " WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace AND c.relname <> %s",
            [CONTENT_FREE],
        )
        found = {name: "tenant_id" for (name,) in cursor.fetchall()}
    return {**found, "tenants_tenant": "id", **RECORD}


def _count(tables: dict[str, str], tenant_id: UUID | None) -> dict[str, int]:
    """Rows of a tenant (or of any, where None) as the present settings show them, table by table."""
    condition = "= %s" if tenant_id else "IS NOT NULL"
    question = " UNION ALL ".join(
        f"SELECT '{table}', count(*) FROM {table} WHERE {column} {condition}" for table, column in tables.items()
    )
    with connection.cursor() as cursor:
        cursor.execute(question, [tenant_id] * len(tables) if tenant_id else [])
        return dict(cursor.fetchall())


def _look_from_outside(side: Side, other: Side, tables: dict[str, str], findings: Findings) -> None:
    """PostgreSQL alone: what the other side's people are shown of this one's rows."""
    names = {case_id: name for name, case_id in side.cases.items()}
    for who in other.users:
        actor = other.actor(who)
        with acting_as(actor, durable=True):
            counted = _count(tables, side.tenant_id)
            seen = set(Projection.objects.filter(tenant_id=side.tenant_id).values_list("case_id", flat=True))
        for table, rows in counted.items():
            is_open = table in OPEN_TO_BOTH or (who == "reader" and table in OPEN_TO_RECIPIENTS)
            findings.check(
                rows == 0 or is_open,
                Finding("row-level security", f"{other.slug}/{who}", table, f"{rows} rows of {side.slug}"),
            )
        if who == "reader":
            shown = {names[case_id] for case_id in seen if case_id in names}
            findings.check(
                shown == OPEN_BY_DATABASE,
                Finding("row-level security", f"{other.slug}/{who}", "sharing_projection", _difference(
                    shown, OPEN_BY_DATABASE)),
            )  # fmt: skip


def _look_from_next_door(side: Side, findings: Findings) -> None:
    """PostgreSQL alone: raw rows are not even shown to the other teams of the same tenant."""
    cases = list(side.cases.values())
    for who in ("reader", "neighbour", "auditor"):
        with acting_as(side.actor(who), durable=True), connection.cursor() as cursor:
            for table in RAW_TABLES:
                cursor.execute(f"SELECT count(*) FROM {table} WHERE case_id = ANY (%s)", [cases])
                (rows,) = cursor.fetchone()
                findings.check(
                    rows == 0, Finding("row-level security", f"{side.slug}/{who}", table, f"{rows} raw rows")
                )


def _look_at_decisions(side: Side, other: Side, findings: Findings) -> None:
    """Python alone: PostgreSQL shows all of this side, and only what is decided stands between."""
    strangers = [(other, who) for who in other.users] + [(side, who) for who in side.users if who != "owner"]
    actors = [(f"{home.slug}/{who}", who, home.actor(who)) for home, who in strangers]
    with acting_as(side.system, durable=True):
        cases = {name: Case.objects.get(pk=case_id) for name, case_id in side.cases.items()}
        names = {case.pk: name for name, case in cases.items()}
        for label, who, actor in actors:
            expected = set(VISIBLE) if label == f"{other.slug}/reader" else set()
            visible = access.visible_projections(actor).filter(case_id__in=names)
            shown = {names[case_id] for case_id in visible.values_list("case_id", flat=True)}
            findings.check(
                shown == expected, Finding("visible_projections", label, side.slug, _difference(shown, expected))
            )
            decided = {name for name, case in cases.items() if access.decide_view(actor, case).allowed}
            findings.check(
                decided == expected, Finding("decide_view", label, side.slug, _difference(decided, expected))
            )
            open_raw = {name for name, case in cases.items() if disclosure.raw_basis(actor, case) is not None}
            findings.check(not open_raw, Finding("raw_basis", label, side.slug, _difference(open_raw, set())))
            allowed = [
                action.value for action in Action
                if permissions.decide(actor, action, on=side.teams["owners"]).allowed
            ]  # fmt: skip
            team_roles = {action.value for action in Action if actor.role_for(action, side.teams["owners"])}
            may = team_roles if actor.tenant_id == side.tenant_id and who == "auditor" else set()
            findings.check(
                set(allowed) <= may, Finding("decide", label, f"{side.slug}/owners", f"may {', '.join(allowed[:5])}")
            )
        owner = side.actor("owner")
        opened = {name for name, case in cases.items() if disclosure.raw_basis(owner, case) is not None}
        findings.check(
            opened == set(cases), Finding("comparison", f"{side.slug}/owner", "raw", _difference(opened, set(cases)))
        )


def _look_at_redaction(findings: Findings) -> None:
    """Rewriting and the second look, each by itself: together one would hide that the other is gone."""
    secret = mark_case(PROCESS).secrets[0].value
    text = f"Written by {secret}"
    document: Document = {"title": text}
    found = [Sensitive("title", len("Written by "), len(text), "EMAIL_ADDRESS", 1.0, PROCESS)]
    rewritten = building.redact(document, found, load_pack("partner"), key=b"isolation" * 4, subject=PROCESS)
    findings.check(secret not in str(rewritten.document), Finding("redaction", "nobody", "redact", "a secret stays"))
    findings.check(
        not building.second_look(document, document, found).is_clean,
        Finding("redaction", "nobody", "second_look", "a secret that stays is not noticed"),
    )


def _difference(shown: Iterable[str], expected: Iterable[str]) -> str:
    more, less = sorted(set(shown) - set(expected)), sorted(set(expected) - set(shown))
    return (
        "; ".join(f"{words} {', '.join(names)}" for words, names in (("shown:", more), ("not shown:", less)) if names)
        or "as it should be"
    )
