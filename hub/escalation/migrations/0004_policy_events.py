"""Reports of leaks, behind the walls of the team whose case it is; and what else rules may see."""

import django.db.models.deletion
from django.db import migrations, models

import tenants.identifiers
from tenants.isolation import GOVERNS, TEAMS, TENANT, tenant_keys, wall


class Migration(migrations.Migration):
    """Policy events."""

    dependencies = [
        ("catalog", "0003_purging"),
        ("escalation", "0003_named_rules_and_first_clock"),
        ("tenants", "0005_escalation_actions"),
    ]

    operations = [
        migrations.AlterField(
            model_name="trigger",
            name="kind",
            field=models.CharField(
                choices=[
                    ("case_submitted", "Case submitted"),
                    ("case_changed", "Case changed"),
                    ("case_reviewed", "Case reviewed"),
                    ("case_aged", "Case has waited"),
                    ("ticket_changed", "Ticket changed"),
                    ("sla_breached", "Ticket overdue"),
                    ("leak_reported", "Leak reported"),
                    ("recall_overdue", "Recall overdue"),
                    ("unusual_volume", "Unusual volume"),
                ],
                max_length=20,
            ),
        ),
        migrations.CreateModel(
            name="LeakReport",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=tenants.identifiers.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("reporter_tenant_id", models.UUIDField()),
                ("reporter_label", models.CharField(max_length=81)),
                ("reported_by", models.CharField(max_length=60)),
                (
                    "what",
                    models.CharField(
                        choices=[
                            ("person", "A person's name or likeness"),
                            ("contact", "An address, number or account"),
                            ("secret", "A key or password"),
                            ("customer", "A customer or partner"),
                            ("other", "Something else"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "where",
                    models.CharField(
                        choices=[
                            ("title", "Title"),
                            ("summary", "Summary"),
                            ("write_up", "Write-up"),
                            ("facts", "Facts"),
                            ("evidence", "Evidence"),
                            ("elsewhere", "Elsewhere"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "Open"), ("confirmed", "Confirmed"), ("dismissed", "Dismissed")],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("reported_at", models.DateTimeField(auto_now_add=True)),
                ("answered_by", models.CharField(blank=True, max_length=60)),
                ("answered_at", models.DateTimeField(null=True)),
                (
                    "case",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="catalog.case",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.team",
                    ),
                ),
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
                        condition=models.Q(("state", "open")),
                        fields=("case", "reporter_tenant_id", "reporter_label", "what", "where"),
                        name="leak_report_once",
                    )
                ],
            },
        ),
        tenant_keys("escalation_leakreport", team="tenants_team", case="cascade:catalog_case"),
        wall(
            "escalation_leakreport",
            read=f"tenant_id = {TENANT} AND (team_id = ANY ({TEAMS}) OR {GOVERNS})",
            insert=f"tenant_id = {TENANT} AND {GOVERNS}",
        ),
    ]
