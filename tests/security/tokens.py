"""Every way in which a credential can be broken. Each is the good one with one thing about it changed."""

from __future__ import annotations

import hmac
import json
import time
from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gateway.signin.access import AUDIENCE, ISSUER, TYPE
from shared.auth.tokens import load_private_key
from tests.gateway.oidc.issuing import segment
from tests.security.conftest import World
from tests.support.tokens import internal_token, service_token

Broken = Callable[[World], str]
"""What stands after `Bearer `."""

STRANGER: Final = Ed25519PrivateKey.generate()
STRANGERS_RSA: Final = rsa.generate_private_key(public_exponent=65537, key_size=2048)
STRANGERS_EC: Final = ec.generate_private_key(ec.SECP256R1())


def _private(world: World) -> Ed25519PrivateKey:
    return load_private_key(world.town.access_key)


def _public_forms(world: World) -> Mapping[str, bytes]:
    key = _private(world).public_key()
    raw = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return {
        "PEM": key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        "DER": key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        "raw": raw,
        "hexadecimal": raw.hex().encode(),
        "OpenSSH": key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH),
        "JWK": json.dumps({"kty": "OKP", "crv": "Ed25519", "x": segment(raw)}).encode(),
        "nothing": b"",
    }


def claims(world: World, **changed: object) -> dict[str, Any]:
    """Of the good session's token; None takes a claim away."""
    person, now = world.town.people["good"], int(time.time())
    made: dict[str, object] = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": str(person.id),
        "sid": str(person.session_id),
        "gen": person.generation,
        "iat": now,
        "exp": now + 900,
    }
    return {name: value for name, value in {**made, **changed}.items() if value is not None}


def signed(world: World, content: object, key: Ed25519PrivateKey | None = None, /, **header: object) -> str:
    """By hand, since libraries refuse to make most of these."""
    fields = {name: value for name, value in {"alg": "EdDSA", "typ": TYPE, **header}.items() if value is not None}
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    text = f"{segment(fields)}.{segment(body)}"
    return f"{text}.{segment((key or _private(world)).sign(text.encode()))}"


def unsigned(algorithm: object) -> Broken:
    return lambda world: ".".join([*signed(world, claims(world), alg=algorithm).split(".")[:2], ""])


def confused(algorithm: str, form: str) -> Broken:
    """A symmetric algorithm with something public as its secret."""

    def broken(world: World) -> str:
        text = f"{segment({'alg': algorithm, 'typ': TYPE})}.{segment(claims(world))}"
        made = hmac.new(_public_forms(world)[form], text.encode(), f"sha{algorithm[2:]}")
        return f"{text}.{segment(made.digest())}"

    return broken


def claiming(**changed: object) -> Broken:
    return lambda world: signed(world, claims(world, **changed))


def named(**header: object) -> Broken:
    return lambda world: signed(world, claims(world), **header)


def at(**seconds: int) -> Broken:
    return lambda world: signed(world, claims(world, **{name: int(time.time()) + by for name, by in seconds.items()}))


def forged(**header: object) -> Broken:
    """Signed by a stranger who says where his key is."""
    return lambda world: signed(world, claims(world), STRANGER, **header)


def strange_jwk() -> dict[str, str]:
    raw = STRANGER.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return {"kty": "OKP", "crv": "Ed25519", "x": segment(raw), "alg": "EdDSA", "kid": "mine"}


def pointing(name: str) -> Broken:
    return lambda world: signed(
        world, claims(world), STRANGER, **{name: f"{world.upstream.url}/-/attacker/{name}", "kid": "mine"}
    )


def by(issuer: str) -> Broken:
    """Signed with another key of the suite itself."""
    return lambda world: signed(world, claims(world), load_private_key(world.keys.private(issuer)))


def changed(change: Callable[[str], str]) -> Broken:
    return lambda world: change(world.town.people["good"].token)


def around(head: str, tail: str) -> Broken:
    return lambda world: head + world.town.people["good"].token + tail


