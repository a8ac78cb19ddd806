"""The fixtures of keys."""

from tests.gateway.keys.conftest import bank, office

__all__ = ["bank", "office"]
