"""Signed requests and answers (RFC 9421) with digests (RFC 9530), written from the standards as a bank would."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from secrets import token_urlsafe
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

SignBytes = Callable[[bytes], bytes]
LABEL = "sig1"
DIRECTORY = "/.well-known/http-message-signatures-directory"


def ed25519_of(file: Path) -> SignBytes:
    """Raises RuntimeError for a file that holds no unencrypted Ed25519 private key."""
    try:
        key = load_pem_private_key(file.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise RuntimeError(f"{file}: no private key in PEM without a password ({error})") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise RuntimeError(f"{file}: the key is not Ed25519")
    return key.sign


def hmac_of(secret: str) -> SignBytes:
    """The secret as it was shown, in base64; its decoded bytes are the key. Raises RuntimeError for anything else."""
    try:
        key = base64.b64decode(secret.strip(), validate=True)
    except ValueError as error:
        raise RuntimeError("the secret of the signatures is not base64") from error
    if len(key) < 16:
        raise RuntimeError("the secret of the signatures is too short to be one")
    return lambda base: hmac.new(key, base, hashlib.sha256).digest()


def digest_of(body: bytes) -> str:
    """The value of Content-Digest."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


@dataclass(frozen=True, slots=True)
class Twist:
    """What a test makes wrong about an otherwise good signature."""

    age_seconds: int = 0
    nonce: str | None = None
    leave_out: str | None = None
    other_url: str | None = None
    spoil: bool = False


HONEST = Twist()


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs requests that are sent with the API key `keyid`."""

    keyid: str
    sign: SignBytes

    def headers(self, method: str, url: str, headers: Mapping[str, str], twist: Twist = HONEST) -> dict[str, str]:
        """`Signature-Input` and `Signature` for a request whose other headers, in small letters, are these."""
        values = {"@method": method, "@target-uri": twist.other_url or url, **headers}
        listed = ["@method", "@target-uri", "authorization", "content-digest", "idempotency-key"]
        covered = [name for name in listed if name in values and name != twist.leave_out]
        parameters = (
            f"({' '.join(_quoted(name) for name in covered)});created={int(time.time()) - twist.age_seconds}"
            f';keyid="{self.keyid}";nonce="{twist.nonce or token_urlsafe(16)}";tag="mengchuang"'
        )
        lines = [f"{_quoted(name)}: {values[name]}" for name in covered]
        signature = self.sign("\n".join([*lines, f'"@signature-params": {parameters}']).encode())
        if twist.spoil:
            signature = bytes([signature[0] ^ 1]) + signature[1:]
        return {
            "signature-input": f"{LABEL}={parameters}",
            "signature": f"{LABEL}=:{base64.b64encode(signature).decode()}:",
        }


@dataclass(frozen=True, slots=True)
class Sent:
    """What an answer's signature may refer to of its request."""

    method: str
    url: str
    headers: Mapping[str, str]


MUST_COVER = ('"@status"', '"@method";req', '"@target-uri";req')


def fault_of_answer(
    sent: Sent, status: int, headers: Mapping[str, str], body: bytes, keys: Mapping[str, Ed25519PublicKey], nonce: str
) -> str | None:
    """What is wrong with a signed answer; None for a good one. `headers` have names in small letters."""
    inputs = re.fullmatch(r"answer=(\(([^)]*)\)(;.*))", headers.get("signature-input", ""))
    value = re.fullmatch(r"answer=:([A-Za-z0-9+/=]+):", headers.get("signature", ""))
    if inputs is None or value is None:
        return "Signature-Input / Signature: -"
    covered = inputs[2].split()
    needed = [*MUST_COVER, *(['"content-digest"'] if body else [])]
    if LABEL in sent.headers.get("signature-input", ""):
        needed.append(f'"signature";req;key="{LABEL}"')
    missing = [name for name in needed if name not in covered]
    if missing:
        return f"not covered: {', '.join(missing)}"
    if body and headers.get("content-digest") != digest_of(body):
        return f"Content-Digest: {headers.get('content-digest')}"
    named = dict(re.findall(r';(\w+)="([^"]*)"', inputs[3]))
    if named.get("nonce") != nonce:
        return f"nonce: {named.get('nonce')}"
    key = keys.get(named.get("keyid", ""))
    if key is None:
        return f"keyid: {named.get('keyid')} (not in {DIRECTORY})"
    lines = [f"{name}: {_of_answer(name, sent, status, headers)}" for name in covered]
    try:
        key.verify(base64.b64decode(value[1]), "\n".join([*lines, f'"@signature-params": {inputs[1]}']).encode())
    except InvalidSignature:
        return "signature: wrong"
    return None


def keys_of(directory: object) -> dict[str, Ed25519PublicKey]:
    """The Ed25519 keys of a directory of JWKs, by `kid`; nothing for what is none."""
    listed = directory.get("keys") if isinstance(directory, dict) else None
    found: dict[str, Ed25519PublicKey] = {}
    for one in listed if isinstance(listed, list) else []:
        if isinstance(one, dict) and one.get("crv") == "Ed25519" and isinstance(one.get("x"), str):
            raw = base64.urlsafe_b64decode(one["x"] + "=" * (-len(one["x"]) % 4))
            found[str(one.get("kid"))] = Ed25519PublicKey.from_public_bytes(raw)
    return found


def _of_answer(item: str, sent: Sent, status: int, headers: Mapping[str, str]) -> str:
    quoted, _, parameters = item.partition(";")
    name = quoted.strip('"')
    if name == "@status":
        return str(status)
    if name == "@method":
        return sent.method
    if name == "@target-uri":
        return sent.url
    if parameters.startswith("req"):
        value = sent.headers.get(name, "")
        return value.removeprefix(f"{LABEL}=") if ";key=" in parameters else value
    return headers.get(name, "")


def _quoted(name: str) -> str:
    return f'"{name}"'


def absolute(base_url: str, path: str) -> str:
    """The address that is asked and signed. Raises RuntimeError for a base that is no http(s) address."""
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise RuntimeError(f"{base_url!r} is no address such as https://api.example.org")
    if parts.username or parts.password:
        raise RuntimeError("leave user names and passwords out of the address: the key is what counts")
    return base_url.rstrip("/") + path
