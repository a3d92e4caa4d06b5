"""Invites people by a secret that is sent once, and lets in whoever brings it."""

from datetime import timedelta
from uuid import UUID

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from ..models import Invitation, Membership, Team, Tenant, User
from ..queries import find_user
from ..roles import Role
from ..row_settings import with_settings
from ..token_keys import Key, new_key, parse_key
from .membership import add_member, check_place
from .onboarding import checked_email, create_user
from .unacceptable import Unacceptable

INVITATION_DAYS = 7
# One answer for a secret that never was, was used, or has expired.
NOT_VALID = "This invitation is not valid, or not any more. Ask for a new one."


def invite(
    tenant: Tenant, email: str, role: Role, *, team: Team | None = None, invited_by: UUID | None = None
) -> tuple[Invitation, Key]:
    """Offer a role to an e-mail address. Whether there is an account of that address stays unknown."""
    check_place(tenant, role, team)
    key = new_key()
    invitation = Invitation(
        tenant=tenant,
        team=team,
        email=checked_email(email),
        role=role.value,
        digest=key.digest,
        invited_by_id=invited_by,
        expires_at=timezone.now() + timedelta(days=INVITATION_DAYS),
    )
    invitation.save(force_insert=True)
    return invitation, key


def find_invitation(secret: str) -> Invitation | None:
    """The open invitation that this secret belongs to."""
    key = parse_key(secret)
    if key is None:
        return None
    with with_settings(token_digest=key.digest):
        return Invitation.objects.filter(digest=key.digest, accepted_at=None, expires_at__gt=timezone.now()).first()


def accept_invitation(
    secret: str, *, signed_in_as: UUID | None = None, display_name: str = "", password: str = ""
) -> Membership:
    """Join with the invited role: as the person signed in, or by making the account of the invited address.

    The invitation itself is the right to write into its tenant, for this one membership.
    """
    invitation = find_invitation(secret)
    if invitation is None:
        raise Unacceptable("invitation", NOT_VALID)
    with transaction.atomic(), with_settings(tenant_id=str(invitation.tenant_id), login=invitation.email):
        locked = Invitation.objects.select_for_update().filter(pk=invitation.pk, accepted_at=None).first()
        if locked is None:
            raise Unacceptable("invitation", NOT_VALID)
        if signed_in_as is not None and signed_in_as == locked.invited_by_id:
            raise Unacceptable("invitation", "Whoever invites does not take the invitation up: hand it on.")
        user = find_user(locked.email)
        if user is None:
            user = _make_account(locked.email, display_name, password)
        elif user.pk != signed_in_as:
            raise Unacceptable("invitation", "Sign in with the e-mail address that was invited, then open it again.")
        membership = add_member(locked.tenant, user, Role(locked.role), locked.team)
        locked.accepted_at = timezone.now()
        locked.save(update_fields=["accepted_at"])
    return membership


def _make_account(email: str, display_name: str, password: str) -> User:
    try:
        validate_password(password, User(email=email, display_name=display_name))
    except ValidationError as weak:
        raise Unacceptable("password", " ".join(weak.messages)) from None
    return create_user(email, display_name, password)
