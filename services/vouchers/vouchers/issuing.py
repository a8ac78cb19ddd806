"""Issue of a voucher, whoever asked for it: an officer, an application that was approved, or a row of a batch
(4.3-1 to 4.3-3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.programmes.models import Programme
from services.vouchers.programmes.queries import lock_own
from services.vouchers.programmes.rules import TermsInForce
from services.vouchers.programmes.terms import is_first_of_issuer, stored_category_terms, take_ceilings, terms_on
from services.vouchers.projections import LISTED
from services.vouchers.schemas import CENT
from services.vouchers.vouchers.codes import new_code
from services.vouchers.vouchers.facts import Holder, await_references, load_holder, terms_of
from services.vouchers.vouchers.models import Voucher, voucher_code
from services.vouchers.vouchers.rules import ACTIVE, AWAITING_APPROVAL, FROZEN, decide_standing, valid_until
from shared.errors import DomainError
from shared.events import outbox
from shared.events.contracts import vouchers as vc
from shared.events.outbox import EventContext
from shared.ids import next_case_no
from shared.money import ZERO
from shared.policy.decision import combine
from shared.policy.edition import Edition, Editions
from shared.refusals import require_passed


@dataclass(frozen=True, slots=True)
class Issue:
    """A voucher to issue; yuan. The day is the context's; `today` is later for a paper issue of an earlier day."""

    issuer_division: str
    programme_id: UUID
    enterprise_id: UUID
    face_value: Decimal
    category: str | None
    today: date
    context: EventContext
    application_id: UUID | None = None
    batch_id: UUID | None = None
    awaits_approval: bool = False
    """Budget and quotas are taken, but nothing can be bought until another person approves."""

    @property
    def day(self) -> date:
        """The day it is issued on."""
        return self.context.effective_on


async def issue(session: AsyncSession, editions: Editions, wanted: Issue) -> Voucher:
    """Issue to an enterprise tenanted that day in a listed centre, within quotas and budget.

    The centre's row is locked FOR SHARE from the look at its standing to the commit: a delisting either comes before,
    and this is refused, or after, and its sweep finds the voucher. Raises 404 for a programme of another division, the
    refusal of the rule that failed, 409 `reference-not-yet-known`, `voucher-centre-delisted`, `ceiling-in-use`.
    """
    edition = editions.require_in_force(wanted.day)
    await await_references(session, wanted.enterprise_id, wanted.day)
    programme = await lock_own(session, wanted.issuer_division, wanted.programme_id, share=True)
    holder = await load_holder(session, wanted.enterprise_id, wanted.day, lock=True)
    terms = await terms_on(session, programme, wanted.day)
    standing = decide_standing(
        edition,
        terms_of(programme, terms),
        holder.place,
        registered_on=holder.registered_on,
        size_class=holder.size_class,
        category=wanted.category,
        day=wanted.day,
    )
    require_passed(standing)
    if wanted.day < wanted.today:
        await _require_present_centre(session, wanted.enterprise_id, wanted.today)
    caps = await take_ceilings(
        session,
        edition,
        programme,
        terms,
        enterprise_id=wanted.enterprise_id,
        enclave=holder.enclave,
        amount=wanted.face_value,
    )
    decision = require_passed(combine(standing, caps))
    voucher = _issued(programme, terms, holder, wanted, edition)
    voucher.first_free = terms.first_voucher_free and await is_first_of_issuer(
        session, programme.issuer_division, wanted.enterprise_id
    )
    voucher.decision, voucher.issued_by = decision.to_json(), wanted.context.actor
    if wanted.awaits_approval:
        voucher.status, voucher.frozen_reason = FROZEN, AWAITING_APPROVAL
        voucher.frozen_on, voucher.frozen_by = wanted.day, wanted.context.actor
    voucher.no = await next_case_no(session, "VC", wanted.day.year)
    session.add(voucher)
    await session.flush()
    await session.execute(insert(voucher_code).values(voucher_id=voucher.id, code=new_code()))
    data = vc.VoucherState.model_validate(voucher, from_attributes=True)
    await outbox.append(
        session, vc.VoucherIssued, voucher, data, context=wanted.context, rules=decision.rules, edition=edition.id
    )
    return voucher


def _issued(programme: Programme, terms: TermsInForce, holder: Holder, wanted: Issue, edition: Edition) -> Voucher:
    assert holder.centre_id is not None, "passed vouchers.in_centre"
    return Voucher(
        programme_id=programme.id,
        issuer_division=programme.issuer_division,
        kind=programme.kind,
        enterprise_id=wanted.enterprise_id,
        centre_id=holder.centre_id,
        category=wanted.category,
        categories=list(terms.categories),
        subsidy_percent=terms.subsidy_percent,
        category_terms=stored_category_terms(terms.category_terms),
        delivered_honoured=edition.vouchers.delivered_honoured_on_delisting.value,
        related_holding_percent=edition.vouchers.related_holding_percent.value.quantize(CENT),
        edition=edition.id,
        status=ACTIVE,
        face_value=wanted.face_value,
        balance=wanted.face_value,
        held=ZERO,
        spent=ZERO,
        returned=ZERO,
        issued_on=wanted.day,
        valid_until=valid_until(wanted.day, terms.valid_months),
        application_id=wanted.application_id,
        batch_id=wanted.batch_id,
    )


async def _require_present_centre(session: AsyncSession, enterprise_id: UUID, today: date) -> None:
    """2.3-5: a paper issue of an earlier day does not get around a delisting of the centre where the enterprise is now.

    Locks that centre too, so that its sweep finds the voucher or this finds it delisted.
    """
    present = await load_holder(session, enterprise_id, today, lock=True)
    if present.place is not None and (present.place.delisted or present.place.status != LISTED):
        raise DomainError("voucher-centre-delisted", 409, clauses=["2.3-5"])
