"""The actions of escalation among the permissions that roles are derived into."""

from django.db import migrations

from tenants.roles import PERMISSIONS


class Migration(migrations.Migration):
    """Names of permissions are read from the table of roles, as they are now."""

    dependencies = [("tenants", "0004_destinations")]

    operations = [
        migrations.AlterModelOptions(name=name, options={"default_permissions": (), "permissions": PERMISSIONS})
        for name in ("team", "tenant")
    ]
