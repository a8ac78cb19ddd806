"""A short life of every kind of case that finance decides on, told over whichever desk it is given."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Final

from services.finance.loans.states import GRADUATE, GUARANTEED
from shared.db import Database
from tests.finance import repaying
from tests.finance.alliance_support import test_support as alliances
from tests.finance.angel_funds.world import Bureau as Funds
from tests.finance.appropriations.treasury import PATH as LINES, YEAR_END, document
from tests.finance.bank_products.test_products import proposed as proposed_product
from tests.finance.banking import Street
from tests.finance.financing_rewards.world import NOTICE_OVER, Bureau as Rewards, firm as rewarded_firm
from tests.finance.grant_years.support import in_recovery, paid_for_research
from tests.finance.grant_years.test_calls import call
from tests.finance.grant_years.test_signed_commitments import honoured
from tests.finance.loans.lending import Counter, firm, founder_of_project, know_banks
from tests.finance.matching import Office, enterprise, forget, tenancy
from tests.finance.serving import GUARANTEES, Counter as Service, done, signed
from tests.finance.support import OPERATOR, Desk, Json, list_centre, spending

Story = Callable[[Desk, Database], Awaitable[None]]
YEAR_ON: Final = date(2020, 5, 14)


async def _must(desk: Desk, person: str, path: str, body: object = None, **claims: object) -> Json:
    answer = await desk.post(person, path, body, claims=dict(claims))
    assert answer.status_code in (200, 201), answer.text
    return dict(answer.json())


async def grants(desk: Desk, db: Database) -> None:
    await desk.paid(await list_centre(db), "1000.00")


async def findings(desk: Desk, db: Database) -> None:
    for verb, body in (("confirm", None), ("dismiss", {"reason_code": "shown_on_purpose"})):
        grant = await desk.paid(await list_centre(db), "1000.00")
        assert (await desk.spend(grant, "10.00", purpose="banquets")).is_success
        found = (await desk.get("auditor", "/v1/findings", grant_id=grant["id"])).json()["items"][0]
        await _must(desk, "operator", f"/v1/findings/{found['id']}/reply", {"statement": "摘要误填"})
        await _must(desk, "science_approver", f"/v1/findings/{found['id']}/{verb}", body)


async def repayments(desk: Desk, db: Database) -> None:
    grant = await repaying.recovered(desk, db, "30000.00")
    await repaying.reverse(desk, db, grant)
    (repayment,) = await repaying.repayments(desk, grant)
    for verb, who in repaying.STEPS:
        body = repaying.PAYMENT if verb == "pay" else None
        await _must(desk, who, f"{repaying.PATH}/{repayment['id']}/{verb}", body)


async def matching_funds(desk: Desk, db: Database) -> None:
    await forget(db)
    office, centre = Office(desk), await list_centre(db)
    fund = await office.approved("100.00")
    line = await office.spent(fund, "60.00", centre_id=centre)
    await office.taken_back(fund, line)


async def loans(desk: Desk, db: Database) -> None:
    await know_banks(db)
    counter = Counter(desk)
    await counter.checked(await founder_of_project(db))
    await counter.contracted(await firm(db))


async def angel_funds(desk: Desk, db: Database) -> None:
    bureau, centre = Funds(desk), await list_centre(db)
    fund = await bureau.full(centre, "300000.00", "700000.00")
    enterprise_id, code = await enterprise(db)
    await tenancy(db, enterprise_id, centre)
    await bureau.invested(fund, code, "100000.00")


async def rewards(desk: Desk, db: Database) -> None:
    bureau, path = Rewards(desk), "/v1/financing-rewards"
    paid = await bureau.paid(await rewarded_firm(db))
    check = {"outcome": "kept", "document_no": "复核〔2020〕1号"}
    await bureau.ok("officer", f"{path}/{paid['id']}/recheck", check, claims={"today": YEAR_ON})
    await bureau.ok("approver_2", f"{path}/{paid['id']}/confirm-recheck", claims={"today": YEAR_ON})
    why = {"reason": "重点项目", "minutes_no": "纪要〔2019〕9号"}
    reward = await bureau.approved(await rewarded_firm(db), "60000.00", exception=why)
    await bureau.ok("approver_2", f"{path}/{reward['id']}/second-approve", claims={"today": NOTICE_OVER})
    assert (await bureau.pay(reward)).is_success


async def alliance_support(desk: Desk, db: Database) -> None:
    bureau = alliances.Bureau(desk)
    records = await alliances.assessed(db)
    paid = await bureau.paid(alliances.application(records))
    path = f"{alliances.PATH}/{paid['id']}"
    lines = [{"purpose": "activities", "description": "路演", "amount": "1.00", "voucher_no": "记-1"}]
    await bureau.ok("officer", f"{path}/report", {"document_no": "报〔2020〕1号", "lines": lines}, claims=_later())
    await bureau.ok("treasury", f"{path}/confirm-refund", {"reference": "缴款-1"}, claims=_later())
    await bureau.ok("approver_2", f"{path}/accept-report", {}, claims=_later())


def _later() -> Json:
    return {"today": date(2020, 6, 1)}


async def appropriations(desk: Desk, db: Database) -> None:
    lines = (await desk.get("auditor", LINES, year=2018, limit=200)).json()["items"]
    source, target = (next(line for line in lines if line["programme"] == name) for name in ("grants", "angel_fund"))
    body = {"document_no": document(), "amount": "99999999999.00"}
    await _must(desk, "treasury_officer", f"{LINES}/{source['id']}/revise", body)
    await _must(desk, "treasury_approver", f"{LINES}/{source['id']}/approve")
    moved = {"year": 2018, "from_programme": "grants", "to_programme": "angel_fund", "amount": "1.00", "reason": "调剂"}
    transfer = await _must(desk, "treasury_officer", f"{LINES}/transfers", {**moved, "document_no": document()})
    await _must(desk, "treasury_approver", f"{LINES}/transfers/{transfer['id']}/approve")
    end = {"document_no": document(), "carry_over": "0.00", "unpaid": "carry"}
    await _must(desk, "treasury_officer", f"{LINES}/{target['id']}/close", end, today=YEAR_END)
    await _must(desk, "treasury_approver", f"{LINES}/{target['id']}/approve-closing", today=YEAR_END)


async def banks(desk: Desk, db: Database) -> None:
    street = Street(desk)
    body = {"code": "BOT", "name": "西藏银行", "office": "普惠金融部", "channels": ["offline"]}
    proposed = await street.ok("finance_officer", "/v1/banks", body, status=201)
    await street.ok("finance_approver", f"/v1/banks/{proposed['id']}/approve")
    product = await proposed_product(street, "CCB-PROOF")
    await street.ok("finance_approver", f"/v1/bank-products/{product['id']}/approve")


async def prime_rates(desk: Desk, db: Database) -> None:
    path, body = "/v1/loans/prime-rates", {"effective_on": "2019-04-20", "rate": "4.3100", "source": "公告"}
    rate = await _must(desk, "finance_officer", path, body)
    await _must(desk, "finance_approver", f"{path}/{rate['id']}/confirm")


async def guarantees(desk: Desk, db: Database) -> None:
    counter, day = Service(desk), date(2019, 3, 15)
    for end in ("pay", "write-off"):
        loan = await signed(db, product=GUARANTEED)
        guarantee = await counter.guaranteed(loan)
        await counter.drawn(loan, "100000.00", day)
        await counter.called(guarantee)
        await _recovery_taken_back(counter, guarantee)
        if end == "write-off":
            path, why = f"{GUARANTEES}/{guarantee['id']}", {"reason": "无可执行财产", "document_no": document()}
            done(await counter.guarantor(f"{path}/propose-write-off", why))
            done(await counter.guarantor(f"{path}/write-off", account="guarantor-2"))
    await _public_guarantee(counter, db)


async def _recovery_taken_back(counter: Service, guarantee: Json) -> None:
    path = f"{GUARANTEES}/{guarantee['id']}/recoveries"
    body = {"amount": "100.00", "received_on": "2020-09-30", "reference": document()}
    line = done(await counter.guarantor(path, body), 201)
    why = {"reason_code": "not_received", "document_no": document()}
    done(await counter.guarantor(f"{path}/{line['id']}/propose-reversal", why, account="guarantor-2"))
    done(await counter.guarantor(f"{path}/{line['id']}/reverse", account="guarantor-3"))


async def _public_guarantee(counter: Service, db: Database) -> None:
    """The public fund pays, and gets a part back."""
    loan = await signed(db, "50000.00", product=GRADUATE)
    guarantee = await counter.guaranteed(loan)
    await counter.drawn(loan, "50000.00", date(2019, 3, 15))
    await counter.called(guarantee)
    path = f"{GUARANTEES}/{guarantee['id']}"
    body = {"amount": "1000.00", "received_on": "2020-09-30", "reference": document()}
    line = done(await counter.guarantor(f"{path}/recoveries", body, account="guarantor-2"), 201)
    back = {"reference": document()}
    done(await counter.send("treasury_officer", "POST", f"{path}/recoveries/{line['id']}/confirm", back))
    why = {"reason": "无可执行财产", "document_no": document()}
    done(await counter.guarantor(f"{path}/propose-write-off", why))
    done(await counter.send("hr_approver", "POST", f"{path}/write-off"))


async def subsidies(desk: Desk, db: Database) -> None:
    counter = Service(desk)
    loan = await signed(db, "360000.00", contracted_on=date(2019, 3, 20), maturity_on=date(2021, 4, 1))
    await counter.drawn(loan, "360000.00", date(2019, 4, 1), every_months=12)
    await counter.settled(await counter.statement(2019, 2))


async def periods(desk: Desk, db: Database) -> None:
    path, day = "/v1/journal-entries/periods", date(2019, 7, 1)
    period = await _must(desk, "treasury_officer", path, {"year": 2018, "month": 1}, today=day)
    await _must(desk, "treasury_approver", f"{path}/{period['id']}/close", today=day)
    why = {"reason": "补记"}
    await _must(desk, "treasury_officer", f"{path}/{period['id']}/propose-reopening", why, today=day)
    await _must(desk, "treasury_approver", f"{path}/{period['id']}/reopen", today=day)


async def calls(desk: Desk, db: Database) -> None:
    made = await _must(desk, "science_officer", "/v1/grants/calls", call())
    await _must(desk, "industry_approver", f"/v1/grants/calls/{made['id']}/publish")


async def commitments(desk: Desk, db: Database) -> None:
    grant, _ = await in_recovery(desk, db)
    await honoured(desk, grant, "10000.00", contract_no=document())


async def assets(desk: Desk, db: Database) -> None:
    grant = await paid_for_research(desk, db)
    bought = spending("1000.00", purpose="research_capacity")
    line = await _must(desk, "operator", f"/v1/grants/{grant['id']}/spending", bought)
    thing = {"spending_line_id": line["id"], "name": "检测仪", "quantity": 1, "amount": "1000.00", "location": "一楼"}
    path = f"/v1/grants/{grant['id']}/assets"
    asset = await _must(desk, "operator", path, {**thing, "custodian_code": OPERATOR})
    off = {"reason_code": "worn_out", "document_no": "拉科发〔2020〕7号"}
    await _must(desk, "science_approver", f"/v1/grants/assets/{asset['id']}/write-off", off)


STORIES: Final[tuple[Story, ...]] = (
    grants,
    findings,
    repayments,
    matching_funds,
    loans,
    angel_funds,
    rewards,
    alliance_support,
    appropriations,
    banks,
    prime_rates,
    guarantees,
    subsidies,
    periods,
    commitments,
    assets,
    calls,
)
