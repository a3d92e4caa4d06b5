"""Real servers for every test that asks for a database, and the application's own login on them."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django.plugin import blocking_manager_key

from tests.cast import cast  # noqa: F401 - a fixture of every test
from tests.platform import databases, selection
from tests.platform.servers import SUPERUSER, TestServers, test_servers

LEFT_OUT = pytest.StashKey[dict[str, int]]()
SERVERS = pytest.StashKey[tuple[TestServers, str]]()
CLOSING = pytest.StashKey[contextlib.ExitStack]()
TEMPLATE = "CASEWARD_TEST_TEMPLATE"


def _start_servers(config: pytest.Config) -> tuple[TestServers, str]:
    """The servers and the name of the template on them; started by the first who asks."""
    if SERVERS not in config.stash:
        stack = config.stash[CLOSING] = contextlib.ExitStack()
        servers = stack.enter_context(test_servers())
        template = f"caseward_test_{secrets.token_hex(4)}"
        stack.callback(databases.drop_databases, servers, template)
        with config.stash[blocking_manager_key].unblock():
            databases.make_template(servers, template)
        config.stash[SERVERS] = servers, template
    return config.stash[SERVERS]


def pytest_configure(config: pytest.Config) -> None:
    """With several workers, the controller starts the servers that all of them use."""
    databases.install_flush()
    if hasattr(config, "workerinput"):
        servers = TestServers(os.environ[SUPERUSER], {name: os.environ[name] for name in _variables()})
        config.stash[SERVERS] = servers, os.environ[TEMPLATE]
    elif getattr(config.option, "numprocesses", None):
        servers, template = _start_servers(config)
        os.environ.update(servers.urls)
        os.environ[SUPERUSER] = servers.superuser_url
        os.environ[TEMPLATE] = template


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what was started here."""
    if CLOSING in config.stash:
        config.stash[CLOSING].close()


@pytest.fixture(scope="session")
def servers(request: pytest.FixtureRequest) -> TestServers:
    """The running servers, for tests that start processes or need a database of their own."""
    return _start_servers(request.config)[0]


@pytest.fixture(scope="session")
def database_template(request: pytest.FixtureRequest) -> str:
    """The name of the migrated database from which copies are made: `databases.clone_template(servers, …)`."""
    return _start_servers(request.config)[1]


@pytest.fixture(scope="session")
def django_db_setup(
    request: pytest.FixtureRequest, servers: TestServers, database_template: str, django_db_blocker: Any
) -> Iterator[None]:
    """In place of pytest-django's: a clone of the template, with every connection logged in as its own role."""
    worker = getattr(request.config, "workerinput", {}).get("workerid", "main")
    name = f"{database_template}_{worker}"
    with django_db_blocker.unblock():
        databases.use_servers(databases.clone_template(servers, database_template, name))
        databases.assert_application_login()
    yield
    with django_db_blocker.unblock():
        databases.drop_databases(servers, name)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what needs something that is not here."""
    config.stash[LEFT_OUT] = counts = selection.leave_out(config, items)
    if hasattr(config, "workerinput"):
        selection.begin_with_the_longest(items)
    if hasattr(config, "workeroutput"):
        config.workeroutput["left_out"] = counts


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """A worker has left out the same tests as every other."""
    counts = getattr(node, "workeroutput", {}).get("left_out")
    if counts is not None:
        node.config.stash[LEFT_OUT] = counts


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say what was left out, and what to do about it."""
    for marker, count in config.stash.get(LEFT_OUT, {}).items():
        terminalreporter.write_line(f"{count} tests left out: they {selection.REASONS[marker]}")


def _variables() -> list[str]:
    from hub.embedded.postgres import LOGINS

    return [*LOGINS, "BROKER_URL"]
