"""The database's wall around what is shared: recipient, term, revocation, recall and readiness, checked at every read."""

from django.db import migrations

from tenants.isolation import GOVERNS, RAW_REACH, TEAMS, TENANT, tenant_keys, wall

OWN_TEAM = f"team_id = ANY ({TEAMS})"
OWNERS = f"tenant_id = {TENANT} AND ({OWN_TEAM} OR {GOVERNS})"


def received(alias: str) -> str:
    """Whether the actor is a recipient: his team, his tenant, or a group that either is in now."""
    return f"""(
        ({alias}.recipient_tenant_id = {TENANT}
            AND ({alias}.recipient_team_id IS NULL OR {alias}.recipient_team_id = ANY ({TEAMS})))
        OR {alias}.group_id IN (
            SELECT m.group_id FROM sharing_sharinggroupmember m
             WHERE m.member_tenant_id = {TENANT}
               AND (m.member_team_id IS NULL OR m.member_team_id = ANY ({TEAMS})))
    )"""


RUNNING = (
    "g.state = 'active' AND g.revoked_at IS NULL"
    " AND g.starts_at <= statement_timestamp() AND statement_timestamp() < g.expires_at"
)

# OFFSET keeps this a look at one row's coverage: as a hash table it would first read all that the reader may see.
READERS = f"""state = 'ready' AND is_in_force AND recalled_at IS NULL AND EXISTS (
    SELECT 1 FROM sharing_grantcoverage c
     LEFT JOIN sharing_sharinggrant g ON g.id = c.grant_id
     WHERE c.case_id = sharing_projection.case_id
       AND c.audience_id = sharing_projection.audience_id
       AND c.profile_id = sharing_projection.profile_id
       AND {received("c")}
       AND (c.grant_id IS NULL OR ({RUNNING}))
    OFFSET 0
)"""


class Migration(migrations.Migration):
    """Walls and tenant keys of the sharing layer."""

    dependencies = [("sharing", "0001_initial"), ("catalog", "0002_walls"), ("lifecycle", "0002_walls")]

    operations = [
        tenant_keys("sharing_redactionprofile", policy="lifecycle_policy", serving_version="lifecycle_policyversion"),
        tenant_keys("sharing_sharinggroup"),
        tenant_keys("sharing_sharinggroupmember", group="cascade:sharing_sharinggroup"),
        tenant_keys("sharing_audience", group="sharing_sharinggroup"),
        tenant_keys(
            "sharing_sharinggrant",
            team="tenants_team",
            audience="sharing_audience",
            group="sharing_sharinggroup",
            profile="sharing_redactionprofile",
            template_version="lifecycle_policyversion",
        ),
        tenant_keys(
            "sharing_grantcoverage",
            team="tenants_team",
            case="catalog_case",
            grant="cascade:sharing_sharinggrant",
            audience="sharing_audience",
            profile="sharing_redactionprofile",
            group="sharing_sharinggroup",
        ),
        tenant_keys("sharing_analysis", team="tenants_team", case="catalog_case", version="catalog_caseversion"),
        tenant_keys(
            "sharing_projection",
            team="tenants_team",
            case="catalog_case",
            version="catalog_caseversion",
            profile="sharing_redactionprofile",
            policy_version="lifecycle_policyversion",
            audience="sharing_audience",
        ),
        tenant_keys("sharing_receipt"),
        tenant_keys("sharing_accessrequest"),
        wall("sharing_redactionprofile"),
        wall("sharing_sharinggroup"),
        # A member of a group sees its own membership, nobody else's.
        wall("sharing_sharinggroupmember", also_read={"member_read": f"member_tenant_id = {TENANT}"}),
        # Audiences hold sealed keys; the owner tenant's rows only, and what is sealed opens in the process alone.
        wall("sharing_audience"),
        wall("sharing_sharinggrant", also_read={"recipient_read": received("sharing_sharinggrant")}),
        wall("sharing_grantcoverage", also_read={"recipient_read": received("sharing_grantcoverage")}),
        # Positions of findings belong to the raw side: only the background work reads them.
        wall("sharing_analysis", read=f"tenant_id = {TENANT} AND {RAW_REACH} = 'tenant'"),
        wall("sharing_projection", read=OWNERS, write=OWNERS, also_read={"reader_read": READERS}),
        # A receipt belongs to the owner's tenant and is written by the reader's.
        wall(
            "sharing_receipt",
            insert=f"recipient_tenant_id = {TENANT}",
            also_read={"recipient_read": f"recipient_tenant_id = {TENANT}"},
        ),
        wall(
            "sharing_accessrequest",
            insert=f"requester_tenant_id = {TENANT}",
            also_read={"requester_read": f"requester_tenant_id = {TENANT}"},
        ),
    ]
