"""A programme's terms on a day, and the amounts an issue commits under them (4.3-3, 4.3-4)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import delete, exists, or_, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.ceilings.models import BUDGET, CITY_QUOTA, ENCLAVE_ISSUERS, QUOTA, ceiling, quota_subject
from services.vouchers.programmes.models import TERMS, Programme, ProgrammeTerms
from services.vouchers.programmes.rules import CategoryTerms, TermsInForce, decide_city_quota
from services.vouchers.vouchers.facts import issuers_before
from services.vouchers.vouchers.models import Voucher, enclave_issue
from services.vouchers.vouchers.rules import (
    CENTRE_DELISTED,
    NOT_APPROVED,
    decide_budget,
    decide_enclave_issuer,
    decide_quota,
)
from shared.ceilings import CeilingMove, commit_amount, release_amount
from shared.errors import DomainError
from shared.events.contracts import vouchers as vc
from shared.policy.decision import Decision, combine
from shared.policy.edition import Edition
from shared.refusals import require_passed

_NO_LIMIT: Final = Decimal("1000000000000.00")
"""Yuan; width of the city's ceiling where the edition sets none: it counts all the same, for an edition that will."""


async def terms_on(session: AsyncSession, programme: Programme, day: date) -> TermsInForce:
    """The terms that hold on the day; before the first of them those of the draft.

    The budget is the smallest from that day on: a budget that is going to be lowered is not issued away before. Read
    them with the programme locked: an amendment takes it exclusively.
    """
    query = select(ProgrammeTerms).where(ProgrammeTerms.programme_id == programme.id)
    versions = list(await session.scalars(query.order_by(ProgrammeTerms.effective_from)))
    held = [version for version in versions if version.effective_from <= day]
    if not held:
        return in_force(programme, None, programme.budget)
    later = versions[len(held) - 1 :]
    return in_force(held[-1], held[-1].effective_from, min(version.budget for version in later))


def in_force(row: Programme | ProgrammeTerms, effective_from: date | None, budget: Decimal) -> TermsInForce:
    """The terms of a row, with the budget that counts."""
    return TermsInForce(
        effective_from=effective_from,
        budget=budget,
        subsidy_percent=row.subsidy_percent,
        enterprise_quota=row.enterprise_quota,
        valid_months=row.valid_months,
        startup_months=row.startup_months,
        categories=tuple(row.categories),
        category_terms=category_terms_of(row.category_terms),
        first_voucher_free=row.first_voucher_free,
        eligible_sizes=None if row.eligible_sizes is None else tuple(row.eligible_sizes),
    )


async def last_terms(session: AsyncSession, programme: Programme) -> TermsInForce:
    """The terms with the latest day, whether or not it has come: what a change starts from."""
    query = select(ProgrammeTerms).where(ProgrammeTerms.programme_id == programme.id)
    last = (await session.scalars(query.order_by(ProgrammeTerms.effective_from.desc()).limit(1))).one_or_none()
    return in_force(last or programme, last.effective_from if last else None, (last or programme).budget)


def terms_row(
    programme_id: UUID, effective_from: date, terms: TermsInForce, *, amendment_id: UUID | None = None
) -> ProgrammeTerms:
    """The terms, to be stored from that day on."""
    return ProgrammeTerms(
        programme_id=programme_id,
        effective_from=effective_from,
        amendment_id=amendment_id,
        budget=terms.budget,
        subsidy_percent=terms.subsidy_percent,
        enterprise_quota=terms.enterprise_quota,
        valid_months=terms.valid_months,
        startup_months=terms.startup_months,
        categories=list(terms.categories),
        category_terms=stored_category_terms(terms.category_terms),
        first_voucher_free=terms.first_voucher_free,
        eligible_sizes=None if terms.eligible_sizes is None else list(terms.eligible_sizes),
    )


def programme_state(programme: Programme, terms: TermsInForce) -> vc.ProgrammeState:
    """The programme as its events carry it, on the terms given."""
    held = {name: getattr(terms, name) for name in TERMS if name != "category_terms"}
    own = {name: getattr(programme, name) for name in ("id", "no", "issuer_division", "kind", "year", "status")}
    return vc.ProgrammeState(
        **own,
        **held,
        category_terms=tuple(
            vc.ProgrammeCategoryTerms(category=category, percent=of.percent, cap=of.cap)
            for category, of in sorted(terms.category_terms.items())
        ),
        terms_from=terms.effective_from,
        unissued_at_close=programme.unissued_at_close,
    )


def category_terms_of(stored: Mapping[str, JsonValue]) -> dict[str, CategoryTerms]:
    """As stored: `{category: {"percent": text or null, "cap": text or null}}`."""
    found = {}
    for category, terms in stored.items():
        assert isinstance(terms, dict), "the column's own form"
        percent, cap = terms.get("percent"), terms.get("cap")
        found[category] = CategoryTerms(
            percent=None if percent is None else Decimal(str(percent)), cap=None if cap is None else Decimal(str(cap))
        )
    return found


