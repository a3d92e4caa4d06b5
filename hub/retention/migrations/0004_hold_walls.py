"""Walls of the holds, and the triggers that refuse whoever deletes something of a held case."""

from django.db import migrations

from tenants.isolation import tenant_keys, wall

STANDS = """
    SELECT h.case_id INTO held FROM retention_heldcase h JOIN retention_legalhold l ON l.id = h.hold_id
     WHERE h.case_id = ANY (cases) AND l.state <> 'released' LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'legal_hold: a hold stands on case %, so nothing of it is deleted', held
            USING ERRCODE = '23001';
    END IF;
    RETURN NULL;
"""
DECLARE = "DECLARE held uuid; cases uuid[];"

# Each with the column that names the case, and which of its rows count. A projection that was never built holds nothing.
GUARDED = {
    "catalog_case": ("id", "true"),
    "catalog_caseversion": ("case_id", "true"),
    "catalog_casetext": ("case_id", "true"),
    "catalog_evidenceitem": ("case_id", "true"),
    "catalog_evidencebody": ("case_id", "true"),
    "sharing_projection": ("case_id", "document IS NOT NULL"),
}
# Raw rows are written once; emptying one would be a deletion too.
NEVER_CHANGED = ("catalog_casetext", "catalog_evidencebody")


def guard(table: str, column: str, counts: str) -> str:
    """After a statement, once for all of its rows: lock the cases, and read the holds in the statement after that."""
    events = ["DELETE", *(["UPDATE"] if table in NEVER_CHANGED else [])]
    triggers = "".join(
        f"CREATE TRIGGER retention_hold_{event.lower()} AFTER {event} ON {table} REFERENCING OLD TABLE AS gone"
        f" FOR EACH STATEMENT EXECUTE FUNCTION retention_hold_{table}();"
        for event in events
    )
    return f"""
        CREATE FUNCTION retention_hold_{table}() RETURNS trigger LANGUAGE plpgsql AS $$ {DECLARE}
        BEGIN
            cases := ARRAY(SELECT DISTINCT {column} FROM gone WHERE {counts});
            PERFORM 1 FROM catalog_case c WHERE c.id = ANY (cases) ORDER BY c.id FOR UPDATE;
            {STANDS}
        END $$;
        {triggers}
        CREATE TRIGGER retention_hold_truncate BEFORE TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION retention_hold_truncated();
    """


def unguard(table: str) -> str:
    """Take the triggers away."""
    events = ["truncate", "delete", *(["update"] if table in NEVER_CHANGED else [])]
    drops = "".join(f"DROP TRIGGER retention_hold_{event} ON {table};" for event in events)
    return f"{drops} DROP FUNCTION retention_hold_{table}();"


TRUNCATED = """
    CREATE FUNCTION retention_hold_truncated() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (SELECT 1 FROM retention_legalhold WHERE state <> 'released') THEN
            RAISE EXCEPTION 'legal_hold: a hold stands, so this table is not emptied' USING ERRCODE = '23001';
        END IF;
        RETURN NULL;
    END $$;
"""
KEEP_HOLDS = """
    CREATE FUNCTION retention_keep_hold() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' THEN
            IF OLD.state <> 'released' THEN
                RAISE EXCEPTION 'legal_hold: a hold that stands is released by two people, not deleted'
                    USING ERRCODE = '23001';
            END IF;
            RETURN OLD;
        END IF;
        IF (NEW.tenant_id, NEW.authority, NEW.reason, NEW.selection, NEW.is_by_query, NEW.placed_by, NEW.placed_at)
            IS DISTINCT FROM
           (OLD.tenant_id, OLD.authority, OLD.reason, OLD.selection, OLD.is_by_query, OLD.placed_by, OLD.placed_at)
        THEN
            RAISE EXCEPTION 'legal_hold: what a hold says is immutable; place another one' USING ERRCODE = '23001';
        END IF;
        IF OLD.state = 'released' OR (OLD.state = 'standing' AND NEW.state = 'released') OR (
            NEW.state = 'released' AND NEW.release_proposed_by IS DISTINCT FROM OLD.release_proposed_by
        ) THEN
            RAISE EXCEPTION 'legal_hold: a hold does not go from % to % like this', OLD.state, NEW.state
                USING ERRCODE = '23001';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER retention_keep_hold BEFORE UPDATE OR DELETE ON retention_legalhold
        FOR EACH ROW EXECUTE FUNCTION retention_keep_hold();
    CREATE FUNCTION retention_keep_held_case() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'UPDATE' THEN
            RAISE EXCEPTION 'legal_hold: which cases a hold holds is only added to' USING ERRCODE = '23001';
        END IF;
        IF EXISTS (SELECT 1 FROM retention_legalhold l WHERE l.id = OLD.hold_id AND l.state <> 'released') THEN
            RAISE EXCEPTION 'legal_hold: a case leaves a hold when that is released' USING ERRCODE = '23001';
        END IF;
        RETURN OLD;
    END $$;
    CREATE TRIGGER retention_keep_held_case BEFORE UPDATE OR DELETE ON retention_heldcase
        FOR EACH ROW EXECUTE FUNCTION retention_keep_held_case();
"""
UNKEEP_HOLDS = """
    DROP TRIGGER retention_keep_hold ON retention_legalhold;
    DROP TRIGGER retention_keep_held_case ON retention_heldcase;
    DROP FUNCTION retention_keep_hold(), retention_keep_held_case();
"""


class Migration(migrations.Migration):
    """Whoever deletes, in whatever way: the database looks for holds itself."""

    dependencies = [
        ("retention", "0003_holds"),
        ("catalog", "0002_walls"),
        ("sharing", "0002_walls"),
        ("tenants", "0002_walls"),
    ]

    operations = [
        tenant_keys("retention_legalhold"),
        tenant_keys("retention_heldcase", hold="retention_legalhold", case="catalog_case"),
        wall("retention_legalhold"),
        wall("retention_heldcase"),
        migrations.RunSQL(KEEP_HOLDS, UNKEEP_HOLDS),
        migrations.RunSQL(TRUNCATED, "DROP FUNCTION retention_hold_truncated();"),
        *(migrations.RunSQL(guard(table, *row), unguard(table)) for table, row in GUARDED.items()),
    ]
