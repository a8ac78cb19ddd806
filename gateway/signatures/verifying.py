"""Signed requests (RFC 9421): by the key's own holder, about this very request, now, and once.

The cryptography comes first: only who has the signing key learns what else is wrong with a request. Then the time, what
the signature covers, the content, and the nonce last, so that a request that is refused has not used it up.
"""

from __future__ import annotations

import base64
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from http_message_signatures import (
    HTTPMessageSignaturesException,
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    VerificationKey,
    VerifyResult,
    algorithms,
)

from gateway.front.exchange import Exchange
from gateway.keys.terms import KeyTerms
from gateway.sealing import keyring_of
from gateway.settings import GatewaySettings
from gateway.signatures.digests import DigestCheck, DigestWrong
from gateway.signatures.message import request_of
from gateway.signatures.nonces import use_nonce
from gateway.signatures.refusals import TAG, refused
from shared.clock import utcnow
from shared.db import Database
from shared.errors import DomainError
from shared.logging import get_logger
from shared.sealing import KeyMissing, Unreadable

WINDOW: Final = timedelta(minutes=5)
"""How far a signature's time may be from ours, before and after. Real time: a simulated business day does not count."""
NONCE_LENGTHS: Final = range(8, 201)
MOST_COMPONENTS: Final = 40

_ALGORITHMS: Final = {"ed25519": algorithms.ED25519, "hmac-sha256": algorithms.HMAC_SHA256}

log = get_logger(__name__)


class RequestSignatures:
    """Checks what the key of a request asks for, and the content against its digest."""

    def __init__(self, settings: GatewaySettings, db: Database) -> None:
        self._settings = settings
        self._db = db

    async def check(self, exchange: Exchange, terms: KeyTerms) -> None:
        """Let a request by this key pass, or raise 401 `signature-required`, `signature-invalid`, `signature-too-old`,
        `component-missing`, `digest-mismatch` or `signature-replayed`; 400 `digest-mismatch` for an unsigned one."""
        signed = exchange.first(b"signature") is not None or exchange.first(b"signature-input") is not None
        wanted = required_components(exchange)
        if not signed or terms.signature_mode == "none":
            if terms.signature_mode == "required":
                raise refused("signature-required", terms, wanted)
            await _check_content(exchange, DomainError("digest-mismatch", 400))
            return
        result = self._verify(exchange, terms, wanted)
        nonce = _check_time_and_coverage(result, terms, wanted)
        await _check_content(exchange, refused("digest-mismatch", terms, wanted))
        if not await use_nonce(self._db, terms.id, nonce):
            raise refused("signature-replayed", terms, wanted)

    def _verify(self, exchange: Exchange, terms: KeyTerms, wanted: Collection[str]) -> VerifyResult:
        assert terms.algorithm is not None, "a key whose requests are signed has an algorithm"
        verifier = Verifier(signature_algorithm=_ALGORITHMS[terms.algorithm], key_resolver=self._key(terms))
        several = len(exchange.all(b"signature-input")) > 1 or b"," in (exchange.first(b"signature-input") or b"")
        try:
            message = request_of(exchange, self._settings.public_url)
            results = verifier.verify(message, max_age=None, expect_tag=TAG if several else None)
        except (HTTPMessageSignaturesException, ValueError, LookupError, TypeError) as error:
            log.info("signature-refused", key=str(terms.id), reason=str(error)[:200], request_id=exchange.request_id)
            raise refused("signature-invalid", terms, tuple(wanted)) from error
        if len(results) != 1 or results[0].parameters.get("tag", TAG) != TAG:
            raise refused("signature-invalid", terms, tuple(wanted))
        return results[0]

    def _key(self, terms: KeyTerms) -> KeyOfOne:
        if terms.public_key is not None:
            return KeyOfOne.of_public(terms.public_id, terms.public_key)
        assert terms.secret is not None, "a key without a public key has a secret"
        try:
            secret = keyring_of(self._settings).unseal(terms.id, terms.secret)
        except (KeyMissing, Unreadable) as error:
            log.error("signing secret unreadable", key=str(terms.id), reason=type(error).__name__)
            raise DomainError("gateway-keys-missing", 503) from error
        return KeyOfOne(terms.public_id, base64.b64decode(secret))


def required_components(exchange: Exchange) -> tuple[str, ...]:
    """What a signature of this request has to cover; `@target-uri` may be replaced by its parts."""
    found = ["@method", "@target-uri", "authorization"]
    if exchange.first(b"content-digest") is not None or has_content(exchange):
        found.append("content-digest")
    if exchange.first(b"idempotency-key") is not None:
        found.append("idempotency-key")
    return tuple(found)


def has_content(exchange: Exchange) -> bool:
    """Whether the request says that it has a body."""
    length = exchange.first(b"content-length")
    return exchange.first(b"transfer-encoding") is not None or (length is not None and length.strip(b"0") != b"")


def _check_time_and_coverage(result: VerifyResult, terms: KeyTerms, wanted: tuple[str, ...]) -> str:
    """The nonce of a signature that is about this request and of now."""
    parameters, now = result.parameters, utcnow().timestamp()
    created, expires, nonce = parameters.get("created"), parameters.get("expires"), parameters.get("nonce")
    if not isinstance(created, int):
        raise refused("component-missing", terms, wanted, component=";created")
    if abs(now - created) > WINDOW.total_seconds() or (isinstance(expires, int) and expires < now):
        raise refused("signature-too-old", terms, wanted, seconds=int(WINDOW.total_seconds()))
    missing = [component for component in wanted if not _covers(result.covered_components, component)]
    if missing:
        raise refused("component-missing", terms, wanted, component=", ".join(missing))
    if not isinstance(nonce, str) or len(nonce) not in NONCE_LENGTHS:
        raise refused("component-missing", terms, wanted, component=";nonce")
    return nonce


def _covers(covered: Mapping[str, str], component: str) -> bool:
    if f'"{component}"' in covered:
        return True
    if component != "@target-uri":
        return False
    # Path and query say together what the target is, of the authority that they are sent to.
    return all(f'"{part}"' in covered for part in ("@authority", "@path", "@query"))


async def _check_content(exchange: Exchange, mismatch: DomainError) -> None:
    """Receive the whole content before anything is done with it, if its digest was sent."""
    fields = exchange.all(b"content-digest")
    if not fields:
        return
    try:
        check = DigestCheck(", ".join(field.decode("latin-1") for field in fields))
    except DigestWrong as error:
        raise mismatch from error
    await exchange.hold(check.update)
    if not check.right():
        raise mismatch


@dataclass(frozen=True, slots=True)
class KeyOfOne(HTTPSignatureKeyResolver):
    """Knows one key, by the public id of the API key."""

    public_id: str
    key: VerificationKey

    @classmethod
    def of_public(cls, public_id: str, public_key: bytes) -> KeyOfOne:
        """Of an Ed25519 public key's 32 bytes."""
        return cls(public_id, Ed25519PublicKey.from_public_bytes(public_key))

    def resolve_public_key(self, key_id: str) -> VerificationKey | None:
        return self.key if key_id == self.public_id else None


class Verifier(HTTPMessageVerifier):
    """Leaves times to us, after the cryptography; bounds what it looks at."""

    def validate_created_and_expires(self, sig_input: Any, max_age: timedelta | None = None) -> None:
        if len(list(sig_input)) > MOST_COMPONENTS:
            raise HTTPMessageSignaturesException("too many components")
