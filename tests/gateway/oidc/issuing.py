"""An outside issuer in a test: its keys, its real server, and tokens made by hand that the server would never make."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from httpx import AsyncClient
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

AUDIENCE: Final = "https://api.mengchuang.test"
CLIENT: Final = "portal"
CALLBACK: Final = "http://127.0.0.1/callback"

Private = Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True)
class Key:
    """A signing key of an issuer."""

    kid: str
    algorithm: str
    private: Private

    @classmethod
    def new(cls, algorithm: str, kid: str | None = None) -> Key:
        private: Private
        if algorithm == "RS256":
            private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        elif algorithm == "ES256":
            private = ec.generate_private_key(ec.SECP256R1())
        else:
            private = Ed25519PrivateKey.generate()
        return cls(kid or uuid4().hex, algorithm, private)

    def jwk(self, *, public: bool = False) -> dict[str, object]:
        key: Any = self.private.public_key() if public else self.private
        kinds: dict[str, Any] = {"RS256": RSAAlgorithm, "ES256": ECAlgorithm, "EdDSA": OKPAlgorithm}
        made: dict[str, object] = kinds[self.algorithm].to_jwk(key, as_dict=True)
        made.pop("key_ops", None)
        return {**made, "kid": self.kid, "alg": self.algorithm, "use": "sig"}

    def public_pem(self) -> bytes:
        return self.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@dataclass
class OutsideIssuer:
    """One provider of the running `provider.mjs`."""

    name: str
    port: int
    keys: list[Key]
    people: Mapping[str, Mapping[str, object]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def key(self) -> Key:
        return self.keys[0]

    def described(self) -> dict[str, object]:
        """For `provider.mjs`."""
        return {
            "port": self.port,
            "audience": AUDIENCE,
            "keys": [key.jwk() for key in self.keys],
            "algorithm": self.key.algorithm,
            "people": self.people,
        }

    def claims(self, subject: str, **changed: object) -> dict[str, object]:
        """Of a good access token; None takes a claim away."""
        now = int(time.time())
        made: dict[str, object] = {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": subject,
            "client_id": CLIENT,
            "jti": uuid4().hex,
            "iat": now,
            "exp": now + 300,
            "scope": "mengchuang:read",
            **self.people.get(subject, {}),
        }
        return {name: value for name, value in {**made, **changed}.items() if value is not None}

    def sign(self, claims: Mapping[str, object], key: Key | None = None, /, **header: object) -> str:
        """Sign with the first key or another one; None takes a field of the header away."""
        used = key or self.key
        fields: dict[str, object] = {"kid": used.kid, "typ": "at+jwt", **header}
        headers = {name: value for name, value in fields.items() if value is not None}
        return jwt.encode(dict(claims), used.private, algorithm=used.algorithm, headers=headers)

    def token(self, subject: str, **changed: object) -> str:
        """A good token, but for the claims changed."""
        return self.sign(self.claims(subject, **changed))

    async def use_keys(self, *keys: Key) -> None:
        """Sign with these from now on, and publish no other."""
        self.keys = list(keys)
        await self._control("keys", {"keys": [key.jwk() for key in keys], "algorithm": self.key.algorithm})

    async def be_away(self, away: bool) -> None:
        await self._control("away", {"away": away})

    async def fetched(self) -> int:
        """How often the keys were asked for."""
        async with AsyncClient(base_url=self.url, trust_env=False) as http:
            return int((await http.get("/-/fetched")).json()["keys"])

    async def _control(self, what: str, content: Mapping[str, object]) -> None:
        async with AsyncClient(base_url=self.url, trust_env=False) as http:
            assert (await http.post(f"/-/{what}", json=content)).status_code == 200

    async def sign_in(self, subject: str, scope: str = "openid mengchuang:read") -> dict[str, Any]:
        """The authorization code flow with PKCE, as a browser and a portal do it together; the token answer."""
        verifier = secrets.token_urlsafe(48)
        asked = {
            "client_id": CLIENT,
            "response_type": "code",
            "redirect_uri": CALLBACK,
            "scope": scope,
            "resource": AUDIENCE,
            "state": secrets.token_urlsafe(),
            "nonce": secrets.token_urlsafe(),
            "code_challenge": segment(hashlib.sha256(verifier.encode()).digest()),
            "code_challenge_method": "S256",
        }
        async with AsyncClient(base_url=self.url, trust_env=False, timeout=10) as browser:
            code = await _code(browser, asked, subject)
            answer = await browser.post(
                "/token",
                data={
                    "grant_type": "authorization_code",
                    "code": code,
                    "redirect_uri": CALLBACK,
                    "client_id": CLIENT,
                    "code_verifier": verifier,
                    "resource": AUDIENCE,
                },
            )
        assert answer.status_code == 200, answer.text
        issued: dict[str, Any] = answer.json()
        return issued


async def _code(browser: AsyncClient, asked: Mapping[str, str], subject: str) -> str:
    """Follow the redirects to the login page and the consent page, fill them in, and come back with the code."""
    answer = await browser.get("/auth", params=asked)
    for _ in range(10):
        if answer.is_redirect:
            target = answer.headers["location"]
            if target.startswith(CALLBACK):
                back = parse_qs(urlsplit(target).query)
                assert back["state"] == [asked["state"]], back
                return back["code"][0]
            answer = await browser.get(target)
            continue
        assert answer.status_code == 200, answer.text
        action = re.search(r'<form[^>]*action="([^"]+)"', answer.text)
        prompt = re.search(r'name="prompt" value="(\w+)"', answer.text)
        assert action is not None, answer.text
        assert prompt is not None, answer.text
        answer = await browser.post(action[1], data={"prompt": prompt[1], "login": subject, "password": "any"})
    raise AssertionError("no way back to the portal")


def segment(content: bytes | Mapping[str, object]) -> str:
    """Base64url without padding, of bytes or of an object's JSON."""
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
