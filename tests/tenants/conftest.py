"""A client that comes through the real middleware to small views."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from tests.tenants import doors


@pytest.fixture
def doorway(settings: Any) -> Iterator[Callable[..., Client]]:
    """Makes clients; headers given here go with each of their requests."""
    settings.ROOT_URLCONF = "tests.tenants.doors"
    settings.MIDDLEWARE = [
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "tenants.scoping.ScopingMiddleware",
    ]
    settings.AUTHENTICATION_BACKENDS = ["tenants.authentication.LoginBackend"]
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.db"
    settings.CASEWARD_ON_ROLLBACK = "tests.tenants.doors.note_rollback"
    settings.ALLOWED_HOSTS = ["testserver"]
    doors.rollbacks.clear()

    def make(**headers: str) -> Client:
        return Client(headers={name.replace("_", "-"): value for name, value in headers.items()})

    yield make
    doors.rollbacks.clear()
