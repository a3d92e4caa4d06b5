"""Walls of erasures; what is erased stays written down, and a note in a ticket's history may lose its words, no more."""

from django.db import migrations

from tenants.isolation import tenant_keys, wall

KEEP = """
    CREATE FUNCTION retention_keep_erasure() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_TABLE_NAME = 'retention_erasureplace' THEN
            IF OLD.erased_at IS NOT NULL THEN
                RAISE EXCEPTION 'what was erased stays written down' USING ERRCODE = '23001';
            END IF;
        ELSIF OLD.state IN ('proven', 'declined') OR TG_OP = 'DELETE' THEN
            RAISE EXCEPTION 'an erasure that has ended stays as it is' USING ERRCODE = '23001';
        END IF;
        RETURN coalesce(NEW, OLD);
    END $$;
    CREATE TRIGGER retention_keep_erasure BEFORE UPDATE OR DELETE ON retention_erasureplace
        FOR EACH ROW EXECUTE FUNCTION retention_keep_erasure();
    CREATE TRIGGER retention_keep_erasure BEFORE UPDATE OR DELETE ON retention_erasurerequest
        FOR EACH ROW EXECUTE FUNCTION retention_keep_erasure();
"""
UNKEEP = """
    DROP TRIGGER retention_keep_erasure ON retention_erasureplace;
    DROP TRIGGER retention_keep_erasure ON retention_erasurerequest;
    DROP FUNCTION retention_keep_erasure();
"""
# A person's words may have to go; that somebody wrote something, and when, does not.
HISTORY = """
    CREATE OR REPLACE FUNCTION escalation_keep_history() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'UPDATE' THEN
            IF NEW.note = '(erased)' AND (to_jsonb(NEW) - 'note') = (to_jsonb(OLD) - 'note') THEN
                RETURN NEW;
            END IF;
        END IF;
        RAISE EXCEPTION 'the history of a ticket is only added to' USING ERRCODE = '23001';
    END $$;
"""
HISTORY_BEFORE = """
    CREATE OR REPLACE FUNCTION escalation_keep_history() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'the history of a ticket is only added to' USING ERRCODE = '23001';
    END $$;
"""


class Migration(migrations.Migration):
    """Every tenant's erasures are its own, and the ledger of them is only added to."""

    dependencies = [("retention", "0006_erasures"), ("escalation", "0002_walls"), ("tenants", "0002_walls")]

    operations = [
        tenant_keys("retention_erasurerequest"),
        tenant_keys("retention_erasureplace", request="retention_erasurerequest"),
        wall("retention_erasurerequest"),
        wall("retention_erasureplace"),
        migrations.RunSQL(KEEP, UNKEEP),
        migrations.RunSQL(HISTORY, HISTORY_BEFORE),
    ]