def _part(number: int, change: Callable[[str], str]) -> Broken:
    def broken(world: World) -> str:
        parts = world.town.people["good"].token.split(".")
        parts[number] = change(parts[number])
        return ".".join(parts)

    return broken


def _other_body(world: World) -> str:
    """The good token's signature under the claims of somebody else's."""
    head, _, signature = world.town.people["good"].token.split(".")
    return ".".join([head, world.town.people["other"].token.split(".")[1], signature])


def _with(algorithm: str, key: object) -> Broken:
    return lambda world: jwt.encode(claims(world), key, algorithm=algorithm, headers={"typ": TYPE})  # type: ignore[arg-type] # of the algorithm's kind


def carried(name: str) -> Broken:
    return lambda world: world.town.people[name].token


def of_session(**changed: Callable[[World], object]) -> Broken:
    return lambda world: signed(world, claims(world, **{name: of(world) for name, of in changed.items()}))


TAILS: Final = (".", "=", "==", "===", "!", ",", ";", "%00", ".AAAA", "\t", " x", ",Bearer x", "\xa0", "\xe9")

SESSIONS: Final[Mapping[str, Broken]] = {
    "alg none": unsigned("none"),
    "HS256 with the public key": confused("HS256", "PEM"),
    "RS256 over a signature of Ed25519": named(alg="RS256"),
    "other audience": claiming(aud="registry"),
    "expired": at(iat=-1000, exp=-1),
    "not yet valid": at(nbf=60),
    "session revoked": carried("signed out"),
    "identity token": lambda world: signed(world, claims(world, nonce="n", at_hash="h"), typ="JWT"),
    "refresh token": lambda world: world.town.people["good"].refresh_token,
    "internal token": lambda world: internal_token(world.keys, "registry", ["admin"]),
    "kid of a file": forged(kid="../../../../dev/null"),
    "keys at an address (jku)": pointing("jku"),
    "certificate at an address (x5u)": pointing("x5u"),
    "key in the header (jwk)": lambda world: signed(world, claims(world), STRANGER, jwk=strange_jwk(), kid="mine"),
    "truncated": changed(lambda token: token[:-6]),
    "trailing bytes": changed(lambda token: token + "AAAA"),
}
"""What every route is asked with."""

