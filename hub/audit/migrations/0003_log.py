"""The keeper's log: positions, complete subtrees and signed checkpoints. Nobody else writes here."""

from django.db import migrations

TABLES = """
    SET ROLE caseward_keeper;
    CREATE TABLE audit.sealed_leaf (
        position bigint PRIMARY KEY CHECK (position >= 0),
        source varchar(20) NOT NULL CHECK (source IN ('access_event', 'access_disclosure')),
        row_id uuid NOT NULL UNIQUE,
        hash bytea NOT NULL CHECK (length(hash) = 32)
    );
    CREATE TABLE audit.tree_node (
        level smallint NOT NULL,
        index bigint NOT NULL,
        hash bytea NOT NULL CHECK (length(hash) = 32),
        PRIMARY KEY (level, index)
    );
    CREATE TABLE audit.checkpoint (
        size bigint PRIMARY KEY,
        root bytea NOT NULL,
        note text NOT NULL,
        verifier text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()
    );
    GRANT SELECT ON audit.sealed_leaf, audit.tree_node, audit.checkpoint TO caseward_auditor, caseward_backup;
    GRANT SELECT ON audit.checkpoint TO caseward_app;
    RESET ROLE;
"""


class Migration(migrations.Migration):
    """Hashes and sizes only; they say nothing about anybody, so there is no wall between tenants here."""

    dependencies = [("audit", "0002_tables")]

    operations = [
        migrations.RunSQL(
            TABLES,
            "SET ROLE caseward_keeper; DROP TABLE audit.sealed_leaf, audit.tree_node, audit.checkpoint; RESET ROLE;",
        )
    ]
