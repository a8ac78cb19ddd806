"""Every step that somebody takes is in the event log: who, from which day, under which rules, and the new state."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

import pytest
from fastapi.routing import APIRoute
from httpx import Response
from sqlalchemy import text

from services.evaluation.main import definition
from shared.events.contracts import event_types
from tests.evaluation.cases import ANNOUNCED, DAYS, NOTICE, PUBLISHED, SIGNED, second_year
from tests.evaluation.known import Centre, Json
from tests.evaluation.support import Caller, Desk, full_form

C: Final = "/v1/evaluation-cycles"
E: Final = "/v1/evaluations/{}"
Q: Final = "/v1/quarterly-reports"
D: Final = "/v1/delistings/{}"
STEPS: Final[Mapping[str, tuple[str, ...]]] = {
    f"POST {Q}": ("report.drafted",),
    f"PATCH {Q}/{{}}": ("report.edited",),
    f"POST {Q}/{{}}/submit": ("report.submitted",),
    f"POST {Q}/{{}}/return": ("report.returned",),
    f"POST {Q}/{{}}/accept": ("report.accepted",),
    f"POST {C}": ("cycle.opened",),
    f"POST {C}/{{}}/score": ("cycle.scoring_begun",),
    f"POST {C}/{{}}/announce": ("cycle.announced",),
    f"POST {C}/{{}}/approve": ("cycle.approved",),
    f"POST {C}/{{}}/countersign": ("cycle.countersigned",),
    f"POST {C}/{{}}/publish": ("cycle.publication_begun",),
    f"POST {E}/expert-scores": ("mark.entered",),
    f"POST {E}/vetoes": ("veto.recorded",),
    f"POST {E}/vetoes/{{}}/decide": ("veto.confirmed", "veto.dismissed"),
    f"POST {E}/exemptions": ("exemption.proposed",),
    f"POST {E}/exemptions/{{}}/approve": ("exemption.approved", "exemption.refused"),
    f"POST {E}/exemptions/{{}}/countersign": ("exemption.granted", "exemption.refused"),
    f"POST {E}/publish": ("result.published",),
    "POST /v1/objections": ("objection.taken",),
    "POST /v1/objections/{}/answer": ("objection.answered",),
    "POST /v1/rectifications/{}/submit": ("rectification.submitted",),
    "POST /v1/rectifications/{}/accept": ("rectification.accepted",),
    "POST /v1/rectifications/{}/reject": ("rectification.rejected",),
    f"POST {D}/notice-of-intent": ("delisting.advanced",),
    f"POST {D}/statement": ("delisting.advanced",),
    f"POST {D}/hearing-request": ("delisting.advanced",),
    f"POST {D}/hearing": ("delisting.advanced",),
    f"POST {D}/legal-review": ("delisting.advanced",),
    f"POST {D}/decision": ("delisting.advanced",),
    f"POST {D}/countersign": ("delisting.advanced",),
    f"POST {D}/service-record": ("delisting.advanced",),
}
"""Each way to change something, and what the log then says about the row it changed."""

BY_THE_SERVICE: Final = {
    *("cycle.scored", "cycle.scoring_failed", "cycle.published", "circular.issued", "rectification.ordered"),
    *("result.enrolled", "result.scored", "result.graded"),
    *("delisting.opened", "delisting.dropped", "delisting.decided", "delisting.answered", "delisting.reminded"),
    "delisting.completed",
}
"""What follows from a step by itself, at once or in the background."""

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
_SINCE = text("SELECT type, aggregate_id, actor, effective_on, attributes FROM event_log WHERE seq > :seq ORDER BY seq")
_LAST = text("SELECT COALESCE(max(seq), 0) FROM event_log")


def test_the_table_has_every_way_to_change_something() -> None:
    ways = {
        f"{method} {re.sub('{[^}]+}', '{}', route.path)}"
        for router in definition.routers
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in set(route.methods or ()) - {"GET", "HEAD"}
    }
    assert ways == set(STEPS)


def test_every_event_belongs_to_a_step_or_to_the_service_itself() -> None:
    names = {
        event_type.name.removeprefix("evaluation.").removesuffix(".v1") for event_type in event_types("evaluation")
    }
    assert names == {name for told in STEPS.values() for name in told} | BY_THE_SERVICE


@dataclass
class Watched(Caller):
    """A caller whose every successful change is looked up in the event log."""

    desk: Desk = field(kw_only=True)
    seen: dict[str, set[str]] = field(kw_only=True)

    def on(self, today: date) -> Watched:
        known = (self.client, self.keys, self.roles, today, self.scope, self.account)
        return Watched(*known, desk=self.desk, seen=self.seen)

    async def post(self, path: str, body: object = None, **headers: str) -> Response:
        before = await self.desk.count(_LAST.text)
        response = await super().post(path, body, **headers)
        await self._look("POST", path, body, response, before)
        return response

    async def patch(self, path: str, body: object, if_match: str | None = None) -> Response:
        before = await self.desk.count(_LAST.text)
        response = await super().patch(path, body, if_match)
        await self._look("PATCH", path, body, response, before)
        return response

    async def _look(self, method: str, path: str, body: object, response: Response, before: int) -> None:
        if not response.is_success:
            return
        step = f"{method} {_ID.sub('{}', path)}"
        async with self.desk.runtime.db.transaction() as session:
            events = (await session.execute(_SINCE, {"seq": before})).all()
        concerned = {response.json()["id"], *_ID.findall(path)[-1:]}
        told = [event for event in events if _name(event) in STEPS[step] and str(event.aggregate_id) in concerned]
        assert len(told) == 1, (step, [_name(event) for event in events])
        assert told[0].effective_on == (_day(body) or self.today), step
        for event in events:
            assert event.actor == self.account_id, (step, event.type)
            assert json.loads(event.attributes).get("rules"), (step, event.type)
            assert json.loads(event.attributes).get("policyedition"), (step, event.type)
        self.seen.setdefault(step, set()).add(_name(told[0]))


def _name(event: Any) -> str:
    return str(event.type).removeprefix("evaluation.").removesuffix(".v1")


def _day(body: object) -> date | None:
    sent = body if isinstance(body, dict) else {}
    return next((date.fromisoformat(value) for name, value in sent.items() if name.endswith("_on")), None)


class WatchedDesk(Desk):
    """The same desk, with everybody watched."""

    seen: dict[str, set[str]]

    def caller(self, *roles: str, today: date = date(2020, 3, 2), account: str | None = None, **scope: str) -> Caller:
        return Watched(self.client, self.keys, roles, today, scope, account, desk=self, seen=self.seen)


@pytest.fixture
def watched(desk: Desk) -> WatchedDesk:
    made = WatchedDesk(desk.app, desk.client, desk.keys)
    made.seen = {}
    return made


async def _a_report(desk: Desk) -> None:
    centre = await desk.centre()
    operator, officer = desk.operator(centre, date(2019, 4, 3)), desk.caller("science_officer", today=date(2019, 4, 8))
    body = {"centre_id": str(centre.id), "year": 2019, "quarter": 1}
    draft = await operator.ok(Q, body, 201)
    path = f"{Q}/{draft['id']}"
    assert (await operator.patch(path, {"form": full_form()}, '"1"')).status_code == 200
    await operator.ok(f"{path}/submit")
    await officer.ok(f"{path}/return", {"reasons": {"jobs": "implausible"}, "returned_on": "2019-04-05"})
    await operator.on(date(2019, 4, 8)).ok(f"{path}/submit")
    await officer.ok(f"{path}/accept")


async def _vetoes(desk: Desk, path: str) -> None:
    first, second = (desk.caller(f"{bureau}_officer", today=ANNOUNCED) for bureau in ("science", "industry"))
    for code, outcome in (("confirmed_falsification", "dismissed"), ("confirmed_diversion", "confirmed")):
        body = {"code": code, "document_no": "查1", "recorded_on": "2021-01-27"}
        veto = await first.ok(f"{path}/vetoes", body, 201)
        await second.ok(f"{path}/vetoes/{veto['id']}/decide", {"outcome": outcome})


async def _exemptions(desk: Desk, path: str) -> None:
    one, other = (desk.caller(f"{bureau}_approver", today=ANNOUNCED) for bureau in ("science", "industry"))
    for first, second in (("refused", None), ("approved", "refused"), ("approved", "approved")):
        body = {"reason": "force_majeure", "document_no": "文1", "minutes_no": "纪要1"}
        exemption = await desk.caller("science_officer", today=ANNOUNCED).ok(f"{path}/exemptions", body, 201)
        step = f"{path}/exemptions/{exemption['id']}"
        await one.ok(f"{step}/approve", {"outcome": first})
        if second is not None:
            await other.ok(f"{step}/countersign", {"outcome": second})


async def _an_objection(desk: Desk, centre: Centre, evaluation: Json) -> None:
    body = {"evaluation_id": evaluation["id"], "reason": "wrong_mark", "statement": "有误", "document_no": "异议1"}
    objection = await desk.operator(centre, ANNOUNCED).ok("/v1/objections", body, 201)
    answer = {"outcome": "upheld", "document_no": "答复1", "rescore": True}
    await desk.caller("industry_officer", today=DAYS[0]).ok(f"/v1/objections/{objection['id']}/answer", answer)
    mark = {"indicator": "filing_sample", "mark": "50", "evidence": "复核"}
    path = f"/v1/evaluations/{evaluation['id']}/expert-scores"
    await desk.caller("expert", today=DAYS[0]).ok(path, mark, 201)


async def _a_rectification(desk: Desk, centre: Centre) -> None:
    path = f"/v1/rectifications/{(await desk.evaluation_of(centre, 2019))['rectification_id']}"
    operator, officer = desk.operator(centre, date(2020, 4, 1)), desk.caller("science_officer", today=date(2020, 4, 2))
    await operator.ok(f"{path}/submit", {"evidence": ["整改报告1"]})
    await officer.ok(f"{path}/reject", {"reason": "not_proven"})
    await operator.on(date(2020, 4, 2)).ok(f"{path}/submit", {"evidence": ["整改报告2"]})
    await officer.ok(f"{path}/accept", {"document_no": "验收〔2020〕1号"})


async def _a_hearing(desk: Desk, centre: Centre) -> str:
    path = f"/v1/delistings/{(await desk.case_of(centre))['id']}"
    officer, operator = desk.caller("science_officer", today=DAYS[0]), desk.operator(centre, date(2021, 2, 5))
    await officer.ok(f"{path}/notice-of-intent", NOTICE)
    await operator.ok(f"{path}/hearing-request", {"document_no": "听1"})
    await operator.ok(f"{path}/statement", {"document_no": "陈述1"})
    await officer.on(DAYS[2]).ok(f"{path}/hearing", {"minutes_no": "笔录1"})
    for outcome in ("insufficient", "sufficient"):
        await officer.on(DAYS[2]).ok(f"{path}/legal-review", {"document_no": "审1", "outcome": outcome})
    await desk.caller("science_approver", today=DAYS[3]).ok(f"{path}/decision", {"document_no": "摘1"})
    await desk.caller("industry_approver", today=DAYS[4]).ok(f"{path}/countersign")
    return path


@pytest.mark.asyncio(loop_scope="session")
async def test_no_step_stays_silent(watched: WatchedDesk) -> None:
    cycle, (heard, late, exempt) = await second_year(watched, 3)
    await _a_report(watched)
    await _a_rectification(watched, heard)
    await _an_objection(watched, late, await watched.evaluation_of(late, 2020))
    await _vetoes(watched, f"/v1/evaluations/{(await watched.evaluation_of(heard, 2020))['id']}")
    await _exemptions(watched, f"/v1/evaluations/{(await watched.evaluation_of(exempt, 2020))['id']}")
    case = await _a_hearing(watched, heard)
    await watched.sign(cycle["id"], SIGNED)
    await watched.publish(cycle["id"], PUBLISHED)
    service = {"method": "direct", "recipient_role": "legal_representative"}
    await watched.caller("science_officer", today=PUBLISHED).ok(f"{case}/service-record", service)
    await watched.procedure(
        (await watched.case_of(late))["id"], [PUBLISHED, *(date(2021, 3, n) for n in range(15, 19))]
    )
    single = f"/v1/evaluations/{(await watched.evaluation_of(late, 2020))['id']}/publish"
    await watched.caller("science_approver", today=date(2021, 3, 19)).ok(single)
    assert watched.seen == {step: set(told) for step, told in STEPS.items()}
