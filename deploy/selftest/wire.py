"""Sending requests as a bank does, and saying clearly what stands in the way when nothing comes back."""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

import httpx

from deploy.selftest.signing import HONEST, Sent, Signer, Twist, absolute, digest_of

PATIENCE: Final = 3
"""How often a request is sent again that was held up by limits (429) or by the same request (409)."""
LONGEST_WAIT: Final = 15.0
LARGEST: Final = 8 * 1024 * 1024
NOT_MODIFIED: Final = 304
WRITES: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class Unreachable(RuntimeError):
    """No answer, or nobody's we know; `kind` is one of the words of `words.FAULTS`."""

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(f"{kind}: {detail}")
        self.kind = kind
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; header names in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    sent: Sent

    @property
    def json(self) -> Any:  # what an unknown server sends
        """The content, None where it is no JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    def get(self, name: str) -> Any:  # likewise
        """A field of the content, None where there is none."""
        content = self.json
        return content.get(name) if isinstance(content, dict) else None

    @property
    def code(self) -> str | None:
        """The problem's code."""
        value = self.get("code")
        return value if isinstance(value, str) else None

    def __str__(self) -> str:
        """As short as a table needs it."""
        return f"{self.status} {self.code or ''}".strip()


@dataclass(frozen=True, slots=True)
class Ask:
    """A request. `content` replaces `body` by bytes as they are; `key` is the Idempotency-Key, one of its own unless
    named, none for an empty text."""

    method: str
    path: str
    body: object = None
    content: bytes | None = None
    key: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    twist: Twist = HONEST
    swap: bytes | None = None
    """What is sent instead of the body that was digested and signed."""
    signed: bool = True


class Wire:
    """One API key at one address. Safe for threads."""

    def __init__(
        self,
        base_url: str,
        api_key: str | None,
        *,
        signer: Signer | None = None,
        timeout: float = 15.0,
        verify: ssl.SSLContext | bool = True,
        common: Mapping[str, str] | None = None,
    ) -> None:
        self.base_url = base_url
        self.api_key = api_key
        self.signer = signer
        self._common = {"accept": "application/json", "accept-language": "en", **(common or {})}
        limits = httpx.Limits(max_connections=16)
        self._http = httpx.Client(timeout=timeout, verify=verify, limits=limits, trust_env=True)
        absolute(base_url, "")

    def with_key(self, api_key: str | None) -> Wire:
        """The same connection with another key, or none, and without signatures."""
        other = copy(self)
        other.api_key, other.signer = api_key, None
        return other

    def close(self) -> None:
        """Let the connections go."""
        self._http.close()

    def get(self, path: str, **more: Any) -> Answer:  # fields of Ask
        """A request that changes nothing."""
        return self.send(Ask("GET", path, **more))

    def post(self, path: str, body: object = None, **more: Any) -> Answer:  # likewise
        """A request with JSON and an Idempotency-Key."""
        return self.send(Ask("POST", path, {} if body is None else body, **more))

    def send(self, ask: Ask) -> Answer:
        """The answer, after waiting where the server asks for it. Raises Unreachable."""
        for turn in range(PATIENCE + 1):
            answer = self._once(ask)
            if turn == PATIENCE or not _to_wait(answer):
                return answer
            time.sleep(_wait(answer))
        raise AssertionError("unreachable: the loop returns")

    def _once(self, ask: Ask) -> Answer:
        url = absolute(self.base_url, ask.path)
        body = ask.content if ask.content is not None else b""
        headers = {**self._common}
        if ask.method in WRITES:
            if ask.content is None:
                body = json.dumps(ask.body, ensure_ascii=False).encode()
            headers["content-type"] = "application/json"
            if ask.key != "":
                headers["idempotency-key"] = ask.key or str(uuid4())
        if self.api_key is not None:
            headers["authorization"] = f"Bearer {self.api_key}"
        if body:
            headers["content-digest"] = digest_of(body)
        headers |= {name.lower(): value for name, value in ask.headers.items()}
        if self.signer is not None and ask.signed:
            headers |= self.signer.headers(ask.method, url, headers, ask.twist)
        response = self._ask(ask.method, url, headers, ask.swap if ask.swap is not None else body)
        found = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status_code, found, response.content, Sent(ask.method, url, headers))

    def _ask(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> httpx.Response:
        try:
            response = self._http.request(method, url, headers=headers, content=body or None)
        except (httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise Unreachable("connect_timeout", urlsplit(url).netloc) from error
        except httpx.TimeoutException as error:
            raise Unreachable("timeout", f"{method} {urlsplit(url).path}") from error
        except httpx.ConnectError as error:
            kind = "tls" if "SSL" in str(error) or "CERTIFICATE" in str(error).upper() else "connect"
            raise Unreachable(kind, f"{urlsplit(url).netloc}: {error}") from error
        except (httpx.RemoteProtocolError, httpx.DecodingError) as error:
            raise Unreachable("protocol", f"{method} {urlsplit(url).path}: {error}") from error
        except httpx.TransportError as error:
            raise Unreachable("broken", f"{method} {urlsplit(url).path}: {error}") from error
        except (httpx.InvalidURL, UnicodeError) as error:
            raise Unreachable("address", f"{url}: {error}") from error
        if response.is_redirect and response.status_code != NOT_MODIFIED:
            raise Unreachable("redirect", response.headers.get("location", "?"))
        if len(response.content) > LARGEST:
            raise Unreachable("protocol", f"{method} {urlsplit(url).path}: {len(response.content)} bytes")
        return response


def _to_wait(answer: Answer) -> bool:
    return answer.status == 429 or (answer.status == 409 and answer.code == "idempotency-key-in-use")


def _wait(answer: Answer) -> float:
    told = answer.headers.get("retry-after", "1")
    return min(LONGEST_WAIT, float(told) if told.isdigit() else 1.0)
