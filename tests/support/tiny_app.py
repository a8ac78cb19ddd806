"""An ASGI app that answers after a while, to see how its server drains."""

import asyncio

from starlette.datastructures import State
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

SLOW_SECONDS = 1.0


class TinyApp:
    """`/readyz` tells whether it drains; `/slow` answers after a second; the lifespan prints its end."""

    def __init__(self) -> None:
        self.state = State({"draining": False})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            print("lifespan closed", flush=True)  # noqa: T201 - the test reads it in the log
            await send({"type": "lifespan.shutdown.complete"})
            return
        if Request(scope).url.path == "/slow":
            await asyncio.sleep(SLOW_SECONDS)
        draining: bool = self.state.draining
        await PlainTextResponse("draining" if draining else "ok", 503 if draining else 200)(scope, receive, send)


app = TinyApp()