def stored_category_terms(terms: Mapping[str, CategoryTerms]) -> dict[str, JsonValue]:
    """The same, to be stored: with a programme, or as a voucher's own copy."""
    return {
        category: {
            "percent": None if of.percent is None else f"{of.percent:.2f}",
            "cap": None if of.cap is None else f"{of.cap:.2f}",
        }
        for category, of in sorted(terms.items())
    }


async def is_first_of_issuer(session: AsyncSession, issuer_division: str, enterprise_id: UUID) -> bool:
    """Whether the issuer has issued nothing to the enterprise before, which a first voucher free of charge asks. Look
    with the ceilings taken: the quota's row makes two first vouchers of a year wait for each other."""
    earlier = exists().where(
        Voucher.enterprise_id == enterprise_id,
        Voucher.issuer_division == issuer_division,
        Voucher.reason_code.is_distinct_from(NOT_APPROVED),
    )
    return not await session.scalar(select(earlier))


async def take_ceilings(
    session: AsyncSession,
    edition: Edition,
    programme: Programme,
    terms: TermsInForce,
    *,
    enterprise_id: UUID,
    enclave: bool,
    amount: Decimal,
) -> Decision:
    """Commit the amount under quota, city-wide quota and budget, in one fixed order; a refusal rolls all of it back.

    The programme and the enterprise are locked FOR SHARE by the caller. `ceilings.returns.give_back` is the way back.
    Raises the refusal of the rule that failed, or 409 `ceiling-in-use`.
    """
    year = str(programme.year)
    limit = terms.enterprise_quota
    subject = quota_subject(programme.issuer_division, enterprise_id)
    quota = await commit_amount(session, ceiling, kind=QUOTA, subject=subject, period=year, amount=amount, limit=limit)
    decision = require_passed(decide_quota(edition, limit, _before(quota, amount), amount))
    _require_moved(quota)
    if enclave:
        decision = combine(decision, await _take_enclave(session, edition, programme, enterprise_id))
    city = await commit_amount(
        session, ceiling, kind=CITY_QUOTA, subject=str(enterprise_id), period=year, amount=amount, limit=_NO_LIMIT
    )
    decision = combine(decision, require_passed(decide_city_quota(edition, _before(city, amount), amount)))
    _require_moved(city)
    budget = await commit_amount(
        session, ceiling, kind=BUDGET, subject=str(programme.id), period=year, amount=amount, limit=terms.budget
    )
    kept = require_passed(decide_budget(edition, terms.budget, _before(budget, amount), amount))
    _require_moved(budget)
    return combine(decision, kept)


def _require_moved(move: CeilingMove) -> None:
    """Room that appeared after the ceiling had refused is not ours yet: the caller tries again."""
    if not move.ok:
        raise DomainError("ceiling-in-use", 409, headers={"Retry-After": "1"})


def _before(move: CeilingMove, amount: Decimal) -> Decimal:
    """What was committed without this voucher. The ceiling keeps the highest limit it ever had, so the rule compares
    with the programme's own."""
    return move.committed - amount if move.ok else move.committed


async def _take_enclave(session: AsyncSession, edition: Edition, programme: Programme, enterprise_id: UUID) -> Decision:
    """Make the issuer one of the firm's in the year, unless it is one already."""
    key = {"enterprise_id": enterprise_id, "year": programme.year, "issuer_division": programme.issuer_division}
    noted = postgresql.insert(enclave_issue).values(key).on_conflict_do_nothing()
    moved = None
    if await session.scalar(noted.returning(enclave_issue.c.year)) is not None:
        moved = await commit_amount(
            session,
            ceiling,
            kind=ENCLAVE_ISSUERS,
            subject=str(enterprise_id),
            period=str(programme.year),
            amount=Decimal(1),
            limit=Decimal(edition.vouchers.enclave_issuers_per_year.value),
        )
    others = await issuers_before(session, enterprise_id, programme.year, programme.issuer_division)
    decision = require_passed(decide_enclave_issuer(edition, programme.issuer_division, others))
    if moved is not None:
        _require_moved(moved)
    return decision


async def free_enclave_issuer(session: AsyncSession, voucher: Voucher) -> None:
    """4.3-3: an issuer all of whose vouchers came back unused is none of the enclave firm's in the year: it may have
    another's. Call it after the voucher's own money went back; what a delisting stopped may run again."""
    year = select(Programme.year).where(Programme.id == voucher.programme_id).scalar_subquery()
    await session.flush()
    runs_again = Voucher.reason_code == CENTRE_DELISTED
    kept = (
        exists()
        .where(Voucher.enterprise_id == voucher.enterprise_id, Voucher.issuer_division == voucher.issuer_division)
        .where(Voucher.programme_id == Programme.id, Programme.year == year)
        .where(or_(Voucher.returned < Voucher.face_value, runs_again))
    )
    noted = enclave_issue.c
    gone = delete(enclave_issue).where(
        noted.enterprise_id == voucher.enterprise_id,
        noted.issuer_division == voucher.issuer_division,
        noted.year == year,
        ~kept,
    )
    freed = await session.scalar(gone.returning(noted.year))
    if freed is not None:
        await release_amount(
            session,
            ceiling,
            kind=ENCLAVE_ISSUERS,
            subject=str(voucher.enterprise_id),
            period=str(freed),
            amount=Decimal(1),
        )
