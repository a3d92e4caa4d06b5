"""Standard Webhooks: signs what leaves and verifies what comes in, with several secrets while one is being replaced."""

import base64
import secrets as randomness
from collections.abc import Mapping, Sequence
from datetime import datetime

from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook, WebhookVerificationError

ID_HEADER = "webhook-id"
PREFIX = "whsec_"


class BadSignature(Exception):
    """No secret of ours has signed this, or not in the last five minutes; which of the two is not said."""


class BadSecret(ValueError):
    """A secret that cannot sign; the message says what one looks like."""


def new_secret() -> str:
    """A fresh secret in the written form of Standard Webhooks: `whsec_` and 32 random bytes in base64."""
    return PREFIX + base64.b64encode(randomness.token_bytes(32)).decode()


def check_secret(secret: str) -> None:
    """Raise BadSecret unless the secret is in the written form, with 24 to 64 bytes."""
    try:
        size = len(base64.b64decode(secret.removeprefix(PREFIX), validate=True)) if secret.startswith(PREFIX) else 0
    except ValueError:
        size = 0
    if not 24 <= size <= 64:
        raise BadSecret("The secret must be whsec_ followed by 24 to 64 bytes in base64.")


def sign(message_id: str, body: bytes, secrets: Sequence[str], *, at: datetime) -> dict[str, str]:
    """The headers of a message: one signature per secret, the newest first. `at` is now, with a time zone."""
    if not secrets:
        raise BadSecret("There is no secret to sign with.")
    text = body.decode()
    signatures = [Webhook(secret).sign(message_id, at, text) for secret in secrets]
    return {
        ID_HEADER: message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def verify(headers: Mapping[str, str], body: bytes, secrets: Sequence[str]) -> str:
    """The id of a message that one of the secrets has signed; raises BadSignature. Repeats are the caller's to know."""
    given = {name.lower(): value for name, value in headers.items()}
    for secret in secrets:
        try:
            Webhook(secret).verify(body, given, json_parse=False)
        except (WebhookVerificationError, EmptyWebhookSecretError, ValueError):
            # Malformed base64, bytes that are no text, a signature without a version: not ours either.
            continue
        return given[ID_HEADER]
    raise BadSignature
