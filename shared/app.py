"""From a service's definition to its running application."""

from __future__ import annotations

import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from shared.audit.router import audit_router
from shared.auth.principal import find_guard
from shared.auth.tokens import TokenVerifier
from shared.db import Database
from shared.errors import DomainError
from shared.events import feed
from shared.events.election import Elector
from shared.events.runtime import EventRuntime
from shared.files.storage import Storage
from shared.http import health, idempotency
from shared.http.messages import Messages
from shared.http.methods import Methods
from shared.http.middleware import IdentityMiddleware, RequestMiddleware
from shared.http.openapi import PATH as DESCRIPTION_PATH, describe, read_description
from shared.http.problems import Problems, problem_responses
from shared.http.route import ServiceRoute
from shared.http.validation import PayloadInvalid
from shared.logging import configure_logging, get_logger
from shared.metrics import watch_pool
from shared.peers import PeerClient
from shared.policy.edition import load_editions
from shared.runtime import Background, Runtime, RuntimeDep, ServiceDefinition
from shared.settings import ServiceSettings, load_settings
from shared.tasks import require_steps, require_texts, tasks_router

__all__ = ["Runtime", "RuntimeDep", "ServiceDefinition", "create_app"]

BACKGROUND_LOCK: Final = 3
GUARDED_PREFIXES: Final = ("/v1/", "/internal/")

_DAY_SECONDS = 24 * 3600
_RESTART_SECONDS = 5.0
_STOP_SECONDS = 5.0
_GC_THRESHOLD = 50_000
_HANDLED = (DomainError, PayloadInvalid, RequestValidationError, HTTPException)

log = get_logger(__name__)


class UnguardedRoute(RuntimeError):
    """A route that anybody could enter, or that would answer before its transaction is committed."""


def create_app(service: ServiceDefinition, settings: ServiceSettings | None = None) -> FastAPI:
    """Build the application; settings come from the environment unless given.

    Connects only in the lifespan. Raises UnguardedRoute for a route without ``require`` or outside
    ``ServiceRoute``, IncompleteMessages for a text missing in one language.
    """
    settings = settings or load_settings(service.name)
    configure_logging(service.name, settings.log_level)
    problems = Problems(Messages.load(service.messages))
    verifier = TokenVerifier(
        service.name, settings.public_keys_dir, allow_simulated=settings.business_clock == "simulated"
    )
    app = FastAPI(
        title=service.title,
        version="1",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=partial(_lifespan, service, settings),
        responses=problem_responses(401, 403, 422),
        middleware=[
            Middleware(RequestMiddleware, service=service.name, problems=problems),
            Middleware(IdentityMiddleware, verifier=verifier, problems=problems),
        ],
        exception_handlers=dict.fromkeys(_HANDLED, problems.handle),
    )
    app.state.draining = False
    app.state.problems = problems
    app.state.references = service.references
    app.state.migration_head = health.head_of(service)
    for router in (health.router, feed.router, *service.routers):
        app.include_router(router)
    if service.tasks:
        require_texts(app, service.tasks)
        require_steps(app, service.tasks)
        app.include_router(tasks_router(service.tasks))
    if service.audit is not None:
        app.include_router(audit_router(service.metadata, service.audit))
    check_routes(app)
    app.state.methods = Methods(app)
    app.add_route(DESCRIPTION_PATH, read_description, include_in_schema=False)
    app.openapi = partial(describe, app)  # type: ignore[method-assign]  # FastAPI's documented way to extend it
    return app


def check_routes(app: FastAPI) -> None:
    """Deny by default: raises UnguardedRoute unless every business route has a guard and a transaction."""
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        path = context.path or ""
        if not path.startswith(GUARDED_PREFIXES):
            continue
        if not isinstance(route, APIRoute) or find_guard(route.dependant) is None:
            raise UnguardedRoute(f"{path} has no require() or require_internal()")
        if path != route.path:
            raise UnguardedRoute(f"{path}: give the prefix to APIRouter, not to include_router")
        if path.startswith("/v1/") and not isinstance(route, ServiceRoute):
            raise UnguardedRoute(f"{path} is not a ServiceRoute")


@contextlib.asynccontextmanager
async def _lifespan(service: ServiceDefinition, settings: ServiceSettings, app: FastAPI) -> AsyncIterator[None]:
    runtime = _make_runtime(service, settings)
    app.state.runtime = runtime
    watch_pool(service.name, runtime.db)
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(runtime.db.close)
        stack.push_async_callback(runtime.peers.close)
        if settings.workers_enabled:
            await _start_workers(service, runtime, stack)
        gc.collect()
        gc.freeze()
        gc.set_threshold(_GC_THRESHOLD, 20, 20)
        log.info("started", workers=settings.workers_enabled)
        yield
        app.state.draining = True
    log.info("stopped")


async def _start_workers(service: ServiceDefinition, runtime: Runtime, stack: contextlib.AsyncExitStack) -> None:
    if service.topics or service.consumers is not None:
        topics = [topic.name for topic in service.topics]
        events = EventRuntime(service.name, topics, service.consumers, runtime.settings, runtime.db, runtime.peers)
        runtime.events = events
        stack.push_async_callback(events.stop)
        await events.start()
    background = asyncio.create_task(_background(service, runtime), name=f"{service.name}:background")
    stack.push_async_callback(_cancel, background)


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait({task}, timeout=_STOP_SECONDS)


def _make_runtime(service: ServiceDefinition, settings: ServiceSettings) -> Runtime:
    db = Database(
        settings.sqlalchemy_url(),
        pool_size=settings.database_pool_size,
        pool_timeout=settings.database_pool_timeout,
        statement_timeout=settings.statement_timeout,
        application_name=service.name,
    )
    return Runtime(
        settings=settings,
        db=db,
        peers=PeerClient(settings),
        editions=load_editions(settings.policy_dir),
        log=get_logger(service.name),
        files=Storage(settings.files_url),
        topics=frozenset(topic.name for topic in service.topics),
    )


async def _background(service: ServiceDefinition, runtime: Runtime) -> None:
    """Stand for election and, while elected, run the service's workers and the daily purge."""
    workers: tuple[Background, ...] = (*service.background, _forget_keys_daily)

    async def work() -> None:
        async with asyncio.TaskGroup() as group:
            for worker in workers:
                group.create_task(_keep_running(partial(worker, runtime), getattr(worker, "__name__", "worker")))

    name = f"{service.name}:background"
    await Elector(runtime.settings.sqlalchemy_url(), BACKGROUND_LOCK, name, work).run()


async def _keep_running(worker: Callable[[], Awaitable[None]], name: str) -> None:
    """Start a worker again when it fails: one worker's fault stops neither itself for good nor the others."""
    while True:
        try:
            await worker()
            return
        except Exception:
            log.exception("background-worker-failed", worker=name)
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                # A connection that broke while its transaction was cancelled: the error stands for the cancellation.
                raise asyncio.CancelledError from None
            await asyncio.sleep(_RESTART_SECONDS)


async def _forget_keys_daily(runtime: Runtime) -> None:
    while True:
        count = await idempotency.purge(runtime.db)
        log.info("idempotency-keys-forgotten", count=count)
        await asyncio.sleep(_DAY_SECONDS)
