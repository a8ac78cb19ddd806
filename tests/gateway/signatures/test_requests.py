"""Signed requests at the front: what is let in, what is refused and why, by a client that signs by itself."""

import asyncio
import base64
import hashlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from httpx import AsyncClient, Response
from sqlalchemy import select, text

from gateway.keys.models import ApiKey, ApiKeyNonce
from gateway.sealing import seal_anew
from gateway.signatures.nonces import forget_nonces
from shared.db import Database
from shared.sealing import KeyringFile, with_new_key
from tests.gateway.conftest import Hire, World
from tests.gateway.keys.conftest import Bank
from tests.gateway.keys.support import Office
from tests.gateway.signatures.client import BankProgram, digest, ed25519, hmac_sha256
from tests.support.tokens import Keys

BODY = b'{"reference": "CCB-1", "amount": "100000.00"}'


@dataclass
class Line:
    """A bank's program with its connection."""

    http: AsyncClient
    program: BankProgram
    base: str

    async def send(self, method: str, path: str, body: bytes = b"", **how: Any) -> Response:
        url = self.base + path
        headers = self.program.headers(method, url, body, **how)
        return await self.http.request(method, url, content=body or None, headers=headers)


def refused(response: Response, status: int = 401) -> str:
    assert response.status_code == status, response.text
    return str(response.json()["code"])


@pytest.fixture
async def line(client: AsyncClient, office: Office, bank: Bank, world: World) -> Line:
    """A key that must sign with Ed25519."""
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    signing = {"mode": "required", "algorithm": "ed25519", "public_key": public}
    key = await office.key(bank.person.id, signature=signing)
    return Line(client, BankProgram(key.text, ed25519(private)), world.url)


@pytest.fixture
async def hmac_line(client: AsyncClient, office: Office, hire: Hire, world: World) -> Line:
    """A key that may sign, with a shared secret."""
    person = await hire(f"bank-{uuid4().hex[:8]}", "bank", bank="CCB")
    key = await office.key(person.id, signature={"mode": "optional", "algorithm": "hmac-sha256"})
    assert key.secret is not None
    return Line(client, BankProgram(key.text, hmac_sha256(base64.b64decode(key.secret))), world.url)


async def test_a_signed_request_reaches_the_service_whole(line: Line) -> None:
    read = await line.send("GET", "/v1/centres?status=listed&limit=5")
    assert read.status_code == 200, read.text
    written = await line.send("POST", "/v1/centres", BODY, send={"Idempotency-Key": uuid4().hex})
    assert written.status_code == 200, written.text
    assert written.json()["body"]["length"] == len(BODY)
    names = {name for name, _ in written.json()["headers"]}
    assert not names & {"signature", "signature-input"}


async def test_a_signature_with_a_shared_secret_is_good_as_well(hmac_line: Line) -> None:
    assert (await hmac_line.send("POST", "/v1/centres", BODY, algorithm="sha-512")).status_code == 200
    plain = {"Authorization": f"Bearer {hmac_line.program.api_key}"}
    assert (await hmac_line.http.get("/v1/centres", headers=plain)).status_code == 200
    hmac_line.program.sign = hmac_sha256(b"another")
    assert refused(await hmac_line.send("GET", "/v1/centres")) == "signature-invalid"


async def test_a_key_that_must_sign_is_told_what(line: Line) -> None:
    headers = {"Authorization": f"Bearer {line.program.api_key}", "Idempotency-Key": "k"}
    answer = await line.http.post("/v1/centres", content=BODY, headers=headers)
    assert refused(answer) == "signature-required"
    accepted = answer.headers["accept-signature"]
    for wanted in ("@method", "@target-uri", "authorization", "content-digest", "idempotency-key"):
        assert f'"{wanted}"' in accepted
    assert f'keyid="{line.program.keyid}"' in accepted
    assert "www-authenticate" in answer.headers


async def test_outside_of_v1_a_key_that_must_sign_signs_too(line: Line) -> None:
    plain = await line.http.get("/asyncapi.json", headers={"Authorization": f"Bearer {line.program.api_key}"})
    assert refused(plain) == "signature-required"
    nonce = uuid4().hex
    assert (await line.send("GET", "/asyncapi.json", nonce=nonce)).status_code == 200
    assert refused(await line.send("GET", "/asyncapi.json", nonce=nonce)) == "signature-replayed"


