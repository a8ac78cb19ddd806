"""Where files lie: a folder (``file://``) or an object store (``s3://bucket/prefix``), by one setting."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import fsspec
from fsspec.implementations.local import LocalFileSystem

from shared.clock import utcnow

_PIECE: Final = 1024 * 1024


class Storage:
    """Files by key. A key is written once and never again, so a file that is there is whole or an orphan."""

    def __init__(self, url: str) -> None:
        self._url = url

    @cached_property
    def _place(self) -> tuple[Any, str]:
        """The file system (fsspec is not typed) and the root in it; made at first use."""
        system, root = fsspec.core.url_to_fs(self._url)
        return system, str(root).rstrip("/")

    async def put(self, key: str, source: Path) -> None:
        """Store the file; when this returns it survives a loss of power."""
        await asyncio.to_thread(self._put, key, source)

    async def fetch(self, key: str, target: Path) -> None:
        """Copy the stored file to ``target``. Raises FileNotFoundError."""
        system, _ = self._place
        await asyncio.to_thread(system.get_file, self._path(key), str(target))

    def pieces(self, key: str) -> Iterator[bytes]:
        """The stored file in pieces, for a response. Raises FileNotFoundError."""
        system, _ = self._place
        with system.open(self._path(key), "rb") as file:
            while piece := file.read(_PIECE):
                yield piece

    async def remove(self, keys: Sequence[str]) -> None:
        """Remove files; one that is not there is no fault."""
        await asyncio.to_thread(self._remove, keys)

    async def older_than(self, prefix: str, age: timedelta) -> list[str]:
        """Keys under the prefix that were written longer ago than ``age``."""
        return await asyncio.to_thread(self._older_than, prefix, utcnow() - age)

    def _path(self, key: str) -> str:
        return f"{self._place[1]}/{key}"

    def _put(self, key: str, source: Path) -> None:
        system, _ = self._place
        path = self._path(key)
        if not isinstance(system, LocalFileSystem):
            system.put_file(str(source), path)
            return
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        with source.open("rb") as reading, Path(path).open("xb") as writing:
            shutil.copyfileobj(reading, writing, _PIECE)
            writing.flush()
            os.fsync(writing.fileno())
        folder = os.open(Path(path).parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _remove(self, keys: Sequence[str]) -> None:
        system, _ = self._place
        for key in keys:
            if system.exists(self._path(key)):
                system.rm_file(self._path(key))

    def _older_than(self, prefix: str, before: datetime) -> list[str]:
        system, root = self._place
        if not system.exists(self._path(prefix)):
            return []
        found = system.find(self._path(prefix), detail=True)
        return [path.removeprefix(f"{root}/") for path, facts in found.items() if _written_at(facts) < before]


def _written_at(facts: dict[str, Any]) -> datetime:
    """Object stores say LastModified, folders mtime; what says neither counts as new."""
    if (modified := facts.get("LastModified")) is not None:
        return datetime.fromisoformat(str(modified))
    seconds = facts.get("mtime")
    return datetime.fromtimestamp(seconds, UTC) if isinstance(seconds, int | float) else utcnow()
