"""`mengchuang up | down | status | migrate`."""

from pathlib import Path
from typing import Annotated

import typer

from deploy.commands.console import err, out, shorten, stack_table
from deploy.commands.words import Words
from deploy.components import answers_ready
from deploy.lifecycle import down as take_down, up as bring_up
from deploy.migrating import migrate as migrate_all
from deploy.settings import Choices, StackSettings
from deploy.state import State, StateFile, supervised

SimulatedClock = Annotated[
    bool,
    typer.Option("--simulated-clock", help="let a request say what day it is (never in production)"),
]
PolicyDir = Annotated[Path | None, typer.Option(help="further policy editions", exists=True, file_okay=False)]


def up(simulated_clock: SimulatedClock = False, policy_dir: PolicyDir = None) -> None:
    """Start PostgreSQL, NATS, the services and the gateway in the background; return when all are ready."""
    start(with_choices(StackSettings(), simulated_clock=simulated_clock, policy_dir=policy_dir))


def with_choices(settings: StackSettings, *, simulated_clock: bool, policy_dir: Path | None) -> StackSettings:
    """The settings with what is said on the command line, now or, for this data folder, before."""
    said = Choices(
        business_clock="simulated" if simulated_clock else None,
        environment="demo" if simulated_clock and "environment" not in settings.model_fields_set else None,
        policy_dir=policy_dir.resolve() if policy_dir else None,
    )
    remembered = Choices.of(settings.home)
    chosen = settings.choosing(said, remembered)
    if said != Choices():
        remembered.and_then(said).keep(settings.home)
    return chosen


def start(settings: StackSettings, say: Words | None = None) -> State:
    """Bring the stack up with a progress line and print the table, in the locale's language unless told otherwise."""
    say = say or Words.of_locale()
    starting = say("starting")
    with err.status(starting) as status:
        state, fresh = bring_up(settings, lambda text: status.update(f"{starting}: {text}"))
    if not fresh:
        out.print(say("up_already"))
        if state.business_clock != settings.business_clock:
            out.print(f"[yellow]{say('other_clock', clock=state.business_clock)}[/]")
    _print(state, say)
    return state


def down() -> None:
    """Stop everything in order: gateway, services, provisioner, NATS, PostgreSQL."""
    settings, say = StackSettings(), Words.of_locale()
    with err.status(say("stopping")) as status:
        stopped = take_down(settings, lambda names: status.update(say("still_up", names=names)))
    out.print(say("stopped", names=", ".join(stopped)) if stopped else say("nothing_ran"))


def status() -> None:
    """Show what runs; exit code 1 unless everything is ready."""
    settings, say = StackSettings(), Words.of_locale()
    state = StateFile(settings.home).read()
    if state is None or not supervised(settings.home):
        out.print(say("down"))
        raise typer.Exit(1)
    message = f" ({state.message})" if state.message else ""
    out.print(f"{say('phase', phase=say(f'phase_{state.phase}'))}{message}")
    everybody_ready = _print(state, say)
    if state.phase != "ready" or not everybody_ready:
        raise typer.Exit(1)


def migrate() -> None:
    """Bring every database to the newest schema; starts the embedded PostgreSQL for it if need be."""
    for line in migrate_all(StackSettings()):
        out.print(line)


def _print(state: State, say: Words) -> bool:
    ready = {child.name for child in state.children if _answers(child.address)}
    out.print(stack_table(state, say, ready=ready))
    out.print(say("supervisor", pid=state.pid, log=shorten(state.log_file)), soft_wrap=True)
    out.print(say("gateway", url=state.gateway_url), soft_wrap=True)
    if state.business_clock == "simulated":
        out.print(say("simulated"))
    return len(ready) == len(state.children)


def _answers(address: str) -> bool:
    """Servers that are not ours to ask, and the provisioner, are ready as long as they live."""
    return not address.startswith("http://") or answers_ready(int(address.rpartition(":")[2]))
