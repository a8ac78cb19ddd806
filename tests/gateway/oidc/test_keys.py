"""Keys come and go at the issuer: taken when they are new, gone when withdrawn, kept while it is away, never asked for
often."""

import asyncio
import json

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from httpx import AsyncClient

from gateway.oidc.config import Issuer
from gateway.oidc.documents import MAX_BYTES, Documents, NotFetched
from gateway.oidc.keyring import IssuerAway, Keyring
from gateway.oidc.keys import read_keys
from tests.gateway.oidc.conftest import Outside, configured
from tests.gateway.oidc.issuing import Key, OutsideIssuer
from tests.support.node import NodeProcess
from tests.support.waiting import eventually, free_port

ALL = ("RS256", "ES256", "EdDSA")


async def test_a_new_key_is_taken_at_its_first_token_and_a_withdrawn_one_refused(outside: Outside) -> None:
    before = await outside.turning.sign_in("wang")
    assert await outside.status(before["access_token"]) == 200
    await asyncio.sleep(2)
    await outside.turning.use_keys(Key.new("RS256"))
    after = await outside.turning.sign_in("wang")
    assert await outside.status(after["access_token"]) == 200
    assert await outside.status(before["access_token"]) == 401, "its key is not published any more"


async def test_two_keys_side_by_side_during_a_rotation_both_count(outside: Outside) -> None:
    old, new = outside.turning.key, Key.new("ES256")
    await asyncio.sleep(2)
    await outside.turning.use_keys(new, old)
    claims = outside.turning.claims("wang")
    assert await outside.status(outside.turning.sign(claims, new)) == 200
    assert await outside.status(outside.turning.sign(claims, old)) == 200


async def test_tokens_with_unknown_keys_cannot_flood_the_issuer(outside: Outside) -> None:
    assert await outside.status(outside.city.token("wang")) == 200
    before = await outside.city.fetched()
    tokens = [outside.city.sign(outside.city.claims("wang"), Key.new("ES256")) for _ in range(60)]
    async with AsyncClient(base_url=outside.world.url, timeout=120) as http:
        answers = await asyncio.gather(
            *(http.get("/v1/centres/echo", headers={"Authorization": f"Bearer {token}"}) for token in tokens)
        )
    assert {answer.status_code for answer in answers} <= {401, 429}
    assert await outside.city.fetched() - before <= 2
    assert await outside.status(outside.city.token("wang")) == 200


async def test_an_issuer_that_is_away_is_believed_by_its_last_keys(
    provider: NodeProcess, issuers: dict[str, OutsideIssuer]
) -> None:
    turning = issuers["turning"]
    issuer = Issuer.model_validate(
        configured(turning, keys_min_age=1, keys_max_age=10, keys_kept=60, unknown_key_pause=0.2)
    )
    keyring = Keyring(issuer, Documents(issuer, production=False))
    key = await keyring.find(turning.key.kid, turning.key.algorithm)
    assert key is not None
    await turning.be_away(True)
    try:
        assert await keyring.find("unknown", turning.key.algorithm) is None
        assert await keyring.find(turning.key.kid, turning.key.algorithm) == key
        late = Keyring(issuer, Documents(issuer, production=False))
        with pytest.raises(IssuerAway):
            await late.find(turning.key.kid, turning.key.algorithm)
    finally:
        await turning.be_away(False)

    async def back() -> bool:
        return await late.find(turning.key.kid, turning.key.algorithm) is not None

    await asyncio.sleep(0.3)
    assert await back()


async def test_old_keys_are_refreshed_and_after_their_last_day_not_believed(
    monkeypatch: pytest.MonkeyPatch, provider: NodeProcess, issuers: dict[str, OutsideIssuer]
) -> None:
    city = issuers["city"]
    issuer = Issuer.model_validate(configured(city, keys_min_age=60, keys_max_age=60, keys_kept=3600))
    keyring = Keyring(issuer, Documents(issuer, production=False))
    now = 1000.0
    monkeypatch.setattr("gateway.oidc.keyring.monotonic", lambda: now)
    key = await keyring.find(city.key.kid, city.key.algorithm)
    assert key is not None
    asked = await city.fetched()
    now += 59
    assert keyring.holds(key)
    await keyring.find(city.key.kid, city.key.algorithm)
    assert await city.fetched() == asked
    now += 30
    assert not keyring.holds(key)
    assert await keyring.find(city.key.kid, city.key.algorithm) == key, "a little old: fetched in the background"

    async def refreshed() -> bool:
        return await city.fetched() == asked + 1

    await eventually(refreshed)
    now += 1000
    await keyring.find(city.key.kid, city.key.algorithm)
    assert await city.fetched() == asked + 2, "much older: fetched first"
    await city.be_away(True)
    try:
        now += 3601
        with pytest.raises(IssuerAway):
            await keyring.find(city.key.kid, city.key.algorithm)
    finally:
        await city.be_away(False)
        await keyring.close()


async def test_while_an_issuer_never_answered_its_people_are_told_to_come_back(outside: Outside) -> None:
    """503 and not 401: their tokens may be good."""
    answers = await asyncio.gather(*(outside.ask(outside.gone.token("wang")) for _ in range(5)))
    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (503, "issuer-away")
        assert answer.headers["retry-after"] == "5"
    assert await outside.status(outside.city.token("wang")) == 200, "the others are not held up"


