"""Who the caller is."""

import strawberry

from hub.workflows.viewing import view_self

from ..context import Info
from ..permissions import SignedIn
from .types import Viewer


@strawberry.type
class TenantsQuery:
    """The root field about the caller."""

    @strawberry.field(permission_classes=[SignedIn], description="You, as the hub sees you in this request.")
    def viewer(self, info: Info) -> Viewer:
        """The caller's own view of himself."""
        return Viewer.from_view(view_self(info.context.actor))
