"""What a payload may hold; and that faults are named without repeating what was sent."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

import pytest
from httpx import AsyncClient

from shared.http.schemas import acceptable, clean

Titles = Callable[[], Awaitable[list[str]]]

JSON = {"Content-Type": "application/json"}
NUMBER = "An identity number does not belong here; it has its own field in the register of persons"


async def faults(client: AsyncClient, body: object) -> dict[str, str]:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = await client.post("/v1/notes", content=content, headers=JSON)
    assert answer.status_code == 422, answer.text
    assert answer.json()["code"] == "validation-failed"
    return {error["field"]: error["message"] for error in answer.json()["errors"]}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, {"title": "Required"}),
        ({"title": "x", "titel": "y"}, {"titel": "Unknown field"}),
        ({"title": 5}, {"title": "Must be a text"}),
        ({"title": None}, {"title": "Must be a text"}),
        ({"title": ""}, {"title": "At least 1 characters"}),
        ({"title": "   "}, {"title": "At least 1 characters"}),
        ({"title": "张11010519491231002x"}, {"title": NUMBER}),
        ({"title": "x", "tags": ["X11010519491231002X"]}, {"tags": NUMBER}),
        ({"title": "x", "11010519491231002X": "y"}, {"\N{REPLACEMENT CHARACTER}": "Unknown field"}),
        ({"title": "a\u200bb"}, {"title": "Contains control or invisible characters"}),
        ({"title": "x" * 21}, {"title": "At most 20 characters"}),
        ({"title": "x", "kind": "pub"}, {"kind": "Must be one of: maker_space, tech_incubator"}),
        ({"title": "x", "tags": ["a", "b", "c", "d"]}, {"tags": "At most 3 items"}),
        ({"title": "x", "tags": ["a", 1]}, {"tags.1": "Must be a text"}),
        ({"title": "x", "tags": "a"}, {"tags": "Must be a list"}),
        ({"title": "x", "written_on": "18.3.2019"}, {"written_on": "Must be a date such as 2019-03-18"}),
        ({"title": "x", "written_on": "2019-02-30"}, {"written_on": "Must be a date such as 2019-03-18"}),
        ({"title": "x", "code": "91110000600037341X"}, {"code": "The check digit is wrong"}),
        ({"title": "x", "code": "5"}, {"code": "Not in the expected format"}),
        ([], {"body": "Must be a JSON object"}),
        ("x", {"body": "Must be a JSON object"}),
    ],
)
async def test_faults_by_field(officer: AsyncClient, body: object, expected: dict[str, str]) -> None:
    assert await faults(officer, body) == expected


@pytest.mark.parametrize("amount", [1, 1.5, "1.005", "1e3", "NaN", "-1", "１", True, "0.00", " 1.00"])
async def test_amounts_that_are_not_amounts(officer: AsyncClient, amount: object) -> None:
    (message,) = (await faults(officer, {"title": "x", "amount": amount})).values()
    assert "0.00" in message, "the message says what an amount looks like"


@pytest.mark.parametrize(
    "body",
    [b"{", b"", b'{"title": "\xff"}', b'{"title": NaN}', b"\xef\xbb\xbf{}", b'{"a":' + b"9" * 5000 + b"}"],
    ids=["cut", "empty", "not UTF-8", "NaN", "byte order mark", "endless number"],
)
async def test_what_is_not_json(officer: AsyncClient, body: bytes) -> None:
    assert set(await faults(officer, body)) == {"body"}


async def test_deep_nesting_is_422_not_500(officer: AsyncClient) -> None:
    assert await faults(officer, b"[" * 200_000) == {"body": "Nested too deeply"}


async def test_a_name_twice_is_refused_at_any_depth(officer: AsyncClient) -> None:
    assert await faults(officer, b'{"title": "x", "title": "y"}') == {"title": "The field appears twice"}
    assert await faults(officer, b'{"title": {"a": 1, "b": 2, "a": 3}}') == {"a": "The field appears twice"}


async def test_another_content_type_is_named(officer: AsyncClient) -> None:
    for content_type in ("text/plain", "application/x-www-form-urlencoded"):
        answer = await officer.post("/v1/notes", content=b'{"title": "x"}', headers={"Content-Type": content_type})
        assert answer.status_code == 422
        assert answer.json()["errors"] == [{"field": "body", "message": "The content type must be application/json"}]


@pytest.mark.parametrize(
    "text",
    ["a\x00b", "\ud800", "a\u202eb", "a\u2066b", "\u200f", "\u061c", "a\x1bb", "\x7f", "\x85"],
    ids=["NUL", "surrogate", "override", "isolate", "mark", "arabic mark", "escape", "delete", "C1"],
)
async def test_characters_no_text_may_have(officer: AsyncClient, text: str) -> None:
    refused = "Contains control or invisible characters"
    assert await faults(officer, {"title": text}) == {"title": refused}
    assert await faults(officer, {"title": "x", "tags": ["x", text]}) == {"tags": refused}
    names = await faults(officer, {"title": "x", text: 1})
    assert list(names.values()) in (["Unknown field"], [refused])
    assert all(acceptable(name) for name in names)


@pytest.mark.parametrize("text", ["拉萨市", "ལྷ་ས་", "a\nb\tc\r", "𠮷", "👨‍👩‍👧", "e\u0301", "«»"])
def test_texts_people_write(text: str) -> None:
    assert acceptable(text)


async def test_texts_are_normalised_to_nfc_and_trimmed(officer: AsyncClient, titles: Titles) -> None:
    answer = await officer.post("/v1/notes", json={"title": "  Cafe\u0301 "})
    assert answer.status_code == 201
    assert await titles() == ["Caf\u00e9"]
    assert clean({"e\u0301": ["e\u0301"]}) == {"\u00e9": ["\u00e9"]}


@pytest.mark.parametrize("path", ["/v1/notes?sort=%00", "/v1/notes?%00=1", "/v1/notes/%00", "/v1/notes?x=%E2%80%AE"])
async def test_addresses_with_such_characters_are_422(officer: AsyncClient, path: str) -> None:
    answer = await officer.get(path)
    assert answer.status_code == 422
    assert "\x00" not in answer.json()["errors"][0]["field"]


async def test_nothing_sent_is_repeated(officer: AsyncClient) -> None:
    body = {"title": "540102199001011234" * 2, "kind": "张三的身份证", "amount": "一百元", "written_on": "昨天"}
    answer = await officer.post("/v1/notes", json=body)
    assert len(answer.json()["errors"]) == 4
    assert not any(value in answer.text for value in body.values())


async def test_in_chinese(officer: AsyncClient) -> None:
    answer = await officer.post("/v1/notes", json={"title": "x" * 21}, headers={"Accept-Language": "zh-CN"})
    assert answer.json()["errors"] == [{"field": "title", "message": "最多 20 个字符"}]


async def test_many_faults_are_cut_at_100(officer: AsyncClient) -> None:
    answer = await officer.post("/v1/notes", json={"title": "x"} | {f"f{number}": 1 for number in range(500)})
    assert len(answer.json()["errors"]) == 100


async def test_a_long_made_up_name_is_cut(officer: AsyncClient) -> None:
    answer = await officer.post("/v1/notes", json={"title": "x", "y" * 100_000: 1})
    assert len(answer.content) < 1000


async def test_a_body_over_two_mebibytes_is_413(officer: AsyncClient) -> None:
    async def pieces() -> object:
        for _ in range(40):
            yield b" " * 65536

    for content in (b" " * (2**21 + 1), pieces()):
        answer = await officer.post("/v1/notes", content=content, headers=JSON)  # type: ignore[arg-type]  # either kind
        assert answer.status_code == 413
        assert answer.json()["code"] == "payload-too-large"
        assert "2097152" in answer.json()["detail"]


async def test_a_body_of_two_mebibytes_is_read(officer: AsyncClient) -> None:
    body = b'{"title": "x"}'.ljust(2**21)
    assert (await officer.post("/v1/notes", content=body, headers=JSON)).status_code == 201


async def test_a_route_may_set_its_own_limit(officer: AsyncClient) -> None:
    assert (await officer.post("/v1/notes/upload", files={"file": b"x" * 1000})).json() == {"size": 1000}
    answer = await officer.post("/v1/notes/upload", files={"file": b"x" * 5000})
    assert answer.status_code == 413
    assert "4096" in answer.json()["detail"]


async def test_uploads_have_idempotency_too(officer: AsyncClient) -> None:
    kept = {"Idempotency-Key": "k", "Content-Type": "multipart/form-data; boundary=b"}
    body = b'--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nabc\r\n--b--\r\n'
    answers = [await officer.post("/v1/notes/upload", content=body, headers=kept) for _ in range(2)]
    assert [answer.json() for answer in answers] == [{"size": 3}, {"size": 3}]
    assert answers[1].headers["Idempotency-Replayed"] == "true"


async def test_an_unknown_query_parameter_is_422(officer: AsyncClient) -> None:
    answer = await officer.get("/v1/notes", params={"colour": "red"})
    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"field": "colour", "message": "Unknown field"}]
