"""Tenancies, by the use cases of the single requests: admitted, and filed where the day is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Final
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import OFFICERS
from services.registry.centres.models import Centre
from services.registry.centres.queries import write_scope
from services.registry.codes import DocumentNo
from services.registry.enterprises.models import Enterprise
from services.registry.imports.rows import Kind, Row, Status, Tally, Work, one_by_one, require_same
from services.registry.steps import CaseStep
from services.registry.tenancies.models import Tenancy
from services.registry.tenancies.schemas import AdmitEnterprise
from services.registry.tenancies.usecases import admit_enterprise, file_tenancy
from shared.auth.principal import Principal
from shared.auth.roles import CENTRE_OPERATOR
from shared.errors import DomainError
from shared.files.columns import Column
from shared.http.schemas import Request
from shared.identifiers import UnifiedSocialCreditCode
from shared.policy.edition import Edition

CaseNo = Annotated[str, Field(pattern=r"^[A-Z]{2,6}-[0-9]{4}-[0-9]{4,}$")]

_SAME: Final = {"agreement_no": "agreement_no", "filed_on": "filed_on"}


class TenancyRow(Request):
    """An admission by the centre's number and the enterprise's code; the days are for bureaus only."""

    centre_no: CaseNo
    enterprise_code: UnifiedSocialCreditCode
    agreement_no: DocumentNo
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


def _columns(_: Edition) -> list[Column]:
    day = ("格式 2019-03-18；仅主管部门可填，不填为今天", "As 2019-03-18; for bureaus only, empty means today")
    return [
        centre_no_column(),
        Column(
            "enterprise_code",
            "企业统一社会信用代码",
            required=True,
            remedy_zh="18 位代码；企业须先登记",
            remedy_en="The 18 characters of the code; the enterprise must be on record",
            example="91110000600037341L",
        ),
        Column(
            "agreement_no", "入驻协议编号", "text", True, {}, "不超过 100 字", "At most 100 characters", "RZ-2019-001"
        ),
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


async def centre_by_no(session: AsyncSession, principal: Principal, no: str) -> UUID:
    """Raises 404 `import-centre-unknown` for a number that is none of a centre the caller handles."""
    centre_id = await session.scalar(select(Centre.id).where(Centre.no == no, write_scope(principal)))
    if centre_id is None:
        raise DomainError("import-centre-unknown", 404, params={"no": no})
    return centre_id


async def _apply(session: AsyncSession, work: Work, rows: Sequence[Row], tally: Tally) -> None:
    async def admit(row: Row) -> Status:
        sent = row.sent
        assert isinstance(sent, TenancyRow)
        centre_id = await centre_by_no(session, work.principal, sent.centre_no)
        known = await _known(session, centre_id, sent, work.principal.today)
        if known is not None:
            return require_same(row, known, _SAME)
        wanted = AdmitEnterprise(
            centre_id=centre_id,
            enterprise_code=sent.enterprise_code,
            agreement_no=sent.agreement_no,
            admitted_on=sent.admitted_on,
        )
        tenancy = await admit_enterprise(session, work.editions, work.principal, wanted)
        if sent.filed_on is not None:
            await file_tenancy(session, work.editions, work.principal, tenancy.id, CaseStep(on=sent.filed_on))
        return "inserted"

    await one_by_one(session, TENANCIES, rows, tally, admit)


async def _known(session: AsyncSession, centre_id: UUID, sent: TenancyRow, today: date) -> Tenancy | None:
    query = (
        select(Tenancy)
        .join(Enterprise, Enterprise.id == Tenancy.enterprise_id)
        .where(
            Tenancy.centre_id == centre_id,
            Enterprise.code == sent.enterprise_code,
            Tenancy.admitted_on == (sent.admitted_on or today),
        )
    )
    tenancy: Tenancy | None = await session.scalar(query)
    return tenancy


TENANCIES: Final = Kind(
    name="tenancies",
    title_zh="入驻",
    roles=(CENTRE_OPERATOR, *OFFICERS),
    columns=_columns,
    request=_request,
    key=_key,
    apply=_apply,
)
