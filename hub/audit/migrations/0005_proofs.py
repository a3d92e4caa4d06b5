"""Who exports rows proves them: the application reads the positions of rows that it may see, and the tree's hashes."""

from django.db import migrations

WALL = """
    SET ROLE caseward_keeper;
    ALTER TABLE audit.sealed_leaf ENABLE ROW LEVEL SECURITY;
    ALTER TABLE audit.sealed_leaf FORCE ROW LEVEL SECURITY;
    CREATE POLICY keeper_all ON audit.sealed_leaf TO caseward_keeper USING (true) WITH CHECK (true);
    CREATE POLICY auditor_read ON audit.sealed_leaf FOR SELECT TO caseward_auditor USING (true);
    CREATE POLICY app_read ON audit.sealed_leaf FOR SELECT TO caseward_app USING (
        EXISTS (SELECT 1 FROM audit.access_event e WHERE e.id = row_id)
        OR EXISTS (SELECT 1 FROM audit.access_disclosure d WHERE d.id = row_id)
    );
    GRANT SELECT ON audit.sealed_leaf, audit.tree_node TO caseward_app;
    RESET ROLE;
"""
UNDO = """
    SET ROLE caseward_keeper;
    REVOKE SELECT ON audit.sealed_leaf, audit.tree_node FROM caseward_app;
    DROP POLICY app_read ON audit.sealed_leaf;
    DROP POLICY auditor_read ON audit.sealed_leaf;
    DROP POLICY keeper_all ON audit.sealed_leaf;
    ALTER TABLE audit.sealed_leaf NO FORCE ROW LEVEL SECURITY;
    ALTER TABLE audit.sealed_leaf DISABLE ROW LEVEL SECURITY;
    RESET ROLE;
"""


class Migration(migrations.Migration):
    """A leaf names its row, so it is shown with the row. A hash in the tree says nothing about what was hashed."""

    dependencies = [("audit", "0004_sealing")]

    operations = [migrations.RunSQL(WALL, UNDO)]
