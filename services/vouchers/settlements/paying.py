"""The payment file: who is paid how much into which account, and what is kept back for recoveries (4.3-4).

Locks: vouchers and redemptions of what is kept back, the batch, recoveries by id.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.vouchers.access import own_division
from services.vouchers.journal.models import PROVIDER_PAYABLE, JournalEntry, Posting
from services.vouchers.providers.accounts import SettlementAccount, account_by_id, account_of, number_of
from services.vouchers.providers.models import Provider
from services.vouchers.recoveries.offsets import claims_to_withhold, uses_behind
from services.vouchers.recoveries.restoring import lock_uses
from services.vouchers.settlements import lines, rules, states
from services.vouchers.settlements.cases import Case, Step, open_case
from services.vouchers.settlements.checking import find_faults
from services.vouchers.settlements.models import Settlement, SettlementLine, SettlementOffset, SettlementPayment
from services.vouchers.settlements.paid import settle
from shared.errors import DomainError
from shared.events.contracts import vouchers as vc
from shared.ids import uuid7
from shared.money import ZERO
from shared.refusals import require_passed
from shared.sealing import Keyring

FILED = ("vouchers.settlement_payment", "vouchers.settlement_account")


@dataclass(frozen=True, slots=True)
class Order:
    """A line of the payment file, with the account's number in the clear."""

    reference: str
    account_name: str
    bank: str
    bank_code: str
    number: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class PaymentFile:
    """What the bank is asked to pay, with the control totals that its answer repeats."""

    no: str
    orders: Sequence[Order]

    @property
    def total(self) -> Decimal:
        return sum((order.amount for order in self.orders), ZERO)

    @property
    def digest(self) -> str:
        """SHA-256 of the orders in their sequence: reference, account number and amount, a line each."""
        text = "".join(f"{order.reference}|{order.number}|{order.amount:.2f}\n" for order in self.orders)
        return hashlib.sha256(text.encode()).hexdigest()


async def make_file(session: AsyncSession, *, step: Step, keys: Keyring, filed_on: date | None) -> Settlement:
    """Make the payments of an approved batch, once: one a provider, less what it owes. By somebody who neither checked
    nor approved it.

    A payment that is kept back to the last fen is settled at once: the bank has nothing to do for it. Raises 403
    `four-eyes-required`, 409 `settlement-accounts-missing`, `settlement-journal-differs`, `settlement-lines-fail`.
    """
    await _lock_uses_to_withhold(session, step)
    case = await open_case(session, step, states.APPROVED)
    settlement = case.settlement
    case.require_another(settlement.checked_by, settlement.approved_by)
    day = case.day(filed_on, settlement.approved_on)
    await _require_owed(session, settlement)
    payments = await _payments(session, case, day)
    await _require_lines_hold(session, case, day)
    file = await file_of(session, settlement, keys, [payment for payment in payments if payment.net > 0])
    settlement.file_count, settlement.file_total = len(file.orders), file.total
    settlement.file_digest, settlement.status = file.digest, states.PAYING
    settlement.filed_by, settlement.filed_on = step.principal.account_id, day
    context = case.context(day)
    await session.flush()
    withheld = [payment for payment in payments if payment.net == 0]
    await settle(session, settlement, withheld, day=day, context=context)
    await lines.refresh(session, settlement)
    await lines.tell(session, vc.SettlementFiled, settlement, context, FILED)
    return settlement


async def read_file(session: AsyncSession, *, step: Step, keys: Keyring) -> PaymentFile:
    """The file that was made, for the issuer's own people. Raises 404, 409 `invalid-transition` before it is made,
    `settlement-file-differs` where it is not what was approved for payment any more."""
    case = await open_case(session, step, states.PAYING, states.CLOSED)
    file = await file_of(session, case.settlement, keys)
    if file.digest != case.settlement.file_digest:
        raise DomainError("settlement-file-differs", 409, params={"no": file.no}, clauses=["4.3-4"])
    return file


async def file_of(
    session: AsyncSession,
    settlement: Settlement,
    keys: Keyring,
    payments: Sequence[SettlementPayment] | None = None,
) -> PaymentFile:
    """The payments that the bank was asked for, whatever became of them since: the file is always the same."""
    if payments is None:
        query = select(SettlementPayment).where(
            SettlementPayment.settlement_id == settlement.id, SettlementPayment.net > 0
        )
        payments = (await session.scalars(query.order_by(SettlementPayment.number))).all()
    orders = []
    for payment in payments:
        account = await account_by_id(session, payment.account_id)
        assert account is not None, "accounts are kept"
        orders.append(
            Order(
                payment.reference,
                account.account_name,
                account.bank_name,
                account.bank_code or "",
                number_of(account, keys),
                payment.net,
            )
        )
    return PaymentFile(settlement.no, orders)


