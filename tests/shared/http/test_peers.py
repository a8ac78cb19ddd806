"""Questions to other services: a real server answers, or nobody does."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from typing import Any

import jwt
import pytest
import uvicorn

from shared.auth.tokens import TokenVerifier
from shared.peers import PeerClient, PeerRefused, PeerUnavailable
from shared.settings import ServiceSettings
from tests.support.tokens import Keys

ETAG = '"7"'


class Answers:
    """A server whose answers are named by the path."""

    def __init__(self) -> None:
        self.tokens: list[str] = []
        self.headers: dict[str, str] = {}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.tokens.append(self.headers["authorization"].removeprefix("Bearer "))
        kind = scope["path"].rpartition("/")[2]
        status, body = {
            "fine": (200, b'{"standing": "listed"}'),
            "refused": (409, b'{"code": "carrier-ban-in-force"}'),
            "missing": (404, b"{}"),
            "busy": (429, b"{}"),
            "broken": (500, b"{}"),
            "html": (200, b"<html>"),
            "slow": (200, b"{}"),
        }[kind]
        if kind == "slow":
            await asyncio.sleep(1)
        headers = [(b"etag", ETAG.encode())] if kind == "fine" else []
        if headers and self.headers.get("if-none-match") == ETAG:
            status, body = 304, b""
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


@pytest.fixture(scope="module")
def peer() -> Iterator[tuple[Answers, int]]:
    answers = Answers()
    with closing(socket.socket()) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()  # from here on the system keeps those that come before the server is up
        server = uvicorn.Server(uvicorn.Config(answers, lifespan="off", log_config=None))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        yield answers, listening.getsockname()[1]
        server.should_exit = True
        thread.join()


@pytest.fixture
def own(keys: Keys, peer: tuple[Answers, int]) -> ServiceSettings:
    return ServiceSettings(
        service_name="finance",
        database_url="postgresql+asyncpg://nobody@127.0.0.1/nothing",
        signing_key_file=keys.private("finance"),
        public_keys_dir=keys.public_dir,
        evaluation_url=f"http://127.0.0.1:{peer[1]}",
        registry_url="http://127.0.0.1:1",
    )


async def test_an_answer(own: ServiceSettings, peer: tuple[Answers, int], keys: Keys) -> None:
    client = PeerClient(own)
    answers, _ = peer
    for _ in range(2):
        answer = await client.get_json("evaluation", "/internal/fine", params={"a": 1}, correlation_id="c-9")
        assert answer == {"standing": "listed"}
    await client.close()
    assert answers.headers["x-correlation-id"] == "c-9"
    principal = TokenVerifier("evaluation", keys.public_dir).verify(answers.tokens[-1])
    assert (principal.internal, principal.account_id) == (True, "service:finance")
    assert answers.tokens[-1] == answers.tokens[-2]
    claims = jwt.decode(answers.tokens[-1], options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] <= 60


async def test_what_has_not_changed_is_not_sent_again(own: ServiceSettings) -> None:
    client = PeerClient(own)
    ask = partial(client.get_changed, "evaluation", "/internal/fine", timeout=5)
    assert await ask(tag=None) == ({"standing": "listed"}, ETAG)
    assert await ask(tag=ETAG) is None
    assert await ask(tag='"6"') == ({"standing": "listed"}, ETAG)
    with pytest.raises(PeerUnavailable):
        await client.get_changed("evaluation", "/internal/broken", ETAG, timeout=5)
    await client.close()


@pytest.mark.parametrize("kind", ["busy", "broken", "html", "slow"])
async def test_no_answer_is_unavailable(own: ServiceSettings, kind: str) -> None:
    client = PeerClient(own)
    with pytest.raises(PeerUnavailable, match="evaluation"):
        await client.get_json("evaluation", f"/internal/{kind}", timeout=0.3)
    await client.close()


@pytest.mark.parametrize(("kind", "status", "code"), [("refused", 409, "carrier-ban-in-force"), ("missing", 404, "")])
async def test_a_refusal_is_not_an_outage(own: ServiceSettings, kind: str, status: int, code: str) -> None:
    client = PeerClient(own)
    with pytest.raises(PeerRefused) as refused:
        await client.get_json("evaluation", f"/internal/{kind}")
    await client.close()
    assert (refused.value.status, refused.value.code) == (status, code)


async def test_nobody_listening_is_unavailable(own: ServiceSettings) -> None:
    client = PeerClient(own)
    with pytest.raises(PeerUnavailable, match="registry"):
        await client.get_json("registry", "/internal/fine")
    await client.close()
