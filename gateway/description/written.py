"""The merged description as it is sent: written once, compressed once, kept in a file between processes."""

from __future__ import annotations

import hashlib
import os
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import zstandard


@dataclass(frozen=True, slots=True)
class Written:
    """JSON, its weak entity tag (the same under any coding), and the same compressed, by coding."""

    body: bytes
    tag: str
    coded: Mapping[str, bytes]

    @classmethod
    def of(cls, body: bytes) -> Self:
        """Compressed harder than an answer that is made for one caller: a tenth of a second, once."""
        gzip = zlib.compressobj(level=6, wbits=zlib.MAX_WBITS | 16)
        coded = {
            "zstd": zstandard.ZstdCompressor(level=10, write_checksum=True).compress(body),
            "gzip": gzip.compress(body) + gzip.flush(),
        }
        return cls(body, f'W/"{hashlib.sha256(body).hexdigest()[:32]}"', coded)

    @classmethod
    def read(cls, file: Path) -> Self:
        """What `keep` wrote. Raises OSError, and ValueError where the file holds something else."""
        try:
            return cls.of(zstandard.ZstdDecompressor().decompress(file.read_bytes()))
        except zstandard.ZstdError as error:
            raise ValueError(f"{file}: {error}") from error

    def keep(self, file: Path) -> None:
        """Write it, whole or not at all. Raises OSError."""
        beside = file.with_name(f"{file.name}.{os.getpid()}")
        beside.write_bytes(self.coded["zstd"])
        beside.replace(file)
