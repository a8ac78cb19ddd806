"""Signed answers, verified by hand with the key that the gateway publishes."""

import base64
import hashlib
import re
import time

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from httpx import AsyncClient, Response

from tests.gateway.keys.conftest import Bank
from tests.gateway.signatures.client import digest
from tests.gateway.signatures.test_requests import BODY, Line, hmac_line, line

__all__ = ["hmac_line", "line"]

WANTED = {"Accept-Signature": 'answer=("@status" "content-digest");created;nonce="n-123456";tag="bank"'}


async def gateway_key(http: AsyncClient) -> tuple[str, Ed25519PublicKey]:
    answer = await http.get("/.well-known/http-message-signatures-directory")
    assert answer.headers["content-type"].startswith("application/http-message-signatures-directory+json")
    (jwk,) = answer.json()["keys"]
    assert "d" not in jwk
    canonical = f'{{"crv":"{jwk["crv"]}","kty":"{jwk["kty"]}","x":"{jwk["x"]}"}}'
    thumbprint = base64.urlsafe_b64encode(hashlib.sha256(canonical.encode()).digest()).rstrip(b"=").decode()
    assert jwk["kid"] == thumbprint
    raw = base64.urlsafe_b64decode(jwk["x"] + "=")
    return thumbprint, Ed25519PublicKey.from_public_bytes(raw)


def base_of(answer: Response, label: str) -> tuple[bytes, bytes, str]:
    """The signature base of an answer, from its own words: RFC 9421, 2.5 with `;req` components of 2.4."""
    request = answer.request
    given = re.fullmatch(rf"{label}=(\((.*)\)(;.*))", answer.headers["signature-input"])
    assert given is not None
    lines = []
    for item in given[2].split(" "):
        name, _, parameters = item.partition(";")
        name = name.strip('"')
        if name == "@status":
            value = str(answer.status_code)
        elif name == "@method":
            value = request.method
        elif name == "@target-uri":
            value = str(request.url)
        elif parameters.startswith("req;key="):
            own = parameters.removeprefix("req;key=").strip('"')
            value = request.headers[name].removeprefix(f"{own}=")
        else:
            value = answer.headers[name]
        lines.append(f"{item}: {value}")
    base = "\n".join([*lines, f'"@signature-params": {given[1]}'])
    value = answer.headers["signature"].removeprefix(f"{label}=").strip(":")
    return base.encode(), base64.b64decode(value), given[1]


async def test_an_answer_is_signed_with_the_published_key_over_status_content_and_request(line: Line) -> None:
    keyid, public = await gateway_key(line.http)
    answer = await line.send("POST", "/v1/centres", BODY, send=WANTED)
    assert answer.status_code == 200
    assert answer.headers["content-digest"] == digest(answer.content)
    base, signature, parameters = base_of(answer, "answer")
    public.verify(signature, base)
    covered = parameters.split(")")[0]
    for component in ('"@status"', '"content-digest"', '"content-type"', '"@method";req', '"signature";req;key="sig1"'):
        assert component in covered
    assert f'keyid="{keyid}"' in parameters
    assert 'nonce="n-123456"' in parameters
    assert 'tag="bank"' in parameters
    created = re.search(r";created=(\d+)", parameters)
    assert created is not None
    assert abs(int(created[1]) - time.time()) < 30
    with pytest.raises(InvalidSignature):
        public.verify(signature, base.replace(b"200", b"201"))


async def test_a_refusal_is_signed_as_well(line: Line) -> None:
    _, public = await gateway_key(line.http)
    for path, status in (("/v1/centres/refuses", 409), ("/v1/loans", 403)):
        answer = await line.send("GET", path, send=WANTED)
        assert answer.status_code == status
        base, signature, _ = base_of(answer, "answer")
        public.verify(signature, base)
    line.program.sign = Ed25519PrivateKey.generate().sign
    wrong = await line.send("GET", "/v1/centres", send=WANTED)
    assert wrong.status_code == 401
    base, signature, _ = base_of(wrong, "answer")
    public.verify(signature, base)


async def test_an_unsigned_request_gets_a_signed_answer_too(hmac_line: Line) -> None:
    _, public = await gateway_key(hmac_line.http)
    headers = {"Authorization": f"Bearer {hmac_line.program.api_key}", **WANTED}
    answer = await hmac_line.http.get("/v1/centres", headers=headers)
    base, signature, parameters = base_of(answer, "answer")
    public.verify(signature, base)
    assert '"signature"' not in parameters


async def test_an_answer_without_content_has_no_digest(line: Line) -> None:
    _, public = await gateway_key(line.http)
    answer = await line.send("GET", "/v1/centres/nothing", send=WANTED)
    assert answer.status_code == 204
    assert "content-digest" not in answer.headers
    base, signature, _ = base_of(answer, "answer")
    public.verify(signature, base)


async def test_a_streamed_answer_is_held_and_signed(line: Line) -> None:
    _, public = await gateway_key(line.http)
    answer = await line.send("GET", "/v1/centres/stream?pieces=20", send={**WANTED, "accept-encoding": "identity"})
    assert len(answer.content) == 20 * 65_536
    base, signature, _ = base_of(answer, "answer")
    public.verify(signature, base)
    assert answer.headers["content-digest"] == digest(answer.content)


async def test_what_is_too_long_or_never_ends_goes_out_unsigned(line: Line) -> None:
    answer = await line.send("GET", "/v1/centres/stream?pieces=200", send={**WANTED, "accept-encoding": "identity"})
    assert len(answer.content) == 200 * 65_536
    assert "signature" not in answer.headers
    url = line.base + "/v1/centres/endless"
    async with line.http.stream("GET", url, headers=line.program.headers("GET", url, send=WANTED)) as stream:
        assert await anext(stream.aiter_bytes()) == b": hello\n\n"
        assert "signature" not in stream.headers


async def test_a_digest_alone_can_be_asked_for(hmac_line: Line) -> None:
    headers = {"Authorization": f"Bearer {hmac_line.program.api_key}", "Want-Content-Digest": "sha-512=5, sha-256=3"}
    answer = await hmac_line.http.get("/v1/centres", headers={**headers, "accept-encoding": "identity"})
    assert answer.headers["content-digest"] == digest(answer.content, "sha-512")
    assert "signature" not in answer.headers


@pytest.mark.parametrize("field", ["", "x", "=()", 'a=("@status"', "\\xff"])
async def test_a_wish_that_cannot_be_read_is_none(line: Line, field: str) -> None:
    answer = await line.send("GET", "/v1/centres", send={"Accept-Signature": field})
    assert answer.status_code == 200


async def test_nobody_in_particular_gets_no_signatures(client: AsyncClient, bank: Bank) -> None:
    for headers in (WANTED, {**WANTED, **bank.person.headers}):
        answer = await client.get("/v1/centres", headers=headers)
        assert answer.status_code == 200
        assert "signature" not in answer.headers
