"""The limits' values: those of `limits.toml`, changed by the operator's own file."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

DEFAULTS: Final = Path(__file__).parent / "limits.toml"
LONGEST_REFILL_SECONDS: Final = 3600.0
"""A bucket is full again after at most this long, so its row may be forgotten."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A bucket's size and how fast it fills; `policy` is its member of the RateLimit-Policy field."""

    name: str
    per_second: float
    burst: int
    policy: str = field(init=False)
    encoded_name: bytes = field(init=False)
    encoded_policy: bytes = field(init=False)

    def __post_init__(self) -> None:
        policy = f'"{self.name}";q={self.burst};w={math.ceil(self.burst / self.per_second)}'
        object.__setattr__(self, "policy", policy)
        object.__setattr__(self, "encoded_policy", policy.encode("ascii"))
        object.__setattr__(self, "encoded_name", self.name.encode("ascii"))

    def part(self, share: float) -> Limit:
        """What one process may give out by itself when it cannot ask what the others do."""
        return Limit(self.name, self.per_second * share, max(1, int(self.burst * share)))


class _Bucket(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    per_second: float = Field(gt=0, le=1_000_000)
    burst: int = Field(ge=1, le=1_000_000)

    @model_validator(mode="after")
    def _fills_in_time(self) -> _Bucket:
        if self.burst / self.per_second > LONGEST_REFILL_SECONDS:
            raise ValueError("burst / per_second must be at most 3600: a bucket is forgotten after an hour")
        return self


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    address: dict[str, _Bucket]
    anonymous: dict[str, _Bucket]
    principal: dict[str, _Bucket]
    key: dict[str, _Bucket]
    owner: dict[str, _Bucket]
    rate_class: dict[str, dict[str, _Bucket]] = {}


Table = Mapping[str, Limit]
"""Limits by the name of the route class."""


@dataclass(frozen=True, slots=True)
class Limits:
    """All limits; a route class that a table does not name is not limited there."""

    address: Table
    anonymous: Table
    principal: Table
    key: Table
    owner: Table
    rate_classes: Mapping[str, Table]

    def of_key(self, rate_class: str | None) -> Table:
        """The limits of a key that was given this class; those of all keys without one, or where it is not known."""
        return self.rate_classes.get(rate_class, self.key) if rate_class is not None else self.key


def load_limits(own_file: Path | None) -> Limits:
    """Raises pydantic's ValidationError, naming table and value, for what is no limit; ValueError for broken TOML."""
    known = tomllib.loads(DEFAULTS.read_text("utf-8"))
    own = tomllib.loads(own_file.read_text("utf-8")) if own_file is not None else {}
    file = _File.model_validate(_merged(known, own))
    key = _table("key", file.key)
    classes = {name: {**key, **_table(f"key-{name}", buckets)} for name, buckets in file.rate_class.items()}
    return Limits(
        _table("address", file.address),
        _table("anonymous", file.anonymous),
        _table("principal", file.principal),
        key,
        _table("owner", file.owner),
        classes,
    )


def _table(kind: str, buckets: Mapping[str, _Bucket]) -> Table:
    return {name: Limit(f"{kind}-{name}", bucket.per_second, bucket.burst) for name, bucket in buckets.items()}


def _merged(known: Mapping[str, JsonValue], own: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    merged = dict(known)
    for name, value in own.items():
        before = merged.get(name)
        merged[name] = _merged(before, value) if isinstance(before, dict) and isinstance(value, dict) else value
    return merged
