"""Every route of the suite as the processes themselves have it: nothing here is written by hand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Final

from fastapi.routing import APIRoute

from gateway.build import GATEWAY
from gateway.front.routes import OWN, UPSTREAMS
from shared.auth.principal import Guard, InternalGuard, RoleGuard, find_guard
from shared.auth.roles import ALL_ROLES, PUBLIC
from shared.runtime import ServiceDefinition

SOMETHING: Final = "0190a000-0000-7000-8000-000000000001"
"""An id that nothing has."""


@dataclass(frozen=True)
class Route:
    """One method of one path of one process."""

    service: str
    method: str
    template: str
    guard: Guard

    @property
    def name(self) -> str:
        return f"{self.method} {self.template}"

    @property
    def path(self) -> str:
        """With ids that nothing has."""
        return re.sub(r"\{\w+\}", SOMETHING, self.template)

    @property
    def internal(self) -> bool:
        return isinstance(self.guard, InternalGuard)

    @property
    def roles(self) -> frozenset[str]:
        """Whom it lets in."""
        if not isinstance(self.guard, RoleGuard):
            return frozenset()
        if PUBLIC in self.guard.roles:
            return ALL_ROLES
        return self.guard.roles or ALL_ROLES - {PUBLIC}

    @property
    def public(self) -> bool:
        return PUBLIC in self.roles


def definitions() -> Iterator[ServiceDefinition]:
    """The gateway's own app and the four services."""
    yield GATEWAY
    for service in UPSTREAMS:
        definition = import_module(f"services.{service}.main").definition
        assert isinstance(definition, ServiceDefinition)
        yield definition


def _routes() -> Iterator[Route]:
    for definition in definitions():
        for router in definition.routers:
            for route in router.routes:
                assert isinstance(route, APIRoute), route
                guard = find_guard(route.dependant)
                assert guard is not None, route.path
                for method in sorted(route.methods or ()):
                    yield Route(definition.name, method, route.path, guard)


ALL: Final = tuple(_routes())
OUTSIDE: Final = tuple(route for route in ALL if not route.internal)
"""What is reached through the gateway."""
GATEWAYS: Final = tuple(route for route in OUTSIDE if route.service == OWN)
SERVICES: Final = tuple(route for route in OUTSIDE if route.service != OWN)


def of(service: str) -> tuple[Route, ...]:
    """A process's routes, those for other services included."""
    return tuple(route for route in ALL if route.service == service)
