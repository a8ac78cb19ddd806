"""What a service must not believe."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from shared.auth import tokens
from shared.auth.tokens import InvalidToken, TokenMinter, TokenVerifier

CLAIMS: dict[str, object] = {
    "sub": "0190a000-0000-7000-8000-000000000001",
    "scope": "user",
    "roles": ["science_officer", "auditor"],
    "org": "91110000600037341L",
    "today": "2019-03-18",
    "cid": "c-1",
}


class Issuers:
    """Signing keys, and the folder their public halves are in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.keys = {name: Ed25519PrivateKey.generate() for name in ("gateway", "registry", "finance")}
        for name, key in self.keys.items():
            public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
            (folder / f"{name}.pem").write_bytes(public)

    def verifier(self, **options: bool) -> TokenVerifier:
        return TokenVerifier("finance", self.folder, **options)

    def forge(
        self, changes: Mapping[str, object], *, key: Any = None, algorithm: str = "EdDSA", typ: str = tokens.TYPE
    ) -> str:
        now = int(time.time())
        claims = {**CLAIMS, "iss": "gateway", "aud": "finance", "iat": now, "exp": now + 60, "jti": "j", **changes}
        claims = {name: _at(now, value) for name, value in claims.items() if value != "absent"}
        payload = json.dumps(claims).encode()
        return jwt.PyJWS().encode(payload, key or self.keys["gateway"], algorithm=algorithm, headers={"typ": typ})


def _at(now: int, value: object) -> object:
    return now + int(value.total_seconds()) if isinstance(value, timedelta) else value


@pytest.fixture
def issuers(tmp_path: Path) -> Issuers:
    return Issuers(tmp_path)


def test_a_user_token_becomes_a_principal(issuers: Issuers) -> None:
    token = TokenMinter("gateway", issuers.keys["gateway"]).mint("finance", CLAIMS)
    principal = issuers.verifier().verify(token)
    assert principal.account_id == CLAIMS["sub"]
    assert principal.roles == {"science_officer", "auditor"}
    assert (principal.org, principal.division) == ("91110000600037341L", None)
    assert (principal.today, principal.simulated) == (date(2019, 3, 18), False)
    assert (principal.issuer, principal.internal, principal.correlation_id) == ("gateway", False, "c-1")
    assert principal.has("enterprise", "auditor")
    assert not principal.has("enterprise")


def test_a_service_token_speaks_for_the_service(issuers: Issuers) -> None:
    token = TokenMinter("registry", issuers.keys["registry"]).mint_internal("finance", today=date(2019, 3, 18))
    principal = issuers.verifier().verify(token)
    assert (principal.account_id, principal.internal, principal.roles) == ("service:registry", True, frozenset())


INTERNAL = {"scope": "internal", "roles": []}


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"aud": "registry"}, id="another audience"),
        pytest.param({"aud": ["finance", "registry"]}, id="two audiences"),
        pytest.param({"aud": "absent"}, id="no audience"),
        pytest.param({"iss": "stranger"}, id="unknown issuer"),
        pytest.param({"iss": "../gateway"}, id="issuer that is a path"),
        pytest.param({"iss": ["gateway"]}, id="issuer that is a list"),
        pytest.param({"iss": "registry"}, id="signed by another issuer"),
        pytest.param({"exp": timedelta(seconds=-60), "iat": timedelta(seconds=-90)}, id="expired"),
        pytest.param({"exp": "absent"}, id="no expiry"),
        pytest.param({"exp": timedelta(hours=1)}, id="lives an hour"),
        pytest.param({"iat": timedelta(minutes=10), "exp": timedelta(minutes=11)}, id="issued in the future"),
        pytest.param({"iat": "absent"}, id="no issue time"),
        pytest.param({"jti": "absent"}, id="no id"),
        pytest.param({"sub": "absent"}, id="no subject"),
        pytest.param({"sub": 7}, id="subject that is a number"),
        pytest.param({"roles": "admin"}, id="roles that are a text"),
        pytest.param({"roles": ["emperor"]}, id="unknown role"),
        pytest.param({"roles": []}, id="user without a role"),
        pytest.param({"scope": "absent"}, id="no scope"),
        pytest.param({"scope": "root"}, id="unknown scope"),
        pytest.param({"sub": "service:gateway"}, id="service as a user"),
        pytest.param({**INTERNAL, "sub": "service:registry"}, id="gateway as another service"),
        pytest.param({"scope": "internal", "sub": "service:gateway"}, id="internal with roles"),
        pytest.param({"today": "absent"}, id="no business date"),
        pytest.param({"today": "18.3.2019"}, id="malformed business date"),
        pytest.param({"org": 5}, id="code that is a number"),
        pytest.param({"simulated": True}, id="simulated clock in a real service"),
        pytest.param({"livemode": "false"}, id="a mode that is no truth value"),
    ],
)
def test_refused_claims(issuers: Issuers, changes: dict[str, object]) -> None:
    with pytest.raises(InvalidToken):
        issuers.verifier().verify(issuers.forge(changes))


def test_a_service_may_not_speak_for_users(issuers: Issuers) -> None:
    with pytest.raises(InvalidToken):
        issuers.verifier().verify(issuers.forge({"iss": "registry"}, key=issuers.keys["registry"]))


