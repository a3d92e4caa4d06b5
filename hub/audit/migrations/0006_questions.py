"""Indexes for the questions of auditors: what was refused, how much a token did, what left under a grant."""

from django.db import migrations

INDEXES = """
    SET ROLE caseward_keeper;
    CREATE INDEX access_event_outcome ON audit.access_event (tenant_id, outcome, id DESC);
    CREATE INDEX access_event_token ON audit.access_event (tenant_id, token_id, id) WHERE token_id IS NOT NULL;
    CREATE INDEX access_event_object ON audit.access_event (tenant_id, object_id, id DESC);
    CREATE INDEX access_disclosure_grants ON audit.access_disclosure USING gin (grant_ids);
    RESET ROLE;
"""
UNDO = """
    SET ROLE caseward_keeper;
    DROP INDEX audit.access_event_outcome, audit.access_event_token, audit.access_event_object,
        audit.access_disclosure_grants;
    RESET ROLE;
"""


class Migration(migrations.Migration):
    """All begin with the tenant, since row-level security asks for it first."""

    dependencies = [("audit", "0005_proofs")]

    operations = [migrations.RunSQL(INDEXES, UNDO)]
