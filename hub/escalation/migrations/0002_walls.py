"""Walls and tenant keys: tickets for their team, the log of triggers for background work and officers alone."""

from django.db import migrations

from tenants.isolation import GOVERNS, TEAMS, TENANT, tenant_keys, wall

TEAM_ROWS = f"tenant_id = {TENANT} AND (team_id = ANY ({TEAMS}) OR {GOVERNS})"
GOVERNED = f"tenant_id = {TENANT} AND {GOVERNS}"
OF_TICKET = (
    f"tenant_id = {TENANT} AND ({GOVERNS} OR EXISTS"
    " (SELECT 1 FROM escalation_remediationticket t WHERE t.id = {table}.ticket_id AND t.tenant_id = {table}.tenant_id))"
)

HISTORY = """
    CREATE FUNCTION escalation_keep_history() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'the history of a ticket is only added to' USING ERRCODE = '23001';
    END $$;
    CREATE TRIGGER escalation_keep_history BEFORE UPDATE OR DELETE ON escalation_ticketevent
        FOR EACH ROW EXECUTE FUNCTION escalation_keep_history();
"""


def of_ticket(table: str) -> str:
    """Rows of a ticket are there for whoever sees the ticket."""
    return OF_TICKET.format(table=table)


class Migration(migrations.Migration):
    """Every table of the escalation layer."""

    dependencies = [
        ("escalation", "0001_initial"),
        ("catalog", "0002_walls"),
        ("lifecycle", "0002_walls"),
        ("tenants", "0002_walls"),
    ]

    operations = [
        tenant_keys("escalation_trigger", team="tenants_team", case="cascade:catalog_case"),
        tenant_keys(
            "escalation_remediationticket",
            team="tenants_team",
            policy="lifecycle_policy",
            rule_version="lifecycle_policyversion",
        ),
        tenant_keys(
            "escalation_rulematch",
            trigger="cascade:escalation_trigger",
            case="cascade:catalog_case",
            rule_version="lifecycle_policyversion",
            ticket="escalation_remediationticket",
        ),
        tenant_keys(
            "escalation_ticketcase", ticket="cascade:escalation_remediationticket", case="cascade:catalog_case"
        ),
        tenant_keys("escalation_ticketevent", ticket="escalation_remediationticket"),
        tenant_keys(
            "escalation_releasepause",
            ticket="cascade:escalation_remediationticket",
            rule_version="lifecycle_policyversion",
        ),
        tenant_keys("escalation_gatewaiver", pause="cascade:escalation_releasepause"),
        tenant_keys("escalation_gateverdict"),
        # Facts of restricted cases stand in the log: a team writes there and does not read it.
        wall("escalation_trigger", read=GOVERNED, write=GOVERNED, insert=TEAM_ROWS),
        wall("escalation_rulematch", read=GOVERNED),
        wall("escalation_remediationticket", read=TEAM_ROWS),
        wall("escalation_ticketcase", read=of_ticket("escalation_ticketcase")),
        wall("escalation_ticketevent", read=of_ticket("escalation_ticketevent")),
        wall("escalation_releasepause", read=of_ticket("escalation_releasepause")),
        wall("escalation_gatewaiver"),
        wall("escalation_gateverdict", read=GOVERNED, delete="false"),
        migrations.RunSQL(
            HISTORY,
            "DROP TRIGGER escalation_keep_history ON escalation_ticketevent; DROP FUNCTION escalation_keep_history();",
        ),
    ]
