"""Puts a gateway process together: its own app, the front's parts, and their connections."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from fastapi import FastAPI
from starlette.datastructures import State
from starlette.types import ASGIApp

from gateway.accounts.router import router as accounts_router
from gateway.base import Base
from gateway.description.collector import Descriptions
from gateway.description.site import Site
from gateway.feed.router import router as feed_router
from gateway.front.callers import Accounts, Callers
from gateway.front.routes import OWN
from gateway.front.upstream import Upstreams
from gateway.settings import GatewaySettings
from gateway.signin.access import AccessTokens
from gateway.signin.router import router as signin_router
from gateway.tasks.gathering import Gatherer
from gateway.tasks.router import router as tasks_router
from shared.app import Runtime, ServiceDefinition, create_app
from shared.auth.tokens import TokenMinter, load_private_key
from shared.events.contracts import topics
from shared.http.messages import Messages
from shared.http.problems import Problems

MESSAGES = Path(__file__).parent / "messages.toml"

GATEWAY = ServiceDefinition(
    name=OWN,
    title="Gateway: sign-in, accounts and events",
    routers=(signin_router, accounts_router, feed_router, tasks_router),
    topics=topics(OWN),
    consumers=None,
    metadata=Base.metadata,
    messages=MESSAGES,
)


@dataclass(frozen=True, slots=True)
class Parts:
    """What the front is made of, once the process has started."""

    settings: GatewaySettings
    own: FastAPI
    site: ASGIApp
    accounts: Accounts
    callers: Callers
    upstreams: Upstreams
    problems: Problems


async def build(settings: GatewaySettings, state: State, stack: AsyncExitStack) -> Parts:
    """Connect everything; the stack closes it again. `state` is the process's, where the server marks draining."""
    own = create_app(GATEWAY, settings)
    await stack.enter_async_context(own.router.lifespan_context(own))
    runtime: Runtime = own.state.runtime
    simulated = settings.business_clock == "simulated"
    tokens = AccessTokens(load_private_key(settings.access_signing_key_file), settings.access_token_seconds)
    own.state.access_tokens = tokens
    accounts = Accounts(runtime.db, settings.account_cache_seconds)
    minter = TokenMinter(OWN, load_private_key(settings.signing_key_file))
    callers = Callers(tokens, accounts, minter, simulated=simulated)
    upstreams = Upstreams(settings)
    await upstreams.open()
    stack.push_async_callback(upstreams.close)
    own.state.gatherer = Gatherer(callers, upstreams, settings.tasks_seconds)
    descriptions = Descriptions(runtime.peers, own.openapi, settings.description_seconds, simulated=simulated)
    site = Site(settings, descriptions, callers, runtime, own.state.migration_head, (state, own.state))
    return Parts(settings, own, site.app(), accounts, callers, upstreams, Problems(Messages.load(MESSAGES)))
