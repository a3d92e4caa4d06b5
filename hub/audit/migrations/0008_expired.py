"""Which ranges of the access record have expired; the rows are gone, their hashes in the log are not."""

from django.db import migrations

TABLE = """
    SET ROLE caseward_keeper;
    CREATE TABLE audit.expired_range (
        source varchar(20) NOT NULL CHECK (source IN ('access_event', 'access_disclosure')),
        lower uuid NOT NULL,
        upper uuid NOT NULL CHECK (upper > lower),
        rows bigint NOT NULL CHECK (rows >= 0),
        hash varchar(64) NOT NULL,
        event_id uuid NOT NULL,
        expired_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (source, lower)
    );
    GRANT SELECT ON audit.expired_range TO caseward_app, caseward_auditor, caseward_backup;
    RESET ROLE;
"""


class Migration(migrations.Migration):
    """Months, counts and hashes: nothing about anybody."""

    dependencies = [("audit", "0007_quiet_checkpoints")]

    operations = [migrations.RunSQL(TABLE, "SET ROLE caseward_keeper; DROP TABLE audit.expired_range; RESET ROLE;")]
