"""A service behind the gateway that lists, hands out files, shows a number and refuses."""

import asyncio
import json
from urllib.parse import parse_qs

from starlette.types import Receive, Scope, Send

PIECE = b"a,b\r\n" * 20_000


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        for answer in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{answer}.complete"})
        return
    wanted = {name: values[0] for name, values in parse_qs(scope["query_string"].decode()).items()}
    said = {name.decode(): value.decode() for name, value in scope["headers"]}
    headers = [(b"mengchuang-route", b"/v1/centres/{centre_id}"), (b"content-type", b"application/json")]
    if "refuse" in wanted:
        headers += [(b"mengchuang-problem", wanted.get("code", "forbidden").encode())]
        await _answer(send, int(wanted["refuse"]), headers, [b"{}"])
    elif "csv" in said.get("accept", ""):
        headers += [(b"content-disposition", b'attachment; filename="centres.csv"'), (b"mengchuang-rows", b"40000")]
        await _answer(send, 200, headers, [PIECE] * int(wanted.get("pieces", "1")), pause=float(wanted.get("pause", 0)))
    else:
        headers += [(b"mengchuang-rows", wanted.get("rows", "1").encode())]
        await _answer(send, 200, headers, [json.dumps({"items": []}).encode()])


async def _answer(
    send: Send, status: int, headers: list[tuple[bytes, bytes]], pieces: list[bytes], pause: float = 0
) -> None:
    length = (b"content-length", str(sum(map(len, pieces))).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    for number, piece in enumerate(pieces, 1):
        await send({"type": "http.response.body", "body": piece, "more_body": number < len(pieces)})
        await asyncio.sleep(pause)
