"""Settings for `collectstatic` while an image is built: file names as in production, no secret and no server."""

from . import databases
from .base import *  # noqa: F403

SECRET_KEY = "only-names-static-files"  # noqa: S105 - signs nothing: this process answers nobody
DATABASES = databases.nowhere()
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
