"""Histories as a caller may see them, and states as of a day."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final, TypeAlias
from uuid import UUID

from fastapi import Query
from pydantic import JsonValue
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import READ_ALL
from services.registry.days import require_begun
from services.registry.history.schemas import ChangeOut, HistoryEntryOut, HistoryParams, StateAsOf
from shared.auth.principal import Principal
from shared.errors import DomainError, not_found
from shared.events.history import Entry, exists_since, first_day_in, read_history, state_as_of
from shared.events.types import Topic
from shared.http.paging import Page, paginate
from shared.kernel_tables import event_log
from shared.policy.edition import Editions

SYSTEM: Final = "system"

Fields: TypeAlias = Mapping[str, JsonValue]

AsOf = Annotated[
    date | None,
    Query(description="The state at the end of that day, by the days from which changes hold; no future day"),
]


@dataclass(frozen=True, slots=True)
class PublicView:
    """What everybody sees of a thing: in these statuses, these fields.

    `by_then` adds what no event says because time alone brings it about, such as a title that ran out.
    """

    statuses: Sequence[str]
    fields: frozenset[str]
    by_then: Callable[[Fields, date], Fields] | None = None


async def history_page(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    topic: Topic,
    aggregate_id: UUID,
    wanted: HistoryParams,
) -> Page[HistoryEntryOut]:
    """One page of what happened, by version."""
    entries = {entry.version: entry for entry in await read_history(session, topic, aggregate_id)}
    version = event_log.c.aggregate_version
    query = select(version).where(event_log.c.topic == topic.name, event_log.c.aggregate_id == aggregate_id)
    key = version.desc() if wanted.sort == "-version" else version
    shown = _shower(editions, principal)
    return await paginate(session, query, keys=[key], params=wanted, item=lambda number: shown(entries[number]))


async def state_on(
    session: AsyncSession,
    principal: Principal,
    topic: Topic,
    aggregate_id: UUID,
    day: date,
    *,
    public: PublicView | None = None,
) -> StateAsOf:
    """The state at the end of a day, only what everybody sees of it where `public` is given.

    The caller has checked that the thing is the principal's to read. Raises 422 for a day in the future and 404
    `not-yet-on-that-day`, which says since when there is something to see.
    """
    require_begun(principal, day, "as_of")
    entries = await read_history(session, topic, aggregate_id)
    state = state_as_of(entries, day)
    if public is not None and (state is None or state.fields.get("status") not in public.statuses):
        raise _nothing_on(day, first_day_in(entries, public.statuses))
    if state is None:
        raise _nothing_on(day, exists_since(entries) if entries else None)
    fields = state.fields
    if public is not None:
        known = public.by_then(fields, day) if public.by_then else fields
        fields = {name: value for name, value in known.items() if name in public.fields}
    return StateAsOf.model_validate(
        {**fields, "as_of": day, "version": state.version, "effective_on": state.effective_on}
    )


def _nothing_on(day: date, since: date | None) -> DomainError:
    if since is None or since <= day:
        return not_found("state")
    return DomainError("not-yet-on-that-day", 404, params={"day": day, "since": since})


def _shower(editions: Editions, principal: Principal) -> Callable[[Entry], HistoryEntryOut]:
    sees_accounts = principal.has(*READ_ALL)

    def shown(entry: Entry) -> HistoryEntryOut:
        named = sees_accounts or entry.actor == principal.account_id
        return HistoryEntryOut(
            version=entry.version,
            event_id=entry.id,
            type=entry.type,
            recorded_at=entry.recorded_at,
            effective_on=entry.effective_on,
            actor=entry.actor if named else None,
            actor_role=entry.actor_role or SYSTEM,
            reason_code=entry.reason_code,
            rules=list(entry.rules),
            clauses=clauses_of(editions, entry),
            edition=entry.edition,
            changes={
                name: ChangeOut(before=change.before, after=change.after)
                for name, change in entry.changes.items()
                if change.before != change.after
            },
            fields=dict(entry.fields),
        )

    return shown


def clauses_of(editions: Editions, entry: Entry) -> list[str]:
    """The clauses behind the rules an event cites, in the edition it cites or else the one nearest to its day."""
    loaded = {edition.id: edition for edition in editions}
    edition = loaded.get(entry.edition or "") or editions.closest_to(entry.effective_on)
    if edition is None:
        return []
    cited = (edition.rules[rule].clause for rule in entry.rules if rule in edition.rules)
    return list(dict.fromkeys(cited))
