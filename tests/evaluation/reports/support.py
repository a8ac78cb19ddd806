"""Short ways to reports and to what the registry tells about a centre's quarter."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from shared.events.contracts import registry as rc
from tests.evaluation.known import Centre, Json
from tests.evaluation.support import Caller, Desk

REPORTS = "/v1/quarterly-reports"
AFTER_Q1 = date(2019, 4, 8)
AFTER_Q2 = date(2019, 7, 8)


async def draft(operator: Caller, centre: Centre, quarter: int = 1, year: int = 2019, **body: object) -> Json:
    """A draft of a quarter."""
    return await operator.ok(REPORTS, {"centre_id": str(centre.id), "year": year, "quarter": quarter, **body}, 201)


def path_of(report: Json) -> str:
    return f"{REPORTS}/{report['id']}"


async def staff(desk: Desk, centre: Centre, **changes: Any) -> None:
    """Somebody works for the centre full-time and is trained, unless said otherwise."""
    data = {
        "id": uuid4(),
        "centre_id": centre.id,
        "person_ref": "p-1",
        "role": "manager",
        "full_time": True,
        "from_on": date(2019, 1, 2),
        "until_on": None,
        "certificates": 1,
        "valid_certificates": 1,
        **changes,
    }
    state = rc.StaffState.model_validate(data)
    await desk.feed(rc.StaffJoined, state.id, 1, state)


async def agreement(desk: Desk, centre: Centre, **changes: Any) -> None:
    """A cooperation agreement that runs for the year."""
    data = {
        "id": uuid4(),
        "centre_id": centre.id,
        "partner_id": uuid4(),
        "document_no": "协议1",
        "subject": "合作",
        "signed_on": date(2019, 1, 15),
        "valid_from": date(2019, 1, 15),
        "valid_until": date(2019, 12, 31),
        "ended_on": None,
        "reason_code": None,
        **changes,
    }
    state = rc.AgreementState.model_validate(data)
    await desk.feed(rc.AgreementRecorded, state.id, 1, state)


async def service(desk: Desk, centre: Centre, **changes: Any) -> UUID:
    """A service of February that the enterprise confirmed."""
    data = {
        "id": uuid4(),
        "no": "SR-2019-0001",
        "centre_id": centre.id,
        "enterprise_id": uuid4(),
        "tenancy_id": uuid4(),
        "type": "training",
        "title": "培训",
        "provided_on": date(2019, 2, 12),
        "quantity": 1,
        "hours": Decimal(2),
        "document_no": None,
        "amount": None,
        "status": "confirmed",
        "corrects_id": None,
        "answered_on": None,
        "reason_code": None,
        **changes,
    }
    state = rc.ServiceRecordState.model_validate(data)
    await desk.feed(rc.ServiceConfirmed, state.id, 2, state)
    return state.enterprise_id


async def technology_flag(desk: Desk, enterprise_id: UUID, kind: str = "high_tech", **changes: Any) -> None:
    """A recognition that is valid through 2021."""
    data = {
        "id": enterprise_id,
        "code": "91540100MA6T0000X0",
        "flag_id": uuid4(),
        "kind": kind,
        "certificate_no": "GR1",
        "issued_on": date(2018, 12, 1),
        "valid_through": date(2021, 11, 30),
        "withdrawn_on": None,
        **changes,
    }
    state = rc.TechnologyFlagState.model_validate(data)
    await desk.feed(rc.TechnologyFlagRecorded, enterprise_id, 3, state)
