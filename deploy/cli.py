"""The command line, `mengchuang`."""

import sys
from importlib import import_module
from importlib.util import find_spec

import typer
from alembic.util.exc import CommandError
from pydantic import ValidationError

from deploy.commands import secrets, stack
from deploy.commands.console import err
from shared.logging import configure_logging

DEMO_MODULE = "deploy.demo.command"
GROUPS = ("audit", "bank", "nats", "events", "accounts", "keys", "persons", "registry", "bureaus")


def make_app() -> typer.Typer:
    """All commands. A group is loaded only when it is named: starting the stack need not import the gateway."""
    app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
    for command in (stack.up, stack.down, stack.status, stack.migrate, secrets.secrets):
        app.command()(command)
    named = next((word for word in sys.argv[1:] if not word.startswith("-")), None)
    for group in GROUPS:
        if named == group or named is None:
            app.add_typer(import_module(f"deploy.commands.{group}").app, name=group)
    if named in ("demo", None) and find_spec("deploy.demo") and find_spec(DEMO_MODULE):
        app.command()(import_module(DEMO_MODULE).demo)
    return app


def main() -> None:
    """Run a command; what the operator can put right is said in a sentence, anything else shows where it broke."""
    configure_logging("command-line", "ERROR")
    try:
        make_app()()
    except (RuntimeError, CommandError, ConnectionError) as error:
        err.print(f"[bold red]Error:[/] {error}", highlight=False, soft_wrap=True)
        sys.exit(1)
    except ValidationError as error:
        err.print("[bold red]Wrong settings:[/]", highlight=False)
        for problem in error.errors():
            name = ".".join(map(str, problem["loc"])).upper()
            text = problem["msg"].removeprefix("Value error, ")
            err.print(f"  {name}: {text}" if name else f"  {text}", highlight=False, markup=False)
        sys.exit(2)


if __name__ == "__main__":
    main()
