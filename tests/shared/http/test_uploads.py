"""The name that a file was sent under: the last part of it, normalised, or refused."""

from __future__ import annotations

import pytest
from starlette.requests import Request
from starlette.types import Message

from shared.http.uploads import received
from shared.http.validation import PayloadInvalid

NFC = "Caf\N{LATIN SMALL LETTER E WITH ACUTE}.pdf"


def request(body: bytes, **headers: str | bytes) -> Request:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    raw = [
        (name.replace("_", "-").encode(), value if isinstance(value, bytes) else value.encode("latin-1"))
        for name, value in headers.items()
    ]
    return Request({"type": "http", "method": "POST", "path": "/", "headers": raw}, receive)


async def name_of(sent: Request) -> str | None:
    async with received(sent) as upload:
        return upload.name


def form(disposition: bytes) -> Request:
    body = b"--b\r\nContent-Disposition: form-data; name=file; " + disposition + b"\r\n\r\nabc\r\n--b--\r\n"
    return request(body, content_type="multipart/form-data; boundary=b")


def whole(disposition: str) -> Request:
    return request(b"abc", content_type="application/octet-stream", content_disposition=disposition)


HIDDEN = ["\x1b", "\x85", "\u202e", "\u2066", "\u200b", "\ufeff"]


@pytest.mark.parametrize("hidden", HIDDEN)
async def test_a_name_in_a_form_with_a_character_that_no_text_may_have_is_refused(hidden: str) -> None:
    with pytest.raises(PayloadInvalid) as caught:
        await name_of(form(f'filename="a{hidden}fdp.exe"'.encode()))
    assert [fault.type for fault in caught.value.faults] == ["text_not_acceptable"]


@pytest.mark.parametrize(
    "disposition",
    [
        "attachment; filename*=UTF-8''a%E2%80%AEfdp.exe",
        "attachment; filename*=UTF-8''a%00.pdf",
        "attachment; filename*=UTF-8''a%1B.pdf",
        "attachment; filename*=unicode_escape''a%5Cud800",
        "attachment; filename*=utf-7''%2B2AA-",
        "attachment; filename*=undefined''abc",
        "attachment; filename*=idna''xn--a%ff",
        "attachment; filename*=punycode''%ff-%ff",
    ],
)
async def test_so_is_one_in_a_header_also_in_a_charset_that_means_nothing(disposition: str) -> None:
    with pytest.raises(PayloadInvalid) as caught:
        await name_of(whole(disposition))
    assert [fault.type for fault in caught.value.faults] == ["text_not_acceptable"]


async def test_names_are_normalised_and_come_without_folders() -> None:
    assert await name_of(form('filename="C:\\\\x\\\\Cafe\N{COMBINING ACUTE ACCENT}.pdf"'.encode())) == NFC
    assert await name_of(whole("attachment; filename*=UTF-8''..%2F..%2FCafe%CC%81.pdf")) == NFC


async def test_a_long_name_is_cut() -> None:
    name = await name_of(whole(f"attachment; filename={'x' * 5000}"))
    assert name is not None
    assert len(name) == 200
