"""Liveness, readiness and metrics: for the process supervisor, the balancer and the monitoring, not for people."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from alembic.script import ScriptDirectory
from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from starlette.responses import JSONResponse, Response

from shared.db import sqlstate_of
from shared.metrics import render
from shared.runtime import Runtime, ServiceDefinition

router = APIRouter(include_in_schema=False)

_UNDEFINED_TABLE = "42P01"


@router.get("/healthz")
async def alive() -> JSONResponse:
    """The process answers; says nothing about what it depends on."""
    return JSONResponse({"status": "ok"})


@router.get("/readyz")
async def ready(request: Request) -> JSONResponse:
    """200 if this process can do its work; 503 with what is missing otherwise, or while it drains."""
    state = request.app.state
    checks = await check(state.runtime, state.migration_head)
    checks["draining"] = "yes" if getattr(state, "draining", False) else "ok"
    passed = all(result == "ok" for result in checks.values())
    return JSONResponse({"ready": passed, "checks": checks}, status_code=200 if passed else 503)


@router.get("/metrics")
async def metrics() -> Response:
    """Prometheus text format."""
    return Response(render(), media_type=CONTENT_TYPE_LATEST)


async def check(runtime: Runtime, head: str | None) -> dict[str, str]:
    """Each dependency's state, ``ok`` or what is wrong."""
    checks = await _database(runtime, head)
    if runtime.events is not None:
        checks["broker"] = "ok" if runtime.events.status()["broker"] else "not connected"
    return checks


async def _database(runtime: Runtime, head: str | None) -> dict[str, str]:
    try:
        async with runtime.db.engine.connect() as connection:
            await connection.execute(text("SELECT 1"))
            if head is None:
                return {"database": "ok"}
            level = await connection.scalar(text("SELECT max(version_num) FROM alembic_version"))
    except DBAPIError as error:
        if sqlstate_of(error) == _UNDEFINED_TABLE:
            return {"database": "ok", "migrations": f"none, needs {head}"}
        return {"database": type(error).__name__}
    except (SQLAlchemyError, OSError) as error:
        return {"database": type(error).__name__}
    return {"database": "ok", "migrations": "ok" if level == head else f"at {level}, needs {head}"}


@cache
def migration_head(definition_name: str, folder: Path | None) -> str | None:
    """The newest revision among the service's migrations; None where there are none.

    Raises alembic's CommandError if the scripts have several heads.
    """
    folder = folder or _migrations_of(definition_name)
    if folder is None or not (folder / "versions").is_dir():
        return None
    return ScriptDirectory(str(folder)).get_current_head()


def head_of(definition: ServiceDefinition) -> str | None:
    """The revision the service's database must be at."""
    return migration_head(definition.name, definition.migrations)


def _migrations_of(name: str) -> Path | None:
    for package in (f"services.{name}", name):
        try:
            spec = find_spec(package)
        except ModuleNotFoundError:
            continue
        if spec is not None and spec.submodule_search_locations:
            return Path(next(iter(spec.submodule_search_locations))) / "migrations"
    return None
