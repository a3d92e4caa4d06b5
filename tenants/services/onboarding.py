"""Lets organisations, teams and people onto the hub."""

import re
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, models, transaction

from ..models import Membership, Team, Tenant, User
from ..roles import Role
from .membership import add_member
from .unacceptable import Unacceptable

Row = TypeVar("Row", bound=models.Model)

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
# Nobody has a mailbox under .invalid (RFC 2606), so no message and no invitation reaches a service account.
SERVICE_DOMAIN = "service.invalid"


def create_tenant(slug: str, name: str, *, is_synthetic: bool = False) -> Tenant:
    """A new organisation, empty. Only an operator's transaction may write it."""
    tenant = Tenant(slug=_checked_slug(slug), name=_checked_name(name, "name"), is_synthetic=is_synthetic)
    return _insert(tenant, "slug", "This name is taken by another tenant; choose another one.")


def create_team(tenant: Tenant, slug: str, name: str) -> Team:
    """A new team of a tenant; `tenant/team` is the address that grants name it by."""
    slug = _checked_slug(slug)
    team = Team(tenant=tenant, slug=slug, name=_checked_name(name, "name"), address=f"{tenant.slug}/{slug}")
    return _insert(team, "slug", "The tenant has a team of this name; choose another one.")


def create_user(email: str, display_name: str, password: str | None = None, *, is_operator: bool = False) -> User:
    """A new account, without any role. Without a password nobody can sign in to it."""
    email = checked_email(email)
    user = User(email=email, display_name=_checked_name(display_name, "display_name"), is_operator=is_operator)
    user.set_password(password)
    return _insert(user, "email", "There is an account with this e-mail address.")


def create_service_account(tenant: Tenant, slug: str, name: str, *, role: Role, team: Team | None = None) -> User:
    """An account for a machine: it holds one role, signs in with tokens only, and has no mailbox."""
    user = User(
        email=f"{_checked_slug(slug)}@{tenant.slug}.{SERVICE_DOMAIN}",
        display_name=_checked_name(name, "name"),
        is_service=True,
    )
    user.set_unusable_password()
    with transaction.atomic():
        _insert(user, "slug", "The tenant has a service account of this name; choose another one.")
        add_member(tenant, user, role, team)
    return user


def set_platform_auditor(user: User, *, is_auditor: bool) -> None:
    """Let a person read the whole access record, or end that. The database refuses whoever is no operator."""
    if is_auditor:
        if user.is_operator or user.is_service or not user.is_active:
            raise Unacceptable("user", "Only the active account of a person who does not operate the hub can be named.")
        if Membership.objects.filter(user=user).exists():
            raise Unacceptable("user", "This person has a role in an organisation. Take it away first.")
    user.is_platform_auditor = is_auditor
    user.save(update_fields=["is_platform_auditor"])


def checked_email(email: str) -> str:
    """An e-mail address in the one form that the hub keeps: lower case, nothing around it."""
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError:
        raise Unacceptable("email", "This is not an e-mail address.") from None
    return email


def _checked_slug(slug: str) -> str:
    if not _SLUG.fullmatch(slug):
        raise Unacceptable(
            "slug", "Use 1 to 40 lower-case letters, digits and hyphens, not starting or ending with one."
        )
    return slug


def _checked_name(name: str, field: str) -> str:
    name = name.strip()
    if not 1 <= len(name) <= 120 or "\0" in name:
        raise Unacceptable(field, "Use 1 to 120 characters.")
    return name


def _insert(row: Row, field: str, taken: str) -> Row:
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise Unacceptable(field, taken) from None
    return row
