"""Who sees which tenants, people, roles and keys: row-level security on every table of this package."""

from django.db import migrations

from tenants.isolation import (
    DIRECTORY,
    KEY_DIGEST,
    LOGIN,
    OPERATOR,
    SETTINGS_FUNCTIONS,
    TENANT,
    USER,
    tenant_keys,
    wall,
)

# The subqueries stand on memberships alone, and their policies on no other table: policies never go in circles.
OWN_TENANTS = f"SELECT tenant_id FROM tenants_membership WHERE user_id = {USER}"
COLLEAGUES = f"SELECT user_id FROM tenants_membership WHERE tenant_id = {TENANT}"
OWN_OR_OPERATOR = f"tenant_id = {TENANT} OR {OPERATOR}"

# Whoever may change his own row must not make himself the platform's operator.
OPERATOR_FLAG = """
    CREATE FUNCTION tenants_guard_operator() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.is_operator AND current_user = 'caseward_app' AND NOT cw_flag('caseward.operator')
           AND (TG_OP = 'INSERT' OR NOT OLD.is_operator) THEN
            RAISE EXCEPTION 'only an operator makes an operator' USING ERRCODE = '42501';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER tenants_guard_operator BEFORE INSERT OR UPDATE ON tenants_user
        FOR EACH ROW EXECUTE FUNCTION tenants_guard_operator();
"""

# A tenant's own permission row is about that tenant and no other.
OWN_OBJECT = """
    ALTER TABLE tenants_tenantgroupobjectpermission
        ADD CONSTRAINT tenants_tenantpermission_own CHECK (content_object_id = tenant_id);
"""


class Migration(migrations.Migration):
    """The functions that policies read settings with come first; everything else in the hub builds on them."""

    dependencies = [("tenants", "0001_initial")]

    operations = [
        SETTINGS_FUNCTIONS,
        tenant_keys("tenants_team"),
        tenant_keys("tenants_membership", team="tenants_team"),
        tenant_keys("tenants_invitation", team="cascade:tenants_team"),
        tenant_keys("tenants_servicetoken", team="tenants_team"),
        tenant_keys("tenants_rolegroup", team="cascade:tenants_team"),
        tenant_keys("tenants_teamgroupobjectpermission", content_object="cascade:tenants_team"),
        tenant_keys("tenants_tenantgroupobjectpermission"),
        migrations.RunSQL(
            OWN_OBJECT,
            "ALTER TABLE tenants_tenantgroupobjectpermission DROP CONSTRAINT tenants_tenantpermission_own;",
        ),
        wall(
            "tenants_tenant",
            read=f"id = {TENANT} OR id IN ({OWN_TENANTS}) OR {OPERATOR} OR slug = {DIRECTORY}",
            write=f"id = {TENANT} OR {OPERATOR}",
            insert=OPERATOR,
            delete="false",
        ),
        wall(
            "tenants_team",
            read=f"{OWN_OR_OPERATOR} OR tenant_id IN ({OWN_TENANTS}) OR address = {DIRECTORY}",
            write=OWN_OR_OPERATOR,
        ),
        wall(
            "tenants_user",
            read=f"id = {USER} OR email = {LOGIN} OR id IN ({COLLEAGUES}) OR {OPERATOR}",
            write=f"id = {USER} OR {OPERATOR}",
            insert=f"{TENANT} IS NOT NULL OR {OPERATOR}",
            delete="false",
        ),
        wall("tenants_membership", read=OWN_OR_OPERATOR, also_read={"app_read_own": f"user_id = {USER}"}),
        wall("tenants_invitation", read=OWN_OR_OPERATOR, also_read={"app_read_by_secret": f"digest = {KEY_DIGEST}"}),
        wall("tenants_servicetoken", also_read={"app_read_by_secret": f"digest = {KEY_DIGEST}"}, delete="false"),
        wall("tenants_rolegroup", read=OWN_OR_OPERATOR),
        # Django's own table of who is in which group: it has no tenant, so the group's role says whose it is.
        wall(
            "tenants_user_groups",
            read=f"user_id = {USER} OR group_id IN (SELECT group_id FROM tenants_rolegroup)",
            write="group_id IN (SELECT group_id FROM tenants_rolegroup)",
        ),
        wall("tenants_teamgroupobjectpermission", read=OWN_OR_OPERATOR),
        wall("tenants_tenantgroupobjectpermission", read=OWN_OR_OPERATOR),
        migrations.RunSQL(
            OPERATOR_FLAG,
            "DROP TRIGGER tenants_guard_operator ON tenants_user; DROP FUNCTION tenants_guard_operator();",
        ),
    ]
