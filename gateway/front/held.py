"""A body that had to be looked at as a whole before it may go on, kept until it does."""

from __future__ import annotations

from tempfile import SpooledTemporaryFile
from typing import Final

from starlette.types import Message, Receive

IN_MEMORY_BYTES: Final = 1024 * 1024
"""What is larger lies on the disk."""
_PIECE_BYTES: Final = 64 * 1024


class HeldBody:
    """Write all of it, then play it back once; a body that is given up is thrown away with this."""

    def __init__(self) -> None:
        self._file: SpooledTemporaryFile[bytes] = SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)  # noqa: SIM115 - kept
        self._left = 0

    def write(self, piece: bytes) -> None:
        self._file.write(piece)
        self._left += len(piece)

    def played_back(self, receive: Receive) -> Receive:
        """The body as if it came in now, and then whatever else the server (`receive`) has to say."""
        self._file.seek(0)

        async def next_message() -> Message:
            if self._file.closed:
                return await receive()
            piece = self._file.read(_PIECE_BYTES)
            self._left -= len(piece)
            if self._left <= 0:
                self._file.close()
            return {"type": "http.request", "body": piece, "more_body": self._left > 0}

        return next_message
