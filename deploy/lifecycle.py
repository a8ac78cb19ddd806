"""Up and down as the command line asks for them; both may be repeated, interrupted and raced without harm."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from time import monotonic, sleep

from deploy.embedded.process import spawn, tail
from deploy.settings import StackSettings
from deploy.state import State, StateFile, supervised
from deploy.supervisor import rotate, stop_orphans

UP_SECONDS = 420
DOWN_SECONDS = 120


class StackError(RuntimeError):
    """What the operator asked for could not be done; the message says why and what to do."""


def up(settings: StackSettings, progress: Callable[[str], None]) -> tuple[State, bool]:
    """Bring the stack up and return its state; the flag is False when it was up already.

    Whoever comes second waits for the first. Raises StackError with the reason when it does not come up.
    """
    file = StateFile(settings.home)
    if supervised(settings.home):
        state = file.read()
        if state is not None and state.phase == "ready" and state.process.alive():
            return state, False
        return _wait_until_ready(file, None, progress, settings), False
    rotate(settings.log_file("supervisor"))
    env = {**os.environ, **explicit(settings)}
    child = spawn([sys.executable, "-m", "deploy.supervisor"], log_file=settings.log_file("supervisor"), env=env)
    return _wait_until_ready(file, child, progress, settings), True


def down(settings: StackSettings, progress: Callable[[str], None]) -> list[str]:
    """Stop everything in order and return the names of what was stopped; an empty list when nothing ran.

    Raises StackError when it does not end in time; nothing is killed then.
    """
    file = StateFile(settings.home)
    state = file.read()
    if not supervised(settings.home):
        return stop_orphans(settings, state)
    if state is None:
        raise StackError(f"a supervisor runs, but {file.path} is missing; stop it by hand")
    state.process.send(signal.SIGTERM)
    deadline = monotonic() + DOWN_SECONDS
    while supervised(settings.home):
        if (now := file.read()) is not None:
            progress(", ".join(child.name for child in now.children))
        if monotonic() > deadline:
            raise StackError(f"not down within {DOWN_SECONDS} s; see {settings.log_file('supervisor')}")
        sleep(0.1)
    return [child.name for child in state.children]


def explicit(settings: StackSettings) -> dict[str, str]:
    """What the command line decided, as variables for the supervisor and the processes below it."""
    values = {
        "DATA_DIR": str(settings.home),
        "ENVIRONMENT": settings.environment,
        "BUSINESS_CLOCK": settings.business_clock,
    }
    if settings.policy_dir is not None:
        values["POLICY_DIR"] = str(settings.policy_dir.resolve())
    return values


def _wait_until_ready(
    file: StateFile, child: subprocess.Popen[bytes] | None, progress: Callable[[str], None], settings: StackSettings
) -> State:
    deadline = monotonic() + UP_SECONDS
    while monotonic() < deadline:
        state = file.read()
        if state is not None and state.process.alive() and (child is None or state.pid == child.pid):
            if state.phase == "ready":
                return state
            progress(state.message)
        if child is not None and child.poll() is not None and supervised(settings.home):
            child = None  # somebody else was faster; theirs is as good
        elif child.poll() is not None if child is not None else not supervised(settings.home):
            raise StackError(_reason(file.read(), child, settings))
        sleep(0.05)
    raise StackError(f"not up within {UP_SECONDS} s; see {settings.log_file('supervisor')}")


def _reason(state: State | None, child: subprocess.Popen[bytes] | None, settings: StackSettings) -> str:
    if state is not None and state.phase == "failed" and (child is None or state.pid == child.pid):
        return state.message
    return f"the supervisor ended:\n{tail(settings.log_file('supervisor'))}"
