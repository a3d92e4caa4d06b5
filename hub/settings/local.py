"""Settings of one machine with its own embedded servers: secrets are made at first use and kept in the state folder."""

import secrets

from hub.embedded.state import keep_secret, state_folder

from . import databases, environment, logs, values
from .base import *  # noqa: F403
from .base import PROCESS

_folder = state_folder()
_folder.mkdir(parents=True, exist_ok=True)

SECRET_KEY = environment.read_or_none("SECRET_KEY") or keep_secret(
    _folder / "secret-key.secret", secrets.token_urlsafe(48)
)
KEY_ENCRYPTION_KEY = environment.read_or_none("KEY_ENCRYPTION_KEY") or keep_secret(
    _folder / "key-encryption-key.secret", secrets.token_urlsafe(48)
)
AUDIT_SIGNING_SEED = environment.read_or_none("AUDIT_SIGNING_SEED") or keep_secret(
    _folder / "audit-signing-seed.secret", secrets.token_hex(32)
)
GATE_SIGNING_SEED = environment.read_or_none("GATE_SIGNING_SEED") or keep_secret(
    _folder / "gate-signing-seed.secret", secrets.token_hex(32)
)

# Nobody but this machine is served.
ALLOWED_HOSTS = environment.read_or_none("ALLOWED_HOSTS") or ["localhost", "127.0.0.1", "[::1]"]

DATABASES = databases.databases(PROCESS) if environment.given("DATABASE_URL") else databases.nowhere()
CELERY_BROKER_URL = environment.read_or_none("BROKER_URL") or "redis+socket:///nonexistent/caseward-has-no-broker"

STORAGES = {
    **STORAGES,  # noqa: F405
    "archive": STORAGES.get("archive") or values.archive((_folder.absolute() / "archive").as_uri()),  # noqa: F405
}

# Static files are served from where they stand, so nothing has to be collected first.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

LOGGING = logs.configure(environment.read("LOG_LEVEL"), as_json=False)
