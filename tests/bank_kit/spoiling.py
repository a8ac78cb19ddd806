"""A proxy in front of the real gateway that keeps one promise less."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from uuid import uuid4

import httpx


@dataclass(frozen=True)
class Passing:
    """A request on its way to the gateway; names of headers in small letters."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Reply:
    """An answer on its way back."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def honest(passing: Passing) -> Passing:
    return passing


def whole(passing: Passing, reply: Reply) -> Reply:
    return reply


@dataclass(frozen=True)
class Spoiler:
    """What is done to requests and to answers; `dead` breaks every connection, `slow` seconds are waited first."""

    request: Callable[[Passing], Passing] = honest
    reply: Callable[[Passing, Reply], Reply] = whole
    slow: float = 0
    dead: Callable[[Passing], bool] = field(default=lambda _: False)


class Proxy(ThreadingHTTPServer):
    """Threads of a daemon; nothing is logged."""

    daemon_threads = True
    spoiler: Spoiler
    upstream: str
    client: httpx.Client


class Handler(BaseHTTPRequestHandler):
    """Passes one request on."""

    protocol_version = "HTTP/1.1"
    server: Proxy

    def answer(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        headers = {name.lower(): value for name, value in self.headers.items()}
        passing = Passing(self.command, self.path, headers, self.rfile.read(length))
        spoiler = self.server.spoiler
        time.sleep(spoiler.slow)
        if spoiler.dead(passing):
            self.close_connection = True
            self.connection.close()
            return
        passing = spoiler.request(passing)
        sent = {name: value for name, value in passing.headers.items() if name not in ("connection", "content-length")}
        sent["accept-encoding"] = "identity"
        got = self.server.client.request(
            passing.method, self.server.upstream + passing.path, headers=sent, content=passing.body or None
        )
        names = {name.lower(): value for name, value in got.headers.items()}
        kept = {name: value for name, value in names.items() if name not in ("transfer-encoding", "connection")}
        reply = spoiler.reply(passing, Reply(got.status_code, kept, got.content))
        self.send_response_only(reply.status)
        for name, value in reply.headers.items():
            if name != "content-length":
                self.send_header(name, value)
        if reply.status != 304:
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if reply.status != 304:
            self.wfile.write(reply.body)

    do_GET = do_POST = answer  # noqa: N815  # the names that the server looks for

    def log_message(self, *_: object) -> None:
        """Quiet."""


@contextmanager
def spoiling(upstream: str, spoiler: Spoiler) -> Iterator[str]:
    """The proxy's address."""
    server = Proxy(("127.0.0.1", 0), Handler)
    server.spoiler, server.upstream = spoiler, upstream
    server.client = httpx.Client(timeout=30)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        server.client.close()


def new_key_each_time(passing: Passing) -> Passing:
    """Idempotency is lost: each sending is a new one."""
    if "idempotency-key" not in passing.headers:
        return passing
    return replace(passing, headers={**passing.headers, "idempotency-key": str(uuid4())})


def breaks(path: str, status: int = 500) -> Callable[[Passing, Reply], Reply]:
    """A path answers with an error of the server, without a problem."""

    def reply(passing: Passing, given: Reply) -> Reply:
        if not passing.path.split("?")[0].endswith(path):
            return given
        return Reply(status, {"content-type": "text/html"}, b"<html>it broke</html>")

    return reply


def edits(old: bytes, new: bytes) -> Callable[[Passing, Reply], Reply]:
    """Answers say something else."""

    def reply(_: Passing, given: Reply) -> Reply:
        return replace(given, body=given.body.replace(old, new))

    return reply
