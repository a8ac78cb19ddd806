"""API keys that wait for somebody: one that ends soon for its owner, a proposed one for who confirms."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import aliased

from gateway.keys.models import ApiKey
from gateway.keys.rules import KEY_ROLES
from shared.auth.roles import SECURITY_ADMIN
from shared.clock import BUSINESS_ZONE, utcnow
from shared.tasks import Asked, TaskSource, Waiting

NOTICE: Final = timedelta(days=30)
"""So long before its end a key that nothing replaces is its owner's task. Real time: a key does not end by the
business day."""


async def _ending(asked: Asked) -> Sequence[Waiting]:
    later, now = aliased(ApiKey), utcnow()
    replaced = exists().where(
        later.account_id == ApiKey.account_id,
        later.livemode == ApiKey.livemode,
        later.slot.is_not(None),
        later.confirmed_at.is_not(None),
        later.expires_at > ApiKey.expires_at,
    )
    wanted = select(ApiKey).where(
        ApiKey.account_id == UUID(asked.principal.account_id),
        ApiKey.slot.is_not(None),
        ApiKey.confirmed_at.is_not(None),
        ApiKey.expires_at > now,
        ApiKey.expires_at <= now + NOTICE,
        ~replaced,
    )
    if not asked.principal.livemode:
        wanted = wanted.where(ApiKey.livemode.is_(False))
    return await _waiting(asked, wanted.order_by(ApiKey.expires_at, ApiKey.id), ends=True)


async def _proposed(asked: Asked) -> Sequence[Waiting]:
    by = {asked.principal.account_id, *asked.principal.on_behalf_of}
    wanted = select(ApiKey).where(
        ApiKey.slot.is_not(None),
        ApiKey.confirmed_at.is_(None),
        ApiKey.expires_at > utcnow(),
        ApiKey.requested_by.not_in(by),
    )
    return await _waiting(asked, wanted.order_by(ApiKey.created_at, ApiKey.id), ends=False)


async def _waiting(asked: Asked, wanted: Select[ApiKey], *, ends: bool) -> Sequence[Waiting]:
    return [
        Waiting(
            id=key.id,
            subject_id=key.id,
            no=key.public_id,
            since=key.created_at.astimezone(BUSINESS_ZONE).date(),
            due_on=key.expires_at.astimezone(BUSINESS_ZONE).date() if ends else None,
        )
        for key in await asked.session.scalars(wanted.limit(asked.limit))
    ]


SOURCES: Final = (
    TaskSource.of("api_key_ending", sorted(KEY_ROLES), "/v1/api-keys/{id}", _ending, message="task-api-key-ending"),
    TaskSource.of(
        "api_key_to_confirm", [SECURITY_ADMIN], "/v1/api-keys/{id}", _proposed, message="task-api-key-to-confirm"
    ),
)
