"""A destination's secrets: sealed in their rows, several at a time while one is being replaced."""

from datetime import timedelta
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from hub.outgoing.sealing import seal, unseal
from tenants.identifiers import new_id

from .models import Destination, DestinationSecret, SecretUse

# How long a replaced secret goes on signing and verifying beside the new one.
OVERLAP = timedelta(hours=24)


def set_secret(destination: Destination, use: SecretUse, secret: str, *, by: str) -> None:
    """Make this the present secret; the former one goes on for a day, so that nothing under way is lost."""
    live = DestinationSecret.objects.filter(destination=destination, use=use)
    live.filter(ends_at__lt=timezone.now()).delete()
    live.filter(ends_at=None).update(ends_at=timezone.now() + OVERLAP)
    secret_id = new_id()
    DestinationSecret.objects.bulk_create(
        [
            DestinationSecret(
                id=secret_id,
                tenant_id=destination.tenant_id,
                destination=destination,
                use=use,
                sealed=seal(secret, _place(destination.pk, use, secret_id)),
                set_by=by,
            )
        ]
    )


def live_secrets(destination_id: UUID, use: SecretUse) -> tuple[str, ...]:
    """The secrets that count now, the newest first; raises sealing.SecretUnavailable."""
    rows = DestinationSecret.objects.filter(
        Q(ends_at=None) | Q(ends_at__gt=Now()), destination_id=destination_id, use=use
    ).order_by("-created_at", "-pk")
    return tuple(unseal(row.sealed, _place(destination_id, use, row.pk)) for row in rows)


def _place(destination_id: UUID, use: str, secret_id: UUID) -> str:
    return f"destination:{destination_id}:{use}:{secret_id}"