class Answers:
    """A server that answers whatever it is told, on a free port."""

    def __init__(self) -> None:
        self.port = free_port()
        self.pages: dict[str, tuple[bytes, bytes]] = {}
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        path = request.split(b" ")[1].decode()
        self.asked.append(path)
        status, body = self.pages.get(path, (b"404 Not Found", b""))
        head = b"HTTP/1.1 %s\r\nconnection: close\r\nlocation: /jwks\r\ncontent-length: %d\r\n\r\n" % (
            status,
            len(body),
        )
        writer.write(head + body)
        await writer.drain()
        writer.close()


OK = b"200 OK"
Page = tuple[bytes, bytes]


@pytest.mark.parametrize(
    ("metadata", "keys"),
    [
        ((OK, b'{"issuer": "https://other", "jwks_uri": "URL/jwks"}'), (OK, b"KEYS")),
        ((OK, b'{"issuer": "URL"}'), (OK, b"KEYS")),
        ((OK, b'{"issuer": "URL", "jwks_uri": "http://198.51.100.7/jwks"}'), (OK, b"KEYS")),
        ((OK, b'{"issuer": "URL", "jwks_uri": "file:///etc/passwd"}'), (OK, b"KEYS")),
        ((OK, b'{"issuer": "URL", "jwks_uri": ["URL/jwks"]}'), (OK, b"KEYS")),
        ((OK, b"[]"), (OK, b"KEYS")),
        ((OK, b"not json"), (OK, b"KEYS")),
        ((OK, b'{"issuer": "URL", "jwks_uri": "URL/moved"}'), (OK, b"KEYS")),
        ((b"500 Oh", b'{"issuer": "URL", "jwks_uri": "URL/jwks"}'), (OK, b"KEYS")),
        ((OK, b'{"issuer": "URL", "jwks_uri": "URL/jwks"}'), (OK, b'{"keys": []}')),
        ((OK, b'{"issuer": "URL", "jwks_uri": "URL/jwks"}'), (OK, b'{"keys": 7}')),
        ((OK, b'{"issuer": "URL", "jwks_uri": "URL/jwks"}'), (OK, b" " * (MAX_BYTES + 1))),
        ((OK, b'{"issuer": "URL", "jwks_uri": "URL/jwks"}'), (OK, b"[" * 100_000)),
    ],
    ids=range(13),
)
async def test_documents_that_are_not_to_be_used_are_not(
    metadata: tuple[bytes, bytes], keys: tuple[bytes, bytes]
) -> None:
    answers = Answers()
    key = Key.new("ES256")
    published = json.dumps({"keys": [key.jwk(public=True)]}).encode()

    def filled(page: Page) -> Page:
        return page[0], page[1].replace(b"URL", answers.url.encode()).replace(b"KEYS", published)

    answers.pages = {
        "/.well-known/openid-configuration": filled(metadata),
        "/jwks": filled(keys),
        "/moved": (b"302 Found", b""),
    }
    issuer = Issuer.model_validate(configured(OutsideIssuer("rogue", answers.port, [key])))
    server = await asyncio.start_server(answers.serve, "127.0.0.1", answers.port)
    async with server:
        with pytest.raises(NotFetched):
            await Documents(issuer, production=False).fetch()


def usable(*entries: object) -> list[str]:
    return [key.algorithm for key in read_keys({"keys": list(entries)}, ALL)]


@pytest.mark.parametrize("algorithm", ALL)
def test_a_key_is_used_for_the_one_algorithm_that_it_is_for(algorithm: str) -> None:
    good = Key.new(algorithm).jwk(public=True)
    assert usable(good) == [algorithm]
    assert usable({name: value for name, value in good.items() if name not in ("alg", "use", "kid")}) == [algorithm]
    assert usable({**good, "key_ops": ["verify"]}) == [algorithm]
    assert [key.algorithm for key in read_keys({"keys": [good]}, ["RS512"])] == []
    for change in (
        {"use": "enc"},
        {"key_ops": ["sign"]},
        {"key_ops": "verify"},
        {"alg": "HS256"},
        {"alg": "none"},
        {"alg": 7},
        {"kty": "oct", "k": "AAAA"},
        {"kty": ["RSA"]},
        {"kid": 7},
        {"crv": "P-384"},
        {"crv": ["P-256"]},
    ):
        assert usable({**good, **change}) == [], change


def test_a_key_published_with_its_private_half_is_not_believed() -> None:
    for algorithm in ALL:
        assert usable(Key.new(algorithm).jwk()) == []


def test_short_keys_and_rubbish_are_passed_over_and_the_rest_counts() -> None:
    weak = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - too short on purpose
    short = Key("short", "RS256", weak)
    good = Key.new("EdDSA").jwk(public=True)
    assert usable(short.jwk(public=True), None, 7, {}, {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}, good) == [
        "EdDSA"
    ]


@pytest.mark.parametrize("document", [None, [], {}, {"keys": {}}, {"keys": [{}] * 101}], ids=range(5))
def test_what_is_no_key_set_is_refused(document: object) -> None:
    with pytest.raises(ValueError, match="JWK Set"):
        read_keys(document, ALL)
