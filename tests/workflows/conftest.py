"""What workflow tests stand on."""

from tests.sharing.conftest import stage

__all__ = ["stage"]
