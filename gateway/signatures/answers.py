"""Answers that a partner wants signed (RFC 9421) or with a digest of their content (RFC 9530).

The digest stands in the headers, so the answer is held until it is whole. What is too long for that, and streams that
do not end, go out as they are: whoever needs a signature does not believe an answer without one.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import http_sf
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from http_message_signatures import HTTPMessageSignaturesException, HTTPMessageSigner, MappingKeyResolver, algorithms
from starlette.types import Message, Send

from gateway.front.exchange import Exchange
from gateway.signatures.digests import content_digest, preferred_algorithm
from gateway.signatures.message import SignedAnswer, SignedRequest, request_of
from gateway.signatures.signing_keys import jwk_of, thumbprint
from shared.auth.tokens import load_private_key
from shared.logging import get_logger

DIRECTORY: Final = "/.well-known/http-message-signatures-directory"
DIRECTORY_TYPE: Final = "application/http-message-signatures-directory+json"
LONGEST_BYTES: Final = 8 * 1024 * 1024
DEFAULT_ALGORITHM: Final = "sha-256"

_STREAM: Final = b"text/event-stream"
_COVERED_FIELDS: Final = ("content-digest", "content-type", "etag", "location")
_REQUEST: Final = ('"@method";req', '"@target-uri";req')

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request wants of its answer; `label` is None where no signature is wanted."""

    algorithm: str
    label: str | None
    nonce: str | None = None
    tag: str | None = None


class AnswerSigner:
    """The gateway's own key for answers; without one only digests can be had."""

    def __init__(self, key_file: Path | None, public_url: str) -> None:
        self._public_url = public_url
        self._key = load_private_key(key_file) if key_file is not None else None
        self.jwk = _jwk(self._key) if self._key is not None else None
        self._signer = _signer(self._key, self.jwk["kid"]) if self._key is not None and self.jwk is not None else None

    def directory(self) -> dict[str, Sequence[dict[str, str]]]:
        """The public keys that answers may be signed with, as a set of JWKs."""
        return {"keys": [self.jwk] if self.jwk is not None else []}

    def attend(self, exchange: Exchange) -> None:
        """Sign this request's answer, or give its digest, if it asks for that."""
        asked = asked_of(exchange, can_sign=self._signer is not None)
        if asked is not None:
            request = request_of(exchange, self._public_url)
            exchange.answer_through(lambda send: _Held(self, send, request, asked).send)

    def sign(self, answer: SignedAnswer, asked: Asked) -> None:
        """Put Signature and Signature-Input into the answer's headers."""
        assert self._signer is not None, "asked for without a key"
        assert self.jwk is not None
        covered = ['"@status"', *(f'"{name}"' for name in _COVERED_FIELDS if name in answer.headers), *_REQUEST]
        members = [f'"signature";req;key="{label}"' for label in _labels(answer.request)]
        for with_signature in (True, False):
            try:
                self._signer.sign(
                    answer,
                    key_id=self.jwk["kid"],
                    created=datetime.fromtimestamp(int(time.time()), UTC),
                    label=asked.label,
                    nonce=asked.nonce,
                    tag=asked.tag,
                    covered_component_ids=[*covered, *(members if with_signature else ())],
                    use_existing_digest="content-digest" in answer.headers,
                )
            except HTTPMessageSignaturesException as error:
                log.info("answer-signature-narrowed", reason=str(error)[:200])
            else:
                return


class _Held:
    """Keeps an answer back until its digest is known."""

    def __init__(self, signer: AnswerSigner, send: Send, request: SignedRequest, asked: Asked) -> None:
        self._signer = signer
        self._send = send
        self._request = request
        self._asked = asked
        self._start: Message | None = None
        self._body = bytearray()
        self._open = True

    async def send(self, message: Message) -> None:
        if not self._open:
            await self._send(message)
            return
        if message["type"] == "http.response.start":
            self._start = message
            if _is_stream(message):
                await self._give_up()
            return
        self._body += message.get("body", b"")
        if len(self._body) > LONGEST_BYTES:
            await self._give_up(more=message.get("more_body", False))
        elif not message.get("more_body", False):
            await self._finish()

    async def _give_up(self, *, more: bool = True) -> None:
        assert self._start is not None
        self._open = False
        await self._send(self._start)
        if self._body:
            await self._send({"type": "http.response.body", "body": bytes(self._body), "more_body": more})

    async def _finish(self) -> None:
        assert self._start is not None
        self._open = False
        body, status = bytes(self._body), self._start["status"]
        lines = [(name, value) for name, value in self._start["headers"] if name.lower() != b"content-digest"]
        fields = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in lines}
        added: dict[str, str] = {}
        if body:
            added["content-digest"] = content_digest(body, self._asked.algorithm)
        if self._asked.label is not None:
            covered = {name: value for name, value in fields.items() if name in _COVERED_FIELDS}
            answer = SignedAnswer(status, {**covered, **added}, self._request)
            self._signer.sign(answer, self._asked)
            added |= {name.lower(): value for name, value in answer.headers.items() if name.lower() not in covered}
        headers = [*lines, *((name.encode("latin-1"), value.encode("latin-1")) for name, value in added.items())]
        await self._send({**self._start, "headers": headers})
        await self._send({"type": "http.response.body", "body": body, "more_body": False})


def asked_of(exchange: Exchange, *, can_sign: bool) -> Asked | None:
    """What Accept-Signature and Want-Content-Digest ask for; the first signature of several. Neither can be wrong: what
    cannot be read is not asked for."""
    algorithm = preferred_algorithm(_joined(exchange, b"want-content-digest"))
    wanted = _joined(exchange, b"accept-signature") if can_sign else None
    if wanted is not None:
        try:
            parsed = http_sf.parse(wanted.encode("ascii"), tltype="dictionary")
        except (ValueError, TypeError):
            parsed = {}
        for label, member in parsed.items() if isinstance(parsed, dict) else ():
            parameters = member[1] if isinstance(member, tuple) and isinstance(member[1], dict) else {}
            return Asked(
                algorithm or DEFAULT_ALGORITHM, str(label), _text(parameters, "nonce"), _text(parameters, "tag")
            )
    return Asked(algorithm, None) if algorithm is not None else None


def _text(parameters: Mapping[str, object], name: str) -> str | None:
    value = parameters.get(name)
    return value if isinstance(value, str) and len(value) <= 200 else None


def _joined(exchange: Exchange, name: bytes) -> str | None:
    values = exchange.all(name)
    return ", ".join(value.decode("latin-1") for value in values) if values else None


def _labels(request: SignedRequest) -> list[str]:
    """The labels of the request's own signatures."""
    field = ", ".join(value for name, value in request.headers.items() if name == "signature")
    try:
        parsed = http_sf.parse(field.encode("ascii"), tltype="dictionary") if field else {}
    except (ValueError, TypeError):
        return []
    return [str(label) for label in parsed] if isinstance(parsed, dict) else []


def _is_stream(start: Message) -> bool:
    return any(name.lower() == b"content-type" and value.startswith(_STREAM) for name, value in start["headers"])


def _jwk(key: Ed25519PrivateKey) -> dict[str, str]:
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return {**jwk_of(public), "kid": thumbprint(public), "use": "sig", "alg": "EdDSA"}


def _signer(key: Ed25519PrivateKey, key_id: str) -> HTTPMessageSigner:
    resolver = MappingKeyResolver(public_keys={}, private_keys={key_id: key})
    return HTTPMessageSigner(signature_algorithm=algorithms.ED25519, key_resolver=resolver)
