"""Cursors: a place in an ordered list, sealed so that it reveals nothing and cannot be made up or used elsewhere."""

import base64
import binascii
from datetime import date
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from hub.sharing.shapes import Position
from tenants.actors import Actor

from .refusals import bad_cursor

LONGEST_CURSOR = 200


@lru_cache(maxsize=8)
def _cipher(secret: str) -> AESSIV:
    # SIV needs no nonce: the same place in the same list has the same cursor, so equal answers are equal bytes.
    key = HKDF(algorithm=SHA256(), length=64, salt=None, info=b"caseward cursor v1").derive(secret.encode())
    return AESSIV(key)


def _bound_to(actor: Actor, listing: str) -> list[bytes]:
    """A cursor is good in one tenant, for one list in one order."""
    return [str(actor.tenant_id).encode(), listing.encode()]


def seal(actor: Actor, listing: str, position: Position) -> str:
    """The cursor of a position; `listing` names the list and its order, e.g. `cases:newest`."""
    value = position.value
    kind = "d" if isinstance(value, date) else "v"
    content = orjson.dumps([kind, value, position.case_id.hex])
    sealed = _cipher(settings.SECRET_KEY).encrypt(content, _bound_to(actor, listing))
    return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()


def open_cursor(actor: Actor, listing: str, cursor: str | None) -> Position | None:
    """The position of a cursor that this hub sealed for this tenant and list, or the one refusal for all others."""
    if cursor is None:
        return None
    if not 0 < len(cursor) <= LONGEST_CURSOR or not cursor.isascii():
        raise bad_cursor()
    try:
        sealed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise bad_cursor() from None
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        try:
            content = _cipher(secret).decrypt(sealed, _bound_to(actor, listing))
        except (InvalidTag, ValueError):
            continue
        return _position(orjson.loads(content))
    raise bad_cursor()


def _position(content: list[Any]) -> Position:
    kind, value, row_id = content
    return Position(date.fromisoformat(value) if kind == "d" else value, UUID(hex=row_id))
