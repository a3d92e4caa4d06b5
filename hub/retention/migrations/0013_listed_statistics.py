"""The hub may look how its lists are filled: without that, PostgreSQL reads the whole list for each batch of it."""

from django.db import migrations


class Migration(migrations.Migration):
    """MAINTAIN is the right to ANALYZE; it reads no row for whoever asks."""

    dependencies = [("retention", "0012_storage")]

    operations = [
        migrations.RunSQL(
            "GRANT MAINTAIN ON retention_listeditem TO caseward_app",
            "REVOKE MAINTAIN ON retention_listeditem FROM caseward_app",
        )
    ]
