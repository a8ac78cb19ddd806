"""Loans and bank referrals: from the application to the last repayment, with arrears and what is taken back."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, Final

from services.finance.loans.states import GRADUATE_JOINT, GUARANTEED, SMALL_MICRO
from tests.finance.banking import AUTHORISATIONS, FIELDS, REFERRALS, offer, wish
from tests.finance.loans.lending import PATH, application, contract, hire, refusal_letter
from tests.finance.proofs.machine.city import DAY, LATER, City, Draw, Move, papers, reference
from tests.finance.support import Json
from tests.support.identifiers import make_identity_card

AMOUNTS: Final = {
    GUARANTEED: ("900000.00", "1500000.00", "2000000.00", "0.01"),
    SMALL_MICRO: ("1000000.00", "3000000.00", "2000000.00", "0.01"),
    "graduate": ("100000.00", "60000.00", "70000.00", "0.01"),
    GRADUATE_JOINT: ("200000.00", "450000.00", "90000.00", "0.01"),
}
ENDED: Final = ("refused", "withdrawn")
LOAN: Final = """
SELECT * FROM loan WHERE product = :product AND borrower = :borrower AND status NOT IN ('refused', 'withdrawn')
ORDER BY no DESC LIMIT 2
"""
BANKER: Final[Json] = {"bank": "CCB"}
NOT_ELIGIBLE: Final = {"reason_code": "not_eligible"}


async def loan_of(city: City, draw: Draw) -> Any:
    """The slot's loan: the newest, or now and then the one before it; None where there is none."""
    product, borrower = city.slots[draw.case % len(city.slots)]
    rows = await city.rows(LOAN, product=product, borrower=borrower)
    return rows[draw.size // 3 % len(rows)] if rows else None


def applicant(city: City, product: str, borrower: str) -> Json:
    """Role, account and claims of who borrows."""
    if product in (GUARANTEED, SMALL_MICRO):
        return {"role": "enterprise", "who": borrower, "claims": {"org": borrower}}
    return {"role": "founder", "who": borrower, "claims": {"person_ref": borrower}}


async def loans(city: City, draw: Draw) -> list[Move]:
    """What may be sent about the slot's loan; a closed one is followed by another."""
    product, borrower = city.slots[draw.case % len(city.slots)]
    own = applicant(city, product, borrower)
    amount = AMOUNTS[product][draw.size % 4]
    partners = city.graduates if product == GRADUATE_JOINT else []
    more: Json = {"refusal": refusal_letter(), "submit": True} if product == GUARANTEED else {}
    apply = Move(path=PATH, body=application(product, amount, partners=partners, **more), **own)
    row = await loan_of(city, draw)
    if row is None or row.status == "closed":
        return [apply, *([] if row is None else _serviced(row, draw))]
    path = f"{PATH}/{row.id}"
    if row.status == "draft":
        return await _drafted(city, row, path, own) + [apply]
    if row.status in ("contracted", "disbursed", "repaying", "in_claim", "in_recovery"):
        return [*await _paid_out(city, row, draw), apply]
    return [_examined(row, path, draw), _refused(row, path), apply, Move(path=f"{path}/withdraw", **own)]


async def _drafted(city: City, row: Any, path: str, own: Json) -> list[Move]:
    submit = Move(path=f"{path}/submit", body={}, **own)
    if row.product == SMALL_MICRO and not await city.rows("SELECT 1 FROM loan_hire WHERE loan_id = :id", id=row.id):
        people = [hire(id_number=make_identity_card(100 + number)) for number in range(3)]
        return [Move(path=f"{path}/hires", body={"staff": 8, "hires": people}, **own), submit]
    if row.product == GRADUATE_JOINT and len(row.consents) < 2:
        partner = next(ref for ref in city.graduates if ref not in row.consents)
        consent: Json = {"role": "founder", "who": partner, "claims": {"person_ref": partner}}
        return [Move(path=f"{path}/consent", **consent), submit]
    return [submit]


def _examined(row: Any, path: str, draw: Draw) -> Move:
    """The step that would let it pass."""
    lowered = {"amount": draw.of(row.requested)} if draw.size == 1 else {}
    if row.status == "submitted" and row.guarantor:
        return Move("guarantor", f"{path}/guarantor-accept", {"refusal_seen": True, **lowered})
    if row.status == "submitted":
        return Move(f"{row.department}_officer", f"{path}/review", {})
    if row.status == "reviewed":
        return Move(f"{row.department}_approver", f"{path}/approve", {**lowered, **papers()})
    if row.status == "bank_accepted":
        signed = contract(str(row.approved), schedule_kind=("equal_principal", "bullet")[draw.size % 2])
        return Move("bank", f"{path}/contract", signed, claims=BANKER)
    return Move("bank", f"{path}/bank-accept", {}, claims=BANKER)


def _refused(row: Any, path: str) -> Move:
    if row.status in ("department_checked", "guarantor_accepted", "bank_accepted"):
        return Move("bank", f"{path}/refuse", NOT_ELIGIBLE, claims=BANKER)
    role = "guarantor" if row.guarantor else f"{row.department}_approver"
    return Move(role, f"{path}/refuse", NOT_ELIGIBLE, who="2")


async def _paid_out(city: City, row: Any, draw: Draw) -> list[Move]:
    """The bank's reports on a signed loan."""
    path, moves = f"{PATH}/{row.id}", _serviced(row, draw)
    paid = await city.row(
        "SELECT id FROM loan_payment WHERE loan_id = :id AND kind = 'payment' AND reversed_on IS NULL"
        " ORDER BY line DESC LIMIT 1",
        id=row.id,
    )
    if paid is not None:
        back = {"bank_reference": reference("CZ"), "reversed_on": "2020-10-09", "reason_code": "bounced"}
        moves.append(_report(f"{path}/payments/{paid.id}/reverse", back))
    more = {"agreed_on": "2020-04-20", "matures_on": "2020-12-06", "bank_reference": reference("ZQ"), "reason": "展期"}
    moves.append(_report(f"{path}/extensions", more))
    moves.append(_report(f"{path}/close", {}))
    return moves


def _serviced(row: Any, draw: Draw) -> list[Move]:
    path, open_amount = f"{PATH}/{row.id}", (row.contracted or Decimal(0)) - row.disbursed
    moves: list[Move] = []
    if open_amount > 0:
        amount = draw.of(open_amount) if draw.size > 2 else str(open_amount)
        drawn = {"amount": amount, "drawn_on": "2019-05-10", "bank_reference": reference("FK"), "every_months": 3}
        moves.append(_report(f"{path}/drawdowns", drawn))
    if row.outstanding > 0:
        day = (date(2019, 8, 6), date(2020, 10, 8), date(2019, 12, 6))[draw.case % 3]
        paid = {
            "principal": draw.of(row.outstanding if draw.size in (2, 4, 5) else row.outstanding / 4),
            "interest": "100.00",
            "paid_on": day.isoformat(),
            "bank_reference": reference("HK"),
            "early": draw.size % 2 == 1,
        }
        moves.append(_report(f"{path}/payments", paid))
    return moves


def _report(path: str, body: Json) -> Move:
    return Move("bank", path, body, today=LATER, claims=BANKER)


async def referrals(city: City, draw: Draw) -> list[Move]:
    """One open referral of each of two firms; a refused one opens a guaranteed loan."""
    firm = city.firms[draw.case % 2]
    own: Json = {"role": "enterprise", "who": firm.code, "claims": {"org": firm.code}}
    given = {
        "banks": ["CCB", "PSBC"],
        "purpose": "loan_application",
        "fields": FIELDS,
        "valid_until": "2019-12-31",
    }
    authorise = Move(path=AUTHORISATIONS, body=given, **own)
    if not await city.rows("SELECT 1 FROM data_authorisation WHERE enterprise_code = :code", code=firm.code):
        return [authorise]
    refer = Move(path=REFERRALS, body=wish("CCB", amount=("100000.00", "300000.00")[draw.size % 2]), **own)
    row = await city.row(
        "SELECT * FROM referral WHERE enterprise_code = :code ORDER BY no DESC LIMIT 1", code=firm.code
    )
    if row is None:
        return [refer]
    path = f"{REFERRALS}/{row.id}"
    if row.status == "refused":
        body = application(GUARANTEED, "300000.00", referral_id=str(row.id), submit=True)
        return [Move(path=PATH, body=body, **own), refer]
    if row.status == "sent":
        why = {"reference": reference("CCB-"), "reason_code": "cash_flow_insufficient"}
        return [_banked(path, "accept", {}), Move("bank", f"{path}/refuse", why, claims=BANKER)]
    if row.status == "accepted":
        return [_banked(path, "offer", offer(str(row.amount)))]
    if row.status == "offered":
        return [Move(path=f"{path}/agree", **own)]
    if row.status in ("agreed", "disbursed", "repaying"):
        return await _lent(city, row, path, draw) + [refer]
    return [refer]


async def _lent(city: City, row: Any, path: str, draw: Draw) -> list[Move]:
    value_on, owed = {"value_on": DAY.isoformat()}, row.disbursed - row.repaid
    moves: list[Move] = []
    if row.disbursed < row.offered_amount:
        amount = draw.of(row.offered_amount - row.disbursed)
        moves.append(_banked(path, "disburse", {"amount": amount, **value_on}))
    if owed:
        moves.append(_banked(path, "repay", {"amount": draw.of(owed), "interest": "1.00", **value_on}))
    last = await city.row(
        "SELECT reference FROM referral_step WHERE referral_id = :id AND kind IN ('disburse', 'repay')"
        " AND reversed_on IS NULL ORDER BY step DESC LIMIT 1",
        id=row.id,
    )
    if last is not None:
        moves.append(_banked(path, "reverse", {"reverses": last.reference, "reason_code": "wrong_amount", **value_on}))
    return [*moves, _banked(path, "close", {})]


def _banked(path: str, verb: str, body: Json) -> Move:
    return Move("bank", f"{path}/{verb}", {"reference": reference("CCB-"), **body}, claims=BANKER)
