"""Walls, tenant keys, and the trigger that keeps decided versions as they were."""

from django.db import migrations

from tenants.isolation import tenant_keys, wall

IMMUTABLE = """
    CREATE FUNCTION lifecycle_keep_version() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' THEN
            IF OLD.state IN ('active', 'retired') THEN
                RAISE EXCEPTION 'a policy version that has governed is never deleted' USING ERRCODE = '23001';
            END IF;
            RETURN OLD;
        END IF;
        IF OLD.state <> 'draft' AND (
            NEW.document IS DISTINCT FROM OLD.document OR NEW.digest IS DISTINCT FROM OLD.digest
            OR NEW.author IS DISTINCT FROM OLD.author OR NEW.editors IS DISTINCT FROM OLD.editors
            OR NEW.number IS DISTINCT FROM OLD.number OR NEW.policy_id IS DISTINCT FROM OLD.policy_id
            OR NEW.based_on_id IS DISTINCT FROM OLD.based_on_id
        ) THEN
            RAISE EXCEPTION 'a proposed or decided policy version is immutable' USING ERRCODE = '23001';
        END IF;
        IF NOT (
            NEW.state = OLD.state
            OR (OLD.state = 'draft' AND NEW.state = 'proposed')
            OR (OLD.state = 'proposed' AND NEW.state IN ('active', 'rejected'))
            OR (OLD.state = 'active' AND NEW.state = 'retired')
        ) THEN
            RAISE EXCEPTION 'a policy version does not go from % to %', OLD.state, NEW.state USING ERRCODE = '23001';
        END IF;
        IF OLD.state IN ('active', 'retired', 'rejected') AND (
            NEW.decided_by IS DISTINCT FROM OLD.decided_by OR NEW.decided_at IS DISTINCT FROM OLD.decided_at
        ) THEN
            RAISE EXCEPTION 'who decided a policy version is immutable' USING ERRCODE = '23001';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER lifecycle_keep_version BEFORE UPDATE OR DELETE ON lifecycle_policyversion
        FOR EACH ROW EXECUTE FUNCTION lifecycle_keep_version();
    CREATE FUNCTION lifecycle_start_as_draft() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.state <> 'draft' THEN
            RAISE EXCEPTION 'a policy version starts as a draft' USING ERRCODE = '23001';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER lifecycle_start_as_draft BEFORE INSERT ON lifecycle_policyversion
        FOR EACH ROW EXECUTE FUNCTION lifecycle_start_as_draft();
"""


class Migration(migrations.Migration):
    """Every door leads through the same life, whoever writes."""

    dependencies = [("lifecycle", "0001_initial"), ("tenants", "0002_walls")]

    operations = [
        tenant_keys("lifecycle_policy"),
        tenant_keys("lifecycle_policyversion", policy="lifecycle_policy", based_on="lifecycle_policyversion"),
        wall("lifecycle_policy"),
        wall("lifecycle_policyversion"),
        migrations.RunSQL(
            IMMUTABLE,
            "DROP TRIGGER lifecycle_keep_version ON lifecycle_policyversion;"
            "DROP TRIGGER lifecycle_start_as_draft ON lifecycle_policyversion;"
            "DROP FUNCTION lifecycle_keep_version(), lifecycle_start_as_draft();",
        ),
    ]
