"""Many cases with evidence, written past the workflows and as old as wanted: what a long life of a hub leaves."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import psycopg


def copy_case(superuser: psycopg.Connection[Any], pattern: UUID, *, cases: int, evidence: int, age: str) -> None:
    """So many copies of a case, each with a version, a text, and so many evidence items with bodies of their own.

    Runs past all triggers, as only a superuser can; ids are made by PostgreSQL.
    """
    superuser.execute("SET session_replication_role = replica")
    superuser.execute(
        "CREATE TEMP TABLE copied ON COMMIT PRESERVE ROWS AS"
        " SELECT uuidv7() AS case_id, uuidv7() AS version_id, number FROM generate_series(1, %s) number",
        [cases],
    )
    given = {"pattern": pattern, "age": age, "evidence": evidence}
    _copy(superuser, "catalog_case", "t.id = %(pattern)s", given, id="c.case_id", current_version_id="c.version_id",
          source_id="'copy-' || c.case_id", created_at="now() - %(age)s::interval")  # fmt: skip
    newest = "t.id = (SELECT current_version_id FROM catalog_case WHERE id = %(pattern)s)"
    _copy(superuser, "catalog_caseversion", newest, given, id="c.version_id", case_id="c.case_id",
          evidence_ids="'{}'", created_at="now() - %(age)s::interval")  # fmt: skip
    _copy(superuser, "catalog_casetext", newest.replace("t.id", "t.version_id"), given, id="uuidv7()",
          case_id="c.case_id", version_id="c.version_id")  # fmt: skip
    superuser.execute(
        "CREATE TEMP TABLE attached ON COMMIT PRESERVE ROWS AS"
        " SELECT uuidv7() AS item_id, c.case_id, n FROM copied c CROSS JOIN generate_series(1, %(evidence)s) n", given
    )  # fmt: skip
    superuser.execute(
        "INSERT INTO catalog_evidenceitem (id, tenant_id, team_id, case_id, name, kind, media_type, size_bytes, digest,"
        " is_added, created_by, created_at) SELECT a.item_id, p.tenant_id, p.team_id, a.case_id, 'log ' || a.n, 'logs',"
        " 'application/json', 60, encode(sha256(a.item_id::text::bytea), 'hex'), false, p.created_by,"
        " now() - %(age)s::interval FROM attached a CROSS JOIN (SELECT * FROM catalog_case WHERE id = %(pattern)s) p",
        given,
    )
    superuser.execute(
        "INSERT INTO catalog_evidencebody (id, tenant_id, team_id, case_id, item_id, payload)"
        " SELECT uuidv7(), p.tenant_id, p.team_id, a.case_id, a.item_id,"
        " jsonb_build_object('line', repeat(md5(a.item_id::text), 6))"
        " FROM attached a CROSS JOIN (SELECT * FROM catalog_case WHERE id = %(pattern)s) p",
        given,
    )
    superuser.execute("DROP TABLE copied; DROP TABLE attached")
    superuser.execute("SET session_replication_role = origin")


def _copy(superuser: psycopg.Connection[Any], table: str, condition: str, given: Any, **changed: str) -> None:
    columns = [
        name
        for (name,) in superuser.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
            " AND attgenerated = ''",
            [table],
        )
    ]
    values = [changed.get(name, f't."{name}"') for name in columns]
    names = ", ".join(f'"{name}"' for name in columns)
    superuser.execute(
        f"INSERT INTO {table} ({names}) SELECT {', '.join(values)} FROM copied c, {table} t WHERE {condition}",
        given,
    )
