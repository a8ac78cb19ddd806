"""For each role two people who have nothing to do with each other, each with whatever that role can have."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import null
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.accounts.usecases import Scope
from gateway.delegations.models import Delegation
from gateway.keys.models import ApiKey
from gateway.webhooks.models import EVENT, FAILED, Webhook, WebhookDelivery, WebhookEvent, WebhookTopic
from gateway.webhooks.rules import owner_name
from shared.auth import roles as r
from shared.clock import utcnow
from shared.db import Database
from shared.ids import uuid7
from tests.security.gateway_matrix import HOOKED, KEYED, KNOWN
from tests.security.people import Person, Town, enrol, issue, sign_in
from tests.support.identifiers import make_uscc

SCOPES: Final = {
    r.DIVISION_OFFICER: "division",
    r.DIVISION_APPROVER: "division",
    r.CENTRE_OPERATOR: "org",
    r.ENTERPRISE: "org",
    r.GUARANTOR: "org",
    r.FOUNDER: "person_ref",
    r.MENTOR: "person_ref",
    r.PROVIDER: "provider",
    r.BANK: "bank",
}
FROM, TO = date(2019, 3, 1), date(2019, 3, 31)


@dataclass(frozen=True)
class Resident:
    """Somebody of a role, and the ids of what is his by the name that paths have for it."""

    role: str
    person: Person
    things: dict[str, UUID] = field(default_factory=dict)


def _scope(role: str, number: int) -> dict[str, str]:
    values = {
        "division": ("540102", "540103")[number],
        "org": make_uscc(900 + number),
        "person_ref": f"person-{role}-{number}",
        "provider": f"provider-{number}",
        "bank": ("CCB-X", "ICBC-X")[number],
    }
    field_of_role = SCOPES.get(role)
    return {field_of_role: values[field_of_role]} if field_of_role is not None else {}


async def furnish(database_url: str, town: Town) -> dict[str, tuple[Resident, Resident]]:
    """By role, the one who asks and the other."""
    db = Database(database_url, pool_size=2)
    try:
        async with db.transaction() as session:
            pairs = {}
            for role in sorted(KNOWN):
                pairs[role] = (await _settle(session, town, role, 0), await _settle(session, town, role, 1))
            return pairs
    finally:
        await db.close()


async def _settle(session: AsyncSession, town: Town, role: str, number: int) -> Resident:
    scope = _scope(role, number)
    name = f"{role.replace('_', '-')}-{number}"
    person = await enrol(session, town, name, [role], scope=Scope(**scope))
    grantor = town.people["other"]
    resident = Resident(role, person, {"session_id": (await sign_in(session, town, person.id)).session_id})
    delegation = Delegation(
        id=uuid7(),
        version=0,
        grantor_id=grantor.id,
        delegate_id=person.id,
        roles=[r.SCIENCE_OFFICER],
        from_on=FROM,
        to_on=TO,
        status="proposed",
    )
    session.add(delegation)
    resident.things["delegation_id"] = delegation.id
    if role in KEYED:
        row: ApiKey = (await issue(session, person.id)).row
        resident.things["key_id"] = row.id
    if role in HOOKED:
        owner = owner_name(role, bank=scope.get("bank"), org=scope.get("org"), account_id=str(person.id))
        await _hook(session, resident, owner)
    await session.flush()
    return resident


async def _hook(session: AsyncSession, resident: Resident, owner: str) -> None:
    """A webhook that is paused, with a delivery that failed."""
    webhook = Webhook(
        id=uuid7(),
        version=1,
        livemode=True,
        owner=owner,
        role=resident.role,
        account_id=resident.person.id,
        url=f"https://198.51.100.7/{uuid4().hex}",
        ordered=False,
        status="paused",
        status_since=utcnow(),
    )
    event = WebhookEvent(id=uuid7(), topic="registry.centre", type="registry.centre.listed.v1", position=1, body="{}")
    session.add_all([webhook, event])
    await session.flush()
    delivery = WebhookDelivery(
        id=uuid7(), webhook_id=webhook.id, event_id=event.id, kind=EVENT, state=FAILED, next_attempt_at=null()
    )
    delivery.ended_at = utcnow()
    session.add(delivery)
    session.add(WebhookTopic(webhook_id=webhook.id, topic="registry.centre", types=[], epoch=1, position=1))
    resident.things.update(webhook_id=webhook.id, delivery_id=delivery.id)
