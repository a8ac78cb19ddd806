"""What is running, as the supervisor last wrote it, and the lock that says whether a supervisor lives.

The lock is the kernel's (flock): it is gone with its holder, however that ended. The file may be stale; what it names
is believed only where pid and start time both fit.
"""

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ValidationError

from deploy.embedded.process import ProcessId

Phase = Literal["starting", "ready", "stopping", "stopped", "failed"]


class Child(BaseModel):
    """One supervised process."""

    name: str
    pid: int
    started: float
    address: str
    log_file: str
    restarts: int = 0

    @property
    def process(self) -> ProcessId:
        return ProcessId(self.pid, self.started)


class State(BaseModel):
    """The supervisor's own account, rewritten at every change."""

    pid: int
    started: float
    phase: Phase
    message: str = ""
    business_clock: str = "real"
    gateway_url: str = ""
    log_file: str = ""
    children: list[Child] = []

    @property
    def process(self) -> ProcessId:
        return ProcessId(self.pid, self.started)


class StateFile:
    """`state.json` in the data folder; a torn or foreign file reads as none."""

    def __init__(self, home: Path) -> None:
        self.path = home / "state.json"

    def read(self) -> State | None:
        with suppress(FileNotFoundError, ValidationError):
            return State.model_validate_json(self.path.read_bytes())
        return None

    def write(self, state: State) -> None:
        part = self.path.with_suffix(".part")
        part.write_text(state.model_dump_json(indent=2) + "\n", encoding="utf-8")
        part.replace(self.path)


class Lock:
    """Held by the one supervisor of a data folder for as long as it lives."""

    def __init__(self, home: Path) -> None:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._fd = os.open(home / "supervisor.lock", os.O_RDWR | os.O_CREAT, 0o600)

    def acquire(self) -> bool:
        """False when another process holds it."""
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def close(self) -> None:
        os.close(self._fd)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def supervised(home: Path) -> bool:
    """Whether a supervisor of this folder lives."""
    if not (home / "supervisor.lock").exists():
        return False
    with Lock(home) as lock:
        return not lock.acquire()
