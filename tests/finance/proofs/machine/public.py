"""What the city itself does with money: budget lines, grants and what is repaid of them, matching funds, the books."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

from services.finance.appropriations.states import APPROVED
from tests.finance.appropriations.treasury import PATH as LINES, YEAR_END, document
from tests.finance.matching import PATH as MATCHING, payment
from tests.finance.proofs.machine.city import DAY, LATER, City, Draw, Move, papers, reference, treasury_slip
from tests.finance.repaying import PATH as REPAYMENTS
from tests.finance.support import OPERATOR, Json, application, spending

NOTICED: Final = DAY - timedelta(days=30)
REPAID_ON: Final = date(2021, 7, 20)
GRANTS: Final = """
SELECT id, status, requested, paid, spent, refunded, recovery_due, recovered, repaid,
  EXISTS (SELECT FROM public_notice WHERE subject_id = centre_grant.id) AS announced
FROM centre_grant ORDER BY no
"""
REFUSE: Final = {"reason_code": "other"}


async def grants(city: City, draw: Draw) -> list[Move]:
    """Three cases are gone on with; the fourth is another application."""
    rows = await city.rows(GRANTS)
    centre, amount = city.centres[draw.case % 2], ("50000.00", "60000.01", "120000.00", "0.01")[draw.size % 4]
    claims = {"org": OPERATOR}
    apply = Move("centre_operator", "/v1/grants", application(centre, amount), claims=claims)
    open_ones = [row for row in rows if row.status not in ("closed", "refused", "cancelled")]
    if draw.case >= min(3, len(open_ones)):
        return [apply]
    row = open_ones[draw.case]
    path = f"/v1/grants/{row.id}"
    refuse = Move("industry_approver", f"{path}/refuse", REFUSE)
    if row.status == "applied":
        return [Move("science_officer", f"{path}/review"), refuse]
    if row.status == "reviewed" and not row.announced:
        return [Move("science_officer", f"{path}/notice", today=NOTICED), refuse]
    if row.status == "reviewed":
        amount = draw.of(row.requested) if draw.size == 2 else str(row.requested)
        return [Move("science_approver", f"{path}/approve", {"amount": amount, **papers()}), refuse]
    if row.status == "approved":
        return [Move("industry_approver", f"{path}/countersign", papers()), refuse]
    if row.status == "countersigned":
        return [Move("treasury_officer", f"{path}/disburse", {"reference": treasury_slip(draw)}), refuse]
    balance = row.paid - row.spent - row.refunded - row.recovered + row.repaid
    close = Move("science_officer", f"{path}/close")
    if row.status == "in_recovery":
        back = draw.of(row.recovery_due - row.recovered + row.repaid)
        return [Move("treasury_officer", f"{path}/recover", {"amount": back}, today=date(2021, 4, 10)), close, apply]
    if row.status == "paid":
        return await _of_paid(city, draw, path, balance, claims) + [close, apply]
    return [apply, refuse, close]


async def _of_paid(city: City, draw: Draw, path: str, balance: object, claims: Json) -> list[Move]:
    amount = draw.of(str(balance))
    spend = f"{path}/spending"
    moves = [
        Move("centre_operator", spend, spending(amount), claims=claims),
        Move("treasury_officer", f"{path}/refund", {"amount": amount}),
        Move("centre_operator", spend, spending(amount, purpose="banquets"), claims=claims),
    ]
    if not balance:
        moves.insert(0, Move("science_officer", f"{path}/close"))
    finding = await city.row(
        "SELECT id, status FROM finding WHERE grant_id = CAST(:grant AS uuid) AND status IN ('open', 'answered')",
        grant=path.rpartition("/")[2],
    )
    if finding is not None and finding.status == "open":
        reply = {"statement": "摘要误填"}
        moves.append(Move("centre_operator", f"/v1/findings/{finding.id}/reply", reply, claims=claims))
    elif finding is not None:
        verb = ("confirm", "dismiss")[draw.size % 2]
        body = {"reason_code": "shown_on_purpose"} if verb == "dismiss" else None
        moves.append(Move("science_approver", f"/v1/findings/{finding.id}/{verb}", body))
    return moves


async def repayments(city: City, draw: Draw) -> list[Move]:
    """What a reversed delisting owes."""
    rows = await city.rows("SELECT id, status FROM repayment WHERE status NOT IN ('paid', 'cancelled') ORDER BY no")
    if not rows:
        return []
    row = rows[draw.case % len(rows)]
    path, back = f"{REPAYMENTS}/{row.id}", {"reason_code": "other"}
    steps = {
        "due": Move("finance_officer", f"{path}/prepare", today=REPAID_ON),
        "prepared": Move("treasury_approver", f"{path}/approve", papers(), today=REPAID_ON),
        "approved": Move("science_approver", f"{path}/countersign", papers(), today=REPAID_ON),
        "countersigned": Move("treasury_officer", f"{path}/pay", {"document_no": document()}, today=REPAID_ON),
    }
    return [steps[row.status], Move("industry_approver", f"{path}/return", back, today=REPAID_ON)]


async def appropriations(city: City, draw: Draw) -> list[Move]:
    """A line is raised or lowered, money is moved to another, its year ends."""
    rows = await city.rows("SELECT * FROM appropriation ORDER BY year, programme")
    row = rows[draw.case % len(rows)]
    path = f"{LINES}/{row.id}"
    officer, approver = "treasury_officer", "treasury_approver"
    day = DAY if row.year == DAY.year else date(row.year, 12, 1)
    proposed = {"id": row.id}
    waits = await city.row(
        "SELECT 1 FROM appropriation_revision WHERE appropriation_id = :id AND status = 'proposed'", **proposed
    )
    ends = await city.row(
        "SELECT 1 FROM appropriation_closing WHERE appropriation_id = :id AND status = 'proposed'", **proposed
    )
    transfer = await city.row("SELECT id FROM appropriation_transfer WHERE status = 'proposed'")
    moves: list[Move] = []
    if waits is not None:
        moves += [Move(approver, f"{path}/approve", today=day), Move(approver, f"{path}/refuse", REFUSE, today=day)]
    if ends is not None:
        moves += [
            Move(approver, f"{path}/approve-closing", today=YEAR_END),
            Move(approver, f"{path}/refuse-closing", REFUSE, today=YEAR_END),
        ]
    if transfer is not None:
        moves += [
            Move(approver, f"{LINES}/transfers/{transfer.id}/approve", today=day),
            Move(approver, f"{LINES}/transfers/{transfer.id}/refuse", REFUSE, today=day),
        ]
    amount = ("400000.00", "150000.00", "0.01", "900000.00")[draw.size % 4]
    moves.append(Move(officer, f"{path}/revise", {"document_no": document(), "amount": amount}, today=day))
    other = next(one for one in rows if one.year == row.year and one.programme != row.programme)
    moved = {
        "year": row.year,
        "from_programme": row.programme,
        "to_programme": other.programme,
        "amount": ("60000.00", "0.01", "250000.00")[draw.size % 3],
        "document_no": document(),
        "reason": "年中调剂",
    }
    moves.append(Move(officer, f"{LINES}/transfers", moved, today=day))
    if row.status == APPROVED and row.year == DAY.year:
        carry = ("0.00", "1000.00")[draw.case % 2]
        end = {"document_no": document(), "carry_over": carry, "unpaid": ("carry", "release")[draw.size % 2]}
        moves.append(Move(officer, f"{path}/close", end, today=YEAR_END))
    return moves


async def matching_funds(city: City, draw: Draw) -> list[Move]:
    """Of the division that owns the centres."""
    claims = {"division": "540102"}
    officer, approver = "division_officer", "division_approver"
    fund = await city.row("SELECT * FROM matching_fund WHERE year = 2019")
    budget = {"document_no": document(), "amount": ("100000.00", "60000.00", "30000.01")[draw.size % 3]}
    if fund is None:
        return [Move(officer, MATCHING, {"year": 2019, **budget}, claims=claims)]
    path = f"{MATCHING}/{fund.id}"
    moves: list[Move] = []
    if await city.row("SELECT 1 FROM matching_fund_revision WHERE status = 'recorded'") is not None:
        moves.append(Move(approver, f"{path}/approve", papers(), claims=claims))
        moves.append(Move(approver, f"{path}/refuse", REFUSE, claims=claims))
    lines = await city.rows(
        "SELECT * FROM matching_fund_line WHERE reversed_on IS NULL AND status <> 'refused'"
        " AND (kind = 'spending' OR status = 'recorded') ORDER BY line DESC LIMIT 3"
    )
    if lines:
        moves += _of_line(lines[draw.case % len(lines)], path, claims)
    centre = city.centres[draw.case % 2]
    spent = payment(draw.of("40000.00"), centre_id=centre)
    moves.append(Move(officer, f"{path}/spending", spent, claims=claims))
    moves.append(Move(officer, f"{path}/revise", budget, claims=claims))
    return moves


def _of_line(line: Any, path: str, claims: Json) -> list[Move]:
    address = f"{path}/spending/{line.id}"
    second: Json = {"who": "3" if line.kind == "reversal" else "2", "claims": claims}
    if line.status == "recorded":
        refuse = {"reason_code": "duplicate"}
        return [
            Move("division_approver", f"{address}/confirm", **second),
            Move("division_approver", f"{address}/refuse", refuse, **second),
        ]
    back = {"reason_code": "duplicate", "voucher_no": reference("记-红-"), "document_no": document()}
    return [Move("division_approver", f"{address}/reverse", back, **second)]


async def periods(city: City, draw: Draw) -> list[Move]:
    """A month is closed and opened again; what is true for its days is booked later."""
    year, month = ((2019, 5), (2019, 4), (2020, 10), (2019, 6))[draw.case % 4]
    row = await city.row(
        "SELECT id, status FROM journal_period WHERE label = :label AND status IN ('proposed', 'closed', 'reopening')",
        label=f"{year}-{month:02d}",
    )
    path, today = "/v1/journal-entries/periods", LATER.replace(year=2021)
    if row is None:
        return [Move("treasury_officer", path, {"year": year, "month": month}, today=today)]
    address = f"{path}/{row.id}"
    why = {"reason": "补记"}
    steps = {
        "proposed": ("treasury_approver", "close", None),
        "closed": ("treasury_officer", "propose-reopening", why),
        "reopening": ("treasury_approver", "reopen", None),
    }
    role, verb, body = steps[row.status]
    return [Move(role, f"{address}/{verb}", body, today=today)]
