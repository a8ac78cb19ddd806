"""API keys and outside issuers' tokens that are not good: each is the good one with one thing about it changed."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.keys.form import checksum
from gateway.signin.access import ISSUER
from tests.gateway.oidc.issuing import CLIENT, segment
from tests.security.conftest import World
from tests.security.tokens import Broken

KEYS: Final[Mapping[str, Broken]] = {
    "key revoked": lambda world: world.town.keys["revoked"],
    "key expired": lambda world: world.town.keys["expired"],
    "key only proposed": lambda world: world.town.keys["proposed"],
    "key of a stopped owner": lambda world: world.town.keys["owner stopped"],
    "key of another mode": lambda world: _key(world.town.keys["good"].replace("mc_live_", "mc_test_")),
    "key with another secret": lambda world: _key(world.town.keys["good"][:20] + "A" * 43 + "0" * 6),
    "key with another id": lambda world: _key(f"mc_live_{'0' * 12}_{world.town.keys['good'][21:]}"),
    "key with a typing error": lambda world: world.town.keys["good"][:-1] + "~",
    "key with a wrong checksum": lambda world: world.town.keys["good"][:-6] + "000000",
    "key truncated": lambda world: world.town.keys["good"][:-1],
    "key with trailing bytes": lambda world: world.town.keys["good"] + "0",
    "key in capitals": lambda world: world.town.keys["good"].upper(),
    "key's prefix": lambda _: "mc_live_",
}


def _key(text: str) -> str:
    """With the checksum that belongs to it, so that it looks like a key."""
    return text[:-6] + checksum(text[:-6])


def outside(change: Callable[[World, dict[str, Any]], str]) -> Broken:
    return lambda world: change(world, world.issuer.claims("wang"))


def _resigned(**header: object) -> Broken:
    return outside(lambda world, content: world.issuer.sign(content, world.stranger, **header))


def _outside_confused(world: World, content: dict[str, Any]) -> str:
    text = f"{segment({'alg': 'HS256', 'typ': 'at+jwt', 'kid': world.issuer.key.kid})}.{segment(content)}"
    return f"{text}.{segment(hmac.new(world.issuer.key.public_pem(), text.encode(), hashlib.sha256).digest())}"


def _mixed(world: World, content: dict[str, Any]) -> str:
    """The header promises RS256 and its key, the signature is the issuer's own of Ed25519."""
    eddsa = world.issuer.keys[2]
    text = f"{segment({'alg': 'RS256', 'typ': 'at+jwt', 'kid': world.issuer.key.kid})}.{segment(content)}"
    assert isinstance(eddsa.private, Ed25519PrivateKey)
    return f"{text}.{segment(eddsa.private.sign(text.encode()))}"


OUTSIDE: Final[Mapping[str, Broken]] = {
    "outside: alg none": outside(
        lambda world, content: (
            f"{segment({'alg': 'none', 'typ': 'at+jwt', 'kid': world.issuer.key.kid})}.{segment(content)}."
        )
    ),
    "outside: HS256 with the public key": outside(_outside_confused),
    "outside: RS256 over a signature of Ed25519": outside(_mixed),
    "outside: other audience": lambda world: world.issuer.token("wang", aud="https://other.example"),
    "outside: expired": lambda world: world.issuer.token("wang", iat=int(time.time()) - 400, exp=int(time.time()) - 60),
    "outside: not yet valid": lambda world: world.issuer.token("wang", nbf=int(time.time()) + 60),
    "outside: identity token": lambda world: world.issuer.sign(
        world.issuer.claims("wang", aud=CLIENT, nonce="n"), typ="JWT"
    ),
    "outside: identity token for us": lambda world: world.issuer.token("wang", nonce="n"),
    "outside: refresh token": lambda world: world.issuer.token("wang", typ="Refresh"),
    "outside: a stranger's key": _resigned(kid=None),
    "outside: known kid, stranger's key": lambda world: world.issuer.sign(
        world.issuer.claims("wang"), world.stranger, kid=world.issuer.key.kid
    ),
    "outside: keys at an address (jku)": lambda world: world.issuer.sign(
        world.issuer.claims("wang"), world.stranger, jku=f"{world.upstream.url}/-/attacker/jku"
    ),
    "outside: key in the header (jwk)": lambda world: world.issuer.sign(
        world.issuer.claims("wang"), world.stranger, jwk=world.stranger.jwk(public=True)
    ),
    "outside: kid of a file": _resigned(kid="../../etc/passwd"),
    "outside: our own name": lambda world: world.issuer.token("wang", iss=ISSUER),
    "outside: padded": lambda world: world.issuer.token("wang") + "==",
    "outside: truncated": lambda world: world.issuer.token("wang")[:-4],
}
