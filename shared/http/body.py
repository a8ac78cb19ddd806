"""Reading a request's body: a limit on its length and stricter JSON than the standard library's."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from itertools import islice
from typing import Final, NoReturn

from starlette.requests import Request
from starlette.types import Receive, Scope

from shared.errors import DomainError
from shared.http.limits import Excess, excess, json_faults
from shared.http.schemas import acceptable
from shared.http.validation import MAX_FAULTS, Fault, PayloadInvalid, field_name

DEFAULT_LIMIT: Final = 2 * 1024 * 1024
"""As the gateway's: it refuses a longer body before anything is sent on, so that nobody's answer is cut off."""


class BodyLimit:
    """Marker dependency for the few routes that take more, or less, than 2 MiB: ``Depends(BodyLimit(2**26))``."""

    def __init__(self, limit: int) -> None:
        self.limit = limit

    async def __call__(self) -> None:
        """Nothing to do here: ``ServiceRoute`` reads the limit when the route is made."""


class ServiceRequest(Request):
    """A request whose body cannot exceed its limit and whose JSON has one meaning."""

    def __init__(self, scope: Scope, receive: Receive, limit: int = DEFAULT_LIMIT) -> None:
        super().__init__(scope, receive)
        self._limit = limit
        self.expected: object = None
        """The annotation of the body, where it is one model."""

    async def stream(self) -> AsyncGenerator[bytes, None]:
        """The body in pieces; 413 ``payload-too-large`` as soon as it is known to be too long."""
        declared = self.headers.get("content-length", "")
        if declared.isdecimal() and int(declared) > self._limit:
            raise self._too_large()
        length = 0
        async for chunk in super().stream():
            length += len(chunk)
            if length > self._limit:
                raise self._too_large()
            yield chunk

    async def json(self) -> object:
        """The parsed body; its faults reach the caller as the cause of FastAPI's own 400."""
        if not hasattr(self, "_json"):
            value = strict_loads(await self.body())
            faults = [_fault(found) for found in islice(json_faults(self.expected, value), MAX_FAULTS)]
            if faults:
                raise PayloadInvalid(*faults)
            self._json = value
        return self._json

    def check_address(self, expected: Mapping[str, tuple[object, Sequence[object]]] = {}) -> None:
        """Refuse path and query with characters no text may have, and plain parameters beyond what anything may be
        (`expected`: annotation and metadata by name), before they reach a query. Raises 422."""
        for name, value in (*self.path_params.items(), *self.query_params.multi_items()):
            if not acceptable(name):
                raise PayloadInvalid.at("query", "text_not_acceptable")
            if not acceptable(str(value)):
                raise PayloadInvalid.at(name, "text_not_acceptable")
            if name in expected:
                annotation, metadata = expected[name]
                for found in excess(annotation, value, (name,), metadata):
                    raise PayloadInvalid(_fault(found))

    def _too_large(self) -> DomainError:
        return DomainError("payload-too-large", 413, params={"limit": self._limit}, headers={"Connection": "close"})


def _fault(found: Excess) -> Fault:
    return Fault(field_name(found.where or ("body",)), found.kind, dict(found.limits))


def strict_loads(body: bytes) -> object:
    """JSON as RFC 8259 and I-JSON (RFC 7493) have it: UTF-8, no NaN, no name twice. Raises PayloadInvalid."""
    try:
        return json.loads(body.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant)
    except RecursionError as error:
        raise PayloadInvalid.at("body", "json_too_deep") from error
    except ValueError as error:
        raise PayloadInvalid.at("body", "json_invalid") from error


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) < len(pairs):
        names = [name for name, _ in pairs]
        raise PayloadInvalid.at(next(name for name in names if names.count(name) > 1), "json_duplicate_key")
    return members


def _no_constant(_constant: str) -> NoReturn:
    raise ValueError("NaN and infinities are not JSON")
