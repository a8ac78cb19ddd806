"""Gateway processes with settings of their own."""

from tests.gateway.limits.conftest import gateway_with, http

__all__ = ["gateway_with", "http"]
