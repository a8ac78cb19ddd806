"""Secrets and personal data are in no log of any process, whatever went wrong while they were under way."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import httpx
import pytest

from tests.fuzz.conftest import Town
from tests.fuzz.people import PASSWORD, headers_of

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(300)]

TEXT: Final = "Wz9sentinel"
CARD: Final = "540102199003078713"
"""A made-up identity number with its check digit."""
CODE: Final = "918273"
KEY: Final = f"mc_live_Wz9sentinelkey0_{'A' * 43}abcdef"
TOKEN: Final = "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJXejlzZW50aW5lbCJ9.V3o5c2VudGluZWw"
SENTINELS: Final = (TEXT, CARD, CODE, KEY.rsplit("_", 1)[1], TOKEN, PASSWORD)


def _requests(town: Town) -> Iterator[tuple[str, str, dict[str, object]]]:
    """Each sentinel in each place that something is read from, rightly and wrongly."""
    officer = headers_of(town.tokens["science_officer"])
    form = {"username": "fuzz-science_officer", "password": PASSWORD, "otp": CODE}
    yield "POST", "/v1/auth/token", {"data": form}
    yield "POST", "/v1/auth/token", {"data": {**form, "password": TEXT, "username": TEXT}}
    yield "POST", "/v1/auth/token", {"data": {**form, "password": f"{TEXT}\x00"}}
    yield "POST", "/v1/auth/token", {"content": f'{{"password": "{TEXT}"'.encode()}
    yield "POST", "/v1/auth/password-reset", {"json": {"token": TEXT, "password": TEXT}}
    for credential in (KEY, TOKEN, TEXT, f"Basic {TEXT}"):
        for path in ("/v1/grants", "/v1/accounts/me", "/v1/no-such-thing"):
            yield "GET", path, {"headers": {"Authorization": f"Bearer {credential}"}}
    yield "POST", "/v1/accounts/me/password", {"headers": officer, "json": {"old": TEXT, "new": f"{TEXT}{CARD}"}}
    yield "POST", "/v1/accounts/me/second-factor", {"headers": officer, "json": {"password": TEXT}}
    yield "POST", "/v1/accounts/me/second-factor/confirm", {"headers": officer, "json": {"code": CODE}}
    for secret in (TEXT, CARD):
        for path in (
            f"/v1/centres/{secret}",
            f"/v1/grants?no={secret}",
            f"/v1/{secret}",
            f"/v1/grants?cursor={secret}",
        ):
            yield "GET", path, {"headers": officer}
        for body in ({"name": secret}, {secret: secret}, [secret], secret, {"operator_code": f"{secret}\u202e"}):
            yield "POST", "/v1/centres", {"headers": officer, "json": body}
            yield "POST", "/v1/grants", {"headers": officer, "json": body}
            yield (
                "POST",
                "/v1/projects/01a20a11-085e-7440-a21b-bffbdb554fa1/persons",
                {"headers": officer, "json": body},
            )
        file = {"file": (f"{secret}.csv", f"{secret}\n{secret}".encode(), "text/csv")}
        yield "POST", "/v1/imports/enterprises?dry_run=true", {"headers": officer, "files": file}
        yield "POST", "/v1/centres", {"headers": {**officer, "Idempotency-Key": secret, "If-Match": secret}, "json": {}}
        yield (
            "GET",
            "/v1/grants",
            {"headers": {**officer, "X-Request-Id": f"{secret} {secret}", "Accept-Language": secret}},
        )


async def test_no_log_holds_a_secret(town: Town) -> None:
    answered = 0
    async with httpx.AsyncClient(base_url=town.url, timeout=60) as client:
        for method, path, options in _requests(town):
            response = await client.request(method, path, **options)  # type: ignore[arg-type]  # as httpx names them
            assert response.status_code < 500, (method, path, response.text)
            answered += 1
    assert answered > 60
    await asyncio.sleep(1)  # lines are written together, up to 0.2 s after what they tell
    logs = [*town.suite.folder.rglob("*.log"), *(town.suite.cluster.server.data_dir.parent.rglob("*.log"))]
    names = {log.name for log in logs}
    assert {"gateway.log", "registry.log", "finance.log", "evaluation.log", "vouchers.log"} <= names, names
    assert '"event": "request"' in town.suite.log("gateway")
    found = {log.name: sentinel for log in logs for sentinel in _held(log, [*SENTINELS, *town.tokens.values()])}
    assert found == {}


def _held(log: Path, sentinels: list[str]) -> list[str]:
    text = log.read_text(encoding="utf-8", errors="replace")
    return [sentinel for sentinel in sentinels if sentinel in text]
