"""Where in a case the reason stands why a projection is withheld; the running version writes rows without it."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    """A column with a default of the database's own."""

    dependencies = [("sharing", "0004_recalls")]

    operations = [
        migrations.AddField(
            model_name="projection",
            name="places",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=60), blank=True, db_default=[], default=list, size=None
            ),
        ),
    ]
