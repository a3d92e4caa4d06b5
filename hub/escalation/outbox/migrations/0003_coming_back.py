"""What came of a message from outside, why a mirror is paused, and the one row that such a message may find."""

from django.db import migrations, models

from tenants.isolation import APP, DIRECTORY


class Migration(migrations.Migration):
    """Two-way mirrors."""

    dependencies = [("outbox", "0002_walls")]

    operations = [
        migrations.AddField("inboundmessage", "state", models.CharField(blank=True, max_length=20)),
        migrations.AddField("inboundmessage", "ticket_id", models.UUIDField(null=True)),
        migrations.AddField("ticketmirror", "paused_because", models.CharField(blank=True, max_length=20)),
        # A message from outside names a destination before any tenant is known: that active row is shown, no other.
        migrations.RunSQL(
            f"CREATE POLICY app_named ON outbox_destination FOR SELECT TO {APP}"
            f" USING (state = 'active' AND id::text = {DIRECTORY})",
            "DROP POLICY app_named ON outbox_destination",
        ),
    ]
