"""The whole record for the platform's auditors; they add events of their own like everybody, and change nothing."""

from django.db import migrations

READS = "FOR SELECT TO caseward_app USING ((SELECT cw_flag('caseward.auditor')))"
TABLES = ("access_event", "access_disclosure", "event_private")


def statements() -> str:
    """A second way to read each table, as its owner makes it."""
    made = [f"CREATE POLICY platform_read ON audit.{table} {READS}" for table in TABLES]
    return ";\n".join(["SET ROLE caseward_keeper", *made, "RESET ROLE"])


def undoing() -> str:
    """Without it."""
    gone = [f"DROP POLICY platform_read ON audit.{table}" for table in TABLES]
    return ";\n".join(["SET ROLE caseward_keeper", *gone, "RESET ROLE"])


class Migration(migrations.Migration):
    """The record holds ids, counts and codes, so this opens no text of a case."""

    dependencies = [("audit", "0009_isolation"), ("tenants", "0009_platform_auditor")]

    operations = [migrations.RunSQL(statements(), undoing())]
