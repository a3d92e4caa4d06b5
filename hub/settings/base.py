"""What all settings share. Nothing here reads a secret or a server's address: production, local and testing do."""

from pathlib import Path
from typing import Any

from kombu import Queue

from . import content_security, environment

BASE_DIR = Path(__file__).resolve().parents[2]

DEBUG = False
PROCESS: str = environment.read("CASEWARD_PROCESS")

HUB_APPS = [
    "tenants",
    "hub.audit",
    "hub.audit.feeds",
    "hub.lifecycle",
    "hub.catalog",
    "hub.sharing",
    "hub.retention",
    "hub.escalation.outbox",
    "hub.escalation",
    "hub.workflows",
    "hub.api",
    "hub.dashboards",
    "hub.commands",
]
INSTALLED_APPS = [
    # Before the theme: the officers' site replaces some of its templates.
    "hub.admin",
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "guardian",
    "axes",
    "csp",
    "django_structlog",
    *HUB_APPS,
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "hub.settings.logs.RequestLogMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "axes.middleware.AxesMiddleware",
    # Innermost: one durable transaction around the view and its rendering, and nothing else inside it.
    "tenants.scoping.ScopingMiddleware",
]

ROOT_URLCONF = "hub.urls"
WSGI_APPLICATION = "hub.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# -- who signs in, and how -------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "tenants.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "tenants.authentication.LoginBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "/admin/login/"
LOGIN_REDIRECT_URL = "/admin/"
# guardian would make an account for whoever is not signed in, and somebody could give it rights.
ANONYMOUS_USER_NAME = None
GUARDIAN_MONKEY_PATCH_USER = False
# Rights are decided in SQL from the guardian rows; its backend would answer one has_perm after the other.
SILENCED_SYSTEM_CHECKS = ["guardian.W001"]
# Five wrong passwords from one address close that name for it for a quarter of an hour; nobody locks others out.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
# The caller's address, not the proxy's: behind one, all would share a single address, and a stranger lock anybody out.
AXES_CLIENT_IP_CALLABLE = "tenants.authentication.address_for_lock"
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
# Sign-ins are on the access record; a second list of them would be kept by other rules.
AXES_DISABLE_ACCESS_LOG = True
AXES_SENSITIVE_PARAMETERS = ["username", "password"]

# -- sessions, cookies, headers --------------------------------------------------------------------------------------
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = environment.read("SESSION_HOURS") * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_EXPIRE_AT_BROWSER_CLOSE = False
CSRF_COOKIE_SAMESITE = "Lax"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = content_security.POLICY
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
CASEWARD_TRUSTED_PROXIES: int = environment.read("CASEWARD_TRUSTED_PROXIES")

# -- how much may come in --------------------------------------------------------------------------------------------
DATA_UPLOAD_MAX_MEMORY_SIZE = environment.read("MAX_REQUEST_MEGABYTES") * 1024 * 1024
CASEWARD_EVIDENCE_MAX_BYTES: int = environment.read("EVIDENCE_MAX_MEGABYTES") * 1024 * 1024
CASEWARD_RATE_LIMIT_PER_MINUTE: int = environment.read("RATE_LIMIT_PER_MINUTE")
CASEWARD_DAILY_COST_BUDGET: int = environment.read("DAILY_COST_BUDGET")
CASEWARD_METRICS_TOKEN: str = environment.read("METRICS_TOKEN")
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
DATA_UPLOAD_MAX_NUMBER_FILES = 20
# Larger uploads go to a file that is gone when the request ends; text is never kept in memory twice.
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_PERMISSIONS = 0o600

# Nothing keeps state in a process, so nothing may rely on a cache that each process has for itself.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}

STATIC_URL = "/static/"
STATIC_ROOT = environment.read("STATIC_ROOT") or str(BASE_DIR / "staticfiles")

# -- where rules archive to; nothing else is kept as a file -----------------------------------------------------------
ARCHIVE: dict[str, Any] = environment.read("ARCHIVE_URL")
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    **({"archive": ARCHIVE} if ARCHIVE else {}),
}

