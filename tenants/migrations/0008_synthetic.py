"""Which tenants the hub has made itself, for the proof of isolation."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Every tenant there is, is a real one."""

    dependencies = [("tenants", "0007_walls_of_documents")]

    operations = [
        migrations.AddField(
            model_name="tenant",
            name="is_synthetic",
            field=models.BooleanField(default=False, editable=False),
        )
    ]
