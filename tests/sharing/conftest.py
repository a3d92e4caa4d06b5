"""The stage of sharing tests, fresh for each test."""

import pytest

from tests.sharing.stage import Stage, build_stage


@pytest.fixture
def stage(db: None) -> Stage:
    """The cast on a hub with profiles, in a transaction that is rolled back."""
    return build_stage()
