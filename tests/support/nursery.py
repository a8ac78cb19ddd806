"""Where processes of the suite are born that a test starts: a server that has imported the services once and forks.

A service takes seconds to import, and tests start and kill many. What is forked is a process of its own as it runs in
production, `shared.serve` with its own environment, log and session; only the import is done before.
"""

import os
from collections.abc import Iterable, Mapping
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from shared.serve import serve

_context = get_context("forkserver")


def preload(modules: Iterable[str]) -> None:
    """What to import before the first birth; later it has no effect."""
    _context.set_forkserver_preload(["shared.app", *modules])


def bear(
    app: str, port: int, env: Mapping[str, str], *, log_file: Path | None, drain_seconds: float
) -> ForkServerProcess:
    """Start `shared.serve` in a process of its own, after the import; `env` is all of its environment."""
    if log_file is not None:
        log_file.parent.mkdir(parents=True, exist_ok=True)
    process = _context.Process(target=_live, args=(app, port, dict(env), log_file, drain_seconds), daemon=False)
    process.start()
    return process


def _live(app: str, port: int, env: dict[str, str], log_file: Path | None, drain_seconds: float) -> None:
    os.setsid()
    os.environ.clear()
    os.environ.update(env)
    output = os.open(os.devnull if log_file is None else log_file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    for stream in (1, 2):
        os.dup2(output, stream)
    serve(app, host="127.0.0.1", port=port, drain_seconds=drain_seconds)