async def test_authority_path_and_query_stand_for_the_target(line: Line) -> None:
    parts = ["@method", "@authority", "@path", "@query", "authorization"]
    assert (await line.send("GET", "/v1/centres?limit=5", components=parts)).status_code == 200
    for missing in ("@authority", "@path", "@query"):
        some = [part for part in parts if part != missing]
        answer = await line.send("GET", "/v1/centres?limit=5", components=some)
        assert refused(answer) == "component-missing"
        assert "@target-uri" in answer.json()["detail"]


@pytest.mark.parametrize("missing", ["@method", "@target-uri", "authorization", "content-digest", "idempotency-key"])
async def test_what_a_signature_leaves_out_is_named(line: Line, missing: str) -> None:
    full = ["@method", "@target-uri", "authorization", "content-digest", "idempotency-key"]
    some = [component for component in full if component != missing]
    sent = {"Idempotency-Key": uuid4().hex}
    answer = await line.send("POST", "/v1/centres", BODY, components=some, send=sent)
    assert refused(answer) == "component-missing"
    assert missing in answer.json()["detail"]


@pytest.mark.parametrize(
    "parameters",
    [';keyid="{id}";nonce="{n}"', ';created={now};keyid="{id}"', ';created={now};keyid="{id}";nonce="x"'],
)
async def test_time_and_nonce_are_needed(line: Line, parameters: str) -> None:
    filled = parameters.format(id=line.program.keyid, n=uuid4().hex, now=int(time.time()))
    assert refused(await line.send("GET", "/v1/centres", parameters=filled)) == "component-missing"


@pytest.mark.parametrize(
    "parameters",
    [
        ';created={now};keyid="someone-else";nonce="{n}"',
        ';created={now};nonce="{n}"',
        ';created={now};keyid="{id}";nonce="{n}";alg="hmac-sha256"',
        ';created={now};keyid="{id}";nonce="{n}";alg="none"',
        ';created={now};keyid="{id}";nonce="{n}";tag="another-system"',
        ';created={now};keyid="{id}";nonce="{n}";unknown=1',
        ';created="{now}";keyid="{id}";nonce="{n}"',
        ';created={now}.5;keyid="{id}";nonce="{n}"',
    ],
)
async def test_another_key_algorithm_or_purpose_is_invalid(line: Line, parameters: str) -> None:
    filled = parameters.format(id=line.program.keyid, n=uuid4().hex, now=int(time.time()))
    assert refused(await line.send("GET", "/v1/centres", parameters=filled)) == "signature-invalid"


@pytest.mark.parametrize(("seconds", "good"), [(-290, True), (290, True), (-310, False), (310, False)])
async def test_five_minutes_before_and_after(line: Line, seconds: int, good: bool) -> None:
    answer = await line.send("GET", "/v1/centres", created=int(time.time()) + seconds)
    if good:
        assert answer.status_code == 200, answer.text
    else:
        assert refused(answer) == "signature-too-old"


async def test_real_time_counts_and_not_the_business_day(line: Line) -> None:
    answer = await line.send("GET", "/v1/centres", send={"Mengchuang-Today": "2019-03-18"})
    assert answer.status_code == 200
    assert answer.json()["claims"]["today"] == "2019-03-18"


async def test_an_expired_signature_is_too_old(line: Line) -> None:
    now = int(time.time())
    parameters = f';created={now - 20};expires={now - 10};keyid="{line.program.keyid}";nonce="{uuid4().hex}"'
    assert refused(await line.send("GET", "/v1/centres", parameters=parameters)) == "signature-too-old"
    later = f';created={now};expires={now + 60};keyid="{line.program.keyid}";nonce="{uuid4().hex}"'
    assert (await line.send("GET", "/v1/centres", parameters=later)).status_code == 200


