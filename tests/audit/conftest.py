"""Fixtures of the access record's tests."""

from tests.cast import cast  # noqa: F401 - the fixture
