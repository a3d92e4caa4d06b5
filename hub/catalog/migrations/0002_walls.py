"""The first promise in SQL: raw text and evidence open to the owner team, to named people, to break-glass, to nobody else."""

from django.db import migrations

from tenants.isolation import GOVERNS, RAW_REACH, TEAMS, TENANT, USER, tenant_keys, wall

OWN_TEAM = f"team_id = ANY ({TEAMS})"
CASE_ROWS = f"tenant_id = {TENANT} AND ({OWN_TEAM} OR {GOVERNS} OR {RAW_REACH} = 'tenant')"
WRITES = CASE_ROWS

RESTRICTED = "EXISTS (SELECT 1 FROM catalog_case c WHERE c.id = {case} AND c.is_restricted)"
NAMED = f"""(
    EXISTS (SELECT 1 FROM catalog_caseuserobjectpermission p
             WHERE p.content_object_id = {{case}} AND p.user_id = {USER})
    OR EXISTS (SELECT 1 FROM catalog_casegroupobjectpermission p
                 JOIN tenants_user_groups m ON m.group_id = p.group_id
                WHERE p.content_object_id = {{case}} AND m.user_id = {USER})
)"""
# A reviewer has a raw reach of his own; a token without the scope, and who lost every team, have none.
BROKEN_GLASS = f"""{RAW_REACH} IN ('team', 'tenant') AND EXISTS (
    SELECT 1 FROM catalog_breakglass b
     WHERE b.case_id = {{case}} AND b.user_id = {USER} AND b.closed_at IS NULL
       AND b.opened_at <= statement_timestamp() AND statement_timestamp() < b.expires_at
)"""


def raw(table: str) -> str:
    """Who may read a raw row of this table."""
    case = f"{table}.case_id"
    return f"""tenant_id = {TENANT} AND (
        {RAW_REACH} = 'tenant'
        OR ({RAW_REACH} = 'team' AND {OWN_TEAM} AND NOT {RESTRICTED.format(case=case)})
        OR ({RAW_REACH} IN ('team', 'tenant') AND {NAMED.format(case=case)})
        OR {BROKEN_GLASS.format(case=case)}
    )"""


SHIPPED_OR_OWN = f"(tenant_id IS NULL OR tenant_id = {TENANT})"

IMMUTABLE = """
    CREATE FUNCTION catalog_keep_version() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'a case version is immutable; an edit makes a new one' USING ERRCODE = '23001';
    END $$;
    CREATE TRIGGER catalog_keep_version BEFORE UPDATE ON catalog_caseversion
        FOR EACH ROW EXECUTE FUNCTION catalog_keep_version();
"""


class Migration(migrations.Migration):
    """Walls and tenant keys of the catalog."""

    dependencies = [("catalog", "0001_initial"), ("tenants", "0002_walls")]

    operations = [
        tenant_keys("catalog_case", team="tenants_team"),
        tenant_keys("catalog_caseversion", case="catalog_case", team="tenants_team"),
        migrations.RunSQL(
            "ALTER TABLE catalog_case ADD CONSTRAINT catalog_case_current_version_fk"
            " FOREIGN KEY (tenant_id, current_version_id) REFERENCES catalog_caseversion (tenant_id, id)"
            " DEFERRABLE INITIALLY DEFERRED",
            "ALTER TABLE catalog_case DROP CONSTRAINT catalog_case_current_version_fk",
        ),
        tenant_keys("catalog_casetext", case="catalog_case", version="catalog_caseversion", team="tenants_team"),
        tenant_keys("catalog_evidenceitem", case="catalog_case", team="tenants_team"),
        tenant_keys("catalog_evidencebody", case="catalog_case", item="catalog_evidenceitem", team="tenants_team"),
        tenant_keys("catalog_casetag", case="cascade:catalog_case", team="tenants_team"),
        tenant_keys("catalog_review", case="catalog_case", version="catalog_caseversion", team="tenants_team"),
        tenant_keys("catalog_breakglass", case="catalog_case"),
        wall(
            "catalog_case",
            read=CASE_ROWS,
            write=WRITES,
            also_read={
                "exceptional_read": f"tenant_id = {TENANT} AND ({NAMED.format(case='catalog_case.id')}"
                f" OR {BROKEN_GLASS.format(case='catalog_case.id')})"
            },
        ),
        wall("catalog_casetag", read=CASE_ROWS, write=WRITES),
        # Facts name models and environments: the governing side of the tenant reads them too, to select what to share.
        wall(
            "catalog_caseversion",
            read=f"({raw('catalog_caseversion')}) OR (tenant_id = {TENANT} AND {GOVERNS})",
            write=WRITES,
        ),
        wall("catalog_casetext", read=raw("catalog_casetext"), write=WRITES),
        wall("catalog_evidenceitem", read=raw("catalog_evidenceitem"), write=WRITES),
        wall("catalog_evidencebody", read=raw("catalog_evidencebody"), write=WRITES),
        wall("catalog_review", read=raw("catalog_review"), write=WRITES),
        wall("catalog_breakglass"),
        wall("catalog_caseuserobjectpermission"),
        wall("catalog_casegroupobjectpermission"),
        wall("catalog_taxonomy", read=SHIPPED_OR_OWN, write=f"tenant_id = {TENANT}"),
        wall("catalog_taxonomyterm", read=SHIPPED_OR_OWN, write=f"tenant_id = {TENANT}"),
        migrations.RunSQL(
            IMMUTABLE,
            "DROP TRIGGER catalog_keep_version ON catalog_caseversion; DROP FUNCTION catalog_keep_version();",
        ),
    ]
