"""Puts a gateway process together: its own app, the front's parts, and their connections."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from fastapi import FastAPI
from starlette.datastructures import State
from starlette.types import ASGIApp

from gateway.accounts.consumers import consumers
from gateway.accounts.router import router as accounts_router
from gateway.audit.keeping import close_audit_counts
from gateway.audit.ledger import Ledger
from gateway.audit.router import router as audit_router
from gateway.audit.watch import Watch, pseudonym_key
from gateway.audit.writing_heads import keep_heads
from gateway.audit_reports.asking import Asker
from gateway.audit_reports.router import router as audit_reports_router
from gateway.base import Base
from gateway.bureaus.router import router as bureaus_router
from gateway.delegations.router import router as delegations_router
from gateway.description.collector import Descriptions
from gateway.description.site import Site
from gateway.feed.router import Feed, router as feed_router
from gateway.feed.sources import Logs
from gateway.feed.streams import Streams
from gateway.feed.tails import Tails
from gateway.front.answers import Dress
from gateway.front.cache import PublicCache
from gateway.front.callers import Callers, Credentials
from gateway.front.changes import Changes
from gateway.front.load import Load
from gateway.front.routes import OWN
from gateway.front.upstream import Upstreams
from gateway.invitations.router import router as invitations_router
from gateway.keys.admission import Admission
from gateway.keys.credentials import ApiKeys
from gateway.keys.models import ApiKey
from gateway.keys.router import router as keys_router
from gateway.limits.leases import Leases
from gateway.limits.limiter import Limiter
from gateway.limits.values import load_limits
from gateway.oidc.identities import OutsideIdentities
from gateway.oidc.router import issuers_router, router as outside_identities_router
from gateway.password_resets.router import router as password_resets_router, use_router as password_reset_router
from gateway.sealing import keep_sealed_anew
from gateway.second_factor.models import SecondFactor
from gateway.second_factor.router import router as second_factor_router
from gateway.sessions.forgetting import forget_sessions
from gateway.settings import GatewaySettings
from gateway.signatures.answers import AnswerSigner
from gateway.signatures.nonces import sweep_nonces
from gateway.signin.access import AccessTokens
from gateway.signin.credentials import Accounts, OpenSessions, Sessions
from gateway.signin.router import router as signin_router
from gateway.tasks.gathering import Gatherer
from gateway.tasks.router import router as tasks_router
from gateway.webhooks.models import WebhookSecret
from gateway.webhooks.router import router as webhooks_router
from gateway.webhooks.worker import deliver_webhooks, sender_of
from shared.app import Runtime, ServiceDefinition, create_app
from shared.auth.tokens import TokenMinter, load_private_key
from shared.db import Database
from shared.events.contracts import topics
from shared.events.contracts.gateway import ACCOUNT, API_KEY, DELEGATION, OUTSIDE_IDENTITY, SESSION
from shared.http.messages import Messages
from shared.http.problems import Problems

MESSAGES = Path(__file__).parent / "messages.toml"


async def seal_secrets_anew(runtime: Runtime) -> None:
    """Worker: whatever secrets the gateway keeps, after a key was added."""
    await keep_sealed_anew(runtime, (ApiKey, SecondFactor, WebhookSecret))


GATEWAY = ServiceDefinition(
    name=OWN,
    title="Gateway: sign-in, accounts and events",
    routers=(
        signin_router,
        second_factor_router,
        accounts_router,
        password_resets_router,
        password_reset_router,
        invitations_router,
        delegations_router,
        feed_router,
        keys_router,
        bureaus_router,
        issuers_router,
        outside_identities_router,
        tasks_router,
        webhooks_router,
        audit_router,
        audit_reports_router,
    ),
    topics=topics(OWN),
    consumers=consumers,
    metadata=Base.metadata,
    messages=MESSAGES,
    background=(seal_secrets_anew, forget_sessions, sweep_nonces, deliver_webhooks, close_audit_counts, keep_heads),
)


@dataclass(frozen=True, slots=True)
class Parts:
    """What the front is made of, once the process has started."""

    settings: GatewaySettings
    own: FastAPI
    site: ASGIApp
    accounts: Accounts
    sessions: OpenSessions
    callers: Callers
    keys: ApiKeys
    admission: Admission
    changes: Changes
    upstreams: Upstreams
    limiter: Limiter
    load: Load
    dress: Dress
    cache: PublicCache
    problems: Problems
    watch: Watch


@dataclass(frozen=True, slots=True)
class _Known:
    """By whom callers are known, and what says so."""

    accounts: Accounts
    sessions: OpenSessions
    keys: ApiKeys
    outside: OutsideIdentities
    callers: Callers


async def build(settings: GatewaySettings, state: State, stack: AsyncExitStack) -> Parts:
    """Connect everything; the stack closes it again. `state` is the process's, where the server marks draining."""
    own = create_app(GATEWAY, settings)
    await stack.enter_async_context(own.router.lifespan_context(own))
    runtime: Runtime = own.state.runtime
    own.state.process = state
    changes = Changes()
    known = _known(settings, own, changes, stack)
    upstreams = Upstreams(settings)
    await upstreams.open()
    stack.push_async_callback(upstreams.close)
    descriptions = await _descriptions(settings, own, known.outside, stack)
    _equip(settings, own, known.callers, upstreams, descriptions, stack)
    await changes.listen(settings, stack)
    answers = AnswerSigner(settings.answer_signing_key_file, settings.public_url)
    admission = Admission(settings, runtime.db, answers)
    problems = Problems(Messages.load(MESSAGES))
    limiter = await _limiter(settings, stack)
    load = Load(problems.messages, most_in_flight=settings.max_in_flight, most_lag_seconds=settings.max_lag_seconds)
    await load.start()
    stack.push_async_callback(load.stop)
    head = own.state.migration_head
    site = Site(settings, descriptions, known.callers, admission, runtime, answers, head, (state, own.state))
    return Parts(
        settings=settings,
        own=own,
        site=site.app(),
        accounts=known.accounts,
        sessions=known.sessions,
        callers=known.callers,
        keys=known.keys,
        admission=admission,
        changes=changes,
        upstreams=upstreams,
        limiter=limiter,
        load=load,
        dress=Dress(settings),
        cache=PublicCache(_kept_seconds(settings)),
        problems=problems,
        watch=await _watch(settings, runtime, stack),
    )


