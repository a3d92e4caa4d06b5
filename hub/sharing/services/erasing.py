"""Where sharing may name a person, and how such a row ends; dropping an audience's key ends its pseudonyms."""

import hashlib
from collections.abc import Collection, Iterator
from uuid import UUID

from hub.catalog.erasing import ERASED, Erasable

from ..keys import KeyUnavailable, new_key, seal_key
from ..models import AccessRequest, Analysis, Audience, Projection, SharingGrant
from .audiences import key_of


def _empty_requests(ids: Collection[UUID]) -> None:
    AccessRequest.objects.filter(pk__in=ids).update(wish=ERASED, answer="")


def _empty_grants(ids: Collection[UUID]) -> None:
    SharingGrant.objects.filter(pk__in=ids).update(reason="")


def _delete_analyses(ids: Collection[UUID]) -> None:
    Analysis.objects.filter(pk__in=ids).delete()


ERASABLE = (
    Erasable("sharing_projection", "projection"),
    Erasable("sharing_analysis", "analysis", _delete_analyses),
    Erasable("sharing_accessrequest", "access_request", _empty_requests, case_column=None),
    Erasable("sharing_sharinggrant", "grant_reason", _empty_grants, case_column=None),
)


def open_keys(tenant_id: UUID) -> Iterator[tuple[UUID, bytes]]:
    """The audiences of a tenant whose keys open, with these."""
    for audience in Audience.objects.filter(tenant_id=tenant_id):
        try:
            yield audience.pk, key_of(audience)
        except KeyUnavailable:
            continue


def made_from(case_ids: Collection[UUID]) -> list[tuple[UUID, UUID, UUID]]:
    """Projections of these cases that hold something: id, case, audience."""
    rows = Projection.objects.filter(case_id__in=case_ids, document__isnull=False)
    return list(rows.values_list("pk", "case_id", "audience_id"))


def drop_keys(digests: dict[UUID, str]) -> int:
    """Replace audiences' keys, where they are the ones with these digests, by fresh ones; how many were dropped.

    What was shared under a dropped key cannot be linked with anything that is made from now on, by nobody: the key
    is gone. An audience that has another key by now has lost the meant one already.
    """
    dropped = 0
    for audience in Audience.objects.select_for_update().filter(pk__in=list(digests)).order_by("pk"):
        if key_digest(audience.sealed_key) == digests[audience.pk]:
            audience.sealed_key = seal_key(new_key(), audience.pk)
            audience.save(update_fields=["sealed_key"])
            dropped += 1
    return dropped


def digests_of(kind: str, ids: Collection[UUID]) -> dict[UUID, str]:
    """The digests that remain of projections and of sealed keys when they are gone."""
    if kind == "projection":
        return dict(Projection.objects.filter(pk__in=ids).values_list("pk", "digest"))
    if kind == "pseudonym_key":
        return {row.pk: key_digest(row.sealed_key) for row in Audience.objects.filter(pk__in=ids)}
    return {}


def key_digest(sealed: bytes | memoryview | None) -> str:
    """SHA-256 of a sealed key, which says nothing of the key itself; empty where there is none."""
    return hashlib.sha256(bytes(sealed)).hexdigest() if sealed else ""