async def test_a_nonce_counts_once(line: Line) -> None:
    url = line.base + "/v1/centres"
    headers = line.program.headers("GET", url)
    assert (await line.http.get(url, headers=headers)).status_code == 200
    assert refused(await line.http.get(url, headers=headers)) == "signature-replayed"
    answers = await asyncio.gather(*(line.send("GET", "/v1/centres", nonce="the-same-nonce") for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 7


async def test_a_refused_request_does_not_use_up_its_nonce(line: Line) -> None:
    nonce = uuid4().hex
    wrong = await line.send("POST", "/v1/centres", BODY, nonce=nonce, send={"content-digest": digest(b"other")})
    assert refused(wrong) == "digest-mismatch"
    assert (await line.send("POST", "/v1/centres", BODY, nonce=nonce)).status_code == 200


async def test_a_retry_signs_anew_and_keeps_its_idempotency_key(line: Line, bank: Bank) -> None:
    path, once = f"/v1/api-keys/{bank.key.id}/revoke", {"Idempotency-Key": uuid4().hex}
    done = await line.send("POST", path, send=once)
    assert done.status_code == 200, done.text
    repeated = await line.send("POST", path, send=once)
    assert repeated.status_code == 200
    assert repeated.headers["idempotency-replayed"] == "true"
    assert repeated.json() == done.json()


@pytest.mark.parametrize("tampered", ["method", "path", "query", "body", "idempotency", "authorization", "host"])
async def test_whatever_is_changed_on_the_way_breaks_it(line: Line, bank: Bank, tampered: str) -> None:
    url = f"{line.base}/v1/centres?limit=5"
    headers = line.program.headers("POST", url, BODY, send={"Idempotency-Key": "a" * 20})
    method, body = "POST", BODY
    if tampered == "method":
        method = "PUT"
    elif tampered == "path":
        url = url.replace("/v1/centres", "/v1/centres/1")
    elif tampered == "query":
        url = url.replace("limit=5", "limit=6")
    elif tampered == "body":
        body = BODY.replace(b"1", b"9")
    elif tampered == "idempotency":
        headers["idempotency-key"] = "b" * 20
    elif tampered == "authorization":
        headers["authorization"] = f"bearer {line.program.api_key}"
    else:
        headers["host"] = "elsewhere.example"
    answer = await line.http.request(method, url, content=body, headers=headers)
    assert refused(answer) == ("digest-mismatch" if tampered == "body" else "signature-invalid")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("signature", ""),
        ("signature", "sig1"),
        ("signature", "sig1=:AAAA:"),
        ("signature", "sig2=:AAAA:"),
        ("signature", "sig1=:AAAA:, sig1=:AAAA:"),
        ("signature-input", "sig1"),
        ("signature-input", "sig1=()"),
        ("signature-input", 'sig1=("@nothing");created=1'),
        ("signature-input", 'sig1=("@method" "@method");created=1'),
        ("signature-input", 'sig1=("Authorization");created=1'),
        ("signature-input", "sig1=(" + " ".join(f'"x-{n}"' for n in range(200)) + ")"),
        ("signature-input", "\\xff\\xfe"),
    ],
)
async def test_a_signature_that_cannot_be_read_is_invalid(line: Line, name: str, value: str) -> None:
    url = f"{line.base}/v1/centres"
    headers = {**line.program.headers("GET", url), name: value}
    assert refused(await line.http.get(url, headers=headers)) == "signature-invalid"


async def test_one_of_the_two_fields_alone_is_invalid(line: Line, hmac_line: Line) -> None:
    url = f"{line.base}/v1/centres"
    for name in ("signature", "signature-input"):
        headers = {key: value for key, value in line.program.headers("GET", url).items() if key != name}
        assert refused(await line.http.get(url, headers=headers)) == "signature-invalid"


async def test_a_proxy_s_signature_beside_ours_does_not_disturb(line: Line) -> None:
    url = f"{line.base}/v1/centres"
    headers = line.program.headers("GET", url)
    headers["signature-input"] += ', proxy=("@method");created=1;keyid="proxy";tag="edge"'
    headers["signature"] += ", proxy=:AAAA:"
    assert (await line.http.get(url, headers=headers)).status_code == 200
    line.program.tag = None
    untagged = line.program.headers("GET", url)
    assert (await line.http.get(url, headers=untagged)).status_code == 200
    untagged = line.program.headers("GET", url)
    untagged["signature-input"] += ', proxy=("@method");created=1;keyid="proxy";tag="edge"'
    untagged["signature"] += ", proxy=:AAAA:"
    assert refused(await line.http.get(url, headers=untagged)) == "signature-invalid"


