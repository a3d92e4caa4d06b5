"""Each row remembers its transaction, so that the keeper finds what is new without looking at what is old."""

from django.db import migrations

from hub.audit.leaves import TABLES


def statements() -> str:
    """The column that the database fills, its index, and an INSERT right that leaves it to the database."""
    found = ["SET ROLE caseward_keeper"]
    for table, columns in TABLES.items():
        found += [
            f"ALTER TABLE audit.{table} ADD COLUMN appended_in xid8 NOT NULL DEFAULT pg_current_xact_id()",
            f"CREATE INDEX {table}_appended ON audit.{table} (appended_in, id)",
            # Whoever could name the transaction himself could hide a row from the keeper's quick look.
            f"REVOKE INSERT ON audit.{table} FROM caseward_app",
            f"GRANT INSERT ({', '.join(columns)}) ON audit.{table} TO caseward_app",
        ]
    return ";\n".join([
        *found,
        # Every row of a transaction before this one has its position.
        "ALTER TABLE audit.checkpoint ADD COLUMN horizon xid8",
        "RESET ROLE",
    ])  # fmt: skip


def undoing() -> str:
    """Back to the plain table and the plain right."""
    found = ["SET ROLE caseward_keeper"]
    for table in TABLES:
        found += [
            f"ALTER TABLE audit.{table} DROP COLUMN appended_in",
            f"GRANT INSERT ON audit.{table} TO caseward_app",
        ]
    return ";\n".join([*found, "ALTER TABLE audit.checkpoint DROP COLUMN horizon", "RESET ROLE"])


class Migration(migrations.Migration):
    """The column is no part of the hashed row: it says when a row was appended, not what happened."""

    dependencies = [("audit", "0003_log")]

    operations = [migrations.RunSQL(statements(), undoing())]
