"""One committed world for each module of promises, and what its tests ask it with."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.platform.databases import empty_database
from tests.promises.asking import Asker
from tests.world import World, build_world


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """The world, committed; emptied when the module is through."""
    with django_db_blocker.unblock():
        try:
            yield build_world()
        finally:
            empty_database()


@pytest.fixture(scope="module")
def ask(world: World) -> Asker:
    """Asks over the real door as anybody of the cast."""
    return Asker(world)
