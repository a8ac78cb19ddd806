"""Reading referrals and the banks' steps on them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from services.finance.authorisations.models import DataAuthorisation
from services.finance.authorisations.queries import valid_on
from services.finance.bank_products.facts import Firm, read_firms
from services.finance.referrals import states
from services.finance.referrals.access import own_bank, reads_as_bank, visible
from services.finance.referrals.fictional import fictional_firm
from services.finance.referrals.models import Referral, ReferralStep
from services.finance.referrals.schemas import (
    EnterpriseData,
    ReferralDetail,
    ReferralFilter,
    ReferralOut,
    StepFilter,
    StepOut,
)
from shared.auth.principal import Principal
from shared.errors import not_found
from shared.http.paging import Page, paginate
from shared.livemode import of_mode

_SHOWN_BY: Final[Mapping[str, tuple[str, ...]]] = {
    "identity": ("code", "name"),
    "registration": ("registered_on", "division"),
    "industry": ("industry_code",),
    "size": ("size_class",),
    "tenancy": ("centre_name", "in_centre_since"),
    "statements": ("statements",),
}
"""What each field of an authorisation opens."""
_COMPUTED: Final = frozenset({"enterprise", "enterprise_code", "purpose"})


async def find(session: AsyncSession, referral_id: UUID, principal: Principal) -> Referral:
    """Raises 404."""
    return await _one(session, select(Referral).where(Referral.id == referral_id, visible(principal)))


async def lock(session: AsyncSession, referral_id: UUID, principal: Principal) -> Referral:
    """A referral that the caller reads, locked for a step. Raises 404."""
    query = select(Referral).where(Referral.id == referral_id, visible(principal))
    return await _one(session, query.with_for_update(of=Referral).execution_options(populate_existing=True))


async def list_referrals(session: AsyncSession, wanted: ReferralFilter, principal: Principal) -> Page[ReferralOut]:
    """One page of the referrals that the caller reads."""
    query = select(Referral).where(visible(principal))
    equal = (Referral.no, Referral.bank, Referral.product, Referral.status, Referral.centre_id)
    for column in equal:
        if (value := getattr(wanted, column.key)) is not None:
            query = query.where(column == value)
    if wanted.enterprise_code is not None and not reads_as_bank(principal):
        query = query.where(Referral.enterprise_code == wanted.enterprise_code)
    if wanted.sent_from is not None:
        query = query.where(Referral.sent_on >= wanted.sent_from)
    if wanted.sent_to is not None:
        query = query.where(Referral.sent_on <= wanted.sent_to)
    if wanted.unanswered_since is not None:
        query = query.where(Referral.status == states.SENT, Referral.sent_on <= wanted.unanswered_since)
    key = Referral.no if wanted.sort == "no" else Referral.no.desc()
    page = await paginate(session, query, keys=[key], params=wanted, item=lambda row: row.id)
    found = await session.scalars(select(Referral).where(Referral.id.in_(page.items)))
    rows = {row.id: row for row in found}
    return Page(items=await shown(session, [rows[one] for one in page.items], principal), next=page.next)


async def detail(session: AsyncSession, referral: Referral, principal: Principal) -> ReferralDetail:
    """A referral with its steps, as this transaction sees it."""
    await session.flush()
    query = select(ReferralStep).where(ReferralStep.referral_id == referral.id).order_by(ReferralStep.step)
    steps = list(await session.scalars(query))
    own = (await show(session, referral, principal)).model_dump()
    decision = None if reads_as_bank(principal) else referral.decision
    references = {step.id: step.reference for step in steps}
    told = [step_out(step, referral.no, references[step.reverses_id] if step.reverses_id else None) for step in steps]
    return ReferralDetail(**own, steps=told, decision=decision)


async def list_steps(session: AsyncSession, wanted: StepFilter, principal: Principal) -> Page[StepOut]:
    """One page of the banks' steps on referrals that the caller reads."""
    taken_back = aliased(ReferralStep)
    query = (
        select(ReferralStep, Referral.no, taken_back.reference)
        .join(Referral, Referral.id == ReferralStep.referral_id)
        .outerjoin(taken_back, taken_back.id == ReferralStep.reverses_id)
        .where(visible(principal))
    )
    for column in (ReferralStep.bank, ReferralStep.kind, ReferralStep.referral_id, ReferralStep.reference):
        if (value := getattr(wanted, column.key)) is not None:
            query = query.where(column == value)
    if wanted.value_from is not None:
        query = query.where(ReferralStep.value_on >= wanted.value_from)
    if wanted.value_to is not None:
        query = query.where(ReferralStep.value_on <= wanted.value_to)
    return await paginate(
        session, query, keys=[ReferralStep.id], params=wanted, item=lambda row: step_out(row[0], row[1], row[2])
    )


