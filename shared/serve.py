"""Runs one app in a uvicorn process: `python -m shared.serve services.registry.main:app --port 8101`.

On SIGTERM the app first says that it is draining, so that `/readyz` turns 503 and callers stay away; open requests are
finished, then the lifespan closes consumers and connections.
"""

import argparse
import asyncio
from types import FrameType

import uvicorn
from uvicorn.importer import import_from_string

from shared.connection import Connection

FINISH_REQUESTS_SECONDS = 10
KEEP_ALIVE_SECONDS = 75
"""Longer than the gateway, and the usual proxies before it (60 s), keep idle connections: the callee must not close
first, or a request falls in the gap."""


class DrainingServer(uvicorn.Server):
    """Marks the app as draining and keeps serving for `drain_seconds` before the listener closes."""

    def __init__(self, config: uvicorn.Config, app: object, drain_seconds: float) -> None:
        super().__init__(config)
        self._app = app
        self._drain_seconds = drain_seconds
        self._draining: asyncio.Task[None] | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The second signal, or any without a drain time, ends at once."""
        state = getattr(self._app, "state", None)
        if state is not None:
            state.draining = True
        if self._drain_seconds and self._draining is None:
            self._draining = asyncio.get_running_loop().create_task(self._exit_later(sig, frame))
            return
        super().handle_exit(sig, frame)

    async def _exit_later(self, sig: int, frame: FrameType | None) -> None:
        await asyncio.sleep(self._drain_seconds)
        super().handle_exit(sig, frame)


def serve(app_path: str, *, host: str, port: int, drain_seconds: float = 0) -> None:
    """Serve until told to stop. A port in use ends the process with uvicorn's exit code 1."""
    app = import_from_string(app_path)
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        loop="uvloop",
        http=Connection,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=FINISH_REQUESTS_SECONDS,
        reset_contextvars=True,
    )
    DrainingServer(config, app, drain_seconds).run()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("app", help="module:attribute of the ASGI app")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--drain-seconds", type=float, default=0, help="how long to answer after saying 'not ready'")
    chosen = parser.parse_args()
    serve(chosen.app, host=chosen.host, port=chosen.port, drain_seconds=chosen.drain_seconds)


if __name__ == "__main__":
    main()
