"""Ports that nobody else gets, and waiting for what happens elsewhere."""

import asyncio
import inspect
import random
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any, TypeVar, overload

from deploy.embedded.process import port_is_free

T = TypeVar("T")

_GIVEN: set[int] = set()
# Below the range from which the system takes the local end of outgoing connections: a server that is stopped and
# started again must find its port still free.
_PORTS = range(20_000, 32_000)


def free_port() -> int:
    """A loopback port that is free now and is not given twice in this process."""
    while True:
        port = random.choice(_PORTS)
        if port not in _GIVEN and port_is_free(port):
            _GIVEN.add(port)
            return port


@overload
async def eventually(predicate: Callable[[], Awaitable[T]], timeout: float = ..., *, every: float = ...) -> T: ...
@overload
async def eventually(predicate: Callable[[], T], timeout: float = ..., *, every: float = ...) -> T: ...
async def eventually(predicate: Callable[[], Any], timeout: float = 60, *, every: float = 0.02) -> Any:
    """Wait until the predicate (plain or async) is true and return its value.

    Assertion errors count as "not yet"; when the time is over the last one is raised, else an AssertionError with the
    last value.
    """
    deadline = monotonic() + timeout
    while True:
        failure: AssertionError | None = None
        value: Any = None
        try:
            found = predicate()
            value = await found if inspect.isawaitable(found) else found
            if value:
                return value
        except AssertionError as error:
            failure = error
        if monotonic() > deadline:
            raise failure or AssertionError(f"not within {timeout} s; the last value was {value!r}")
        await asyncio.sleep(every)
