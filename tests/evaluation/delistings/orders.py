"""Orders on delistings for tests: recorded by one bureau, approved by the other, followed by the services."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID, uuid4

from shared.events.contracts import finance as fc, registry as rc, vouchers as vc
from tests.evaluation.cases import PUBLISHED
from tests.evaluation.known import Centre, Json
from tests.evaluation.support import Desk

STAYED, LIFTED, REVERSED = date(2021, 4, 1), date(2021, 6, 1), date(2021, 7, 1)
DAYS = {"stay": STAYED, "lift": LIFTED, "reverse": REVERSED}
VERBS = {"stay": "stay", "lift": "lift", "reverse": "reversal"}


def order(day: date, **changes: object) -> Json:
    return {
        "ground": "court",
        "issuer": "虚构市中级人民法院",
        "document_no": f"虚构行初〔{day.year}〕{day.month}号",
        "ordered_on": day.isoformat(),
        **changes,
    }


async def recorded(desk: Desk, case: Json, verb: str, on: date | None = None, **changes: object) -> Json:
    day = on or DAYS[verb]
    officer = desk.caller("science_officer", today=day)
    return await officer.ok(f"/v1/delistings/{case['id']}/{verb}", order(day, **changes), 201)


async def approved(desk: Desk, case: Json, verb: str, on: date | None = None, **changes: object) -> Json:
    """An order in effect: (the order as recorded)."""
    found = await recorded(desk, case, verb, on, **changes)
    approver = desk.caller("industry_approver", today=on or DAYS[verb])
    await approver.ok(f"/v1/delistings/{case['id']}/remedies/{found['id']}/approve")
    return found


async def progress(desk: Desk, case: Json) -> list[Json]:
    response = await desk.caller("auditor", today=REVERSED).get(f"/v1/delistings/{case['id']}/remedies")
    found: list[Json] = response.json()
    return found


async def registry_follows(
    desk: Desk,
    centre: Centre,
    case: Json,
    remedy: Json,
    *,
    restored: Sequence[UUID] = (),
    lapsed: Sequence[UUID] = (),
    left: int = 0,
) -> None:
    centre.version += 1
    data = rc.CentreRemedyData.model_validate(
        {
            **centre.state,
            "case_id": case["id"],
            "remedy_id": remedy["id"],
            "remedy": remedy["kind"],
            "effective_on": remedy["effective_on"],
            "ban_status": "stayed",
            "restored_qualification_ids": tuple(uuid4() for _ in restored),
            "restored_from_ids": tuple(restored),
            "lapsed_qualification_ids": tuple(lapsed),
            "active_municipal_titles_left": left,
        }
    )
    await desk.feed(rc.CentreRemedyApplied, centre.id, centre.version, data, PUBLISHED)


async def finance_follows(desk: Desk, centre: Centre, case: Json, remedy: Json, version: int = 1) -> None:
    data = fc.RemedyAppliedData(
        remedy_id=UUID(remedy["id"]),
        case_id=UUID(case["id"]),
        centre_id=centre.id,
        remedy=remedy["kind"],
        effective_on=PUBLISHED,
        cancelled_grant_ids=(),
        recovery_grant_ids=(),
        released=Decimal("0.00"),
        recovery_due=Decimal("0.00"),
    )
    await desk.feed(fc.DelistingRemedyApplied, data.remedy_id, version, data, PUBLISHED)


async def vouchers_follow(desk: Desk, centre: Centre, case: Json, remedy: Json) -> None:
    data = vc.RemedyAppliedData(
        remedy_id=UUID(remedy["id"]),
        case_id=UUID(case["id"]),
        centre_id=centre.id,
        remedy=remedy["kind"],
        effective_on=PUBLISHED,
        stopped_voucher_ids=(),
        released_redemption_ids=(),
        honoured_redemption_ids=(),
        returned=Decimal("0.00"),
    )
    await desk.feed(vc.DelistingRemedyApplied, data.remedy_id, 1, data, PUBLISHED)
