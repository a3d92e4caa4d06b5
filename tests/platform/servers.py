"""The servers of a test run: thrown away afterwards, shared by all workers, or given by URL in the environment."""

from __future__ import annotations

import contextlib
import os
import secrets
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest

from hub.embedded import services as embedded
from hub.embedded.postgres import LOGINS

SUPERUSER = "CASEWARD_TEST_SUPERUSER_URL"


@dataclass(frozen=True, slots=True)
class TestServers:
    """Where the servers of this run are. `urls` are the variables that the settings read."""

    __test__ = False

    superuser_url: str
    urls: dict[str, str]

    def for_database(self, name: str) -> dict[str, str]:
        """The same variables for another database of the same server."""
        return {
            variable: with_database(url, name) if variable in LOGINS else url for variable, url in self.urls.items()
        }


@contextlib.contextmanager
def test_servers() -> Iterator[TestServers]:
    """PostgreSQL and Valkey for the block: those that the environment names, else throw-away ones."""
    given = os.environ.get(SUPERUSER)
    if given:
        broker = os.environ.get("BROKER_URL")
        if not broker:
            raise pytest.UsageError(f"{SUPERUSER} is given, so BROKER_URL must be given too.")
        yield TestServers(given, {name: login_url(given, name) for name in LOGINS} | {"BROKER_URL": broker})
        return
    memory = Path("/dev/shm")
    base = memory if os.access(memory, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="caseward-test-", dir=base, ignore_cleanup_errors=True) as folder:
        try:
            with embedded.services(Path(folder), is_durable=False, is_quiet=True) as running:
                yield TestServers(running.superuser_url, running.urls)
        finally:
            embedded.discard(Path(folder))


def login_url(superuser_url: str, variable: str) -> str:
    """How a role logs in on a given server: by the URL in the environment, else with a password made for this run."""
    given = os.environ.get(variable)
    if given:
        return given
    parts = urlsplit(superuser_url)
    place = parts.netloc.rsplit("@", 1)[-1]
    login = f"{LOGINS[variable]}:{secrets.token_urlsafe(24)}@{place}"
    return urlunsplit(parts._replace(netloc=login))


def with_database(url: str, name: str) -> str:
    """The same login on another database."""
    # Not urlunsplit: it drops the empty host of a socket URL.
    base, _, query = url.partition("?")
    return f"{base.rsplit('/', 1)[0]}/{name}" + (f"?{query}" if query else "")


def password_of(url: str) -> str:
    """The password in a URL."""
    from urllib.parse import unquote

    return unquote(urlsplit(url).password or "")
