"""Delisting cases for tests: from two failed years to a decision in force and its confirmations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID, uuid4

from shared.events.contracts import finance as fc, registry as rc, vouchers as vc
from tests.evaluation.known import Centre, Json
from tests.evaluation.support import Desk
from tests.support.tokens import bearer, service_token

ANNOUNCED = date(2021, 1, 28)
DAYS = (date(2021, 1, 29), date(2021, 2, 20), date(2021, 2, 22), date(2021, 2, 24), date(2021, 2, 25))
SIGNED = date(2021, 2, 26)
PUBLISHED = date(2021, 3, 1)
NOTICE = {"method": "direct", "recipient_role": "legal_representative", "document_no": "虚构告〔2021〕1号"}


async def second_year(desk: Desk, centres: int = 1) -> tuple[Json, list[Centre]]:
    """Centres that failed 2019 for good and fail 2020 so far: 2020 is announced."""
    made = [await desk.centre() for _ in range(centres)]
    first = await desk.scored(2019, date(2020, 2, 3), marks=False)
    await desk.announce(first["id"], date(2020, 2, 4))
    await desk.sign(first["id"], date(2020, 2, 12))
    await desk.publish(first["id"], date(2020, 2, 12))
    second = await desk.scored(2020, date(2021, 1, 25), marks=False)
    await desk.announce(second["id"], ANNOUNCED)
    return second, made


async def published(desk: Desk) -> tuple[Centre, Json]:
    """A delisting in force that nobody has confirmed yet."""
    cycle, (centre,) = await second_year(desk)
    case = await desk.case_of(centre)
    await desk.procedure(case["id"], DAYS)
    await desk.sign(cycle["id"], SIGNED)
    await desk.publish(cycle["id"], PUBLISHED)
    return centre, await desk.case_of(centre)


async def standing(desk: Desk, centre: Centre) -> Json:
    token = service_token(desk.keys, "finance", "evaluation")
    response = await desk.client.get(f"/internal/centres/{centre.id}/standing", headers=bearer(token))
    answer: Json = response.json()
    return answer


async def registry_confirms(
    desk: Desk, centre: Centre, case: Json, titles_left: int = 0, revoked: Sequence[UUID] = ()
) -> None:
    centre.version += 1
    data = rc.CentreDelistedData.model_validate(
        {
            **centre.state,
            "status": "delisted",
            "delisted_on": PUBLISHED,
            "case_id": case["id"],
            "decision_no": case["decision_no"],
            "published_on": PUBLISHED,
            "ban_id": uuid4(),
            "revoked_qualification_ids": tuple(revoked),
            "refused_application_ids": (),
            "relocated_tenancy_ids": (),
            "active_municipal_titles_left": titles_left,
        }
    )
    await desk.feed(rc.CentreDelisted, centre.id, centre.version, data, PUBLISHED)


async def finance_confirms(desk: Desk, centre: Centre, case: Json, version: int = 1) -> None:
    data = fc.DelistingAppliedData(
        case_id=UUID(case["id"]),
        centre_id=centre.id,
        cancelled_grant_ids=(),
        recovery_grant_ids=(),
        released=Decimal("80000.00"),
        recovery_due=Decimal("0.00"),
        effective_on=PUBLISHED,
    )
    await desk.feed(fc.DelistingApplied, data.case_id, version, data, PUBLISHED)


async def vouchers_confirm(desk: Desk, centre: Centre, case: Json) -> None:
    data = vc.DelistingAppliedData(
        case_id=UUID(case["id"]),
        centre_id=centre.id,
        stopped_voucher_ids=(),
        released_redemption_ids=(),
        honoured_redemption_ids=(),
        effective_on=PUBLISHED,
    )
    await desk.feed(vc.DelistingApplied, data.case_id, 1, data, PUBLISHED)
