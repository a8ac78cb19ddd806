"""Alembic without ini files: one environment per service, all read through `shared.alembic_env`."""

import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from typing import TextIO

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

SERVICES = ("registry", "evaluation", "finance", "vouchers", "gateway")


def package_of(service: str) -> str:
    return service if service == "gateway" else f"services.{service}"


def scripts_of(service: str) -> Path:
    """The folder of the service's migrations; raises LookupError for an unknown service."""
    spec = find_spec(package_of(service)) if service in SERVICES else None
    if spec is None or not spec.submodule_search_locations:
        raise LookupError(f"no service {service!r}; there are {', '.join(SERVICES)}")
    return Path(next(iter(spec.submodule_search_locations))) / "migrations"


def config(service: str, url: str | None, runtime_role: str | None = None, output: TextIO | None = None) -> Config:
    """Alembic's configuration; with no url only offline commands work."""
    settings = Config(output_buffer=output, stdout=output or sys.stdout)
    settings.set_main_option("script_location", str(scripts_of(service)).replace("%", "%%"))
    settings.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    settings.attributes["url"] = url
    settings.attributes["runtime_role"] = runtime_role
    return settings


def upgrade(service: str, url: str, runtime_role: str | None = None, revision: str = "head") -> None:
    """Migrate in a thread of its own: the environment starts an event loop, which a running one would refuse."""
    with ThreadPoolExecutor(1, f"migrate-{service}") as thread:
        thread.submit(command.upgrade, config(service, url, runtime_role), revision).result()


def check(service: str, url: str) -> None:
    """Raises alembic.util.CommandError when models and migrations differ."""
    with ThreadPoolExecutor(1, f"check-{service}") as thread:
        thread.submit(command.check, config(service, url, output=StringIO())).result()


def revise(service: str, url: str, message: str) -> Path:
    """Write the next numbered revision from the difference between the models and the migrated database at `url`."""
    settings = config(service, url)
    number = f"{len(list(ScriptDirectory.from_config(settings).walk_revisions())) + 1:04d}"
    with ThreadPoolExecutor(1, f"revise-{service}") as thread:
        written = thread.submit(command.revision, settings, message=message, autogenerate=True, rev_id=number).result()
    if written is None or isinstance(written, list):
        raise RuntimeError("Alembic wrote no single revision")
    return Path(written.path)


def sql(service: str, output: TextIO) -> None:
    """Write the SQL of all migrations, as PostgreSQL would get it; needs no database."""
    command.upgrade(config(service, None, output=output), "head", sql=True)


def head(service: str) -> str | None:
    return ScriptDirectory.from_config(config(service, None)).get_current_head()
