"""A checkpoint of nothing but pushes of the record says so: by itself it is no reason to push again."""

from django.db import migrations

COLUMN = """
    SET ROLE caseward_keeper;
    ALTER TABLE audit.checkpoint ADD COLUMN is_quiet boolean NOT NULL DEFAULT false;
    RESET ROLE;
"""
UNDO = """
    SET ROLE caseward_keeper;
    ALTER TABLE audit.checkpoint DROP COLUMN is_quiet;
    RESET ROLE;
"""


class Migration(migrations.Migration):
    """No part of what is signed: a hint to whoever pushes, and at worst an hour's delay."""

    dependencies = [("audit", "0006_questions")]

    operations = [migrations.RunSQL(COLUMN, UNDO)]