# -- the access record -----------------------------------------------------------------------------------------------
# What is undone by a fault is recorded in a transaction of its own.
CASEWARD_ON_ROLLBACK = "hub.workflows.failing.record_failed_request"
CASEWARD_ORIGIN: str = environment.read("CASEWARD_ORIGIN")
AUDIT_FORMER_VERIFIERS: list[str] = environment.read("AUDIT_FORMER_VERIFIERS")
AUDIT_KEEP: str = environment.read("AUDIT_KEEP")
CASEWARD_WITNESS_FILE: str = environment.read("CASEWARD_WITNESS_FILE")
CASEWARD_LEDGER_FILE: str = environment.read("CASEWARD_LEDGER_FILE")

# -- what leaves to other machines ------------------------------------------------------------------------------------
CASEWARD_OUTGOING_ALLOWED_HOSTS: list[str] = environment.read("OUTGOING_ALLOWED_HOSTS")
CASEWARD_OUTGOING_CA_FILE: str = environment.read("OUTGOING_CA_FILE")
CASEWARD_DELIVERY_TIMEOUT_SECONDS: int = environment.read("DELIVERY_TIMEOUT_SECONDS")
CASEWARD_DELIVERY_FIRST_WAIT_SECONDS: int = environment.read("DELIVERY_FIRST_WAIT_SECONDS")
CASEWARD_MIRROR_COMPARE_SECONDS: int = environment.read("MIRROR_COMPARE_SECONDS")
CASEWARD_RECALL_ACKNOWLEDGE_DAYS: int = environment.read("RECALL_ACKNOWLEDGE_DAYS")
CASEWARD_PROOF_URL: str = environment.read("CASEWARD_PROOF_URL").rstrip("/")
CASEWARD_PROOF_MINUTES: int = environment.read("CASEWARD_PROOF_MINUTES") or 60
CASEWARD_PUBLIC_URL: str = environment.read("CASEWARD_PUBLIC_URL").rstrip("/")
EMAIL_HOST: str = environment.read("EMAIL_HOST")
EMAIL_PORT: int = environment.read("EMAIL_PORT")
EMAIL_HOST_USER: str = environment.read("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD: str = environment.read("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS: bool = environment.read("EMAIL_USE_TLS")
DEFAULT_FROM_EMAIL: str = environment.read("EMAIL_FROM")

# -- background work: the row is the to-do, the message is only a nudge ----------------------------------------------
CELERY_TASK_IGNORE_RESULT = True
CELERY_RESULT_BACKEND = None
CELERY_TASK_STORE_ERRORS_EVEN_IF_IGNORED = False
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_QUEUES = [Queue(name) for name in ("default", "redaction", "delivery", "governance", "keeper")]
# By the first part of a task's name, since a nudge knows the name alone.
CELERY_TASK_ROUTES = {
    "projections.*": {"queue": "redaction"},
    "sharing.*": {"queue": "governance"},
    "escalation.deliver*": {"queue": "delivery"},
    "mirrors.*": {"queue": "delivery"},
    "feeds.*": {"queue": "delivery"},
    "disposition.*": {"queue": "governance"},
    "isolation.*": {"queue": "governance"},
    "keeper.*": {"queue": "keeper"},
}
CELERY_TASK_CREATE_MISSING_QUEUES = False
CELERY_TASK_SOFT_TIME_LIMIT = 240
CELERY_TASK_TIME_LIMIT = 300
CELERY_WORKER_MAX_TASKS_PER_CHILD = 500
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# What a killed worker held is handed out again after ten minutes; the sweeps find its row long before.
_nudging = PROCESS in {"web", "command"}
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 600,
    "socket_connect_timeout": 0.1 if _nudging else 5,
    # A worker waits on its queue for seconds at a time; a request never waits for the broker.
    "socket_timeout": 0.1 if _nudging else 30,
    "socket_keepalive": True,
    "retry_on_timeout": not _nudging,
    "max_retries": 0 if _nudging else None,
}
CELERY_TIMEZONE = "UTC"
CELERY_ENABLE_UTC = True
# Beat keeps its clock in memory: after a restart every sweep runs within its interval.
CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"
CELERY_BEAT_MAX_LOOP_INTERVAL = 5

DJANGO_STRUCTLOG_CELERY_ENABLED = False
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False
# The person is on the access record under the same request id; reading the session for a log line costs a statement.
DJANGO_STRUCTLOG_USER_ID_FIELD = None

# Whatever loads the settings has the Celery app, so that a nudge always finds the configured broker.
from hub.celery import app as celery_app  # noqa: E402, F401
