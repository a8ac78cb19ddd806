"""A tiny service behind the gateway: says what reached it, streams, stalls, breaks, and has a log of events."""

import asyncio
import hashlib
import json
import os
from pathlib import Path
from urllib.parse import parse_qs

from starlette.types import Receive, Scope, Send

from shared.auth.tokens import InvalidToken, TokenVerifier

CHUNK = b"x" * 65_536
_verifier: TokenVerifier | None = None


def verifier() -> TokenVerifier:
    global _verifier
    if _verifier is None:
        keys = Path(os.environ["PUBLIC_KEYS_DIR"])
        _verifier = TokenVerifier(os.environ["SERVICE_NAME"], keys, allow_simulated=True)
    return _verifier


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        for answer in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{answer}.complete"})
        return
    await ENDPOINTS.get(scope["path"], echo)(scope, receive, send)


async def respond(
    send: Send, body: object, status: int = 200, headers: list[tuple[bytes, bytes]] | None = None
) -> None:
    content = json.dumps(body).encode()
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(b"content-type", b"application/json"), *(headers or []), _length(content)],
        }
    )
    await send({"type": "http.response.body", "body": content})


def _length(content: bytes) -> tuple[bytes, bytes]:
    return (b"content-length", str(len(content)).encode())


def claims_of(scope: Scope) -> dict[str, object]:
    values = [value.decode() for name, value in scope["headers"] if name == b"authorization"]
    try:
        principal = verifier().verify(values[0].removeprefix("Bearer "))
    except (InvalidToken, IndexError) as error:
        return {"refused": repr(error)}
    return {
        "account_id": principal.account_id,
        "roles": sorted(principal.roles),
        "org": principal.org,
        "division": principal.division,
        "bank": principal.bank,
        "livemode": principal.livemode,
        "on_behalf_of": list(principal.on_behalf_of),
        "today": principal.today.isoformat(),
        "simulated": principal.simulated,
        "internal": principal.internal,
        "issuer": principal.issuer,
    }


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """What was asked, as it came in."""
    digest, length, more = hashlib.sha256(), 0, True
    while more:
        message = await receive()
        piece = message.get("body", b"")
        digest.update(piece)
        length += len(piece)
        more = message.get("more_body", False)
    body = {
        "method": scope["method"],
        "path": scope["raw_path"].decode(),
        "query": scope["query_string"].decode(),
        "headers": [[name.decode(), value.decode("latin-1")] for name, value in scope["headers"]],
        "claims": claims_of(scope),
        "body": {"length": length, "sha256": digest.hexdigest()},
    }
    headers = [
        (b"connection", b"x-secret-hop"),
        (b"x-secret-hop", b"1"),
        (b"set-cookie", b"a=b"),
        (b"x-request-id", b"upstreams-own"),
        (b"etag", b'"7"'),
        (b"x-kept", b"yes"),
        (b"X-Content-Type-Options", b"nosniff"),
    ]
    await respond(send, body, headers=headers)


async def stream(scope: Scope, _receive: Receive, send: Send) -> None:
    """So many pieces of 64 KiB, without saying how many."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    for _ in range(int(parse_qs(scope["query_string"].decode())["pieces"][0])):
        await send({"type": "http.response.body", "body": CHUNK, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def endless(_scope: Scope, receive: Receive, send: Send) -> None:
    """A first piece and then nothing, until the other side goes away; the file named by MARK tells that it did."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
    await send({"type": "http.response.body", "body": b": hello\n\n", "more_body": True})
    while (await receive())["type"] != "http.disconnect":
        pass
    await asyncio.to_thread(Path(os.environ["MARK"]).write_text, "gone")


async def slow(scope: Scope, _receive: Receive, send: Send) -> None:
    await asyncio.sleep(float(parse_qs(scope["query_string"].decode())["seconds"][0]))
    await respond(send, {})


async def breaks(_scope: Scope, _receive: Receive, send: Send) -> None:
    """The connection ends in the middle of the answer."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1000000")]})
    await send({"type": "http.response.body", "body": CHUNK, "more_body": True})
    raise ConnectionAbortedError


async def refuses(_scope: Scope, _receive: Receive, send: Send) -> None:
    await respond(send, {"code": "carrier-ban-in-force"}, 409, [(b"retry-after", b"1")])


async def nothing(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def openapi(_scope: Scope, _receive: Receive, send: Send) -> None:
    document = await asyncio.to_thread(Path(os.environ["OPENAPI"]).read_text, "utf-8")
    await respond(send, json.loads(document))


async def events(scope: Scope, _receive: Receive, send: Send) -> None:
    """A log whose odd positions are public and whose even ones are internal; position 9 is for bureaus."""
    if claims_of(scope).get("internal") is not True:
        await respond(send, {}, 403)
        return
    query = {name: values[0] for name, values in parse_qs(scope["query_string"].decode()).items()}
    after, limit, wait = int(query["after"]), int(query["limit"]), float(query["wait"])
    items = [_event(position) for position in range(after + 1, min(HEAD, after + limit) + 1)]
    if not items:
        await asyncio.sleep(wait)
    await respond(send, {"topic": "registry.centre", "epoch": 1, "head": HEAD, "items": items})


async def tasks(scope: Scope, _receive: Receive, send: Send) -> None:
    """What waits for whoever asks: of the kinds asked for, or broken answers and silence where an account says so."""
    claims = claims_of(scope)
    query = parse_qs(scope["query_string"].decode())
    if claims["org"] == "SILENT":
        await asyncio.sleep(30)
    if claims["org"] == "BROKEN":
        await respond(send, {"items": "none"})
        return
    due_days = [("report_due", "2019-04-15"), ("notice_over", None), ("centre_to_review", "2019-03-20")]
    items = [_task(kind, due_on, str(claims["account_id"])) for kind, due_on in due_days]
    kinds = query.get("kind", [kind for kind, _ in due_days])
    await respond(send, {"items": [item for item in items if item["kind"] in kinds], "more": False})


def _task(kind: str, due_on: str | None, account_id: str) -> dict[str, object]:
    return {
        "kind": kind,
        **{f"{field}_{language}": kind for field in ("title", "todo") for language in ("zh", "en")},
        "link": f"/v1/centres/{account_id}",
        "subject_id": account_id,
        "no": "CN-2019-0001",
        "since": "2019-03-01",
        "due_on": due_on,
        "overdue": False,
    }


HEAD = 1203


def _event(position: int) -> dict[str, object]:
    kind = "listed" if position % 2 else "submitted"
    return {
        "position": position,
        "epoch": 1,
        "hash": f"{position:064x}",
        "attributes": {
            "specversion": "1.0",
            "id": f"0190a000-0000-7000-8000-{position:012d}",
            "source": "/registry",
            "type": f"registry.centre.{kind}.v1",
            "subject": "0190a000-0000-7000-8000-000000000001",
            "time": "2019-03-18T00:00:00.000Z",
            "datacontenttype": "application/json",
            "aggregateversion": str(position),
            "effectiveon": "2019-03-18",
            "actor": "0190a000-0000-7000-8000-0000000000aa",
        },
        "data": '{"name":"梦创 \\u4e2d\\u5fc3", "total_area_m2":"1000.0"}',
    }


ENDPOINTS = {
    "/v1/centres/stream": stream,
    "/v1/centres/endless": endless,
    "/v1/centres/slow": slow,
    "/v1/centres/breaks": breaks,
    "/v1/centres/refuses": refuses,
    "/v1/centres/nothing": nothing,
    "/openapi.json": openapi,
    "/v1/tasks": tasks,
    "/internal/events/registry.centre": events,
}
