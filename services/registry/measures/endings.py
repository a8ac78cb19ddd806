"""What ends with a centre that leaves the list at its own request: what it had applied for, and what it held."""

from __future__ import annotations

from functools import partial
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.centres.models import Centre
from services.registry.delisting import sweeps
from services.registry.delisting.followers import follow_centre
from services.registry.delisting.orders import Departure, as_departures
from services.registry.operators.models import OperatorChange
from services.registry.operators.rules import OPEN
from services.registry.operators.state import change_state
from services.registry.profile_changes.sweeps import refuse_with_withdrawal
from services.registry.qualifications.cases import qualification_state
from services.registry.qualifications.models import Qualification
from services.registry.qualifications.rules import PENDING, WITHDRAWN_WITH_CENTRE
from services.registry.tenancies.events import tenancy_state
from services.registry.tiers.endings import end_with_centre
from services.registry.upward_notices.usecases import upward_notice_state
from shared.events import outbox
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.policy.edition import Edition

REASON_WITHDRAWN: Final = WITHDRAWN_WITH_CENTRE
RULES: Final = ("centre.withdrawal",)


async def end_open_applications(session: AsyncSession, centre_id: UUID, context: EventContext) -> None:
    """Refuse what the centre had applied for and what was not decided: titles, tiers, a change of operator or of
    its profile; its tier ends with that day. The centre's row is locked, so nothing new is applied for meanwhile."""
    titles = select(Qualification).where(Qualification.centre_id == centre_id, Qualification.status.in_(PENDING))
    for title in await session.scalars(titles.order_by(Qualification.id).with_for_update()):
        title.status, title.reason_code = "refused", REASON_WITHDRAWN
        title.decided_on = context.effective_on
        state = qualification_state(title)
        await outbox.append(session, rc.QualificationRefused, title, state, context=context, rules=RULES)
    await end_with_centre(session, centre_id, context, reason_code=REASON_WITHDRAWN, rules=RULES)
    changes = select(OperatorChange).where(OperatorChange.centre_id == centre_id, OperatorChange.status.in_(OPEN))
    for change in await session.scalars(changes.with_for_update()):
        change.status, change.refusal_code = "refused", REASON_WITHDRAWN
        change.decided_on = context.effective_on
        await outbox.append(
            session, rc.OperatorChangeRefused, change, change_state(change), context=context, rules=RULES
        )
    await refuse_with_withdrawal(session, centre_id, context, reason_code=REASON_WITHDRAWN, rules=RULES)


async def end_what_was_held(
    session: AsyncSession, edition: Edition, centre: Centre, measure_id: UUID, context: EventContext
) -> None:
    """The centre's municipal titles end with the day, its tenants have to move, and what it holds from above is
    reported upward (2.1-1); `measure_id` is the withdrawal. The same statements as in a delisting, with the centre's
    row locked: what is done already stays."""
    table = as_departures([Departure(measure_id, centre.id, context.effective_on)], edition)
    titles = await sweeps.revoke_titles(session, table, edition.titles, reason_code=REASON_WITHDRAWN)
    upward = await sweeps.report_upward(session, table, edition.titles)
    tenancies = await sweeps.relocate_tenancies(session, table)
    ended = [(title.id, title.version, qualification_state(title)) for title in titles]
    reported = [(notice.id, notice.version, upward_notice_state(notice)) for notice in upward]
    moving = [(tenancy.id, tenancy.version, tenancy_state(tenancy)) for tenancy in tenancies]
    told = partial(outbox.append_many, session, context=context, rules=RULES, edition=edition.id)
    await told(rc.QualificationRevoked, ended)
    await told(rc.UpwardNoticeDue, reported)
    await told(rc.TenancyRelocationDue, moving)
    await follow_centre(session, centre.id, context, reason_code=REASON_WITHDRAWN)
