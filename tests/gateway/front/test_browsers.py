"""What browsers and caches are told: other sites, safety, compression, and answers kept for everybody."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator

import pytest
import zstandard
from httpx import AsyncClient

from gateway.front.compression import chosen, may_code
from tests.gateway.conftest import Hire, World
from tests.gateway.limits.conftest import Start

PORTAL = "https://portal.example"


@pytest.fixture(scope="module")
def browser_gateway(gateway_with: Start) -> str:
    return gateway_with(
        CORS_ORIGINS=f"{PORTAL}, https://other.example", HSTS_SECONDS="600", PUBLIC_CACHE_SECONDS="1"
    ).url


@pytest.fixture
async def browser(browser_gateway: str) -> AsyncIterator[AsyncClient]:
    headers = {"Accept-Encoding": "identity"}
    async with AsyncClient(base_url=browser_gateway, timeout=120, headers=headers) as client:
        yield client


def preflight(origin: str) -> dict[str, str]:
    return {
        "Origin": origin,
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers": "authorization,if-match",
    }


async def test_a_listed_site_may_ask_and_nobody_else_is_asked(browser: AsyncClient) -> None:
    answer = await browser.options("/v1/grants/1", headers=preflight(PORTAL))
    assert answer.status_code == 204, "finance is away and was not needed"
    assert answer.headers["access-control-allow-origin"] == PORTAL
    assert "PATCH" in answer.headers["access-control-allow-methods"]
    assert "If-Match" in answer.headers["access-control-allow-headers"]
    assert "access-control-allow-credentials" not in answer.headers
    assert "Origin" in answer.headers["vary"]


@pytest.mark.parametrize("origin", ["https://evil.example", "null", PORTAL + ".evil.example", PORTAL.upper()])
async def test_another_site_gets_no_permission(browser: AsyncClient, origin: str) -> None:
    for answer in (
        await browser.options("/v1/centres/echo", headers=preflight(origin)),
        await browser.get("/v1/centres/refuses", headers={"Origin": origin}),
    ):
        assert "access-control-allow-origin" not in answer.headers
        assert "Origin" in answer.headers["vary"]


async def test_a_listed_site_may_read_answers_and_refusals(browser: AsyncClient) -> None:
    for path in ("/v1/centres/echo", "/v1/centres/refuses", "/v1/nothing-here"):
        answer = await browser.get(path, headers={"Origin": PORTAL})
        assert answer.headers["access-control-allow-origin"] == PORTAL
        assert "ETag" in answer.headers["access-control-expose-headers"]


async def test_without_a_list_options_are_passed_on(client: AsyncClient) -> None:
    answer = await client.options("/v1/centres/echo", headers=preflight(PORTAL))
    assert answer.json()["method"] == "OPTIONS"
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize("path", ["/v1/centres/echo", "/v1/nothing-here", "/v1/auth/token", "/openapi.json", "/docs"])
async def test_every_answer_is_safe_to_look_at(browser: AsyncClient, path: str) -> None:
    headers = (await browser.get(path)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["strict-transport-security"] == "max-age=600; includeSubDomains"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert len(headers.get_list("content-security-policy")) == 1
    assert headers["content-security-policy"].startswith("default-src 'none'")


async def test_answers_are_not_kept_unless_the_service_says_so(client: AsyncClient, hire: Hire) -> None:
    person = await hire("browsers.private", "auditor")
    answer = await client.get("/v1/centres/echo", headers=person.headers)
    assert answer.headers["cache-control"] == "no-store"
    assert "strict-transport-security" not in answer.headers, "there is no TLS before this one"


@pytest.mark.parametrize(
    ("accept", "coding"),
    [
        (b"gzip", "gzip"),
        (b"gzip, deflate, br, zstd", "zstd"),
        (b"zstd;q=0.5, gzip;q=0.9", "gzip"),
        (b"GZIP;q=1.0", "gzip"),
        (b"*", "zstd"),
        (b"gzip;q=0", None),
        (b"identity", None),
        (b"*;q=0", None),
        (b"zstd;q=0, *", "gzip"),
        (b"", None),
        (b"br;q=x,,;", None),
    ],
)
def test_the_coding_is_the_callers_choice(accept: bytes, coding: str | None) -> None:
    assert chosen(accept) == coding


JSON = (b"content-type", b"application/json")


@pytest.mark.parametrize(
    ("status", "headers", "length", "expected"),
    [
        (200, [JSON], 5000, True),
        (200, [JSON], None, True),
        (409, [(b"content-type", b"application/problem+json")], 5000, True),
        (200, [JSON], 500, False),
        (206, [JSON], 5000, False),
        (200, [(b"content-type", b"image/png")], 5000, False),
        (200, [(b"content-type", b"text/event-stream")], None, False),
        (200, [JSON, (b"etag", b'"7"')], 5000, False),
        (200, [JSON, (b"etag", b'W/"7"')], 5000, True),
        (200, [JSON, (b"cache-control", b"private, no-store")], 5000, False),
        (200, [JSON, (b"content-encoding", b"gzip")], 5000, False),
        (200, [JSON, (b"content-digest", b"sha-256=:AA==:")], 5000, False),
    ],
)
def test_what_is_compressed(
    status: int, headers: list[tuple[bytes, bytes]], length: int | None, expected: bool
) -> None:
    assert may_code(status, headers, length) is expected


async def test_a_large_description_is_compressed_and_is_the_same(browser: AsyncClient) -> None:
    plain = await browser.get("/asyncapi.json")
    for coding in ("gzip", "zstd"):
        async with browser.stream("GET", "/asyncapi.json", headers={"Accept-Encoding": coding}) as coded:
            raw = b"".join([piece async for piece in coded.aiter_raw()])
        assert coded.headers["content-encoding"] == coding
        assert int(coded.headers["content-length"]) == len(raw) < len(plain.content) / 2
        assert "Accept-Encoding" in coded.headers["vary"]
        found = (
            gzip.decompress(raw) if coding == "gzip" else zstandard.ZstdDecompressor().decompressobj().decompress(raw)
        )
        assert found == plain.content
    assert "Accept-Encoding" in plain.headers["vary"]
    assert "content-encoding" not in plain.headers


async def request_id(browser: AsyncClient, path: str = "/v1/centres/kept", **headers: str) -> str:
    """Of the request that the service saw: the same as before where it saw none."""
    answer = await browser.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    return str(dict(json.loads(answer.content)["headers"])["x-request-id"])


async def test_a_public_answer_is_made_once_a_second(browser: AsyncClient) -> None:
    await asyncio.sleep(1.1)
    ids = await asyncio.gather(*(request_id(browser) for _ in range(30)))
    assert len(set(ids)) == 1, "who comes while it is fetched waits for it"
    await asyncio.sleep(1.1)
    assert await request_id(browser) != ids[0]


async def test_what_an_answer_depends_on_is_never_mixed(browser: AsyncClient, hire: Hire) -> None:
    person = await hire("browsers.reader", "auditor")
    seen = [
        await request_id(browser, accept_language="en"),
        await request_id(browser, accept_language="zh"),
        await request_id(browser, accept_language="en", accept="application/json"),
        await request_id(browser, path="/v1/centres/kept?q=1", accept_language="en"),
        await request_id(browser, accept_language="en", mengchuang_today="2019-03-18"),
        await request_id(browser, accept_language="en", authorization=f"Bearer {person.token}"),
        await request_id(browser, accept_language="en", authorization=f"Bearer {person.token}"),
    ]
    assert len(set(seen)) == len(seen)


async def test_a_change_that_passes_through_shows_at_once(browser: AsyncClient) -> None:
    before = await request_id(browser, path="/v1/centres/changed")
    assert await request_id(browser, path="/v1/centres/changed") == before
    await browser.post("/v1/centres/echo")
    assert await request_id(browser, path="/v1/centres/changed") != before


async def test_a_kept_answer_is_not_sent_again_to_who_has_it(browser: AsyncClient) -> None:
    first = await browser.get("/v1/centres/echo")
    assert first.headers["cache-control"] == "public, max-age=1"
    assert first.headers["etag"] == '"7"', "the service's own"
    again = await browser.get("/v1/centres/echo", headers={"If-None-Match": 'W/"1", "7"'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == '"7"'
    assert (await browser.get("/v1/centres/echo", headers={"If-None-Match": '"8"'})).status_code == 200


async def test_errors_and_other_resources_are_not_kept(browser: AsyncClient) -> None:
    assert (await browser.get("/v1/centres/refuses")).headers["cache-control"] == "no-store"
    first, second = await request_id(browser, path="/v1/enterprises"), await request_id(browser, path="/v1/enterprises")
    assert first != second


async def test_the_log_names_routes_and_nobody(browser: AsyncClient, world: World, gateway_with: Start) -> None:
    process = gateway_with()
    async with AsyncClient(base_url=process.url) as client:
        await client.get("/v1/centres/zhangsan?q=Zhang%20San", headers={"Authorization": "Bearer secret-token"})
        await client.get("/v1/accounts/me")
    await asyncio.sleep(0.5)
    assert process.log_file is not None
    text = await asyncio.to_thread(process.log_file.read_text)
    lines = [
        json.loads(line) for line in text.splitlines() if '"event": "request"' in line and '"method": "GET"' in line
    ]
    assert [line["refused"] for line in lines if line["route"] == "registry"] == ["unauthenticated"]
    for secret in ("zhangsan", "Zhang", "secret-token"):
        assert secret not in text
