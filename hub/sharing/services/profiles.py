"""Installs the shipped profiles and the shipped grant template, and reads a profile's policies."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction

from hub.lifecycle import services as lifecycle
from hub.lifecycle.models import PolicyKind, PolicyVersion
from redaction import load_pack
from tenants.work import note_work

from ..background import SHARING_CHECK
from ..models import RedactionProfile
from ..templates import parse_template

SHIPPED_AUTHOR = "system:caseward"
INTERNAL = "internal"
# Slug, name and protection: where several grants cover one case, the higher number counts.
SHIPPED = ((INTERNAL, "Internal", 10), ("partner", "Partner", 20), ("public", "Public", 30))

# Learning from failures: each of these contains narrower ones.
STANDARD_PURPOSES = (
    "ResearchAndDevelopment",
    "ServiceOptimisation",
    "EnforceSecurity",
    "OrganisationGovernance",
    "LegalCompliance",
)


def install_shipped_profiles(tenant_id: UUID, *, by: str) -> list[RedactionProfile]:
    """Give a tenant the shipped profiles, activated by a person of its own; those it already has stay as they are."""
    profiles = [_install(tenant_id, slug, name, protection, by) for slug, name, protection in SHIPPED]
    note_work(tenant_id, SHARING_CHECK)
    return profiles


def create_profile(
    tenant_id: UUID, slug: str, name: str, protection: int, document: Mapping[str, Any], *, author: str
) -> PolicyVersion:
    """A new profile with a first draft; it serves nobody before someone else activates it."""
    with transaction.atomic():
        policy = lifecycle.create_policy(tenant_id, PolicyKind.REDACTION_PROFILE, slug, name)
        RedactionProfile.objects.create(tenant_id=tenant_id, slug=slug, name=name, policy=policy, protection=protection)
        return lifecycle.begin_draft(policy, document, author=author)


def install_shipped_templates(
    tenant_id: UUID, *, by: str, recipients: Sequence[str], max_days: int = 90, ceiling_class: str = "restricted"
) -> PolicyVersion:
    """The grant template `standard`: redacted profiles only, to the named recipients, for three months at most."""
    document = {
        "profiles": ["partner", "public"],
        "ceiling_class": ceiling_class,
        "ceiling_tlp": "AMBER",
        "max_days": max_days,
        "recipients": list(recipients),
        "purposes": list(STANDARD_PURPOSES),
    }
    parse_template(document)
    with transaction.atomic():
        policy = lifecycle.create_policy(tenant_id, PolicyKind.GRANT_TEMPLATE, "standard", "Standard")
        return _activate_shipped(lifecycle.begin_draft(policy, document, author=SHIPPED_AUTHOR), by)


def _install(tenant_id: UUID, slug: str, name: str, protection: int, by: str) -> RedactionProfile:
    with transaction.atomic():
        existing = RedactionProfile.objects.filter(tenant_id=tenant_id, slug=slug).first()
        if existing is not None:
            return existing
        policy = lifecycle.create_policy(tenant_id, PolicyKind.REDACTION_PROFILE, slug, name)
        draft = lifecycle.begin_draft(policy, load_pack(slug).to_document(), author=SHIPPED_AUTHOR, note="Shipped")
        version = _activate_shipped(draft, by)
        return RedactionProfile.objects.create(
            tenant_id=tenant_id,
            slug=slug,
            name=name,
            policy=policy,
            protection=protection,
            serving_version=version,
        )


def _activate_shipped(draft: PolicyVersion, by: str) -> PolicyVersion:
    lifecycle.propose(draft.pk)
    return lifecycle.activate(draft.pk, by=by, reason="Shipped with the hub")
