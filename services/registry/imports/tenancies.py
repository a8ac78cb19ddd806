"""Tenancies by sets: admitted, and filed where the day is given."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import OFFICERS
from services.registry.imports.facts import Facts
from services.registry.imports.rows import Kind, Work
from services.registry.imports.standing import Standing
from services.registry.imports.stays import Past, StayRow, Stays
from services.registry.policy import edition_at
from services.registry.steps import step_day
from services.registry.tenancies.events import tenancy_state
from services.registry.tenancies.incubatees import Incubatee
from services.registry.tenancies.models import Tenancy
from services.registry.tenancies.usecases import Circumstances, mark_filed, new_admission
from shared.auth.roles import CENTRE_OPERATOR
from shared.clock import effective_date
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.files.columns import Column
from shared.policy.edition import Edition

_SAME: Final = {"agreement_no": "agreement_no", "filed_on": "filed_on"}


class TenancyRow(StayRow):
    """An admission; the days are for bureaus only."""

    admitted_on: date | None = None
    filed_on: date | None = None


def centre_no_column() -> Column:
    """How a row names a centre."""
    return Column(
        "centre_no",
        "双创中心编号",
        required=True,
        remedy_zh="系统编号，例如 CE-2019-0001；须为本人可办理的双创中心",
        remedy_en="The system's number, such as CE-2019-0001, of a centre whose cases you handle",
        example="CE-2019-0001",
    )


def enterprise_code_column() -> Column:
    """How a row names an enterprise."""
    return Column(
        "enterprise_code",
        "企业统一社会信用代码",
        required=True,
        remedy_zh="18 位代码；企业须先登记",
        remedy_en="The 18 characters of the code; the enterprise must be on record",
        example="91110000600037341L",
    )


def agreement_no_column() -> Column:
    """The agreement of a stay."""
    return Column(
        "agreement_no", "入驻协议编号", "text", True, {}, "不超过 100 字", "At most 100 characters", "RZ-2019-001"
    )


def _columns(_: Edition) -> list[Column]:
    day = ("格式 2019-03-18；仅主管部门可填，不填为今天", "As 2019-03-18; for bureaus only, empty means today")
    return [
        centre_no_column(),
        enterprise_code_column(),
        agreement_no_column(),
        Column("admitted_on", "入驻日期", "date", False, {}, *day, example="2019-03-18"),
        Column(
            "filed_on",
            "备案日期",
            "date",
            remedy_zh="已备案的填写，不早于入驻日期；仅主管部门可填",
            remedy_en="Where it is filed, not before the admission; for bureaus only",
        ),
    ]


def _request(values: Mapping[str, object]) -> TenancyRow:
    return TenancyRow.model_validate(values)


def _key(sent: BaseModel) -> object:
    assert isinstance(sent, TenancyRow)
    return sent.centre_no, sent.enterprise_code, sent.admitted_on


class Admissions(Stays):
    """Admissions, and their filing where the day is given, as the single requests make them."""

    def __init__(self, session: AsyncSession, work: Work) -> None:
        super().__init__(session, work, TENANCIES, _SAME)

    def day_of(self, sent: BaseModel) -> date:
        assert isinstance(sent, TenancyRow)
        return effective_date(self.work.principal, sent.admitted_on)

    def judge(self, sent: BaseModel, standing: Standing, who: Incubatee, past: Past, facts: Facts) -> Tenancy:
        assert isinstance(sent, TenancyRow)
        principal, day = self.work.principal, self.day_of(sent)
        edition = edition_at(self.work.editions, day)
        found = Circumstances(
            centre_id=standing.id,
            status=standing.status,
            listed_on=standing.listed_on,
            suspended=standing.suspended_on(day),
            relocation=past.relocation(),
            present_since=past.overlapped(day, None),
        )
        stay, decision = new_admission(edition, principal, found, who, day, sent.agreement_no)
        filed_on = None if sent.filed_on is None else step_day(principal, sent.filed_on, after=day)
        context = EventContext.of(principal, day)
        facts.add(rc.TenancyAdmitted, stay, tenancy_state(stay), context, decision.rules, edition.id)
        if filed_on is not None:
            filed = mark_filed(edition, stay, filed_on)
            context = EventContext.of(principal, filed_on)
            facts.add(rc.TenancyFiled, stay, tenancy_state(stay), context, filed.rules, edition.id)
        return stay


REFUSED_AT: Final = {
    "import-centre-unknown": "centre_no",
    "centre-not-listed": "centre_no",
    "centre-not-listed-yet": "centre_no",
    "centre-suspended-that-day": "centre_no",
    "effective-date-not-allowed": "admitted_on",
    "effective-date-in-future": "admitted_on",
    "step-before-its-cause": "filed_on",
}
"""Other refusals are about the enterprise."""

TENANCIES: Final = Kind(
    name="tenancies",
    title_zh="入驻",
    roles=(CENTRE_OPERATOR, *OFFICERS),
    columns=_columns,
    request=_request,
    key=_key,
    begin=Admissions,
    subject="enterprise_code",
    refused_at=REFUSED_AT,
    max_rows=None,
)
