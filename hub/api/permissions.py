"""Who may ask at all. What is answered is decided by workflows, never here."""

from typing import Any

from strawberry.permission import BasePermission

from tenants.actors import ActorKind

from .context import Info
from .refusals import not_available


class SignedIn(BasePermission):
    """A second lock behind the view's: no field resolves for a caller whom nobody identified."""

    def has_permission(self, source: Any, info: Info, **kwargs: Any) -> bool:
        """Whether anybody in particular is asking."""
        return info.context.actor.kind is not ActorKind.ANONYMOUS

    def on_unauthorized(self) -> None:
        """The same words as for every other "no"."""
        raise not_available()
