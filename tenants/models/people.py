"""People, what they are in which team, and invitations to become it."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models

from ..identifiers import new_id
from ..roles import TEAM_ROLES, TENANT_ROLES, Role
from .tenants import Team, Tenant

ROLE_CHOICES = [(role.value, role.value.capitalize()) for role in Role]


class UserManager(BaseUserManager["User"]):
    """Makes users. There are no superusers; the platform's operator is a flag that only the operator sets."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A user with a normalised e-mail address; without a password he can only come by invitation or token."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(force_insert=True)
        return user


class User(AbstractBaseUser, PermissionsMixin):
    """A person, or a service account, who may be a member of several tenants.

    Sensitivity: confidential. Retention: until the person leaves the last tenant.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    email = models.EmailField(unique=True)
    display_name = models.CharField(max_length=120)
    is_active = models.BooleanField(default=True)
    is_service = models.BooleanField(default=False, help_text="A service account: it has tokens and no password.")
    is_operator = models.BooleanField(default=False, help_text="Operates the platform; reads no case.")
    is_platform_auditor = models.BooleanField(
        default=False, help_text="Reads the access record of all organisations, and no case."
    )

    # Signing in is on the access record; a column of its own would cost every sign-in a row lock.
    last_login = None

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["display_name"]
    objects = UserManager()

    class Meta:
        default_permissions: ClassVar[tuple[str, ...]] = ()
        constraints: ClassVar[list[models.BaseConstraint]] = [
            # Django's superuser would walk past every decision; nobody is one, whoever writes the row.
            models.CheckConstraint(condition=models.Q(is_superuser=False), name="user_never_superuser"),
            # Who runs the hub is not who watches him.
            models.CheckConstraint(
                condition=~models.Q(is_operator=True, is_platform_auditor=True), name="user_operator_or_auditor"
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def is_staff(self) -> bool:
        """Django's admin asks for this at the door; what a person finds inside is decided from roles."""
        return self.is_active and not self.is_service


class Membership(models.Model):
    """The truth about who is what: a role in one team, or, without a team, in the whole tenant.

    Sensitivity: internal. Retention: until it ends.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="memberships")
    team = models.ForeignKey(
        Team, on_delete=models.PROTECT, null=True, blank=True, related_name="memberships", db_constraint=False
    )
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=20, choices=ROLE_CHOICES)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["tenant", "team", "user", "role"], name="membership_once", nulls_distinct=False
            ),
            # A tenant-wide contributor would read every team's raw cases; governing roles belong to no team.
            models.CheckConstraint(
                condition=models.Q(team__isnull=False, role__in=sorted(TEAM_ROLES))
                | models.Q(team__isnull=True, role__in=sorted(TENANT_ROLES)),
                name="membership_role_fits_place",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Invitation(models.Model):
    """An offer to join with one role; its secret is sent once, and only its digest is kept.

    Sensitivity: confidential. Retention: until accepted or expired.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    team = models.ForeignKey(
        Team, on_delete=models.CASCADE, null=True, blank=True, related_name="+", db_constraint=False
    )
    email = models.EmailField()
    role = models.CharField(max_length=20, choices=ROLE_CHOICES)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    # Empty where the operator invited from the machine itself, to let the first person of a tenant in.
    invited_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return str(self.pk)