def test_the_gateway_may_also_speak_for_itself(issuers: Issuers) -> None:
    token = issuers.forge({**INTERNAL, "sub": "service:gateway"})
    assert issuers.verifier().verify(token).internal


def test_simulated_dates_are_believed_where_the_clock_is_simulated(issuers: Issuers) -> None:
    assert issuers.verifier(allow_simulated=True).verify(issuers.forge({"simulated": True})).simulated


def test_algorithm_none_is_refused(issuers: Issuers) -> None:
    with pytest.raises(InvalidToken):
        issuers.verifier().verify(jwt.encode({**CLAIMS, "iss": "gateway"}, "", algorithm="none"))
    header = base64.urlsafe_b64encode(json.dumps({"alg": "none", "typ": tokens.TYPE}).encode()).rstrip(b"=").decode()
    _, payload, signature = issuers.forge({}).split(".")
    for forged in (f"{header}.{payload}.", f"{header}.{payload}.{signature}"):
        with pytest.raises(InvalidToken):
            issuers.verifier().verify(forged)


def test_the_public_key_is_not_a_shared_secret(issuers: Issuers) -> None:
    """Key confusion: HS256 with the PEM, or its raw bytes, as the secret."""
    public = issuers.keys["gateway"].public_key()
    raw = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
    with pytest.raises(InvalidToken):
        issuers.verifier().verify(issuers.forge({}, key=raw, algorithm="HS256"))
    header = base64.urlsafe_b64encode(json.dumps({"alg": "HS256", "typ": tokens.TYPE}).encode()).rstrip(b"=").decode()
    signed = f"{header}.{issuers.forge({}).split('.')[1]}"
    digest = hmac.digest((issuers.folder / "gateway.pem").read_bytes(), signed.encode(), "sha256")
    with pytest.raises(InvalidToken):
        issuers.verifier().verify(f"{signed}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}")


def test_another_algorithm_is_refused(issuers: Issuers) -> None:
    rsa = generate_private_key(public_exponent=65537, key_size=2048)
    with pytest.raises(InvalidToken):
        issuers.verifier().verify(issuers.forge({}, key=rsa, algorithm="RS256"))


def test_another_type_of_token_is_refused(issuers: Issuers) -> None:
    for typ in ("JWT", "at+jwt", ""):
        with pytest.raises(InvalidToken):
            issuers.verifier().verify(issuers.forge({}, typ=typ))


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "e30.e30.e30", "钥", "." * 5000])
def test_what_is_not_a_token_is_refused(issuers: Issuers, token: str) -> None:
    with pytest.raises(InvalidToken):
        issuers.verifier().verify(token)


def test_a_changed_payload_is_refused(issuers: Issuers) -> None:
    header, _, signature = issuers.forge({}).split(".")
    _, payload, _ = issuers.forge({"roles": ["admin"]}).split(".")
    with pytest.raises(InvalidToken):
        issuers.verifier().verify(f"{header}.{payload}.{signature}")


def test_a_cached_token_is_refused_once_it_expires(issuers: Issuers) -> None:
    verifier = issuers.verifier()
    with time_machine.travel(time.time(), tick=False) as clock:
        token = issuers.forge({})
        first = verifier.verify(token)
        assert verifier.verify(token) is first
        clock.shift(66)
        with pytest.raises(InvalidToken):
            verifier.verify(token)


def test_the_cache_is_bounded(issuers: Issuers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "CACHE_SIZE", 2)
    verifier = issuers.verifier()
    first, *others = [issuers.forge({"jti": str(number)}) for number in range(3)]
    principal = verifier.verify(first)
    for token in others:
        verifier.verify(token)
    assert verifier.verify(first) is not principal


def test_a_token_lives_a_minute_at_most(issuers: Issuers) -> None:
    minter = TokenMinter("gateway", issuers.keys["gateway"])
    for ttl in (0, 61):
        with pytest.raises(ValueError, match="ttl"):
            minter.mint("finance", CLAIMS, ttl)


def test_callers_cannot_override_issuer_and_audience(issuers: Issuers) -> None:
    minter = TokenMinter("registry", issuers.keys["registry"])
    token = minter.mint("finance", {**CLAIMS, "iss": "gateway", "aud": "vouchers"})
    claims = jwt.decode(token, options={"verify_signature": False})
    assert (claims["iss"], claims["aud"]) == ("registry", "finance")


def test_only_ed25519_keys_are_loaded(tmp_path: Path) -> None:
    rsa = generate_private_key(public_exponent=65537, key_size=2048).public_key()
    (tmp_path / "gateway.pem").write_bytes(rsa.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    with pytest.raises(ValueError, match="Ed25519"):
        TokenVerifier("finance", tmp_path)


@pytest.mark.parametrize(("claims", "live"), [({}, True), ({"livemode": True}, True), ({"livemode": False}, False)])
def test_a_token_is_live_unless_it_says_otherwise(issuers: Issuers, claims: dict[str, object], live: bool) -> None:
    assert issuers.verifier().verify(issuers.forge(claims)).livemode is live
