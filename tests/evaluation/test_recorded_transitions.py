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
from tests.evaluation.experts.stories import (
    expert_story,
    extension_story,
    mark_given,
    reopening_story,
    self_report_story,
)
from tests.evaluation.known import Centre, Json
from tests.evaluation.ledgers import alliance_story, target_story
from tests.evaluation.rectifications.steps import rectification_story
from tests.evaluation.rubrics.drafts import evidence_story, rubric_story
from tests.evaluation.support import Caller, Desk, full_form

C: Final = "/v1/evaluation-cycles"
E: Final = "/v1/evaluations/{}"
Q: Final = "/v1/quarterly-reports"
D: Final = "/v1/delistings/{}"
A: Final = "/v1/alliance-assessments"
X: Final = "/v1/experts"
R: Final = "/v1/rubrics"
RO: Final = "/v1/rectifications/{}"
STEPS: Final[Mapping[str, tuple[str, ...]]] = {
    f"POST {Q}": ("report.drafted",),
    f"PATCH {Q}/{{}}": ("report.edited",),
    f"POST {Q}/{{}}/submit": ("report.submitted",),
    f"POST {Q}/{{}}/return": ("report.returned",),
    f"POST {Q}/{{}}/accept": ("report.accepted",),
    f"POST {Q}/{{}}/corrections": ("report.correction_requested",),
    f"POST {Q}/{{}}/corrections/{{}}/approve": ("report.corrected",),
    f"POST {Q}/{{}}/corrections/{{}}/refuse": ("report.correction_refused",),
    f"POST {C}": ("cycle.opened",),
    f"POST {C}/{{}}/score": ("cycle.scoring_begun",),
    f"POST {C}/{{}}/announce": ("cycle.announced",),
    f"POST {C}/{{}}/approve": ("cycle.approved",),
    f"POST {C}/{{}}/countersign": ("cycle.countersigned",),
    f"POST {C}/{{}}/publish": ("cycle.publication_begun",),
    f"POST {C}/{{}}/enrol": ("cycle.enrolled",),
    f"POST {C}/{{}}/draws": ("draw.made",),
    f"POST {C}/{{}}/extensions": ("cycle.extension_proposed",),
    f"POST {C}/{{}}/extensions/{{}}/approve": ("cycle.extended",),
    f"POST {C}/{{}}/extensions/{{}}/refuse": ("cycle.extension_refused",),
    f"POST {C}/{{}}/reopenings": ("cycle.reopening_proposed",),
    f"POST {C}/{{}}/reopenings/{{}}/approve": ("cycle.reopened",),
    f"POST {C}/{{}}/reopenings/{{}}/refuse": ("cycle.reopening_refused",),
    f"POST {X}": ("expert.applied",),
    f"POST {X}/{{}}/appoint": ("expert.appointed",),
    f"POST {X}/{{}}/end": ("expert.ended",),
    f"POST {X}/{{}}/conflicts": ("expert.conflict_declared",),
    f"POST {X}/{{}}/conflicts/{{}}/end": ("expert.conflict_ended",),
    "POST /v1/expert-assignments": ("assignment.made",),
    "POST /v1/expert-assignments/{}/mark": ("assignment.marked",),
    "POST /v1/expert-assignments/{}/recuse": ("assignment.recused",),
    "POST /v1/expert-assignments/{}/release": ("assignment.released",),
    f"POST {E}/self-report": ("self_report.drafted",),
    f"PATCH {E}/self-report": ("self_report.edited",),
    f"POST {E}/self-report/submit": ("self_report.submitted",),
    f"POST {E}/self-report/return": ("self_report.returned",),
    f"POST {E}/expert-scores": ("mark.entered",),
    f"POST {E}/vetoes": ("veto.recorded",),
    f"POST {E}/vetoes/{{}}/decide": ("veto.confirmed", "veto.dismissed"),
    f"POST {E}/exemptions": ("exemption.proposed",),
    f"POST {E}/exemptions/{{}}/approve": ("exemption.approved", "exemption.refused"),
    f"POST {E}/exemptions/{{}}/countersign": ("exemption.granted", "exemption.refused"),
    f"POST {E}/publish": ("result.published",),
    f"POST {E}/documents": ("document.added",),
    f"DELETE {E}/documents/{{}}": ("document.removed",),
    f"POST {E}/evidence": ("evidence.filed",),
    f"POST {E}/evidence/{{}}/withdraw": ("evidence.withdrawn",),
    f"POST {R}": ("rubric.drafted",),
    f"PATCH {R}/{{}}": ("rubric.edited",),
    f"POST {R}/{{}}/rehearse": ("rubric.rehearsed",),
    f"POST {R}/{{}}/submit": ("rubric.submitted",),
    f"POST {R}/{{}}/return": ("rubric.returned",),
    f"POST {R}/{{}}/discard": ("rubric.discarded",),
    f"POST {R}/{{}}/approve": ("rubric.approved",),
    "POST /v1/targets/{}/actuals": ("target.actual_entered",),
    "POST /v1/targets/{}/actuals/{}/confirm": ("target.actual_confirmed",),
    "POST /v1/targets/{}/actuals/{}/correct": ("target.actual_corrected",),
    f"POST {A}/records": ("alliance_record.entered",),
    f"POST {A}/records/{{}}/strike": ("alliance_record.struck",),
    f"POST {A}": ("alliance_assessment.drafted",),
    f"PATCH {A}/{{}}": ("alliance_assessment.edited",),
    f"POST {A}/{{}}/return": ("alliance_assessment.returned",),
    f"POST {A}/{{}}/confirm": ("alliance_assessment.confirmed",),
    f"POST {A}/{{}}/publish": ("alliance_assessment.published",),
    "POST /v1/objections": ("objection.taken",),
    "POST /v1/objections/{}/answer": ("objection.answered",),
    "POST /v1/objections/{}/re-mark": ("objection.remark_ordered",),
    f"PATCH {RO}": ("rectification.amended",),
    f"POST {RO}/serve": ("rectification.served",),
    f"POST {RO}/documents": ("document.added",),
    f"DELETE {RO}/documents/{{}}": ("document.removed",),
    f"POST {RO}/evidence": ("rectification.evidence_filed",),
    f"POST {RO}/evidence/{{}}/withdraw": ("rectification.evidence_withdrawn",),
    f"POST {RO}/extensions": ("rectification.extension_requested",),
    f"POST {RO}/extensions/{{}}/grant": ("rectification.extended",),
    f"POST {RO}/extensions/{{}}/refuse": ("rectification.extension_refused",),
    f"POST {RO}/submit": ("rectification.submitted",),
    f"POST {RO}/inspect": ("rectification.inspected",),
    f"POST {RO}/accept": ("rectification.accepted",),
    f"POST {RO}/reject": ("rectification.rejected",),
    f"POST {D}/notice-of-intent": ("delisting.advanced",),
    f"POST {D}/statement": ("delisting.advanced",),
    f"POST {D}/hearing-request": ("delisting.advanced",),
    f"POST {D}/hearing": ("delisting.advanced",),
    f"POST {D}/legal-review": ("delisting.advanced",),
    f"POST {D}/decision": ("delisting.advanced",),
    f"POST {D}/countersign": ("delisting.advanced",),
    f"POST {D}/service-record": ("delisting.advanced",),
    f"POST {D}/stay": ("delisting.remedy_proposed",),
    f"POST {D}/lift": ("delisting.remedy_proposed",),
    f"POST {D}/reverse": ("delisting.remedy_proposed",),
    f"POST {D}/remedies/{{}}/approve": ("delisting.stayed", "delisting.lifted", "delisting.reversed"),
    f"POST {D}/remedies/{{}}/reject": ("delisting.remedy_rejected",),
    "POST /v1/delistings/annulments": ("annulment.proposed",),
    "POST /v1/delistings/annulments/{}/approve": ("annulment.approved",),
    "POST /v1/delistings/annulments/{}/reject": ("annulment.rejected",),
    "POST /v1/delistings/successions": ("succession.proposed",),
    "POST /v1/delistings/successions/{}/approve": ("succession.approved",),
    "POST /v1/delistings/successions/{}/reject": ("succession.rejected",),
}
"""Each way to change something, and what the log then says about the row it changed."""