def step_out(step: ReferralStep, referral_no: str, reverses: str | None) -> StepOut:
    """A step as it is answered; `reverses` is the reference of the one that it takes back."""
    renamed: dict[str, object] = {
        "status": step.status_after,
        "disbursed": step.disbursed_after,
        "repaid": step.repaid_after,
        "outstanding": step.disbursed_after - step.repaid_after,
        "version": step.version_after,
        "referral_no": referral_no,
        "reverses": reverses,
    }
    own = {name: getattr(step, name) for name in StepOut.model_fields if name not in renamed}
    return StepOut.model_validate(own | renamed)


async def show(session: AsyncSession, referral: Referral, principal: Principal) -> ReferralOut:
    """A referral as the caller may read it."""
    return (await shown(session, [referral], principal))[0]


async def shown(session: AsyncSession, rows: Sequence[Referral], principal: Principal) -> list[ReferralOut]:
    """Referrals as the caller may read them, in two or three statements."""
    firms = await read_firms(session, {row.enterprise_id for row in rows}, principal.today)
    firms |= {row.enterprise_id: firm for row in rows if (firm := fictional_firm(row, principal.today)) is not None}
    if not reads_as_bank(principal):
        return [_for_others(row, firms.get(row.enterprise_id)) for row in rows]
    opened = await _authorised_fields(session, rows, principal)
    return [_for_bank(row, firms.get(row.enterprise_id), opened.get(row.enterprise_id, set())) for row in rows]


async def _authorised_fields(
    session: AsyncSession, rows: Sequence[Referral], principal: Principal
) -> dict[UUID, set[str]]:
    """What the authorisations of the day open to the caller's bank, all together, by enterprise."""
    query = select(DataAuthorisation.enterprise_id, DataAuthorisation.fields).where(
        DataAuthorisation.enterprise_id.in_({row.enterprise_id for row in rows}),
        DataAuthorisation.bank == own_bank(principal),
        of_mode(DataAuthorisation, principal),
        valid_on(principal.today),
    )
    opened: dict[UUID, set[str]] = {}
    for row in await session.execute(query):
        opened.setdefault(row.enterprise_id, set()).update(row.fields)
    return opened


def _for_others(row: Referral, firm: Firm | None) -> ReferralOut:
    whole = _opened(firm, row.facts, _SHOWN_BY) if firm else EnterpriseData(code=row.enterprise_code)
    return ReferralOut(**_own(row), enterprise_code=row.enterprise_code, purpose=row.purpose, enterprise=whole)


def _for_bank(row: Referral, firm: Firm | None, fields: Collection[str]) -> ReferralOut:
    """Without an authorisation nothing that is about the enterprise: only the bank's own business with it."""
    opened = _opened(firm, row.facts, fields) if firm and fields else None
    own = _own(row)
    if "tenancy" not in fields:
        own["centre_id"] = None
    return ReferralOut(
        **own,
        enterprise=opened,
        enterprise_code=opened.code if opened else None,
        purpose=row.purpose if opened else None,
    )


def _own(row: Referral) -> dict[str, Any]:
    """The row's columns under their names; their types differ, hence Any."""
    return {name: getattr(row, name) for name in ReferralOut.model_fields if name not in _COMPUTED}


def _opened(firm: Firm, facts: Mapping[str, JsonValue], fields: Iterable[str]) -> EnterpriseData:
    known: dict[str, object] = {name: getattr(firm, name, None) for name in EnterpriseData.model_fields}
    known["statements"] = dict(facts)
    names = {name for field in fields for name in _SHOWN_BY.get(field, ())}
    return EnterpriseData.model_validate({name: value for name, value in known.items() if name in names})


async def _one(session: AsyncSession, query: Select[Referral]) -> Referral:
    referral = await session.scalar(query)
    if referral is None:
        raise not_found("referral")
    return referral
