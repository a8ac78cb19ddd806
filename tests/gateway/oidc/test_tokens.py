"""Every way in which an outside token can be broken, each against a gateway that takes the good one."""

import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping

import jwt
import pytest

from tests.gateway.conftest import World
from tests.gateway.oidc.conftest import Outside
from tests.gateway.oidc.issuing import AUDIENCE, CLIENT, Key, OutsideIssuer, segment
from tests.support.tokens import internal_token, service_token

Broken = Callable[[OutsideIssuer], str]

STRANGER = Key.new("ES256")


def confused(issuer: OutsideIssuer, secret: bytes) -> str:
    """HS256 with something public as its secret; by hand, since libraries refuse to make it."""
    head = segment({"alg": "HS256", "typ": "at+jwt", "kid": issuer.key.kid})
    signed = f"{head}.{segment(issuer.claims('wang'))}"
    return f"{signed}.{segment(hmac.new(secret, signed.encode(), hashlib.sha256).digest())}"


def public_jwk(issuer: OutsideIssuer) -> bytes:
    return json.dumps(issuer.key.jwk(public=True)).encode()


def unsigned(issuer: OutsideIssuer, algorithm: str) -> str:
    head = segment({"alg": algorithm, "typ": "at+jwt", "kid": issuer.key.kid})
    return f"{head}.{segment(issuer.claims('wang'))}."


def resigned(issuer: OutsideIssuer, **header: object) -> str:
    """Signed by a stranger, who says where his key is."""
    return issuer.sign(issuer.claims("wang"), STRANGER, **header)


def with_claims(**changed: object) -> Broken:
    return lambda issuer: issuer.token("wang", **changed)


def with_header(**changed: object) -> Broken:
    return lambda issuer: issuer.sign(issuer.claims("wang"), **changed)


def at(**seconds: int) -> Broken:
    """Times from now on."""
    return lambda issuer: issuer.token("wang", **{name: int(time.time()) + value for name, value in seconds.items()})


def other_part(number: int, change: Callable[[str], str]) -> Broken:
    def broken(issuer: OutsideIssuer) -> str:
        parts = issuer.token("wang").split(".")
        parts[number] = change(parts[number])
        return ".".join(parts)

    return broken


BROKEN: Mapping[str, Broken] = {
    "alg none": lambda issuer: unsigned(issuer, "none"),
    "alg None": lambda issuer: unsigned(issuer, "None"),
    "alg of a good one but no signature": lambda issuer: unsigned(issuer, issuer.key.algorithm),
    "HS256 with the public key (PEM)": lambda issuer: confused(issuer, issuer.key.public_pem()),
    "HS256 with the public key (JWK)": lambda issuer: confused(
        issuer, json.dumps(issuer.key.jwk(public=True)).encode()
    ),
    "HS256 with an empty secret": lambda issuer: confused(issuer, b""),
    "another algorithm's key id": lambda issuer: issuer.sign(issuer.claims("wang"), kid=issuer.keys[1].kid),
    "a stranger's key under a known id": lambda issuer: resigned(issuer, kid=issuer.key.kid),
    "a stranger's key under its own id": resigned,
    "a stranger's key without id": lambda issuer: resigned(issuer, kid=None),
    "a key in the header (jwk)": lambda issuer: resigned(issuer, jwk=STRANGER.jwk(public=True), kid=issuer.key.kid),
    "an address of keys (jku)": lambda issuer: resigned(issuer, jku="http://127.0.0.1:9/jwks"),
    "an address of a certificate (x5u)": lambda issuer: resigned(issuer, x5u="http://127.0.0.1:9/cert"),
    "a certificate (x5c)": lambda issuer: resigned(issuer, x5c=["MIIB"], kid=issuer.key.kid),
    "key id of a file": with_header(kid="../../../../dev/null"),
    "key id of a query": with_header(kid="' OR 1=1 --"),
    "key id of another type": with_header(kid="7\x00"),
    "critical extension": with_header(crit=["exp"], exp=1),
    "empty critical list": with_header(crit=[]),
    "unencoded content": with_header(b64=True, crit=["b64"]),
    "type JWT": with_header(typ="JWT"),
    "no type": with_header(typ=None),
    "our own internal type": with_header(typ="mc-int+jwt"),
    "expired": at(iat=-400, exp=-31),
    "not valid yet": at(nbf=40),
    "issued in the future": at(iat=40, exp=400),
    "good for too long": at(exp=8 * 86_400),
    "over before it began": at(iat=20, exp=10),
    "no expiry": with_claims(exp=None),
    "no issue time": with_claims(iat=None),
    "no subject": with_claims(sub=None),
    "empty subject": with_claims(sub=""),
    "subject with NUL": with_claims(sub="wang\0"),
    "subject too long": with_claims(sub="w" * 256),
    "no token id": with_claims(jti=None),
    "no client": with_claims(client_id=None),
    "a client by itself": with_claims(sub=CLIENT),
    "other audience": with_claims(aud="https://other.example"),
    "audiences without ours": with_claims(aud=["https://other.example", f"{AUDIENCE}/"]),
    "audience is the client": with_claims(aud=[AUDIENCE, CLIENT]),
    "no audience": with_claims(aud=None),
    "no issuer": with_claims(iss=None),
    "other issuer": with_claims(iss="https://elsewhere.example"),
    "issuer with a slash": lambda issuer: issuer.token("wang", iss=f"{issuer.url}/"),
    "our own name as issuer": with_claims(iss="mengchuang"),
    "issuer of another type": lambda issuer: ".".join(
        [segment({"alg": "ES256", "typ": "at+jwt"}), segment({"iss": ["x"]}), "AAAA"]
    ),
    "identity token's nonce": with_claims(nonce="n"),
    "identity token's at_hash": with_claims(at_hash="h"),
    "logout token": with_claims(events={"http://schemas.openid.net/event/backchannel-logout": {}}),
    "bound to a key (DPoP)": with_claims(cnf={"jkt": "x"}),
    "times as texts": with_claims(exp=str(int(time.time()) + 300)),
    "expiry without end": lambda issuer: issuer.token("wang", exp=10**400),
    "expiry that is true": with_claims(exp=True),
    "body changed": other_part(1, lambda body: segment(body.encode())),
    "signature cut": other_part(2, lambda signature: signature[:-4]),
    "signature of zeros": other_part(2, lambda _: segment(bytes(64))),
    "no signature": other_part(2, lambda _: ""),
    "header is no object": other_part(0, lambda _: segment(b"[]")),
    "body is no JSON": other_part(1, lambda _: segment(b"{")),
    "body nested deeply": other_part(1, lambda _: segment(b"[" * 3000)),
    "too long": with_claims(groups=["g" * 100] * 100),
    "five parts (JWE)": lambda issuer: issuer.token("wang") + ".x.y",
}


