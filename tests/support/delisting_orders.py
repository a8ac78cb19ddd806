"""Orders on a published delisting as evaluation sends them, for the services that follow them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from itertools import count
from typing import Any
from uuid import UUID

from shared.clock import utcnow
from shared.events.consumer import Received
from shared.events.contracts import evaluation as ev
from shared.events.types import EventType
from shared.ids import uuid7
from tests.support.identifiers import make_uscc

PUBLISHED = date(2021, 3, 1)
_numbers = count(1)
_EVENTS: dict[str, EventType[ev.DelistingRemedyData]] = {
    "stay": ev.DelistingStayed,
    "lift": ev.DelistingLifted,
    "reversal": ev.DelistingReversed,
}


class Orders:
    """The orders on one case: `orders.next("stay", day)` is the event of another one, with all before it."""

    def __init__(
        self, case_id: UUID, centre_id: UUID | str, *, operator: str | None = None, published_on: date = PUBLISHED
    ) -> None:
        self.decision: dict[str, Any] = {
            "id": case_id,
            "no": "DL-2021-0001",
            "centre_id": centre_id,
            "status": "completed",
            "first_failed_year": published_on.year - 2,
            "second_failed_year": published_on.year - 1,
            "operator_code": operator or make_uscc(7),
            "operator_barred": True,
            "decision_no": "虚构摘〔2021〕9号",
            "decided_on": published_on,
            "published_on": published_on,
            "published_at": utcnow(),
            "ban_years": 3,
            "participants": ("registry", "finance", "vouchers"),
        }
        self.orders: list[ev.DelistingRemedy] = []

    def next(self, kind: str, day: date, ground: str = "court") -> Received[ev.DelistingRemedyData]:
        order = ev.DelistingRemedy(
            id=uuid7(),
            no=f"DR-2021-{next(_numbers):04d}",
            ordinal=len(self.orders) + 1,
            kind=kind,
            status="ordered",
            ground=ground,
            issuer="虚构市中级人民法院",
            document_no=f"虚构行初〔2021〕{next(_numbers)}号",
            ordered_on=day,
            effective_on=day,
            recorded_by="science-officer",
            recorded_bureau="science",
            recorded_on=day,
            decided_by="industry-approver",
            decided_bureau="industry",
            decided_on=day,
        )
        self.orders.append(order)
        return self.event(_EVENTS[kind], order, self.orders)

    def reminded(self, order: ev.DelistingRemedy, late: Iterable[str]) -> Received[ev.DelistingRemedyRemindedData]:
        """The watchdog's reminder of one of them."""
        return self.event(ev.DelistingRemedyReminded, order, self.orders, late=tuple(late))

    def event(
        self, event_type: EventType[Any], order: ev.DelistingRemedy, orders: Iterable[ev.DelistingRemedy], **more: Any
    ) -> Received[Any]:
        data = event_type.data.model_validate({**self.decision, "remedy": order, "remedies": tuple(orders), **more})
        return Received(
            id=uuid7(),
            type=event_type.name,
            topic=event_type.topic.name,
            position=next(_numbers),
            subject=self.decision["id"],
            aggregate_version=20 + order.ordinal,
            effective_on=order.effective_on,
            time=utcnow(),
            actor="industry-approver",
            correlation_id="orders",
            rules=("delisting.remedy_order",),
            edition="lhasa-2019",
            simulated=True,
            data=data,
        )
