"""What recipients say about recalled cases: seen by the owner and by who said it, written by background work."""

import django.db.models.deletion
from django.db import migrations, models

import tenants.identifiers
from tenants.isolation import GOVERNS, TENANT, tenant_keys, wall


class Migration(migrations.Migration):
    """Acknowledged recalls."""

    dependencies = [
        ("sharing", "0003_summaries"),
        ("tenants", "0005_escalation_actions"),
    ]

    operations = [
        migrations.CreateModel(
            name="RecallAcknowledgement",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=tenants.identifiers.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("case_id", models.UUIDField()),
                ("recipient_tenant_id", models.UUIDField()),
                ("recipient_team_id", models.UUIDField(null=True)),
                ("acknowledged_by", models.CharField(max_length=60)),
                ("acknowledged_at", models.DateTimeField(auto_now_add=True)),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenants.tenant"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "case_id", "recipient_tenant_id", "recipient_team_id"),
                        name="recall_acknowledged_once",
                        nulls_distinct=False,
                    )
                ],
            },
        ),
        tenant_keys("sharing_recallacknowledgement"),
        wall(
            "sharing_recallacknowledgement",
            insert=f"tenant_id = {TENANT} AND {GOVERNS}",
            also_read={"recipient_read": f"recipient_tenant_id = {TENANT}"},
        ),
    ]
