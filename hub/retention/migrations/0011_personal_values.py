"""Personal values of events go only with their certificate: the right to delete them, and what watches over it."""

from django.db import migrations

DAY = "(uuid_extract_timestamp(g.event_id) AT TIME ZONE 'UTC')::date - date '1970-01-01'"
ITEM = f"(left(replace(g.tenant_id::text, '-', ''), 24) || lpad(to_hex({DAY}), 8, '0'))::uuid"

# The keeper takes a partition's values along with the partition; everybody else has to have written it down before.
WATCH = f"""
    SET ROLE caseward_keeper;
    CREATE INDEX event_private_tenant ON audit.event_private (tenant_id, event_id);
    GRANT DELETE ON audit.event_private TO caseward_app;
    CREATE POLICY app_delete ON audit.event_private FOR DELETE TO caseward_app
        USING (tenant_id = (SELECT cw_tenant()));
    CREATE FUNCTION audit.keep_private() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF current_user = 'caseward_keeper' THEN
            RETURN NULL;
        END IF;
        IF EXISTS (
            SELECT 1 FROM (SELECT DISTINCT {ITEM} AS item FROM gone g) days
             WHERE days.item IS NULL
                OR NOT EXISTS (SELECT 1 FROM public.retention_dispositionentry e WHERE e.id = days.item)
        ) THEN
            RAISE EXCEPTION 'personal values of events go only with their certificate' USING ERRCODE = '23001';
        END IF;
        RETURN NULL;
    END $$;
    CREATE TRIGGER keep_private AFTER DELETE ON audit.event_private REFERENCING OLD TABLE AS gone
        FOR EACH STATEMENT EXECUTE FUNCTION audit.keep_private();
    RESET ROLE;
"""
UNWATCH = """
    SET ROLE caseward_keeper;
    DROP TRIGGER keep_private ON audit.event_private;
    DROP FUNCTION audit.keep_private();
    DROP POLICY app_delete ON audit.event_private;
    REVOKE DELETE ON audit.event_private FROM caseward_app;
    DROP INDEX audit.event_private_tenant;
    RESET ROLE;
"""


class Migration(migrations.Migration):
    """Events themselves stay out of the application's reach."""

    dependencies = [("retention", "0010_archive"), ("audit", "0005_proofs")]

    operations = [migrations.RunSQL(WATCH, UNWATCH)]
