"""Row-level security as migration operations: every tenant-owned table is walled the same way."""

from collections.abc import Mapping

from django.db.migrations.operations import RunSQL

APP = "caseward_app"
OWNER = "caseward_owner"

# Each setting is read once per statement (scalar subquery), and '' counts as unset.
TENANT = "(SELECT cw_tenant())"
TEAMS = "(SELECT cw_teams())::uuid[]"  # the cast keeps `= ANY (…)` from taking it for a set of rows
USER = "(SELECT cw_user())"
GOVERNS = "(SELECT cw_flag('caseward.governs'))"
OPERATOR = "(SELECT cw_flag('caseward.operator'))"
RAW_REACH = "(SELECT cw_text('caseward.raw_reach'))"
# Before a tenant is known: the e-mail of a sign-in, the digest of a token or invitation, the address of a recipient.
LOGIN = "(SELECT cw_text('caseward.login'))"
KEY_DIGEST = "(SELECT cw_text('caseward.token_digest'))"
DIRECTORY = "(SELECT cw_text('caseward.directory'))"

SETTINGS_FUNCTIONS = RunSQL(
    """
    CREATE FUNCTION cw_text(name text) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
        RETURN nullif(current_setting(name, true), '');
    CREATE FUNCTION cw_flag(name text) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
        RETURN coalesce(current_setting(name, true) = 'on', false);
    CREATE FUNCTION cw_tenant() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
        RETURN nullif(current_setting('caseward.tenant_id', true), '')::uuid;
    CREATE FUNCTION cw_user() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
        RETURN nullif(current_setting('caseward.user_id', true), '')::uuid;
    CREATE FUNCTION cw_teams() RETURNS uuid[] LANGUAGE sql STABLE PARALLEL SAFE
        RETURN coalesce(string_to_array(nullif(current_setting('caseward.team_ids', true), ''), ',')::uuid[], '{}');
    """,
    "DROP FUNCTION cw_text(text), cw_flag(text), cw_tenant(), cw_user(), cw_teams();",
)


def wall(
    table: str,
    *,
    read: str | None = None,
    write: str | None = None,
    insert: str | None = None,
    delete: str | None = None,
    also_read: Mapping[str, str] | None = None,
) -> RunSQL:
    """Force row-level security on a table.

    `read` and `write` are SQL conditions for the application's role (default: the row's tenant is the actor's);
    `insert` and `delete` stand for themselves where they differ from `write` (`"false"` forbids them);
    `also_read` adds named SELECT policies, e.g. for the recipients of a grant. The migration role gets an explicit
    policy, since FORCE binds it too and a data migration would otherwise silently see nothing.
    """
    own = f"tenant_id = {TENANT}"
    read, write = read or own, write or read or own
    insert, delete = insert or write, delete or write
    statements = [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY owner_all ON {table} TO {OWNER} USING (true) WITH CHECK (true)",
        f"CREATE POLICY app_read ON {table} FOR SELECT TO {APP} USING ({read})",
        f"CREATE POLICY app_insert ON {table} FOR INSERT TO {APP} WITH CHECK ({insert})",
        f"CREATE POLICY app_update ON {table} FOR UPDATE TO {APP} USING ({write}) WITH CHECK ({write})",
        f"CREATE POLICY app_delete ON {table} FOR DELETE TO {APP} USING ({delete})",
    ]
    names = ["owner_all", "app_read", "app_insert", "app_update", "app_delete"]
    for name, condition in (also_read or {}).items():
        statements.append(f"CREATE POLICY {name} ON {table} FOR SELECT TO {APP} USING ({condition})")
        names.append(name)
    undo = [f"DROP POLICY {name} ON {table}" for name in names]
    undo += [f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY", f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY"]
    return RunSQL(";\n".join(statements), ";\n".join(undo))


def tenant_keys(table: str, **references: str) -> RunSQL:
    """UNIQUE (tenant_id, id), and foreign keys that carry the tenant: `case="catalog_case"` joins (tenant_id, case_id).

    Plain foreign keys ignore row-level security and would answer "exists" about another tenant's rows.
    The prefix `cascade:` on a target deletes along with it.
    """
    statements = [f"ALTER TABLE {table} ADD CONSTRAINT {table}_tenant_key UNIQUE (tenant_id, id)"]
    undo = []
    for column, target in references.items():
        rule = ""
        if target.startswith("cascade:"):
            target, rule = target.removeprefix("cascade:"), " ON DELETE CASCADE"
        name = f"{table}_{column}_fk"
        statements.append(
            f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY (tenant_id, {column}_id)"
            f" REFERENCES {target} (tenant_id, id){rule} DEFERRABLE INITIALLY DEFERRED"
        )
        undo.append(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    undo.append(f"ALTER TABLE {table} DROP CONSTRAINT {table}_tenant_key")
    return RunSQL(";\n".join(statements), ";\n".join(undo))
