"""Guarantees, what is claimed of them and recovered, and the interest that the city pays."""

from __future__ import annotations

from typing import Any, Final

from tests.finance.proofs.machine.city import LATER, City, Draw, Move, papers, reference, treasury_slip
from tests.finance.proofs.machine.lending import BANKER, loan_of
from tests.finance.serving import GUARANTEES, SUBSIDIES
from tests.finance.support import Json

DAY: Final = LATER.isoformat()
LINES: Final = "SELECT * FROM guarantee_recovery WHERE guarantee_id = :id AND reversed_on IS NULL ORDER BY line DESC"
QUARTERS: Final = ((2019, 2), (2019, 3), (2019, 4), (2020, 1), (2020, 2), (2020, 3))


def guarantor(path: str, body: Json | None = None, who: str = "1") -> Move:
    return Move("guarantor", path, body, who=who, today=LATER)


async def guarantees(city: City, draw: Draw) -> list[Move]:
    """Of the slot's loan."""
    loan = await loan_of(city, draw)
    if loan is None or loan.contracted is None:
        return []
    row = await city.row("SELECT * FROM guarantee WHERE loan_id = :id AND status <> 'cancelled'", id=loan.id)
    if row is None and loan.status != "contracted":
        return []
    if row is None:
        counter = [{"kind": "mortgage", "description": "房产抵押", "value": "9000000.00"}]
        return [guarantor(GUARANTEES, {"loan_id": str(loan.id), "counter_guarantees": counter})]
    path, why = f"{GUARANTEES}/{row.id}", {"reason_code": "withdrawn"}
    if row.status == "drafted":
        issue = guarantor(f"{path}/issue", {"contract_no": reference("拉担-")}, "2")
        return [issue, guarantor(f"{path}/cancel", why, "3")]
    fee = guarantor(f"{path}/fee", {"paid_on": DAY, "reference": reference("DBF")})
    if row.status == "issued":
        claims = await _claims(city, row, draw)
        first = [fee, *claims] if row.fee_paid_on is None else [*claims, fee]
        return [*first, guarantor(f"{path}/cancel", why, "3")]
    return await _recovered(city, row, loan, draw, path)


async def _claims(city: City, row: Any, draw: Draw) -> list[Move]:
    claim = await city.row(
        "SELECT * FROM guarantee_claim WHERE guarantee_id = :id AND status IN ('filed', 'accepted', 'approved')",
        id=row.id,
    )
    if claim is None:
        filed = {"bank_reference": reference("DC"), "reason": "逾期超过90天"}
        return [Move("bank", f"{GUARANTEES}/{row.id}/claims", filed, today=LATER, claims=BANKER)]
    path, public = f"{GUARANTEES}/claims/{claim.id}", claim.budget_amount > 0
    department = "hr" if row.product.startswith("graduate") else "finance"
    approver = f"{department}_approver" if public else "guarantor"
    withdraw = Move("bank", f"{path}/withdraw", today=LATER, claims=BANKER)
    no = {"reason_code": "amount_disputed"}
    if claim.status == "filed":
        return [guarantor(f"{path}/accept"), withdraw, guarantor(f"{path}/refuse", no, "4")]
    if claim.status == "accepted":
        approve = Move(approver, f"{path}/approve", papers(), who="2", today=LATER)
        return [approve, withdraw, guarantor(f"{path}/refuse", no, "4")]
    payer = "treasury_officer" if public else "guarantor"
    pay = Move(payer, f"{path}/pay", {"paid_on": DAY, "reference": treasury_slip(draw)}, who="3", today=LATER)
    return [pay, Move(approver, f"{path}/refuse", no, who="4", today=LATER)]


async def _recovered(city: City, row: Any, loan: Any, draw: Draw, path: str) -> list[Move]:
    moves: list[Move] = []
    lines = await city.rows(LINES, id=row.id)
    if loan.outstanding > 0:
        body = {"amount": draw.of(loan.outstanding), "received_on": DAY, "reference": reference("ZC")}
        moves.append(guarantor(f"{path}/recoveries", body))
    for line in lines[:2]:
        address = f"{path}/recoveries/{line.id}"
        if line.budget_share and line.returned_on is None:
            back = {"reference": reference("JK")}
            moves.append(Move("treasury_officer", f"{address}/confirm", back, today=LATER))
        if line.reversal_proposed_by is None:
            why = {"reason_code": "not_received", "document_no": reference("更正-")}
            moves.append(guarantor(f"{address}/propose-reversal", why, "2"))
        else:
            moves += await _taken_back(line, address)
    if row.status == "called" and row.write_off_proposed_by is None:
        given_up = {"reason": "无可执行财产", "document_no": reference("核销-")}
        moves.append(guarantor(f"{path}/propose-write-off", given_up))
    elif row.status == "called":
        department = "hr" if row.product.startswith("graduate") else "finance"
        role = f"{department}_approver" if row.budget_paid else "guarantor"
        moves.append(Move(role, f"{path}/write-off", who="2", today=LATER))
    return moves


async def _taken_back(line: Any, address: str) -> list[Move]:
    """By the treasury once it has its part."""
    if line.returned_on is None:
        return [guarantor(f"{address}/reverse", who="3")]
    return [Move("treasury_approver", f"{address}/reverse", who="5", today=LATER)]


async def subsidies(city: City, draw: Draw) -> list[Move]:
    """Statements of both departments, and what corrections take back."""
    department = ("finance", "hr")[draw.case % 2]
    officer, approver = f"{department}_officer", f"{department}_approver"
    year, quarter = QUARTERS[(draw.case // 2 + draw.size) % len(QUARTERS)]
    body = {"year": year, "quarter": quarter, "department": department}
    prepare = Move(officer, SUBSIDIES, body, today=LATER)
    moves: list[Move] = []
    row = await city.row(
        "SELECT * FROM subsidy_statement WHERE department = :department AND status IN ('prepared', 'approved')"
        " AND (status = 'prepared' OR total > 0) ORDER BY no DESC LIMIT 1",
        department=department,
    )
    if row is not None:
        path, no = f"{SUBSIDIES}/{row.id}", {"reason_code": "figures_changed"}
        refuse = Move(approver, f"{path}/refuse", no, who="2", today=LATER)
        if row.status == "prepared":
            moves += [Move(approver, f"{path}/approve", papers(), today=LATER), refuse]
        else:
            slip = {"reference": treasury_slip(draw)}
            moves += [Move("treasury_officer", f"{path}/pay", slip, today=LATER), refuse]
    line = await city.row("SELECT id FROM subsidy_line WHERE amount < 0 AND status = 'approved' LIMIT 1")
    if line is not None:
        back = {"reference": reference("SH")}
        moves.append(Move("treasury_officer", f"{SUBSIDIES}/lines/{line.id}/recover", back, who="2", today=LATER))
    return [*moves, prepare]
