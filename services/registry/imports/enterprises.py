"""Enterprises, set-based: a file may hold a hundred thousand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from pydantic import BaseModel
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import OFFICERS
from services.registry.enterprises.models import Enterprise
from services.registry.enterprises.queries import read_scope
from services.registry.enterprises.schemas import RegisterEnterprise
from services.registry.enterprises.usecases import RULES, check_registration, enterprise_state, new_values
from services.registry.imports.rows import Kind, Row, Status, Tally, Work, by_chunks, refusals, require_same
from services.registry.imports.rules import not_before_policy
from services.registry.imports.words import divisions
from services.registry.persons.holding import erased_among
from shared.auth.roles import CENTRE_OPERATOR
from shared.errors import DomainError
from shared.events import outbox
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.files.columns import Column
from shared.http.validation import PayloadInvalid
from shared.ids import uuid7
from shared.policy.edition import Edition

_SAME: Final = {
    name: name
    for name in (
        "name",
        "industry_code",
        "division",
        "registered_on",
        "legal_representative_ref",
        "graduate_founder",
        "registered_address",
    )
}


def _columns(edition: Edition) -> list[Column]:
    return [
        Column(
            "code",
            "统一社会信用代码",
            required=True,
            remedy_zh="按营业执照填写 18 位代码，单元格设为文本格式",
            remedy_en="The 18 characters on the business licence, in a cell formatted as text",
            example="91110000600037341L",
        ),
        Column(
            "name",
            "企业名称",
            required=True,
            remedy_zh="按营业执照填写全称，不超过 200 字",
            remedy_en="The full name on the licence, at most 200 characters",
            example="拉萨虚构科技有限公司",
        ),
        Column(
            "industry_code",
            "行业代码",
            required=True,
            remedy_zh="GB/T 4754-2017：门类字母加 4 位数字",
            remedy_en="GB/T 4754-2017: the section's letter and four digits",
            example="I6510",
        ),
        Column(
            "division",
            "所在区县或园区",
            required=True,
            words=divisions(edition),
            remedy_zh="从列表中选择",
            remedy_en="Choose from the list",
            example="540102 城关区",
        ),
        Column(
            "registered_on",
            "成立日期",
            kind="date",
            required=True,
            remedy_zh="营业执照上的日期，格式 2019-03-18，不得晚于今天",
            remedy_en="The day on the licence, as 2019-03-18, not after today",
            example="2018-12-03",
        ),
        Column(
            "graduate_founder",
            "高校毕业生创办",
            kind="flag",
            remedy_zh="填“是”或“否”，不填视为否",
            remedy_en="是 or 否; empty means no",
            example="否",
        ),
        Column(
            "legal_representative_ref",
            "法定代表人标识",
            remedy_zh="系统给出的人员标识；不得填写姓名或身份证号",
            remedy_en="The reference that the system gave for the person; neither a name nor an identity number",
        ),
        Column(
            "registered_address",
            "注册地址",
            remedy_zh="按营业执照填写，4 至 200 字",
            remedy_en="As on the licence, 4 to 200 characters",
            example="西藏自治区拉萨市城关区虚构路1号",
        ),
    ]


def _request(values: Mapping[str, object]) -> RegisterEnterprise:
    return RegisterEnterprise.model_validate(values)


def _representative(sent: BaseModel) -> str | None:
    assert isinstance(sent, RegisterEnterprise)
    return sent.legal_representative_ref


def _code(sent: BaseModel) -> object:
    assert isinstance(sent, RegisterEnterprise)
    return sent.code


async def _register(
    session: AsyncSession, work: Work, rows: Sequence[Row], tally: Tally, *, kind: Kind, before: date | None = None
) -> None:
    """What is not on record is inserted, what is there with the same values is left alone; the rest is refused with
    what the single request would say. Those from `before` a day are marked as taken over."""
    known = await _known(session, work, [str(_code(row.sent)) for row in rows])
    erased = await erased_among(session, {_representative(row.sent) for row in rows})
    new: list[Enterprise] = []
    for row in rows:
        assert isinstance(row.sent, RegisterEnterprise)
        try:
            check_registration(work.edition, row.sent, work.principal.today)
            if before is not None and row.sent.registered_on >= before:
                raise PayloadInvalid(not_before_policy("registered_on", before))
            existing = known.get(row.sent.code)
            if existing is None:
                if row.sent.legal_representative_ref in erased:
                    raise DomainError("person-erased", 409)
                values = new_values(work.edition, work.principal, row.sent)
                values["registered_by"] = work.proposer
                new.append(Enterprise(id=uuid7(), version=1, migrated=before is not None, **values))
                tally.count("inserted")
            else:
                tally.count(_compared(row, *existing))
        except (DomainError, PayloadInvalid) as error:
            tally.count("refused", refusals(kind, row, error))
    if new:
        await session.execute(insert(Enterprise), [_columns_of(enterprise) for enterprise in new])
        context = EventContext.of(work.principal)
        facts = [(enterprise.id, 1, enterprise_state(enterprise)) for enterprise in new]
        await outbox.append_many(session, rc.EnterpriseRegistered, facts, context=context, rules=RULES)


async def _apply(session: AsyncSession, work: Work, rows: Sequence[Row], tally: Tally) -> None:
    await _register(session, work, rows, tally, kind=ENTERPRISES)


async def _take_over(session: AsyncSession, work: Work, rows: Sequence[Row], tally: Tally) -> None:
    await _register(session, work, rows, tally, kind=EARLIER_ENTERPRISES, before=work.first_day)


def _compared(row: Row, existing: Enterprise, visible: bool) -> Status:
    if not visible:
        raise DomainError("enterprise-registered-elsewhere", 409, clauses=["2.2-1"])
    return require_same(row, existing, _SAME)


async def _known(session: AsyncSession, work: Work, codes: Sequence[str]) -> dict[str, tuple[Enterprise, bool]]:
    visible = read_scope(work.principal).label("visible")
    found = await session.execute(select(Enterprise, visible).where(Enterprise.code.in_(codes)))
    return {row[0].code: (row[0], row[1]) for row in found}


def _columns_of(enterprise: Enterprise) -> dict[str, object]:
    """What was set on a new row, the search columns that follow its name included."""
    return {name: value for name, value in vars(enterprise).items() if not name.startswith("_sa_")}


ENTERPRISES: Final = Kind(
    name="enterprises",
    title_zh="企业",
    roles=(CENTRE_OPERATOR, *OFFICERS),
    columns=_columns,
    request=_request,
    key=_code,
    begin=by_chunks(_apply),
    subject="code",
    max_rows=None,
)

EARLIER_ENTERPRISES: Final = Kind(
    name="enterprises-before-2019",
    title_zh="2019年以前的企业",
    roles=OFFICERS,
    columns=_columns,
    request=_request,
    key=_code,
    begin=by_chunks(_take_over),
    subject="code",
    approved=True,
    max_rows=None,
)
