"""Errors as problem details, in the reader's language, without anything that is not the caller's to know."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from starlette.exceptions import HTTPException

from shared.http.messages import preferred_language
from shared.http.problems import translate
from shared.peers import PeerUnavailable
from shared.policy.edition import PolicyNotInForce

Headers = Callable[..., dict[str, str]]


async def test_a_refusal_names_rules_and_clauses(officer: AsyncClient) -> None:
    answer = await officer.post("/v1/notes/refused")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Content-Language"] == "en"
    assert answer.json() == {
        "type": "urn:mengchuang:problem:sample-refused",
        "title": "Refused",
        "status": 409,
        "detail": "Barred until 2024-03-01, amount 200,000.00.",
        "instance": "/v1/notes/refused",
        "code": "sample-refused",
        "clauses": ["2.3-6"],
        "decision": {
            "passed": False,
            "edition": "lhasa-2019",
            "results": [
                {
                    "rule": "delisting.ban",
                    "clause": "2.3-6",
                    "passed": False,
                    "inputs": {"last_barred_day": "2024-03-01"},
                    "limit": "3",
                    "message": "sample-refused",
                    "text": "Barred until 2024-03-01, amount {amount}.",
                },
                {
                    "rule": "grants.cap",
                    "clause": "3.1-1",
                    "passed": True,
                    "inputs": {},
                    "limit": None,
                    "message": "unknown-message",
                    "text": None,
                },
            ],
        },
    }


async def test_chinese_is_the_default(nobody: AsyncClient, as_role: Headers) -> None:
    answer = await nobody.post("/v1/notes/refused", headers=as_role("science_officer"))
    assert answer.json()["title"] == "不予受理"
    assert answer.json()["detail"] == "禁入至 2024-03-01，金额 200,000.00。"
    assert answer.headers["Content-Language"] == "zh-CN"
    assert answer.headers["Vary"] == "Accept-Language"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "zh"),
        ("", "zh"),
        ("en", "en"),
        ("en-GB", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en-US,en;q=0.9,zh;q=0.8", "en"),
        ("zh;q=0.1, en;q=0.2", "en"),
        ("bo", "zh"),
        ("*", "zh"),
        ("en;q=0", "zh"),
        ("en;q=high", "zh"),
        ("EN", "en"),
    ],
)
def test_language_by_rank(header: str | None, language: str) -> None:
    assert preferred_language(header) == language


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (PolicyNotInForce(date(2018, 12, 31), None), 409, "policy-not-in-force"),
        (PeerUnavailable("evaluation", "status 500"), 503, "service-unavailable"),
        (ConnectionRefusedError(), 503, "service-unavailable"),
        (TimeoutError(), 503, "service-unavailable"),
        (HTTPException(418), 418, "http-error"),
        (FileNotFoundError(), 500, "internal-error"),
        (KeyError("x"), 500, "internal-error"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_what_each_error_becomes(error: Exception, status: int, code: str) -> None:
    translated, faults = translate(error)
    assert (translated.status, translated.code, list(faults)) == (status, code, [])
    assert ("Retry-After" in translated.headers) == (status == 503)


async def test_an_unexpected_error_says_nothing_and_is_logged_with_its_stack(
    officer: AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = await officer.post("/v1/notes/broken", json={"title": "gold"})
    assert answer.status_code == 500
    assert answer.json()["code"] == "internal-error"
    assert "gold" not in answer.text
    assert "Traceback" not in answer.text
    assert answer.headers["X-Request-Id"]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "route-not-found"),
        ("GET", "/v1/notes/", 404, "route-not-found"),
        ("PUT", "/v1/notes", 405, "method-not-allowed"),
        ("GET", "/docs", 404, "route-not-found"),
    ],
)
async def test_what_the_framework_refuses_is_a_problem_too(
    officer: AsyncClient, method: str, path: str, status: int, code: str
) -> None:
    answer = await officer.request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["Content-Type"] == "application/problem+json"
    if status == 405:
        assert set(answer.headers["Allow"].split(", ")) <= {"GET", "POST"}


async def test_request_ids_are_kept_if_they_are_harmless(officer: AsyncClient) -> None:
    assert (await officer.get("/healthz", headers={"X-Request-Id": "abc-1"})).headers["X-Request-Id"] == "abc-1"
    for odd in ("x" * 65, "a b", "a\x7fb", '{"a":1}'):
        answer = await officer.get("/healthz", headers={"X-Request-Id": odd})
        assert answer.headers["X-Request-Id"] != odd


async def test_openapi_documents_problems_and_roles(app: FastAPI, officer: AsyncClient) -> None:
    document = (await officer.get("/openapi.json")).json()
    write = document["paths"]["/v1/notes"]["post"]
    assert write["x-roles"] == ["science_officer"]
    assert write["security"] == [{"bearer": []}]
    assert document["paths"]["/v1/notes"]["get"]["security"] == [{"bearer": []}, {}]
    offered = [parameter for parameter in write["parameters"] if parameter["name"] == "Idempotency-Key"]
    assert [parameter["required"] for parameter in offered] == [False]
    (needed,) = document["paths"]["/v1/notes/pay"]["post"]["parameters"]
    assert (needed["name"], needed["required"]) == ("Idempotency-Key", True)
    problem = write["responses"]["422"]["content"]["application/problem+json"]["schema"]
    assert problem == {"$ref": "#/components/schemas/Problem"}
    assert "HTTPValidationError" not in document["components"]["schemas"]
    assert not any(path.startswith(("/healthz", "/metrics", "/internal/events")) for path in document["paths"])
    assert document["openapi"].startswith("3.1")


async def test_the_description_is_written_once_and_not_sent_to_whoever_has_it(officer: AsyncClient) -> None:
    first, again = await officer.get("/openapi.json"), await officer.get("/openapi.json")
    assert (first.headers["etag"], first.content) == (again.headers["etag"], again.content)
    known = await officer.get("/openapi.json", headers={"If-None-Match": first.headers["etag"]})
    assert (known.status_code, known.content, known.headers["etag"]) == (304, b"", first.headers["etag"])
    assert (await officer.get("/openapi.json", headers={"If-None-Match": '"another"'})).status_code == 200
