"""The wall of trusted documents."""

from django.db import migrations

from tenants.isolation import tenant_keys, wall


class Migration(migrations.Migration):
    """A tenant's documents are its own."""

    dependencies = [("tenants", "0006_trusted_documents")]

    operations = [tenant_keys("tenants_trusteddocument"), wall("tenants_trusteddocument")]