ANSWERS_ONLY: Final = {f"POST {R}/{{}}/check", f"POST {Q}/tables"}
"""What is sent only to be answered."""

BY_FILE: Final = {"POST /v1/imports/quarterly-reports"}
"""What takes the steps of the single requests, row by row."""

BY_THE_SERVICE: Final = {
    *("cycle.scored", "cycle.scoring_failed", "cycle.published", "circular.issued", "circular.corrected"),
    *("rectification.ordered", "rectification.overdue", "rectification.superseded", "rectification.reopened"),
    "rectification.annulled",
    *("result.enrolled", "result.scored", "result.graded"),
    *("delisting.opened", "delisting.dropped", "delisting.decided", "delisting.answered", "delisting.reminded"),
    *("delisting.completed", "delisting.remedy_answered", "delisting.remedy_reminded", "delisting.remedy_completed"),
    "target.set",
    *("report.due_soon", "report.overdue"),
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
    assert ways == set(STEPS) | ANSWERS_ONLY | BY_FILE


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

    async def upload(self, path: str, content: bytes, name: str) -> Response:
        before = await self.desk.count(_LAST.text)
        response = await super().upload(path, content, name)
        await self._look("POST", path, None, response, before)
        return response

    async def delete(self, path: str) -> Response:
        before = await self.desk.count(_LAST.text)
        response = await super().delete(path)
        await self._look("DELETE", path, None, response, before)
        return response

    async def _look(self, method: str, path: str, body: object, response: Response, before: int) -> None:
        step = f"{method} {_ID.sub('{}', path)}"
        if not response.is_success or step in ANSWERS_ONLY:
            return
        async with self.desk.runtime.db.transaction() as session:
            events = (await session.execute(_SINCE, {"seq": before})).all()
        named = [response.json()["id"]] if response.content else []
        concerned = {*named, *_ID.findall(path)[-1:]}
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
    operator, officer = desk.operator(centre, date(2021, 4, 6)), desk.caller("science_officer", today=date(2021, 4, 8))
    body = {"centre_id": str(centre.id), "year": 2021, "quarter": 1}
    draft = await operator.ok(Q, body, 201)
    path = f"{Q}/{draft['id']}"
    assert (await operator.patch(path, {"form": full_form()}, '"1"')).status_code == 200
    await operator.ok(f"{path}/submit")
    await officer.ok(f"{path}/return", {"reasons": {"jobs": "implausible"}, "returned_on": "2021-04-07"})
    again = operator.on(date(2021, 4, 8))
    corrected = await again.patch(path, {"form": {"jobs": 19}}, '"4"')
    assert corrected.status_code == 200, corrected.text
    await again.ok(f"{path}/submit")
    await officer.ok(f"{path}/accept")
    approver = desk.caller("science_approver", today=date(2021, 4, 9))
    wrong = {"form": {"jobs": 21}, "reason": "clerical_error", "statement": "漏计一人"}
    for verb, answer in (("refuse", {"answer": "证明不足"}), ("approve", {})):
        asked = await operator.on(date(2021, 4, 9)).ok(f"{path}/corrections", wrong, 201)
        await approver.ok(f"{path}/corrections/{asked['id']}/{verb}", answer)


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
    await desk.entered_directly(evaluation["cycle_id"])
    await desk.caller("expert", today=DAYS[0]).ok(path, mark, 201)
    await desk.entered_directly(evaluation["cycle_id"], 2)
    again = {"indicator": "filing_sample"}
    await desk.experts(2, DAYS[0])
    await desk.caller("industry_officer", today=DAYS[0]).ok(f"/v1/objections/{objection['id']}/re-mark", again)
    await mark_given(desk, DAYS[0], range(1, 3))


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


async def _orders(desk: Desk, case: str) -> None:
    """Rejected and approved: a stay, its lift, and a reversal, each on a day of its own."""
    rejected = {"reason_code": "document_not_authentic"}
    for number, (verb, answer) in enumerate(
        [("stay", "reject"), ("stay", "approve"), ("lift", "approve"), ("reverse", "approve")], start=1
    ):
        day = date(2021, 4, number)
        body = {"ground": "court", "issuer": "法院", "document_no": f"裁{number}", "ordered_on": day.isoformat()}
        found = await desk.caller("science_officer", today=day).ok(f"{case}/{verb}", body, 201)
        step = f"{case}/remedies/{found['id']}/{answer}"
        await desk.caller("industry_approver", today=day).ok(step, rejected if answer == "reject" else {})


async def _records(desk: Desk, path: str, body: Json) -> None:
    """Recorded and rejected, recorded again and approved."""
    day = date(2021, 4, 6)
    for answer, reason in (("reject", {"reason_code": "document_not_authentic"}), ("approve", {})):
        found = await desk.caller("science_officer", today=day).ok(path, body, 201)
        await desk.caller("industry_approver", today=day).ok(f"{path}/{found['id']}/{answer}", reason)


async def _annulment(desk: Desk, centre: Centre) -> None:
    evaluation = await desk.evaluation_of(centre, 2019)
    told = {"ground": "reconsideration", "issuer": "市政府", "document_no": "复决1", "ordered_on": "2021-04-06"}
    await _records(desk, "/v1/delistings/annulments", {"evaluation_id": evaluation["id"], **told})


async def _succession(desk: Desk) -> None:
    old, new = await desk.centre(), await desk.centre(listed_on=date(2020, 6, 1))
    await desk.withdraw(old, date(2020, 5, 6))
    body = {"centre_id": str(new.id), "predecessor_id": str(old.id), "document_no": "认定1"}
    await _records(desk, "/v1/delistings/successions", body)


@pytest.mark.asyncio(loop_scope="session")
async def test_no_step_stays_silent(watched: WatchedDesk) -> None:
    cycle, (heard, late, exempt) = await second_year(watched, 3)
    await reopening_story(watched, cycle["id"], ANNOUNCED)
    await _a_report(watched)
    await rectification_story(watched, heard)
    await _an_objection(watched, late, await watched.evaluation_of(late, 2020))
    await _vetoes(watched, f"/v1/evaluations/{(await watched.evaluation_of(heard, 2020))['id']}")
    await _exemptions(watched, f"/v1/evaluations/{(await watched.evaluation_of(exempt, 2020))['id']}")
    await rubric_story(watched, date(2021, 1, 28))
    await evidence_story(watched, exempt, date(2021, 1, 28))
    opened = (await watched.evaluation_of(exempt, 2021))["cycle_id"]
    await self_report_story(watched, exempt, date(2021, 1, 28))
    await extension_story(watched, opened, date(2021, 1, 28))
    await expert_story(watched, exempt, opened, date(2021, 1, 28))
    await target_story(watched, date(2021, 1, 28))
    await alliance_story(watched, date(2021, 1, 28))
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
    await _orders(watched, case)
    await _annulment(watched, late)
    await _succession(watched)
    assert watched.seen == {step: set(told) for step, told in STEPS.items()}
