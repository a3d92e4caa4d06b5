"""Walls, tenant keys, and the triggers that keep the ledger as it was written."""

from django.db import migrations

from tenants.isolation import tenant_keys, wall

KEPT = """
    CREATE FUNCTION retention_keep_ledger() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'the disposition ledger is only ever added to' USING ERRCODE = '23001';
    END $$;
    CREATE TRIGGER retention_keep_entry BEFORE UPDATE OR DELETE ON retention_dispositionentry
        FOR EACH STATEMENT EXECUTE FUNCTION retention_keep_ledger();
    CREATE TRIGGER retention_keep_batch BEFORE UPDATE OR DELETE ON retention_dispositionbatch
        FOR EACH STATEMENT EXECUTE FUNCTION retention_keep_ledger();
"""


class Migration(migrations.Migration):
    """Every tenant lists, runs and certifies for itself."""

    dependencies = [("retention", "0001_initial"), ("tenants", "0002_walls"), ("catalog", "0002_walls")]

    operations = [
        tenant_keys("retention_dispositioncontrol"),
        tenant_keys("retention_dispositionrun"),
        tenant_keys("retention_dispositionbatch", run="retention_dispositionrun"),
        # Nothing refers to a listed item or an entry; a second key over a million rows would only cost time.
        wall("retention_dispositioncontrol"),
        wall("retention_dispositionrun"),
        wall("retention_listeditem"),
        wall("retention_dispositionbatch"),
        wall("retention_dispositionentry"),
        migrations.RunSQL(
            KEPT,
            "DROP TRIGGER retention_keep_entry ON retention_dispositionentry;"
            "DROP TRIGGER retention_keep_batch ON retention_dispositionbatch;"
            "DROP FUNCTION retention_keep_ledger();",
        ),
    ]
