"""A hub as it runs, with the cast in it and nothing to read yet."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.platform.databases import empty_database
from tests.promises.running import RunningHub, running_hub
from tests.world import World, furnished_world


@pytest.fixture(scope="module")
def people(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """The cast with profiles and grant templates, committed; emptied when the module is through."""
    with django_db_blocker.unblock():
        try:
            yield furnished_world()
        finally:
            empty_database()


@pytest.fixture(scope="module")
def hub(people: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    """Web server, worker, beat and keeper as processes, on the servers of the tests."""
    with running_hub(tmp_path_factory.mktemp("hub")) as hub:
        yield hub
