"""Escalation rules by name, and when the first clock of a ticket has run out."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("escalation", "0002_walls"),
        ("lifecycle", "0002_walls"),
    ]

    operations = [
        migrations.CreateModel(
            name="EscalationRule",
            fields=[],
            options={
                "proxy": True,
                "indexes": [],
                "constraints": [],
            },
            bases=("lifecycle.policy",),
        ),
        migrations.AddField(
            model_name="remediationticket",
            name="response_breached_at",
            field=models.DateTimeField(null=True),
        ),
    ]
