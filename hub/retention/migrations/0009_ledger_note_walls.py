"""Whatever changes the ledger, or a hold, notes in the same transaction that it is to be written down outside."""

from django.db import migrations

from tenants.isolation import tenant_keys, wall

NOTES = """
    CREATE FUNCTION retention_note_ledger(tenant uuid, what text, object uuid) RETURNS void LANGUAGE sql AS $$
        INSERT INTO retention_ledgernote (id, tenant_id, kind, object_id) VALUES (uuidv7(), tenant, what, object);
        INSERT INTO tenants_tenantwork (tenant_id, kind, due_at) VALUES (tenant, 'ledger', statement_timestamp());
    $$;
    CREATE FUNCTION retention_note_row() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM retention_note_ledger(NEW.tenant_id, TG_ARGV[0], NEW.id);
        RETURN NULL;
    END $$;
    CREATE FUNCTION retention_note_held_cases() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM retention_note_ledger(tenant_id, 'hold', hold_id)
           FROM (SELECT DISTINCT tenant_id, hold_id FROM added) changed;
        RETURN NULL;
    END $$;
    CREATE FUNCTION retention_note_places() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM retention_note_ledger(tenant_id, 'erasure', request_id)
           FROM (SELECT DISTINCT a.tenant_id, a.request_id FROM after_ a JOIN before_ b ON b.id = a.id
                  WHERE a.erased_at IS NOT NULL AND b.erased_at IS NULL) changed;
        RETURN NULL;
    END $$;
    CREATE TRIGGER retention_note AFTER INSERT ON retention_dispositionbatch
        FOR EACH ROW EXECUTE FUNCTION retention_note_row('disposition');
    CREATE TRIGGER retention_note AFTER INSERT OR UPDATE ON retention_legalhold
        FOR EACH ROW EXECUTE FUNCTION retention_note_row('hold');
    CREATE TRIGGER retention_note AFTER INSERT ON retention_heldcase REFERENCING NEW TABLE AS added
        FOR EACH STATEMENT EXECUTE FUNCTION retention_note_held_cases();
    CREATE TRIGGER retention_note AFTER UPDATE ON retention_erasureplace
        REFERENCING OLD TABLE AS before_ NEW TABLE AS after_
        FOR EACH STATEMENT EXECUTE FUNCTION retention_note_places();
    CREATE TRIGGER retention_note AFTER UPDATE ON retention_erasurerequest
        FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state)
        EXECUTE FUNCTION retention_note_row('erasure');
"""
UNNOTE = """
    DROP TRIGGER retention_note ON retention_dispositionbatch;
    DROP TRIGGER retention_note ON retention_legalhold;
    DROP TRIGGER retention_note ON retention_heldcase;
    DROP TRIGGER retention_note ON retention_erasureplace;
    DROP TRIGGER retention_note ON retention_erasurerequest;
    DROP FUNCTION retention_note_row(), retention_note_held_cases(), retention_note_places(),
        retention_note_ledger(uuid, text, uuid);
"""


class Migration(migrations.Migration):
    """The notes, their walls, and the triggers that write them."""

    dependencies = [("retention", "0008_ledger_notes"), ("tenants", "0002_walls")]

    operations = [
        tenant_keys("retention_ledgernote"),
        wall("retention_ledgernote"),
        migrations.RunSQL(NOTES, UNNOTE),
    ]
