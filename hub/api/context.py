"""What resolvers know of the request: who is asking, and nothing else."""

from dataclasses import dataclass

from strawberry.types import Info as StrawberryInfo

from tenants.actors import Actor


@dataclass(frozen=True, slots=True)
class Context:
    """The actor of the request, as the scoping middleware found him."""

    actor: Actor


Info = StrawberryInfo[Context, None]