async def _lock_uses_to_withhold(session: AsyncSession, step: Step) -> None:
    """Uses come before the batch. A recovery that is decided between here and the batch's lock is reserved all the
    same; only what is kept back at once moves its voucher, and a deadlock over it is repeated like any other."""
    line = SettlementLine
    payees = select(line.provider_id).where(line.settlement_id == step.settlement_id, line.status == states.INCLUDED)
    providers = (await session.scalars(payees.distinct())).all()
    division, today = own_division(step.principal), step.principal.today
    await lock_uses(session, await uses_behind(session, division, providers, today))


async def _require_lines_hold(session: AsyncSession, case: Case, day: date) -> None:
    """Between approval and payment a grant may have claimed an invoice, or it was found void: every line is looked at
    once more at the last moment (`shared.document_claims`). Raises 409 `settlement-lines-fail`."""
    failing = sum(1 for found in (await find_faults(session, case)).values() if found)
    require_passed(rules.decide_lines(case.edition, failing=failing, lines=case.settlement.line_count, day=day))


async def _require_owed(session: AsyncSession, settlement: Settlement) -> None:
    """The journal owes each line what the batch would pay for it: 409 `settlement-journal-differs` otherwise. Nothing
    in this service can make them differ; it is what a payment rests on."""
    line = SettlementLine
    owed = (
        select(-func.sum(Posting.amount))
        .join(JournalEntry, JournalEntry.id == Posting.entry_id)
        .where(JournalEntry.redemption_id == line.redemption_id, Posting.account == PROVIDER_PAYABLE)
        .scalar_subquery()
    )
    query = select(func.count()).where(
        line.settlement_id == settlement.id, line.status == states.INCLUDED, owed.is_distinct_from(line.amount)
    )
    if differing := await session.scalar(query):
        raise DomainError("settlement-journal-differs", 409, params={"lines": differing}, clauses=["4.3-4"])


async def _payments(session: AsyncSession, case: Case, day: date) -> list[SettlementPayment]:
    settlement, line = case.settlement, SettlementLine
    query = (
        select(line.provider_id, func.count(), func.sum(line.amount), Provider.code)
        .join(Provider, Provider.id == line.provider_id)
        .where(line.settlement_id == settlement.id, line.status == states.INCLUDED)
        .group_by(line.provider_id, Provider.code)
        .order_by(Provider.code, line.provider_id)
    )
    sums = (await session.execute(query)).all()
    accounts = await _accounts(session, {row[0]: row[3] for row in sums})
    claims = await claims_to_withhold(session, settlement.issuer_division, list(accounts), day)
    payments: list[SettlementPayment] = []
    for number, (provider_id, count, gross, _) in enumerate(sums, start=1):
        offsets: list[tuple[UUID, Decimal]] = []
        left = gross
        for recovery in claims.get(provider_id, ()):
            kept = min(left, recovery.outstanding)
            if kept > 0:
                recovery.reserved += kept
                left -= kept
                offsets.append((recovery.id, kept))
        payment = SettlementPayment(
            id=uuid7(),
            settlement_id=settlement.id,
            provider_id=provider_id,
            account_id=accounts[provider_id].id,
            number=number,
            reference=f"{settlement.no}-{number:04d}",
            line_count=count,
            gross=gross,
            withheld=gross - left,
            net=left,
            status=states.ISSUED,
        )
        session.add(payment)
        await session.flush()
        session.add_all(
            SettlementOffset(payment_id=payment.id, recovery_id=recovery_id, amount=kept, status=states.RESERVED)
            for recovery_id, kept in offsets
        )
        await session.execute(
            update(line)
            .where(line.settlement_id == settlement.id, line.provider_id == provider_id, line.status == states.INCLUDED)
            .values(payment_id=payment.id),
            execution_options={"synchronize_session": False},
        )
        payments.append(payment)
    await session.flush()
    return payments


async def _accounts(session: AsyncSession, codes: Mapping[UUID, str]) -> dict[UUID, SettlementAccount]:
    found: dict[UUID, SettlementAccount] = {}
    missing: list[str] = []
    for provider_id, code in codes.items():
        account = await account_of(session, provider_id)
        if account is None:
            missing.append(code)
        else:
            found[provider_id] = account
    if missing:
        params = {"providers": ", ".join(missing), "count": len(missing)}
        raise DomainError("settlement-accounts-missing", 409, params=params, clauses=["4.3-4"])
    return found
