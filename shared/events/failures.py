"""Which failures pass by themselves (block and try again) and which will come again with the same event (park it)."""

from __future__ import annotations

import asyncpg
import httpx
import nats.errors
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, TimeoutError as PoolTimeout

from shared.db import sqlstate_of
from shared.errors import DomainError
from shared.peers import PeerRefused, PeerUnavailable

_IN_FAILED_TRANSACTION = "25P02"
"""A handler swallowed an error and went on in its transaction: it will do so again."""

TRANSIENT_SQLSTATE_CLASSES = frozenset({"08", "25", "40", "53", "55", "57", "58", "XX"})
"""Connection, transaction state (read-only server), rollback, resources, lock, intervention, system, internal."""

_TRANSIENT = (
    OSError,
    TimeoutError,
    PoolTimeout,
    PeerRefused,
    PeerUnavailable,
    httpx.TransportError,
    nats.errors.Error,
    asyncpg.InterfaceError,
)


def is_transient(error: BaseException) -> bool:
    """Whether the same event may well succeed later, with nothing changed but time.

    A use case's refusal does when it says so itself: 503, or a Retry-After (a reference that another topic has yet to
    bring).
    """
    if isinstance(error, _TRANSIENT):
        return True
    if isinstance(error, ExceptionGroup):
        return any(is_transient(inner) for inner in error.exceptions)
    if isinstance(error, DomainError):
        return error.status >= 500 or "Retry-After" in error.headers
    state = sqlstate_of(error)
    if state is not None:
        return state[:2] in TRANSIENT_SQLSTATE_CLASSES and state != _IN_FAILED_TRANSACTION
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or isinstance(error, OperationalError | InterfaceError)
    return isinstance(error, asyncpg.PostgresConnectionError)
