"""Audience keys: made here, kept sealed under KEY_ENCRYPTION_KEY, and what is derived from them."""

import base64
import hashlib
import hmac
import secrets
from functools import lru_cache
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

_FORMAT = b"\x01"
_NONCE_BYTES = 12
_KEY_BYTES = 32


class KeyUnavailable(Exception):
    """An audience's key cannot be opened: it was deleted, or KEY_ENCRYPTION_KEY is not the one it was sealed under."""


def new_key() -> bytes:
    """A fresh key for an audience."""
    return secrets.token_bytes(_KEY_BYTES)


def seal_key(key: bytes, audience_id: UUID) -> bytes:
    """Encrypt a key for storage. It opens for this audience only, so a row's key moved to another row is refused."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return _FORMAT + nonce + _cipher(settings.KEY_ENCRYPTION_KEY).encrypt(nonce, key, audience_id.bytes)


def open_key(sealed: bytes | memoryview | None, audience_id: UUID) -> bytes:
    """The key of an audience; raises KeyUnavailable where none opens."""
    content = bytes(sealed or b"")
    if content[:1] != _FORMAT:
        raise KeyUnavailable("The audience has no key, or one of an unknown format; nothing can be made for it.")
    nonce, ciphertext = content[1 : 1 + _NONCE_BYTES], content[1 + _NONCE_BYTES :]
    # After a rotation the former keys still open what they sealed.
    for secret in (settings.KEY_ENCRYPTION_KEY, *getattr(settings, "KEY_ENCRYPTION_KEY_FALLBACKS", ())):
        try:
            return _cipher(secret).decrypt(nonce, ciphertext, audience_id.bytes)
        except InvalidTag:
            continue
    raise KeyUnavailable("KEY_ENCRYPTION_KEY does not open the audience's key; set the one it was sealed under.")


def public_id(key: bytes, case_id: UUID) -> str:
    """The id by which this audience knows a case: it carries no time and cannot be linked across audiences."""
    mac = hmac.new(key, b"public-id\0" + case_id.bytes, hashlib.sha256).digest()
    return "c_" + base64.b32encode(mac[:17]).decode().lower()[:26]


def _cipher(secret: str | bytes) -> AESGCM:
    return AESGCM(_encryption_key(secret.encode() if isinstance(secret, str) else secret))


@lru_cache(maxsize=8)
def _encryption_key(secret: bytes) -> bytes:
    return HKDF(SHA256(), _KEY_BYTES, salt=None, info=b"caseward audience keys").derive(secret)