async def test_a_large_upload_is_checked_before_anything_is_passed_on(line: Line) -> None:
    body = b"0123456789abcdef" * 300_000
    url, sent = f"{line.base}/v1/centres/1/documents", {"content-type": "application/octet-stream"}

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 100_000):
            yield body[start : start + 100_000]

    headers = line.program.headers("POST", url, body, send=sent)
    answer = await line.http.post(url, content=pieces(), headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.json()["body"]["length"] == len(body)
    assert f"sha-256=:{base64.b64encode(bytes.fromhex(answer.json()['body']['sha256'])).decode()}:" == digest(body)
    wrong = line.program.headers("POST", url, body + b"x", send=sent)
    assert refused(await line.http.post(url, content=pieces(), headers=wrong)) == "digest-mismatch"


async def test_a_body_beyond_the_limit_is_too_large_signed_or_not(line: Line) -> None:
    body = b'"' + b"x" * 1_100_000 + b'"'
    assert refused(await line.send("POST", "/v1/centres", body), 413) == "payload-too-large"


async def test_a_digest_counts_without_a_signature_as_well(hmac_line: Line) -> None:
    plain = {"Authorization": f"Bearer {hmac_line.program.api_key}", "Content-Type": "application/json"}
    good = await hmac_line.http.post("/v1/centres", content=BODY, headers={**plain, "Content-Digest": digest(BODY)})
    assert good.status_code == 200
    assert good.json()["body"]["length"] == len(BODY)
    wrong = await hmac_line.http.post("/v1/centres", content=BODY, headers={**plain, "Content-Digest": digest(b"")})
    assert refused(wrong, 400) == "digest-mismatch"


async def test_a_wrong_signature_tells_nothing_more(line: Line) -> None:
    """Without the signing key, old and incomplete requests are answered like any other."""
    line.program.sign = ed25519(Ed25519PrivateKey.generate())
    for how in ({}, {"created": 1}, {"components": ["@method"]}, {"nonce": "x"}):
        answer = await line.send("GET", "/v1/centres", **how)
        assert refused(answer) == "signature-invalid"


async def test_the_secret_is_sealed_at_rest(hmac_line: Line, office: Office, bank: Bank, db: Database) -> None:
    async with db.transaction() as session:
        query = text("SELECT key_id, sealed_secret FROM api_key WHERE public_id = :id")
        key_id, sealed = (await session.execute(query, {"id": hmac_line.program.keyid})).one()
    assert key_id.startswith("k-")
    assert len(sealed) == 12 + 44 + 16


async def test_secrets_are_sealed_anew_after_a_key_was_added(
    hmac_line: Line, world: World, db: Database, gateway_keys: Keys
) -> None:
    path = gateway_keys.gateway_keys
    path.write_text(with_new_key(path.read_text()))
    ring = KeyringFile(path).ring()
    assert await seal_anew(db, ring, ApiKey) >= 1
    async with db.transaction() as session:
        row = (await session.scalars(select(ApiKey).where(ApiKey.public_id == hmac_line.program.keyid))).one()
    assert row.key_id == ring.current
    assert (await hmac_line.send("GET", "/v1/centres")).status_code == 200
    await asyncio.sleep(1)
    assert (await hmac_line.send("GET", "/v1/centres")).status_code == 200


async def test_the_sweep_forgets_nonces_that_are_too_old_only(line: Line, db: Database) -> None:
    old, fresh = uuid4().hex, uuid4().hex
    for nonce in (old, fresh):
        assert (await line.send("GET", "/v1/centres", nonce=nonce)).status_code == 200
    query = text("UPDATE api_key_nonce SET expires_at = now() - interval '1 s' WHERE nonce_digest = sha256(:n)")
    async with db.transaction() as session:
        await session.execute(query, {"n": old.encode()})
    assert await forget_nonces(db) >= 1
    async with db.transaction() as session:
        kept = select(ApiKeyNonce.nonce_digest).where(
            ApiKeyNonce.nonce_digest.in_([hashlib.sha256(nonce.encode()).digest() for nonce in (old, fresh)])
        )
        assert (await session.scalars(kept)).all() == [hashlib.sha256(fresh.encode()).digest()]
