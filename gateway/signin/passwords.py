"""Argon2 hashes of passwords, computed beside the event loop and never many at a time."""

from __future__ import annotations

import secrets
import unicodedata
from functools import cache

import anyio
import anyio.to_thread
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

_CONCURRENT = 2
"""One hash takes 19 MiB and a core for some 40 ms; a flood of sign-ins must not take the machine."""

_WAITING = 60
"""Beyond so many in the queue a sign-in is better told to come back."""

# The least that OWASP's password storage cheat sheet asks of argon2id; the length asked for does the rest.
_HASHER = PasswordHash((Argon2Hasher(time_cost=2, memory_cost=19 * 1024, parallelism=1),))


@cache
def _limiter() -> anyio.CapacityLimiter:
    return anyio.CapacityLimiter(_CONCURRENT)


def crowded() -> bool:
    """Whether so many wait for a hash already that one more would wait for seconds."""
    return _limiter().statistics().tasks_waiting >= _WAITING


@cache
def _decoy() -> str:
    return _HASHER.hash(secrets.token_urlsafe())


def normalise(text: str) -> str:
    """The same characters however a keyboard composes them (Unicode NFC)."""
    return unicodedata.normalize("NFC", text)


async def hash_password(password: str) -> str:
    """An argon2id hash with its parameters and salt."""
    return await anyio.to_thread.run_sync(_HASHER.hash, normalise(password), limiter=_limiter())


async def verify_password(password: str, password_hash: str | None) -> bool:
    """Whether the password is right; for None, an account that does not exist, it takes as long and is never right."""

    def compare() -> bool:
        return _HASHER.verify(normalise(password), password_hash or _decoy()) and password_hash is not None

    return await anyio.to_thread.run_sync(compare, limiter=_limiter())
