"""Every mutation's root field is a step of its own: a savepoint that a fault undoes and a refusal does not."""

from collections.abc import Callable
from typing import Any

from django.db import transaction
from strawberry.extensions import FieldExtension

from .context import Info


class Step(FieldExtension):
    """Runs a mutation in a savepoint of the request's transaction."""

    def resolve(self, next_: Callable[..., Any], source: Any, info: Info, **kwargs: Any) -> Any:
        """What a workflow answers stays, refusals with their record included; what raises leaves nothing."""
        with transaction.atomic():
            return next_(source, info, **kwargs)
