"""Keys that what is said about persons is sealed with (identity numbers, evidence of a class), and numbers indexed.

A JSON file of the owner alone: `{"current": id, "keys": {id: key, …}, "index": key}`, keys in base64. What is new is
sealed with the current key; a row names the key that it was sealed with, so that several are in use while rows are
sealed anew. The index has a key of its own, which does not change: a number has to be found again. Each service that
seals has a file of its own.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import BaseModel, ConfigDict, model_validator

NONCE_BYTES: Final = 12
KEY_BYTES: Final = 32


class KeyMissing(LookupError):
    """A row is sealed with a key that this process does not have."""


class Unreadable(ValueError):
    """What is sealed was altered, or belongs to another row."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A text as it is kept: the key's id, and nonce with ciphertext."""

    key_id: str
    content: bytes


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    current: str
    keys: dict[str, str]
    index: str

    @model_validator(mode="after")
    def _keys_are_whole(self) -> _File:
        if self.current not in self.keys:
            raise ValueError("the current key is not among the keys")
        if any(len(base64.b64decode(key)) != KEY_BYTES for key in (*self.keys.values(), self.index)):
            raise ValueError(f"a key has {KEY_BYTES} bytes")
        return self


class Keyring:
    """The keys of one file; `bytes` in it never show in a representation."""

    def __init__(self, file: _File) -> None:
        self.current = file.current
        self._ciphers = {key_id: AESGCM(base64.b64decode(key)) for key_id, key in file.keys.items()}
        self._index = base64.b64decode(file.index)

    @classmethod
    def parse(cls, content: str) -> Keyring:
        """Raises pydantic's ValidationError, without showing a key."""
        return cls(_File.model_validate_json(content))

    def seal(self, row_id: UUID, content: str) -> Sealed:
        """AES-256-GCM with a fresh nonce, bound to the row: moved to another one it cannot be opened."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        ciphertext = self._ciphers[self.current].encrypt(nonce, content.encode(), row_id.bytes)
        return Sealed(self.current, nonce + ciphertext)

    def unseal(self, row_id: UUID, sealed: Sealed) -> str:
        """Raises KeyMissing, and Unreadable for what was not sealed for that row."""
        cipher = self._ciphers.get(sealed.key_id)
        if cipher is None:
            raise KeyMissing(sealed.key_id)
        nonce, ciphertext = sealed.content[:NONCE_BYTES], sealed.content[NONCE_BYTES:]
        try:
            return cipher.decrypt(nonce, ciphertext, row_id.bytes).decode()
        except InvalidTag as error:
            raise Unreadable(str(row_id)) from error

    def index_of(self, number: str) -> bytes:
        """HMAC-SHA256 of the number, by which it is found without opening any row."""
        return hmac.new(self._index, number.encode("ascii"), hashlib.sha256).digest()


class KeyringFile:
    """The keyring of a path, read anew when the file is another one: a key may be added while the service runs."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int] | None = None
        self._ring: Keyring | None = None

    def ring(self) -> Keyring:
        """Raises OSError where there is no file."""
        stat = self._path.stat()
        seen = (stat.st_mtime_ns, stat.st_ino)
        if self._ring is None or seen != self._seen:
            self._ring, self._seen = Keyring.parse(self._path.read_text(encoding="utf-8")), seen
        return self._ring


def new_keys() -> str:
    """The content of a new file."""
    key_id = _new_id()
    return _render(_File(current=key_id, keys={key_id: _new_key()}, index=_new_key()))


def with_new_key(content: str) -> str:
    """The same with one key more, which becomes the current one."""
    file = _File.model_validate_json(content)
    key_id = _new_id()
    return _render(_File(current=key_id, keys={**file.keys, key_id: _new_key()}, index=file.index))


def without_keys(content: str, in_use: set[str]) -> str:
    """The same without the keys that no row was sealed with; the current one stays."""
    file = _File.model_validate_json(content)
    kept = {key_id: key for key_id, key in file.keys.items() if key_id in in_use or key_id == file.current}
    return _render(_File(current=file.current, keys=kept, index=file.index))


def _new_id() -> str:
    return f"k-{secrets.token_hex(4)}"


def _new_key() -> str:
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode("ascii")


def _render(file: _File) -> str:
    return json.dumps(file.model_dump(), indent=1) + "\n"
