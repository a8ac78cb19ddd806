"""What waits for a second person about accounts, and for a colleague who is asked to stand in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import String, cast, select

from gateway.accounts import requests
from gateway.accounts.models import Account, AccountRequest
from gateway.delegations.models import Delegation
from gateway.oidc.models import OutsideIdentity
from shared.auth.roles import ADMIN, BUREAU_ROLES, SECURITY_ADMIN
from shared.clock import BUSINESS_ZONE, utcnow
from shared.tasks import Asked, Find, TaskSource, Waiting


def _asked_for(kind: str) -> Find:
    """Requests of a kind about living accounts, made by others about others, while they may still be confirmed."""

    async def find(asked: Asked) -> Sequence[Waiting]:
        me, wanted = asked.principal.account_id, AccountRequest
        statement = (
            select(wanted.id, wanted.account_id, wanted.requested_at, wanted.expires_at)
            .join(Account, Account.id == wanted.account_id)
            .where(
                wanted.kind == kind,
                wanted.outcome.is_(None),
                wanted.expires_at > utcnow(),
                wanted.requested_by != me,
                cast(wanted.account_id, String) != me,
                Account.disabled_at.is_(None),
            )
            .order_by(wanted.expires_at, wanted.id)
            .limit(asked.limit)
        )
        return [
            Waiting(
                id=row.id,
                subject_id=row.account_id,
                no=None,
                since=row.requested_at.astimezone(BUSINESS_ZONE).date(),
                due_on=row.expires_at.astimezone(BUSINESS_ZONE).date(),
            )
            for row in await asked.session.execute(statement)
        ]

    return find


async def _delegations(asked: Asked) -> Sequence[Waiting]:
    """Until the last day of the leave, by the colleague who was asked."""
    wanted = Delegation
    statement = (
        select(wanted.id, wanted.created_at, wanted.from_on)
        .where(
            wanted.delegate_id == UUID(asked.principal.account_id),
            wanted.status == "proposed",
            wanted.to_on >= asked.today,
        )
        .order_by(wanted.from_on, wanted.id)
        .limit(asked.limit)
    )
    return [
        Waiting(row.id, row.id, None, row.created_at.astimezone(BUSINESS_ZONE).date(), row.from_on)
        for row in await asked.session.execute(statement)
    ]


async def _links(asked: Asked) -> Sequence[Waiting]:
    """Links of outside identities to local accounts, made by others and not to one's own account."""
    me, wanted = asked.principal.account_id, OutsideIdentity
    statement = (
        select(wanted.id, wanted.linked_at)
        .where(
            wanted.linked_account_id.is_not(None),
            wanted.confirmed_at.is_(None),
            wanted.disabled_at.is_(None),
            wanted.linked_by != me,
            cast(wanted.linked_account_id, String) != me,
        )
        .order_by(wanted.linked_at, wanted.id)
        .limit(asked.limit)
    )
    return [
        Waiting(row.id, row.id, None, row.linked_at.astimezone(BUSINESS_ZONE).date(), None)
        for row in await asked.session.execute(statement)
    ]


_A: Final = "/v1/accounts/{id}"

SOURCES: Final = (
    TaskSource.of(
        "account_rights_to_confirm",
        [SECURITY_ADMIN],
        _A,
        _asked_for(requests.RIGHTS),
        message="task-account-rights-to-confirm",
    ),
    TaskSource.of(
        "second_factor_reset_to_confirm",
        [ADMIN, SECURITY_ADMIN],
        _A,
        _asked_for(requests.SECOND_FACTOR_RESET),
        message="task-second-factor-reset-to-confirm",
    ),
    TaskSource.of(
        "password_reset_to_confirm",
        [SECURITY_ADMIN],
        _A,
        _asked_for(requests.PASSWORD_RESET),
        message="task-password-reset-to-confirm",
    ),
    TaskSource.of(
        "delegation_to_accept",
        sorted(BUREAU_ROLES),
        "/v1/delegations",
        _delegations,
        message="task-delegation-to-accept",
    ),
    TaskSource.of(
        "outside_identity_to_confirm",
        [SECURITY_ADMIN],
        "/v1/outside-identities/{id}",
        _links,
        message="task-outside-identity-to-confirm",
    ),
)
