"""Indexes for auditors' filters that had to read the whole tenant's record: by action, and by request."""

from django.db import migrations

INDEXES = """
    SET ROLE caseward_keeper;
    CREATE INDEX access_event_action ON audit.access_event (tenant_id, action, id DESC);
    CREATE INDEX access_event_request ON audit.access_event (tenant_id, request_id);
    RESET ROLE;
"""
UNDO = """
    SET ROLE caseward_keeper;
    DROP INDEX audit.access_event_action, audit.access_event_request;
    RESET ROLE;
"""


class Migration(migrations.Migration):
    """All begin with the tenant, since row-level security asks for it first."""

    dependencies = [("audit", "0010_platform_auditor")]

    operations = [migrations.RunSQL(INDEXES, UNDO)]
