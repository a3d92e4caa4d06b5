"""The archive: an object store outside the database, to which items go encrypted before they are purged.

An object is a format byte, a nonce of 12 bytes and AES-256-GCM ciphertext, bound to the item's id. Each has a key of
its own, sealed under KEY_ENCRYPTION_KEY in the item's row: whoever reads the store alone reads nothing, and deleting
the row is deleting the object.
"""

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db.models.functions import Now

from ..models.archive import ArchivedItem
from ..rules import Track

log = structlog.get_logger(__name__)

STORE = "archive"
_FORMAT = b"\x01"
_NONCE_BYTES = 12


class ArchiveFailed(Exception):
    """The store did not take or give an item, or what it gave is not what was put there."""


@dataclass(frozen=True, slots=True)
class ToArchive:
    """An item that is to be archived: its digest as the rules saw it, and its content."""

    item_id: UUID
    case_id: UUID
    digest: str
    content: bytes


def is_configured() -> bool:
    """Whether this hub has an archive at all."""
    return STORE in settings.STORAGES


def archive(tenant_id: UUID, track: Track, item: ToArchive) -> ArchivedItem:
    """Encrypt an item, put it into the store and keep its key; the same item again replaces its object.

    Raises ArchiveFailed; then nothing is kept, and whoever deletes must not.
    """
    if not is_configured():
        raise ArchiveFailed("This hub has no archive: set ARCHIVE_URL.")
    key, nonce = AESGCM.generate_key(256), secrets.token_bytes(_NONCE_BYTES)
    sealed = _FORMAT + nonce + AESGCM(key).encrypt(nonce, item.content, item.item_id.bytes)
    name = f"{tenant_id}/{track}/{item.item_id}-{item.digest[:16]}-{secrets.token_hex(4)}"
    try:
        stored = storages[STORE].save(name, ContentFile(sealed))
        # What cannot be read back was not archived.
        if _fetch(stored) != sealed:
            raise ArchiveFailed("The archive gave something else back than it was given.")
    except ArchiveFailed:
        raise
    except Exception as error:
        # Every store has errors of its own, and their texts may name what was stored.
        raise ArchiveFailed(f"The archive did not take an item: {type(error).__name__}.") from None
    row, _ = ArchivedItem.objects.update_or_create(
        id=item.item_id,
        defaults={
            "tenant_id": tenant_id,
            "track": track.value,
            "case_id": item.case_id,
            "digest": item.digest,
            "name": stored,
            "content_digest": hashlib.sha256(item.content).hexdigest(),
            "size_bytes": len(item.content),
            "sealed_key": _seal_key(key, item.item_id),
            "archived_at": Now(),
        },
    )
    return row


def open_item(row: ArchivedItem) -> bytes:
    """What was archived; raises ArchiveFailed where the object is gone, changed, or closed by another key."""
    try:
        sealed = _fetch(row.name)
    except Exception as error:
        raise ArchiveFailed(f"The archive did not give an item: {type(error).__name__}.") from None
    nonce, ciphertext = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
    try:
        content = AESGCM(_open_key(row)).decrypt(nonce, ciphertext, row.pk.bytes)
    except (InvalidTag, ValueError):
        raise ArchiveFailed("The archived object was changed, or is not of this item.") from None
    if sealed[:1] != _FORMAT or hashlib.sha256(content).hexdigest() != row.content_digest:
        raise ArchiveFailed("The archived object was changed, or is not of this item.")
    return content


def forget(item_ids: Collection[UUID]) -> None:
    """Delete archived items: the row with its key first, so that an object that a store keeps opens to nobody."""
    rows = list(ArchivedItem.objects.filter(pk__in=item_ids))
    ArchivedItem.objects.filter(pk__in=[row.pk for row in rows]).delete()
    for row in rows:
        try:
            storages[STORE].delete(row.name)
        except Exception as error:
            log.warning("archived_object_left", item=str(row.pk), error=type(error).__name__)


def _fetch(name: str) -> bytes:
    with storages[STORE].open(name, "rb") as file:
        content: bytes = file.read()
    return content


def _seal_key(key: bytes, item_id: UUID) -> bytes:
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return _FORMAT + nonce + _cipher(settings.KEY_ENCRYPTION_KEY).encrypt(nonce, key, item_id.bytes)


def _open_key(row: ArchivedItem) -> bytes:
    sealed = bytes(row.sealed_key)
    nonce, ciphertext = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
    # After a rotation the former keys still open what they sealed.
    for secret in (settings.KEY_ENCRYPTION_KEY, *getattr(settings, "KEY_ENCRYPTION_KEY_FALLBACKS", ())):
        try:
            return _cipher(secret).decrypt(nonce, ciphertext, row.pk.bytes)
        except InvalidTag:
            continue
    raise ArchiveFailed("KEY_ENCRYPTION_KEY does not open this item; set the one it was sealed under.")


def _cipher(secret: str) -> AESGCM:
    return AESGCM(_encryption_key(secret.encode()))


@lru_cache(maxsize=8)
def _encryption_key(secret: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=b"caseward archive").derive(secret)