MORE_SESSIONS: Final[Mapping[str, Broken]] = {
    **{f"alg {name}": unsigned(name) for name in ("None", "NONE", "nOnE", "", None, ["EdDSA"], "EdDSA", "Ed25519")},
    **{f"HS256 with the public key as {form}": confused("HS256", form) for form in ("DER", "raw", "hexadecimal")},
    **{f"HS256 with {form}": confused("HS256", form) for form in ("OpenSSH", "JWK", "nothing")},
    "HS384 with the public key": confused("HS384", "PEM"),
    "HS512 with the public key": confused("HS512", "PEM"),
    **{f"{name} over Ed25519": named(alg=name) for name in ("ES256", "PS256", "HS256", "Ed25519", "eddsa", "EdDSA ")},
    "RS256 of a stranger": _with("RS256", STRANGERS_RSA),
    "ES256 of a stranger": _with("ES256", STRANGERS_EC),
    "ES256 of zeros": lambda world: ".".join([*_with("ES256", STRANGERS_EC)(world).split(".")[:2], segment(bytes(64))]),
    "EdDSA of zeros": _part(2, lambda _: segment(bytes(64))),
    "a stranger's EdDSA": forged(),
    "signed by the gateway's internal key": by("gateway"),
    "signed by a service": by("registry"),
    "audience with a slash": claiming(aud=f"{AUDIENCE}/"),
    "several audiences": claiming(aud=[AUDIENCE, "registry"]),
    "no audience": claiming(aud=None),
    "other issuer": claiming(iss="gateway"),
    "issuer in capitals": claiming(iss=ISSUER.upper()),
    "no issuer": claiming(iss=None),
    "issuer of another type": claiming(iss=[ISSUER]),
    "no expiry": claiming(exp=None),
    "expiry as text": lambda world: signed(world, claims(world, exp=str(int(time.time()) + 900))),
    "expiry without end": claiming(exp=10**400),
    "expiry that is no number": lambda world: signed(world, claims(world, exp=float("nan"))),
    "infinite expiry": lambda world: signed(world, claims(world, exp=float("inf"))),
    "issued in the future": at(iat=600, exp=900),
    "no issue time": claiming(iat=None),
    "type JWT": named(typ="JWT"),
    "no type": named(typ=None),
    "internal type": named(typ="mc-int+jwt"),
    "challenge of the second step": lambda world: world.town.tokens().challenge(world.town.people["good"].id, 1),
    "session over": carried("over"),
    "account stopped": carried("stopped"),
    "account unknown": claiming(sub=str(uuid4())),
    "account is no id": claiming(sub="admin"),
    "no account": claiming(sub=None),
    "session unknown": claiming(sid=str(uuid4())),
    "somebody else's session": of_session(sid=lambda world: str(world.town.people["other"].session_id)),
    "session of somebody else's account": of_session(sub=lambda world: str(world.town.people["other"].id)),
    "no session": claiming(sid=None),
    "a later generation": claiming(gen=2),
    "generation as text": claiming(gen="1"),
    "generation as list": claiming(gen=[1]),
    "internal token for the gateway": lambda world: internal_token(world.keys, "gateway", ["admin"]),
    "service's own token": lambda world: service_token(world.keys, "finance", "registry"),
    "service's token for the gateway": lambda world: service_token(world.keys, "registry", "gateway"),
    **{
        f"kid {kid!r}": forged(kid=kid)
        for kid in (
            "/dev/null",
            "https://127.0.0.1/key",
            "' OR '1'='1",
            "| sleep 9",
            7,
            None,
            ["x"],
            {"x": 1},
            "x" * 999,
        )
    },
    "certificate in the header (x5c)": forged(x5c=["MIIB"]),
    "critical extension": forged(crit=["exp"], exp=1),
    "unencoded content": forged(b64=False, crit=["b64"]),
    "compressed": forged(zip="DEF"),
    "nested": lambda world: signed(world, world.town.people["good"].token.encode(), STRANGER, cty="JWT"),
    "somebody else's claims": _other_body,
    "claims are a list": lambda world: signed(world, [claims(world)]),
    "claims are no JSON": lambda world: signed(world, b"{"),
    "claims nested deeply": lambda world: signed(world, b"[" * 2000),
    "claims with NUL": lambda world: signed(world, b"\0"),
    "no claims": lambda world: signed(world, b""),
    "header is no JSON": _part(0, lambda _: segment(b"{")),
    "header is a list": _part(0, lambda _: segment(b"[]")),
    "no header": _part(0, lambda _: ""),
    "no signature": _part(2, lambda _: ""),
    "half a signature": _part(2, lambda part: part[:43]),
    "signature twice": _part(2, lambda part: part + part),
    **{f"with {tail!r} behind": around("", tail) for tail in TAILS},
    **{f"with {head!r} before": around(head, "") for head in (".", "=", "!", "\xef\xbb\xbf")},
    "a stray character within": changed(lambda token: token[:-20] + "!" + token[-20:]),
    "padded parts": changed(lambda token: "==.".join(token.split(".")) + "=="),
    "standard base64": _part(2, lambda part: part.replace("-", "+").replace("_", "/") + "=="),
    "twice": changed(lambda token: f"{token}.{token}"),
    "in capitals": changed(str.upper),
    "too long": claiming(more="x" * 8000),
    "five parts": changed(lambda token: token + ".x.y"),
    "two parts": changed(lambda token: token.rpartition(".")[0]),
    "a word": lambda _: "admin",
    "a name and a password": lambda _: "Z29vZC1hcHByb3Zlcjpjb3JyZWN0IGhvcnNl",
}


def made(world: World, kinds: Mapping[str, Broken]) -> dict[str, bytes]:
    """By name, the header's value; the same text each time."""
    return {name: b"Bearer " + broken(world).encode("latin-1") for name, broken in kinds.items()}
