"""Settings of the tests: real servers, made for the run by tests/conftest.py, and passwords that are quick to check."""

import tempfile

from . import databases, environment, logs, values
from .base import *  # noqa: F403
from .base import PROCESS

SECRET_KEY = "tests-only-" + "0123456789abcdefghijklmnopqrstuvwxyz" * 2
KEY_ENCRYPTION_KEY = "tests-only-key-encryption-" + "0123456789abcdefghijklmnopqrstuvwxyz" * 2
AUDIT_SIGNING_SEED = "5f" * 32
GATE_SIGNING_SEED = "6a" * 32

ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
# Without servers (mypy, makemigrations --check) there is no database to reach.
DATABASES = databases.databases(PROCESS) if environment.given("DATABASE_URL") else databases.nowhere()
CELERY_BROKER_URL = environment.read_or_none("BROKER_URL") or "redis+socket:///nonexistent/caseward-has-no-broker"

# Walks through the whole API ask as one person more often than anybody should; tests of the limits set them lower.
CASEWARD_RATE_LIMIT_PER_MINUTE = 1_000_000
CASEWARD_DAILY_COST_BUDGET = 1_000_000_000
STORAGES = {
    **STORAGES,  # noqa: F405
    "archive": values.archive(f"file://{tempfile.gettempdir()}/caseward-tests-archive"),
}

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

LOGGING = logs.configure("INFO", as_json=True)