@pytest.mark.parametrize("name", BROKEN)
async def test_a_broken_token_is_refused(outside: Outside, name: str) -> None:
    answer = await outside.ask(BROKEN[name](outside.city))
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'


async def test_the_good_one_is_taken(outside: Outside) -> None:
    assert await outside.status(outside.city.token("wang")) == 200
    assert await outside.status(outside.city.sign(outside.city.claims("wang"), typ="application/AT+JWT")) == 200
    assert await outside.status(outside.city.token("wang", aud=["https://other.example", AUDIENCE])) == 200


async def test_thirty_seconds_of_difference_between_clocks_are_forgiven(outside: Outside) -> None:
    late, early = at(iat=-300, exp=-25), at(iat=25, nbf=25, exp=300)
    assert await outside.status(late(outside.city)) == 200
    assert await outside.status(early(outside.city)) == 200


async def test_a_token_is_refused_from_its_expiry_on_though_it_was_believed_before(outside: Outside) -> None:
    token = at(iat=-300, exp=-28)(outside.city)
    assert await outside.status(token) == 200
    while time.time() < jwt.decode(token, options={"verify_signature": False})["exp"] + 31:
        time.sleep(0.2)  # noqa: ASYNC251 - nothing else runs here
    assert await outside.status(token) == 401


async def test_one_issuer_cannot_speak_for_another(outside: Outside) -> None:
    """Its keys are its own, also under the other's key id."""
    claims = outside.city.claims("wang", iss=outside.old.url)
    assert await outside.status(outside.city.sign(claims)) == 401
    assert await outside.status(outside.city.sign(claims, kid=outside.old.key.kid)) == 401


async def test_an_issuers_token_is_none_of_ours_and_ours_are_none_of_an_issuers(outside: Outside, world: World) -> None:
    tokens = [
        internal_token(world.keys, "gateway", ["admin"]),
        internal_token(world.keys, AUDIENCE, ["admin"]),
        service_token(world.keys, "registry", "gateway"),
    ]
    for token in tokens:
        assert await outside.status(token) == 401


async def test_algorithms_beyond_the_issuers_are_refused(outside: Outside) -> None:
    """`old` has but RS256: an ES256 key of its own document would not count either."""
    assert await outside.status(outside.old.sign(outside.old.claims("wang"), Key.new("ES256"))) == 401


LENIENT: Mapping[str, tuple[int, Broken]] = {
    "type JWT": (200, with_header(typ="JWT")),
    "no type": (200, with_header(typ=None)),
    "no client_id but azp": (200, with_claims(client_id=None, azp=CLIENT)),
    "no token id": (200, with_claims(jti=None)),
    "no key id, one key": (200, with_header(kid=None, typ="JWT")),
    "another type": (401, with_header(typ="logout+jwt")),
    "another client": (401, with_claims(client_id="elsewhere")),
    "no client": (401, with_claims(client_id=None)),
    "identity token": (401, lambda issuer: issuer.sign(issuer.claims("wang", aud=CLIENT, nonce="n"), typ="JWT")),
    "identity token for us": (401, lambda issuer: issuer.sign(issuer.claims("wang", nonce="n"), typ="JWT")),
    "identity token for us and a client": (401, with_claims(aud=[AUDIENCE, CLIENT])),
    "kind ID": (401, with_claims(typ="ID")),
    "kind Refresh": (401, with_claims(typ="Refresh")),
    "kind Bearer": (200, with_claims(typ="Bearer")),
}


@pytest.mark.parametrize("name", LENIENT)
async def test_a_lenient_issuers_tokens_are_told_from_its_identity_tokens(outside: Outside, name: str) -> None:
    expected, made = LENIENT[name]
    assert await outside.status(made(outside.old)) == expected


async def test_a_real_identity_token_of_a_lenient_issuer_is_refused(outside: Outside) -> None:
    issued = await outside.old.sign_in("wang")
    assert await outside.status(issued["access_token"]) == 200
    assert await outside.status(issued["id_token"]) == 401


async def test_no_token_is_written_into_the_log(outside: Outside) -> None:
    token = outside.city.token("wang", aud="x")
    assert await outside.status(token) == 401
    log = outside.world.gateway.log_file
    assert log is not None
    text = log.read_text()
    assert "outside-token-refused" in text
    assert token.split(".")[1] not in text
    assert token.split(".")[2] not in text
