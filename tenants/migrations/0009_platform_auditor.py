"""Platform auditors: who they are, that nobody makes himself one, and that they may know the names of tenants."""

from django.db import migrations, models

from tenants.isolation import APP

# Only an operator's transaction makes an auditor, of somebody else; nobody who belongs to a tenant is one.
GUARD = """
    CREATE FUNCTION tenants_guard_auditor() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.is_platform_auditor AND (TG_OP = 'INSERT' OR NOT OLD.is_platform_auditor) THEN
            IF current_user = 'caseward_app'
               AND (NOT cw_flag('caseward.operator') OR NEW.id IS NOT DISTINCT FROM cw_user()) THEN
                RAISE EXCEPTION 'only an operator makes a platform auditor, and never himself' USING ERRCODE = '42501';
            END IF;
            IF EXISTS (SELECT FROM tenants_membership WHERE user_id = NEW.id) THEN
                RAISE EXCEPTION 'a platform auditor belongs to no tenant' USING ERRCODE = '23514';
            END IF;
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER tenants_guard_auditor BEFORE INSERT OR UPDATE ON tenants_user
        FOR EACH ROW EXECUTE FUNCTION tenants_guard_auditor();
    CREATE FUNCTION tenants_guard_auditor_member() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (SELECT FROM tenants_user WHERE id = NEW.user_id AND is_platform_auditor) THEN
            RAISE EXCEPTION 'a platform auditor belongs to no tenant' USING ERRCODE = '23514';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER tenants_guard_auditor_member BEFORE INSERT OR UPDATE ON tenants_membership
        FOR EACH ROW EXECUTE FUNCTION tenants_guard_auditor_member();
"""
UNDO = """
    DROP TRIGGER tenants_guard_auditor_member ON tenants_membership;
    DROP FUNCTION tenants_guard_auditor_member();
    DROP TRIGGER tenants_guard_auditor ON tenants_user;
    DROP FUNCTION tenants_guard_auditor();
"""
NAMES = f"CREATE POLICY auditor_read ON tenants_tenant FOR SELECT TO {APP} USING ((SELECT cw_flag('caseward.auditor')))"


class Migration(migrations.Migration):
    """Nobody is one yet."""

    dependencies = [("tenants", "0008_synthetic")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="is_platform_auditor",
            field=models.BooleanField(
                default=False, help_text="Reads the access record of all organisations, and no case."
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(("is_operator", True), ("is_platform_auditor", True), _negated=True),
                name="user_operator_or_auditor",
            ),
        ),
        migrations.RunSQL(GUARD, UNDO),
        migrations.RunSQL(NAMES, "DROP POLICY auditor_read ON tenants_tenant"),
    ]
