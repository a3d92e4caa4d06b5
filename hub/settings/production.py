"""Settings of a server: every secret and address comes from the environment, and a missing one stops the start."""

from . import databases, environment, logs
from .base import *  # noqa: F403
from .base import CASEWARD_TRUSTED_PROXIES, PROCESS

SECRET_KEY = environment.read("SECRET_KEY")
SECRET_KEY_FALLBACKS = environment.read("SECRET_KEY_FALLBACKS")
KEY_ENCRYPTION_KEY = environment.read("KEY_ENCRYPTION_KEY")
KEY_ENCRYPTION_KEY_FALLBACKS = environment.read("KEY_ENCRYPTION_KEY_FALLBACKS")
# The keeper cannot do without its key; nobody else should have it.
AUDIT_SIGNING_SEED = (
    environment.read("AUDIT_SIGNING_SEED")
    if PROCESS == "keeper"
    else environment.read_or_none("AUDIT_SIGNING_SEED") or ""
)
GATE_SIGNING_SEED = environment.read_or_none("GATE_SIGNING_SEED") or ""

ALLOWED_HOSTS = (
    environment.read("ALLOWED_HOSTS") if PROCESS == "web" else environment.read_or_none("ALLOWED_HOSTS") or []
)
CSRF_TRUSTED_ORIGINS = environment.read("CSRF_TRUSTED_ORIGINS")

DATABASES = databases.databases(PROCESS)
if PROCESS == "keeper":
    environment.read("KEEPER_DATABASE_URL")
CELERY_BROKER_URL = environment.read("BROKER_URL")

SECURE_SSL_REDIRECT = environment.read("SECURE_SSL_REDIRECT")
# A probe inside the machine's network comes without TLS and without a proxy's header.
SECURE_REDIRECT_EXEMPT = [r"^health/"]
SECURE_HSTS_SECONDS = environment.read("SECURE_HSTS_SECONDS")
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
if CASEWARD_TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-sessionid"
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_NAME = "__Host-csrftoken"

STORAGES = {
    **STORAGES,  # noqa: F405
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

LOGGING = logs.configure(environment.read("LOG_LEVEL"), as_json=True)
