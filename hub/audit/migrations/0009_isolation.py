"""Proofs of isolation, appended only, and what the walls are since the last migration."""

from django.db import migrations, models

import tenants.identifiers

TABLES = """
    SET ROLE caseward_keeper;
    CREATE TABLE audit.isolation_run (
        id uuid PRIMARY KEY,
        started_at timestamptz NOT NULL,
        ended_at timestamptz NOT NULL,
        outcome varchar(10) NOT NULL CHECK (outcome IN ('held', 'broken', 'unproven')),
        problem varchar(300) NOT NULL,
        requests integer NOT NULL,
        places integer NOT NULL,
        checks integer NOT NULL,
        failed integer NOT NULL,
        findings jsonb NOT NULL,
        CHECK (outcome <> 'held' OR (failed = 0 AND problem = '' AND checks > 0))
    );
    GRANT SELECT, INSERT ON audit.isolation_run TO caseward_app;
    GRANT SELECT ON audit.isolation_run TO caseward_auditor, caseward_backup;
    RESET ROLE;
    CREATE TABLE isolation_wall (
        place text NOT NULL,
        name text NOT NULL,
        definition text NOT NULL,
        PRIMARY KEY (place, name)
    );
    REVOKE INSERT, UPDATE, DELETE ON isolation_wall FROM caseward_app;
"""
UNDO = """
    DROP TABLE isolation_wall;
    SET ROLE caseward_keeper;
    DROP TABLE audit.isolation_run;
    RESET ROLE;
"""


class Migration(migrations.Migration):
    """Neither table belongs to a tenant: both are about the hub, and hold no text of anybody's."""

    dependencies = [("audit", "0008_expired")]

    operations = [
        migrations.RunSQL(TABLES, UNDO),
        migrations.CreateModel(
            name="IsolationRun",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=tenants.identifiers.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("started_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField()),
                (
                    "outcome",
                    models.CharField(
                        choices=[("held", "Held"), ("broken", "Broken"), ("unproven", "Could not be tried")],
                        max_length=10,
                    ),
                ),
                ("problem", models.CharField(blank=True, default="", max_length=300)),
                ("requests", models.PositiveIntegerField(default=0)),
                ("places", models.PositiveIntegerField(default=0)),
                ("checks", models.PositiveIntegerField(default=0)),
                ("failed", models.PositiveIntegerField(default=0)),
                ("findings", models.JSONField(default=list)),
            ],
            options={
                "verbose_name": "proof of isolation",
                "verbose_name_plural": "proofs of isolation",
                "db_table": "isolation_run",
                "ordering": ["-id"],
                "managed": False,
                "default_permissions": (),
            },
        ),
    ]