def _known(settings: GatewaySettings, own: FastAPI, changes: Changes, stack: AsyncExitStack) -> _Known:
    """Every way to come in, each of which forgets what it believed when it hears of a change."""
    db = own.state.runtime.db
    seconds = settings.account_cache_seconds
    tokens = own.state.access_tokens = AccessTokens(
        load_private_key(settings.access_signing_key_file), settings.access_token_seconds
    )
    accounts, sessions, keys = Accounts(db, seconds), OpenSessions(db, seconds), ApiKeys(db, seconds)
    stack.push_async_callback(keys.close)
    outside = own.state.outside_identities = OutsideIdentities.open(settings, db, accounts, stack)
    changes.register(ACCOUNT.name, accounts.forget)
    changes.register(SESSION.name, sessions.forget)
    changes.register(DELEGATION.name, lambda _: accounts.forget_all())
    for topic in (ACCOUNT, API_KEY):
        changes.register(topic.name, keys.forget)
    changes.register(OUTSIDE_IDENTITY.name, outside.forget)
    credentials: tuple[Credentials, ...] = (keys, Sessions(tokens, accounts, sessions), outside)
    minter = TokenMinter(OWN, load_private_key(settings.signing_key_file))
    callers = Callers(credentials, minter, simulated=_simulated(settings))
    return _Known(accounts, sessions, keys, outside, callers)


async def _descriptions(
    settings: GatewaySettings, own: FastAPI, outside: OutsideIdentities, stack: AsyncExitStack
) -> Descriptions:
    descriptions = Descriptions(
        own.state.runtime.peers,
        own.openapi,
        settings.description_seconds,
        simulated=_simulated(settings),
        issuers=[issuer.issuer for issuer in outside.issuers.values()],
        file=settings.description_file,
    )
    stack.push_async_callback(descriptions.end)
    await descriptions.recall()
    if settings.description_ahead:
        descriptions.begin()
    return descriptions


def _equip(
    settings: GatewaySettings,
    own: FastAPI,
    callers: Callers,
    upstreams: Upstreams,
    descriptions: Descriptions,
    stack: AsyncExitStack,
) -> None:
    """Give the own app what its routers look for."""
    runtime: Runtime = own.state.runtime
    logs = Logs(runtime.db, runtime.peers)
    own.state.feed = Feed(logs, Tails(logs), Streams(settings.streams_per_caller, settings.streams_per_process))
    own.state.webhook_sender = sender_of(settings)
    stack.push_async_callback(own.state.webhook_sender.close)
    own.state.gatherer = Gatherer(callers, upstreams, settings.tasks_seconds)
    own.state.asker = Asker(callers, upstreams, runtime.peers, descriptions)


def _simulated(settings: GatewaySettings) -> bool:
    return settings.business_clock == "simulated"


def _kept_seconds(settings: GatewaySettings) -> float:
    """How old an answer of the public registers may be; under a simulated clock not at all, unless it is said."""
    kept = settings.public_cache_seconds
    return kept if kept is not None else 0.0 if _simulated(settings) else 1.0


async def _watch(settings: GatewaySettings, runtime: Runtime, stack: AsyncExitStack) -> Watch:
    """Keeps the audit over connections of its own: an entry must not wait behind what it is about."""
    db = Database(
        settings.sqlalchemy_url(), pool_size=2, pool_timeout=2.0, statement_timeout=3.0, application_name=f"{OWN}-audit"
    )
    stack.push_async_callback(db.close)
    ledger = Ledger(db, runtime.wake)
    await ledger.start(stack)
    return Watch(ledger, pseudonym_key(settings.access_signing_key_file), settings.audit_bulk_rows)


async def _limiter(settings: GatewaySettings, stack: AsyncExitStack) -> Limiter:
    """Draws tokens over a connection of its own: it must not wait for one behind slow sign-ins."""
    db = Database(
        settings.sqlalchemy_url(),
        pool_size=1,
        pool_timeout=1.0,
        statement_timeout=1.0,
        application_name=f"{OWN}-limits",
    )
    stack.push_async_callback(db.close)
    leases = Leases(db, settings.rate_limits_alone)
    stack.push_async_callback(leases.close)
    return Limiter(load_limits(settings.rate_limits_file), leases, off=settings.rate_limits == "off")
