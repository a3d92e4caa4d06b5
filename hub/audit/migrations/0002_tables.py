"""The access record in its own schema, owned by the keeper's role; the application may only add and read."""

from django.db import migrations

TABLES = """
    SET ROLE caseward_keeper;
    CREATE TABLE audit.access_event (
        id uuid NOT NULL,
        format smallint NOT NULL,
        tenant_id uuid,
        occurred_at timestamptz NOT NULL,
        actor_kind varchar(12) NOT NULL,
        actor_key varchar(60) NOT NULL,
        user_id uuid,
        token_id uuid,
        purpose varchar(80) NOT NULL,
        action varchar(40) NOT NULL,
        outcome varchar(10) NOT NULL CHECK (outcome IN ('allowed', 'refused', 'failed')),
        basis varchar(120) NOT NULL,
        object_kind varchar(40) NOT NULL,
        object_id varchar(80) NOT NULL,
        request_id varchar(64) NOT NULL,
        commitments jsonb NOT NULL,
        detail jsonb NOT NULL,
        PRIMARY KEY (id)
    ) PARTITION BY RANGE (id);
    CREATE TABLE audit.access_event_default PARTITION OF audit.access_event DEFAULT;
    CREATE INDEX access_event_tenant ON audit.access_event (tenant_id, id DESC);
    CREATE INDEX access_event_actor ON audit.access_event (tenant_id, actor_key, id DESC);
    CREATE TABLE audit.access_disclosure (
        id uuid NOT NULL,
        event_id uuid NOT NULL,
        format smallint NOT NULL,
        occurred_at timestamptz NOT NULL,
        reader_tenant_id uuid,
        reader_team_ids uuid[] NOT NULL,
        reader_key varchar(60) NOT NULL,
        owner_tenant_id uuid NOT NULL,
        owner_team_ids uuid[] NOT NULL,
        case_ids uuid[] NOT NULL,
        fields varchar(80)[] NOT NULL,
        grant_ids uuid[] NOT NULL,
        policy_version_ids uuid[] NOT NULL,
        is_raw boolean NOT NULL,
        purpose varchar(80) NOT NULL,
        PRIMARY KEY (id)
    ) PARTITION BY RANGE (id);
    CREATE TABLE audit.access_disclosure_default PARTITION OF audit.access_disclosure DEFAULT;
    CREATE INDEX access_disclosure_owner ON audit.access_disclosure (owner_tenant_id, id DESC);
    CREATE INDEX access_disclosure_event ON audit.access_disclosure (event_id);
    CREATE INDEX access_disclosure_cases ON audit.access_disclosure USING gin (case_ids);
    CREATE TABLE audit.event_private (
        id uuid PRIMARY KEY,
        event_id uuid NOT NULL,
        tenant_id uuid,
        name varchar(40) NOT NULL,
        salt varchar(64) NOT NULL,
        value text NOT NULL
    );
    CREATE INDEX event_private_event ON audit.event_private (event_id);
    CREATE TABLE audit.refusal_count (
        minute timestamptz NOT NULL,
        address_commitment varchar(64) NOT NULL,
        basis varchar(60) NOT NULL,
        count integer NOT NULL,
        PRIMARY KEY (minute, address_commitment, basis)
    );
    GRANT SELECT, INSERT ON audit.access_event, audit.access_disclosure, audit.event_private TO caseward_app;
    GRANT SELECT, INSERT, UPDATE ON audit.refusal_count TO caseward_app;
    GRANT SELECT ON ALL TABLES IN SCHEMA audit TO caseward_auditor, caseward_backup;
    RESET ROLE;
"""

SAME_TENANT = "(tenant_id = (SELECT cw_tenant()) OR (tenant_id IS NULL AND (SELECT cw_tenant()) IS NULL))"
READS = (
    "(tenant_id = (SELECT cw_tenant())"
    " OR (tenant_id IS NULL AND (SELECT cw_tenant()) IS NULL AND (SELECT cw_flag('caseward.operator'))))"
)


def walls() -> str:
    """Policies: the reader's tenant sees its events, the owner's tenant its disclosures, nobody another's."""
    statements = ["SET ROLE caseward_keeper"]
    for table in ("access_event", "access_disclosure", "event_private"):
        statements += [
            f"ALTER TABLE audit.{table} ENABLE ROW LEVEL SECURITY",
            f"ALTER TABLE audit.{table} FORCE ROW LEVEL SECURITY",
            f"CREATE POLICY keeper_all ON audit.{table} TO caseward_keeper USING (true) WITH CHECK (true)",
            f"CREATE POLICY auditor_read ON audit.{table} FOR SELECT TO caseward_auditor USING (true)",
        ]
    for table in ("access_event", "event_private"):
        statements += [
            f"CREATE POLICY app_read ON audit.{table} FOR SELECT TO caseward_app USING {READS}",
            f"CREATE POLICY app_insert ON audit.{table} FOR INSERT TO caseward_app WITH CHECK {SAME_TENANT}",
        ]
    reader = SAME_TENANT.replace("tenant_id =", "reader_tenant_id =").replace("tenant_id IS", "reader_tenant_id IS")
    statements += [
        (
            "CREATE POLICY app_read ON audit.access_disclosure FOR SELECT TO caseward_app"
            " USING (owner_tenant_id = (SELECT cw_tenant()))"
        ),
        f"CREATE POLICY app_insert ON audit.access_disclosure FOR INSERT TO caseward_app WITH CHECK {reader}",
        "RESET ROLE",
    ]
    return ";\n".join(statements)


class Migration(migrations.Migration):
    """Creates the schema's tables as the keeper; Django knows them as unmanaged models."""

    dependencies = [("audit", "0001_initial"), ("tenants", "0002_walls")]

    operations = [
        migrations.RunSQL(
            TABLES,
            "SET ROLE caseward_keeper; DROP TABLE audit.access_event, audit.access_disclosure, audit.event_private,"
            " audit.refusal_count; RESET ROLE;",
        ),
        migrations.RunSQL(walls(), migrations.RunSQL.noop),
    ]
