"""A bank's program that signs by itself: the signature base as RFC 9421, 2.5 writes it, and none of our libraries."""

import base64
import hashlib
import hmac
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from secrets import token_urlsafe
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

Sign = Callable[[bytes], bytes]


def ed25519(key: Ed25519PrivateKey) -> Sign:
    return key.sign


def hmac_sha256(secret: bytes) -> Sign:
    return lambda base: hmac.new(secret, base, hashlib.sha256).digest()


def digest(body: bytes, algorithm: str = "sha-256") -> str:
    value = hashlib.new(algorithm.replace("-", ""), body).digest()
    return f"{algorithm}=:{base64.b64encode(value).decode()}:"


def component(name: str, method: str, url: str, headers: Mapping[str, str]) -> str:
    """The value of a component of a request."""
    parts = urlsplit(url)
    derived = {
        "@method": method,
        "@target-uri": url,
        "@authority": parts.netloc,
        "@path": parts.path,
        "@query": f"?{parts.query}",
    }
    return derived[name] if name.startswith("@") else headers[name].strip()


def signature_base(components: Sequence[str], parameters: str, values: Sequence[str]) -> bytes:
    """One line a component and the parameters last."""
    listed = " ".join(f'"{name}"' for name in components)
    lines = [f'"{name}": {value}' for name, value in zip(components, values, strict=True)]
    return "\n".join([*lines, f'"@signature-params": ({listed}){parameters}']).encode()


@dataclass
class BankProgram:
    """Signs requests with an API key and a signing key; each test changes what it needs."""

    api_key: str
    sign: Sign
    keyid: str = ""
    tag: str | None = "mengchuang"
    label: str = "sig1"
    extra: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.keyid = self.keyid or self.api_key.split("_")[2]

    def headers(
        self,
        method: str,
        url: str,
        body: bytes = b"",
        *,
        send: Mapping[str, str] | None = None,
        components: Sequence[str] | None = None,
        created: int | None = None,
        nonce: str | None = None,
        parameters: str | None = None,
        algorithm: str = "sha-256",
    ) -> dict[str, str]:
        """All headers of a request, signed now with a new nonce unless said otherwise."""
        found = {"authorization": f"Bearer {self.api_key}", **{k.lower(): v for k, v in (send or {}).items()}}
        if body:
            found.setdefault("content-type", "application/json")
            found.setdefault("content-digest", digest(body, algorithm))
        if components is None:
            components = ["@method", "@target-uri", "authorization"]
            components += [name for name in ("content-digest", "idempotency-key") if name in found]
        if parameters is None:
            tag = f';tag="{self.tag}"' if self.tag is not None else ""
            parameters = (
                f";created={int(time.time()) if created is None else created}"
                f';keyid="{self.keyid}";nonce="{nonce or token_urlsafe(16)}"{tag}'
            )
        values = [component(name, method, url, found) for name in components]
        signature = base64.b64encode(self.sign(signature_base(components, parameters, values))).decode()
        listed = " ".join(f'"{name}"' for name in components)
        found["signature-input"] = f"{self.label}=({listed}){parameters}"
        found["signature"] = f"{self.label}=:{signature}:"
        return found
