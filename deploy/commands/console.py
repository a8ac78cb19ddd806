"""Where commands write: what was asked for to stdout, errors and progress to stderr."""

import sys
from pathlib import Path

import psutil
from rich import box
from rich.console import Console
from rich.table import Table

from deploy.commands.words import Words
from deploy.state import Child, State

out = Console(width=None if sys.stdout.isatty() else 160)
err = Console(stderr=True)


def stack_table(state: State, say: Words, *, ready: set[str]) -> Table:
    """One line a process; fits a terminal of 80 columns."""
    table = Table(box=box.SIMPLE_HEAD, collapse_padding=True, pad_edge=False, header_style="bold")
    for heading in ("name", "state", "pid", "address", "log"):
        table.add_column(say(heading), no_wrap=heading != "log", overflow="fold")
    for child in state.children:
        address = child.address.removeprefix("nats://").removeprefix("postgresql://")
        mood = _mood(child, say, ready=child.name in ready)
        table.add_row(child.name, mood, str(child.pid), address, shorten(child.log_file))
    return table


def _mood(child: Child, say: Words, *, ready: bool) -> str:
    restarts = say("restarted", count=child.restarts) if child.restarts else ""
    if not child.process.alive():
        return f"[red]{say('dead')}[/]{restarts}"
    if psutil.Process(child.pid).status() == psutil.STATUS_STOPPED:
        return f"[yellow]{say('frozen')}[/]{restarts}"
    return f"[green]{say('ready')}[/]{restarts}" if ready else f"[yellow]{say('not_ready')}[/]{restarts}"


def shorten(path: str | Path) -> str:
    """Relative to the working directory where the file lies below it."""
    absolute = Path(path)
    here = Path.cwd()
    return str(absolute.relative_to(here)) if absolute.is_relative_to(here) else str(absolute)
