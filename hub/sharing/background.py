"""The actor behind the sharing layer's own bookkeeping, and the kinds of work it notes."""

from uuid import UUID

from tenants.actors import SystemActor, system_actor

# Notes of tenants.work: projections to build, settle or switch; and the slow check that nothing was missed.
PROJECTIONS = "projections"
SHARING_CHECK = "sharing_check"
# The task to nudge when there are projections to build. Named here, so that who nudges need not load what builds.
BUILD_TASK = "projections.build"


def bookkeeper(tenant_id: UUID) -> SystemActor:
    """Coverage and requests are the same whoever caused them: a submitter need not see the grants he is covered by."""
    return system_actor(tenant_id, "sharing")
