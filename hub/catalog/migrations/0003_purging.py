"""What a purge may do to a version, and the database's own clock at the start of every retention clock."""

from django.db import migrations

BLANKABLE = "{data_source,environment,impact,links,provenance,developers,deployers}"

# A version stays as it is, except that a purge empties the facts in which people write freely: all of them, at once.
PURGE = f"""
    CREATE OR REPLACE FUNCTION catalog_keep_version() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF (to_jsonb(NEW) - '{BLANKABLE}'::text[]) = (to_jsonb(OLD) - '{BLANKABLE}'::text[])
            AND NEW.data_source = '' AND NEW.environment = '{{}}' AND NEW.impact = '{{}}' AND NEW.links = '[]'
            AND NEW.provenance = '{{}}' AND NEW.developers = '{{}}' AND NEW.deployers = '{{}}' THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'a case version is immutable; an edit makes a new one' USING ERRCODE = '23001';
    END $$;
"""
AS_BEFORE = """
    CREATE OR REPLACE FUNCTION catalog_keep_version() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'a case version is immutable; an edit makes a new one' USING ERRCODE = '23001';
    END $$;
"""

STAMPED = ("catalog_case", "catalog_caseversion", "catalog_evidenceitem", "catalog_review")
# A worker whose clock is a day behind must not let anything be deleted a day early.
STAMP = """
    CREATE FUNCTION catalog_stamp_recorded() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        NEW.created_at := statement_timestamp();
        RETURN NEW;
    END $$;
    CREATE FUNCTION catalog_stamp_withdrawn() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        NEW.withdrawn_at := statement_timestamp();
        RETURN NEW;
    END $$;
    CREATE TRIGGER catalog_stamp_withdrawn BEFORE UPDATE ON catalog_case FOR EACH ROW
        WHEN (OLD.withdrawn_at IS NULL AND NEW.withdrawn_at IS NOT NULL) EXECUTE FUNCTION catalog_stamp_withdrawn();
""" + "".join(
    f"""
    CREATE TRIGGER catalog_stamp_recorded BEFORE INSERT ON {table}
        FOR EACH ROW EXECUTE FUNCTION catalog_stamp_recorded();"""
    for table in STAMPED
)
UNSTAMP = (
    "".join(f"DROP TRIGGER catalog_stamp_recorded ON {table};" for table in STAMPED)
    + "DROP TRIGGER catalog_stamp_withdrawn ON catalog_case;"
    "DROP FUNCTION catalog_stamp_recorded(), catalog_stamp_withdrawn();"
)


class Migration(migrations.Migration):
    """Purging empties what people wrote; clocks start when PostgreSQL says so."""

    dependencies = [("catalog", "0002_walls")]

    operations = [migrations.RunSQL(PURGE, AS_BEFORE), migrations.RunSQL(STAMP, UNSTAMP)]
