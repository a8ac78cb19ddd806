"""What an issuer publishes about itself: fetched from where the configuration says, bounded in size and time."""

from __future__ import annotations

import asyncio
import json
import re
import ssl
from dataclasses import dataclass
from typing import Final

import httpx

from gateway.oidc.config import Issuer, check_address
from gateway.oidc.keys import SigningKey, read_keys

MAX_BYTES: Final = 256 * 1024
FETCH_SECONDS: Final = 5.0
UNSAID_MAX_AGE: Final = 600.0
"""How long keys are fresh where the issuer does not say."""

_MAX_AGE = re.compile(r"(?:^|[\s,])max-age=\"?([0-9]{1,9})", re.IGNORECASE)
_NOT_KEPT = re.compile(r"(?:^|[\s,])no-(?:store|cache)\b", re.IGNORECASE)


class NotFetched(Exception):
    """The issuer does not answer, or with something that is not to be used; the message is for the log."""


@dataclass(frozen=True, slots=True)
class Published:
    """An issuer's usable keys, and for how many seconds it says they are fresh."""

    keys: tuple[SigningKey, ...]
    max_age: float


class Documents:
    """One issuer's metadata and keys. Every fetch begins anew: nothing of an earlier answer is trusted for it."""

    def __init__(self, issuer: Issuer, *, production: bool) -> None:
        self._issuer = issuer
        self._production = production

    async def fetch(self) -> Published:
        """The keys by way of the metadata. Raises NotFetched."""
        try:
            async with asyncio.timeout(FETCH_SECONDS), self._client() as client:
                metadata, _ = await self._get(client, self._issuer.metadata_url)
                keys, cache_control = await self._get(client, self._keys_url(metadata))
            found = read_keys(keys, self._issuer.algorithms)
        except (OSError, TimeoutError, ValueError, RecursionError, httpx.HTTPError, httpx.InvalidURL) as error:
            raise NotFetched(f"{type(error).__name__}: {error}") from error
        if not found:
            raise NotFetched("no usable key")
        return Published(found, _max_age(cache_control))

    def _client(self) -> httpx.AsyncClient:
        """Redirects are not followed: keys come from the address that was checked, or not at all."""
        ca_file = self._issuer.ca_file
        verify = True if ca_file is None else ssl.create_default_context(cafile=str(ca_file))
        return httpx.AsyncClient(verify=verify, follow_redirects=False, timeout=FETCH_SECONDS)

    async def _get(self, client: httpx.AsyncClient, url: str) -> tuple[object, str]:
        async with client.stream("GET", url, headers={"Accept": "application/json"}) as response:
            if response.status_code != 200:
                raise ValueError(f"{response.status_code} from {url}")
            pieces, size = [], 0
            async for piece in response.aiter_bytes():
                size += len(piece)
                if size > MAX_BYTES:
                    raise ValueError(f"more than {MAX_BYTES} bytes from {url}")
                pieces.append(piece)
            return json.loads(b"".join(pieces)), response.headers.get("cache-control", "")

    def _keys_url(self, metadata: object) -> str:
        """Where the keys are. Raises ValueError for another issuer's metadata (OpenID Connect Discovery, 4.3)."""
        if not isinstance(metadata, dict) or metadata.get("issuer") != self._issuer.issuer:
            raise ValueError("metadata of another issuer")
        url = metadata.get("jwks_uri")
        if not isinstance(url, str):
            raise ValueError("metadata without jwks_uri")
        check_address(url, production=self._production)
        return url


def _max_age(cache_control: str) -> float:
    if _NOT_KEPT.search(cache_control):
        return 0.0
    said = _MAX_AGE.search(cache_control)
    return float(said[1]) if said else UNSAID_MAX_AGE
