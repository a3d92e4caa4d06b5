"""Secrets of other machines at rest: sealed under KEY_ENCRYPTION_KEY, each for one row and one use."""

import secrets
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

_FORMAT = b"\x01"
_NONCE_BYTES = 12


class SecretUnavailable(Exception):
    """A stored secret does not open: KEY_ENCRYPTION_KEY is not the one it was sealed under, or the row was changed."""


def seal(secret: str, place: str) -> bytes:
    """Encrypt a secret for storage; it opens for the same `place` alone, e.g. `destination:<uuid>:signing`."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return _FORMAT + nonce + _cipher(settings.KEY_ENCRYPTION_KEY).encrypt(nonce, secret.encode(), place.encode())


def unseal(sealed: bytes | memoryview | None, place: str) -> str:
    """The secret of a place; raises SecretUnavailable. After a rotation former keys open what they sealed."""
    content = bytes(sealed or b"")
    nonce, ciphertext = content[1 : 1 + _NONCE_BYTES], content[1 + _NONCE_BYTES :]
    if content[:1] == _FORMAT and len(ciphertext) >= 16:
        for key in (settings.KEY_ENCRYPTION_KEY, *getattr(settings, "KEY_ENCRYPTION_KEY_FALLBACKS", ())):
            try:
                return _cipher(key).decrypt(nonce, ciphertext, place.encode()).decode()
            except InvalidTag:
                continue
    raise SecretUnavailable("KEY_ENCRYPTION_KEY does not open this secret; set the one it was sealed under.")


def _cipher(secret: str) -> AESGCM:
    return AESGCM(_encryption_key(secret.encode()))


@lru_cache(maxsize=8)
def _encryption_key(secret: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=b"caseward outgoing secrets").derive(secret)
