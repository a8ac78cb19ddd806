"""What the audit keeps at hand of a request while it is answered."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING
from uuid import UUID

from gateway.front.headers import PROBLEM, ROWS

if TYPE_CHECKING:
    from hashlib import _Hash as Hash

    from gateway.audit.record import Note
    from gateway.front.address import Address
    from gateway.front.callers import Caller
    from gateway.limits.classes import RouteClass

Before = Callable[[int, set[bytes]], Awaitable[None]]
"""Takes the status and the names of the headers that an answer is about to begin with."""


class Attended:
    """Who asks for what. `before` has its say once, ahead of an answer that is a file or that is `watched`."""

    __slots__ = (
        "_hash",
        "address",
        "before",
        "caller",
        "code",
        "export",
        "finished",
        "kind",
        "noted",
        "on_record",
        "rows",
        "size",
        "stopped",
        "watched",
    )

    def __init__(
        self, caller: Caller, kind: RouteClass, address: Address | None, before: Before, *, watched: bool
    ) -> None:
        self.caller = caller
        self.kind = kind
        self.address = address
        self.before: Before | None = before
        self.watched = watched
        self.noted: Note | None = None
        self.on_record = False
        """A refusal that has an entry already."""
        self.stopped: Exception | None = None
        """Why the answer did not go out."""
        self.code: str | None = None
        """Why a service refused, and"""
        self.rows: int | None = None
        """how many rows it answered, where it says so."""
        self.export: UUID | None = None
        self.size = 0
        self.finished = False
        self._hash: Hash | None = None

    def learn(self, name: bytes, text: str) -> None:
        """What a service says of its answer (`headers.INTERNAL`)."""
        if name == PROBLEM:
            self.code = text
        elif name == ROWS and text.isdigit():
            self.rows = int(text)

    async def begin(self, status: int, given: set[bytes]) -> None:
        """An answer is about to begin. Raises what keeps it from going out."""
        if self.before is not None and (self.watched or b"content-disposition" in given):
            before, self.before = self.before, None
            try:
                await before(status, given)
            except Exception as error:
                self.stopped = error
                raise

    def follow(self, export: UUID) -> None:
        """The answer takes something out: see how it ends."""
        self.export, self._hash = export, hashlib.sha256()

    def passed(self, piece: bytes, *, more: bool) -> None:
        """What a service said next, before it is coded for its way; the last of it when it has been sent."""
        if self._hash is not None:
            self._hash.update(piece)
            self.size += len(piece)
            self.finished = not more

    @property
    def digest(self) -> str:
        """SHA-256 of what was passed on, in hex."""
        return "" if self._hash is None else self._hash.hexdigest()
