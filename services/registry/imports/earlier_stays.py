"""Stays that began before the policy: with their filing, and their end where that lies before it too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final, Literal

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import OFFICERS
from services.registry.codes import Evidence
from services.registry.imports.facts import Facts
from services.registry.imports.rows import Kind, Work
from services.registry.imports.rules import EARLIER_RULES, decide_earlier_stay, not_before_policy
from services.registry.imports.standing import Standing
from services.registry.imports.stays import Past, StayRow, Stays
from services.registry.imports.tenancies import (
    REFUSED_AT,
    agreement_no_column,
    centre_no_column,
    enterprise_code_column,
)
from services.registry.policy import edition_at
from services.registry.tenancies import rules
from services.registry.tenancies.events import tenancy_state
from services.registry.tenancies.incubatees import Incubatee
from services.registry.tenancies.models import Tenancy
from services.registry.tenancies.usecases import mark_filed
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.files.columns import Column
from shared.http.validation import Fault, PayloadInvalid
from shared.ids import uuid7
from shared.policy.decision import Decision, combine
from shared.policy.edition import Edition
from shared.refusals import require_passed

GRADUATED: Final = "graduated"
EXITED: Final = "exited"
_OUTCOMES: Final = {GRADUATED: "毕业", EXITED: "退出"}
_CRITERIA: Final = {
    EARLIER_RULES: "按当时规定",
    rules.HIGH_TECH: "高新技术企业",
    rules.VENTURE_CAPITAL: "获得天使或风险投资",
    rules.TWO_YEAR_INCOME: "连续两年营业收入",
    rules.MERGER_OR_LISTING: "被兼并收购、挂牌或上市",
    rules.OPERATING: "经营满期、参保就业并有自有场所",
}
_SAME: Final = {
    "agreement_no": "agreement_no",
    "filed_on": "filed_on",
    "ended_on": "ended_on",
    "reason_code": "reason_code",
    "graduation_criterion": "graduation_criterion",
}


class EarlierStay(StayRow):
    """A stay of that time; `ended_on` with its outcome where it was over before the policy."""

    admitted_on: date
    filed_on: date | None = None
    ended_on: date | None = None
    outcome: Literal["graduated", "exited"] | None = None
    reason_code: str | None = None
    graduation_criterion: str | None = None
    evidence: Evidence | None = None


def _exit_reasons(edition: Edition) -> Mapping[str, str]:
    reasons = edition.tenancy.exit_reasons
    return {code: reason.title_zh for code, reason in reasons.items() if code != rules.TRANSFERRED}


def _columns(edition: Edition) -> list[Column]:
    day = ("格式 2017-03-18，须早于政策生效日", "As 2017-03-18, before the policy's first day")
    ended = ("政策生效前已结束的填写；仍在孵的不填", "Where the stay was over before the policy; else empty")
    return [
        centre_no_column(),
        enterprise_code_column(),
        agreement_no_column(),
        Column("admitted_on", "入驻日期", "date", True, {}, *day, example="2017-03-18"),
        Column(
            "filed_on",
            "备案日期",
            "date",
            remedy_zh="已备案的填写，不早于入驻日期，不晚于结束日期和今天",
            remedy_en="Where it was filed, not before the admission, nor after the stay's end or today",
        ),
        Column("ended_on", "结束日期", "date", False, {}, *ended, example="2018-09-30"),
        Column("outcome", "结果", "text", False, _OUTCOMES, "与结束日期同时填写", "Together with the last day"),
        Column(
            "reason_code",
            "退出原因",
            words=_exit_reasons(edition),
            remedy_zh="退出的必填，从列表中选择",
            remedy_en="Needed for an exit: choose from the list",
        ),
        Column(
            "graduation_criterion",
            "毕业条件",
            words=_CRITERIA,
            remedy_zh="毕业的从列表中选择，不填为“按当时规定”",
            remedy_en="For a graduation: choose from the list; empty means by the rules of that time",
        ),
        Column(
            "evidence",
            "证明材料",
            remedy_zh="毕业的必填：文号或材料存放处，不超过 200 字",
            remedy_en="Needed for a graduation: the document's number or where it is kept, at most 200 characters",
            example="拉科发〔2018〕45号",
        ),
    ]


def _request(values: Mapping[str, object]) -> EarlierStay:
    return EarlierStay.model_validate(values)


def _key(sent: BaseModel) -> object:
    assert isinstance(sent, EarlierStay)
    return sent.centre_no, sent.enterprise_code, sent.admitted_on


def faults_of(edition: Edition, sent: EarlierStay, first_day: date, today: date) -> Iterator[Fault]:
    """What in a row does not go together, or is of another time."""
    if sent.admitted_on >= first_day:
        yield not_before_policy("admitted_on", first_day)
    if sent.filed_on is not None:
        if sent.filed_on > today:
            yield Fault("filed_on", "in_the_future", {})
        elif sent.filed_on < sent.admitted_on:
            yield Fault("filed_on", "before_the_beginning", {})
        elif sent.ended_on is not None and sent.filed_on > sent.ended_on:
            yield Fault("filed_on", "after_the_end", {})
    yield from _faults_of_end(edition, sent, first_day)


def _faults_of_end(edition: Edition, sent: EarlierStay, first_day: date) -> Iterator[Fault]:
    if (sent.ended_on is None) != (sent.outcome is None):
        yield Fault("outcome" if sent.outcome is None else "ended_on", "missing", {})
    if sent.ended_on is not None:
        if sent.ended_on >= first_day:
            yield not_before_policy("ended_on", first_day)
        elif sent.ended_on < sent.admitted_on:
            yield Fault("ended_on", "before_the_beginning", {})
    reasons = _exit_reasons(edition)
    if sent.outcome == EXITED and sent.reason_code not in reasons:
        code, params = ("enum", {"expected": ", ".join(reasons)}) if sent.reason_code else ("missing", {})
        yield Fault("reason_code", code, params)
    if sent.outcome == GRADUATED and sent.evidence is None:
        yield Fault("evidence", "missing", {})
    if sent.graduation_criterion is not None and sent.graduation_criterion not in _CRITERIA:
        yield Fault("graduation_criterion", "enum", {"expected": ", ".join(_CRITERIA)})
    for name, outcome in (("reason_code", EXITED), ("graduation_criterion", GRADUATED)):
        if getattr(sent, name) is not None and sent.outcome != outcome:
            yield Fault(name, "not_of_this_outcome", {})


class EarlierStays(Stays):
    """Taken over as they were: no age, no longest stay and no term of filing was asked for then."""

    def __init__(self, session: AsyncSession, work: Work) -> None:
        super().__init__(session, work, EARLIER_TENANCIES, _SAME)

    def day_of(self, sent: BaseModel) -> date:
        assert isinstance(sent, EarlierStay)
        return sent.admitted_on

    def judge(self, sent: BaseModel, standing: Standing, who: Incubatee, past: Past, facts: Facts) -> Tenancy:
        assert isinstance(sent, EarlierStay)
        work = self.work
        edition = edition_at(work.editions, sent.admitted_on)
        if faults := list(faults_of(edition, sent, work.first_day, work.principal.today)):
            raise PayloadInvalid(*faults)
        decision = require_passed(
            combine(
                decide_earlier_stay(edition, standing.status, goes_on=sent.ended_on is None),
                rules.decide_one_open(edition, past.overlapped(sent.admitted_on, sent.ended_on), sent.admitted_on),
            )
        )
        stay = _stay_of(work, edition, sent, standing, who, decision)
        context = EventContext.of(work.principal, sent.admitted_on)
        facts.add(rc.TenancyAdmitted, stay, tenancy_state(stay), context, decision.rules, edition.id)
        if sent.filed_on is not None:
            filed = mark_filed(edition, stay, sent.filed_on)
            context = EventContext.of(work.principal, sent.filed_on)
            facts.add(rc.TenancyFiled, stay, tenancy_state(stay), context, filed.rules, edition.id)
        if sent.ended_on is not None:
            _end(stay, sent)
            event = rc.TenancyGraduated if sent.outcome == GRADUATED else rc.TenancyExited
            context = EventContext.of(work.principal, sent.ended_on)
            facts.add(event, stay, tenancy_state(stay), context, decision.rules, edition.id)
        return stay


def _stay_of(
    work: Work, edition: Edition, sent: EarlierStay, standing: Standing, who: Incubatee, decision: Decision
) -> Tenancy:
    due = rules.filing_due(edition, sent.admitted_on)
    longest = rules.stay_until(edition, who.industry_code, sent.admitted_on)
    return Tenancy(
        id=uuid7(),
        version=0,
        enterprise_id=who.enterprise_id,
        centre_id=standing.id,
        status="admitted",
        agreement_no=sent.agreement_no,
        edition=edition.id,
        decision=decision.to_json(),
        admitted_by=work.proposer,
        admitted_on=sent.admitted_on,
        filing_due_on=due,
        stay_since=sent.admitted_on,
        stay_until=max(longest, due),
        evidence=[],
        migrated=True,
    )


def _end(stay: Tenancy, sent: EarlierStay) -> None:
    assert sent.outcome is not None
    stay.status, stay.ended_on = sent.outcome, sent.ended_on
    stay.reason_code = sent.reason_code
    if sent.outcome == GRADUATED:
        stay.graduation_criterion = sent.graduation_criterion or EARLIER_RULES
    stay.evidence = [sent.evidence] if sent.evidence else []


EARLIER_TENANCIES: Final = Kind(
    name="tenancies-before-2019",
    title_zh="2019年以前的入驻",
    roles=OFFICERS,
    columns=_columns,
    request=_request,
    key=_key,
    begin=EarlierStays,
    subject="enterprise_code",
    refused_at=REFUSED_AT,
    approved=True,
    max_rows=None,
)
