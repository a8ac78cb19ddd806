"""Issue of a voucher, and the same question asked without issuing (4.3-1 to 4.3-3)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.access import own_division
from services.vouchers.ceilings.models import BUDGET, ENCLAVE_ISSUERS, QUOTA, ceiling, quota_subject
from services.vouchers.programmes.models import Programme
from services.vouchers.programmes.queries import lock_own
from services.vouchers.projections import LISTED
from services.vouchers.schemas import CENT
from services.vouchers.vouchers.codes import new_code
from services.vouchers.vouchers.facts import Holder, await_references, issuers_before, load_holder, terms_of
from services.vouchers.vouchers.models import Voucher, enclave_issue, voucher_code
from services.vouchers.vouchers.rules import (
    ACTIVE,
    decide_budget,
    decide_enclave_issuer,
    decide_quota,
    decide_standing,
    valid_until,
)
from services.vouchers.vouchers.schemas import VoucherNew
from shared.auth.principal import Principal
from shared.ceilings import CeilingMove, commit_amount
from shared.clock import effective_date
from shared.errors import DomainError
from shared.events import outbox
from shared.events.contracts import vouchers as vc
from shared.events.outbox import EventContext
from shared.ids import next_case_no
from shared.money import ZERO
from shared.policy.decision import Decision, combine
from shared.policy.edition import Edition, Editions
from shared.refusals import require_passed


async def issue_voucher(
    session: AsyncSession, *, editions: Editions, principal: Principal, wanted: VoucherNew
) -> Voucher:
    """Issue to an enterprise tenanted that day in a listed centre, within quota and budget.

    The centre's row is locked FOR SHARE from the look at its standing to the commit: a delisting either comes before,
    and this is refused, or after, and its sweep finds the voucher.
    """
    day = effective_date(principal, wanted.issued_on)
    edition = editions.require_in_force(day)
    await await_references(session, wanted.enterprise_id, day)
    programme = await lock_own(session, own_division(principal), wanted.programme_id, share=True)
    holder = await load_holder(session, wanted.enterprise_id, day, lock=True)
    standing = decide_standing(
        edition,
        terms_of(programme),
        holder.place,
        registered_on=holder.registered_on,
        category=wanted.category,
        day=day,
    )
    require_passed(standing)
    if day < principal.today:
        await _require_present_centre(session, wanted.enterprise_id, principal.today)
    caps = await _take_ceilings(session, edition, programme, holder, wanted)
    decision = require_passed(combine(standing, caps))
    voucher = _issued(programme, holder, wanted, edition, day)
    voucher.decision, voucher.issued_by = decision.to_json(), principal.account_id
    voucher.no = await next_case_no(session, "VC", day.year)
    session.add(voucher)
    await session.flush()
    await session.execute(insert(voucher_code).values(voucher_id=voucher.id, code=new_code()))
    data = vc.VoucherState.model_validate(voucher, from_attributes=True)
    context = EventContext.of(principal, day)
    await outbox.append(
        session, vc.VoucherIssued, voucher, data, context=context, rules=decision.rules, edition=edition.id
    )
    return voucher


def _issued(programme: Programme, holder: Holder, wanted: VoucherNew, edition: Edition, day: date) -> Voucher:
    assert holder.centre_id is not None, "passed vouchers.in_centre"
    return Voucher(
        programme_id=programme.id,
        issuer_division=programme.issuer_division,
        kind=programme.kind,
        enterprise_id=wanted.enterprise_id,
        centre_id=holder.centre_id,
        category=wanted.category,
        categories=programme.categories,
        subsidy_percent=programme.subsidy_percent,
        delivered_honoured=edition.vouchers.delivered_honoured_on_delisting.value,
        related_holding_percent=edition.vouchers.related_holding_percent.value.quantize(CENT),
        edition=edition.id,
        status=ACTIVE,
        face_value=wanted.face_value,
        balance=wanted.face_value,
        held=ZERO,
        spent=ZERO,
        returned=ZERO,
        issued_on=day,
        valid_until=valid_until(day, programme.valid_months),
    )


async def _require_present_centre(session: AsyncSession, enterprise_id: UUID, today: date) -> None:
    """2.3-5: a paper issue of an earlier day does not get around a delisting of the centre where the enterprise is now.

    Locks that centre too, so that its sweep finds the voucher or this finds it delisted.
    """
    present = await load_holder(session, enterprise_id, today, lock=True)
    if present.place is not None and (present.place.delisted or present.place.status != LISTED):
        raise DomainError("voucher-centre-delisted", 409, clauses=["2.3-5"])


async def _take_ceilings(
    session: AsyncSession, edition: Edition, programme: Programme, holder: Holder, wanted: VoucherNew
) -> Decision:
    """Commit the amount under quota and budget, in one fixed order; a refusal rolls all of it back."""
    year, amount = str(programme.year), wanted.face_value
    subject = quota_subject(programme.issuer_division, wanted.enterprise_id)
    limit = programme.enterprise_quota
    quota = await commit_amount(session, ceiling, kind=QUOTA, subject=subject, period=year, amount=amount, limit=limit)
    decision = require_passed(decide_quota(edition, limit, _before(quota, amount), amount))
    _require_moved(quota)
    if holder.place is not None and holder.place.enclave:
        enclave, moved = await _take_enclave(session, edition, programme, wanted)
        decision = require_passed(combine(decision, enclave))
        if moved is not None:
            _require_moved(moved)
    budget = await commit_amount(
        session, ceiling, kind=BUDGET, subject=str(programme.id), period=year, amount=amount, limit=programme.budget
    )
    decision = require_passed(
        combine(decision, decide_budget(edition, programme.budget, _before(budget, amount), amount))
    )
    _require_moved(budget)
    return decision


def _require_moved(move: CeilingMove) -> None:
    """Room that appeared after the ceiling had refused is not ours yet: the caller tries again."""
    if not move.ok:
        raise DomainError("ceiling-in-use", 409, headers={"Retry-After": "1"})


def _before(move: CeilingMove, amount: Decimal) -> Decimal:
    """What was committed without this voucher. The ceiling keeps the highest limit it ever had, so the rule compares
    with the programme's own."""
    return move.committed - amount if move.ok else move.committed


async def _take_enclave(
    session: AsyncSession, edition: Edition, programme: Programme, wanted: VoucherNew
) -> tuple[Decision, CeilingMove | None]:
    """Make the issuer one of the firm's in the year: what the rule says, and the move of the ceiling (None for an
    issuer that was one already)."""
    moved = None
    key = {"enterprise_id": wanted.enterprise_id, "year": programme.year, "issuer_division": programme.issuer_division}
    noted = postgresql.insert(enclave_issue).values(key).on_conflict_do_nothing()
    if await session.scalar(noted.returning(enclave_issue.c.year)) is not None:
        moved = await commit_amount(
            session,
            ceiling,
            kind=ENCLAVE_ISSUERS,
            subject=str(wanted.enterprise_id),
            period=str(programme.year),
            amount=Decimal(1),
            limit=Decimal(edition.vouchers.enclave_issuers_per_year.value),
        )
    others = await issuers_before(session, wanted.enterprise_id, programme.year, programme.issuer_division)
    return decide_enclave_issuer(edition, programme.issuer_division, others), moved
