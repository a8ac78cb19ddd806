"""The limit of 300,000 yuan on financing counts for every single enterprise, over the quarters of the year (2.3-2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given, strategies as st

from services.evaluation.provisional.levers import gains, levelled, levers_of
from services.evaluation.rubrics.facts import Facts, Financing, Money, TenancyFacts
from services.evaluation.rubrics.rules import score
from shared.policy.edition import load_editions
from tests.evaluation.facts import facts, year_form
from tests.evaluation.known import Centre, Enterprise, Json
from tests.evaluation.reports.support import path_of
from tests.evaluation.support import Desk, full_form

LHASA = load_editions(None).get("lhasa-2019")
RUBRIC = LHASA.rubric
SCORED = date(2020, 2, 3)
DAYS = (date(2019, 4, 10), date(2019, 7, 10), date(2019, 10, 10), date(2020, 1, 10))
LIMIT = 300_000
TEN = TenancyFacts(opening=10, at_year_end=10)


def _facts(financing: Financing | None, enterprises_financed: int = 0) -> Facts:
    form = year_form(enterprises_financed=enterprises_financed)
    return replace(facts(tenancies=TEN, form=form), financing=financing)


def _counted(found: Facts) -> tuple[Fraction, str | None]:
    """What counts of the whole centre's money, and by which reading."""
    line = next(line for line in score(RUBRIC, found).lines if line.indicator.id == "financing_amount")
    assert line.measured.value is not None
    return line.measured.value * 10, line.measured.reading


def _money(*loans: str) -> tuple[Money, ...]:
    return tuple(Money(Fraction(0), Fraction(amount)) for amount in loans)


@pytest.mark.parametrize(
    ("sums", "counted"),
    [
        ((), "0"),
        (("299999.99",), "299999.99"),
        (("300000.00",), "300000"),
        (("300000.01",), "300000"),
        (("299999.99", "300000.01"), "599999.99"),  # what one has too much is none of the other's
        (("9000000.00", "0.01"), "300000.01"),
        (("300000.01", "300000.01", "300000.01"), "900000"),
    ],
)
def test_the_limit_is_each_enterprises_own(sums: Sequence[str], counted: str) -> None:
    assert _counted(_facts(Financing(_money(*sums)), enterprises_financed=9)) == (Fraction(counted), "by_enterprise")


@pytest.mark.parametrize(
    ("equity", "loans", "counted"),
    [("150000.00", "149999.99", "299999.99"), ("150000.00", "150000.00", "300000"), ("150000", "150000.01", "300000")],
)
def test_equity_and_loans_of_an_enterprise_have_one_limit(equity: str, loans: str, counted: str) -> None:
    found = Financing((Money(Fraction(equity), Fraction(loans)),))
    assert _counted(_facts(found)) == (Fraction(counted), "by_enterprise")


@pytest.mark.parametrize(
    ("lined", "rest", "rest_financed", "financed", "counted"),
    [
        (("300000.01",), "300000.01", 1, 2, "600000"),
        (("100.00",), "300000.01", 1, 2, "300100"),
        (("300000.01",), "300000.01", 0, 1, "300000"),  # the same enterprise, financed for the first time once
        (("100.00",), "900000.00", 3, 4, "900100"),
        ((), "900000.00", 1, 1, "300000"),
    ],
)
def test_totals_of_a_quarter_without_lines_count_by_their_number_of_enterprises(
    lined: Sequence[str], rest: str, rest_financed: int, financed: int, counted: str
) -> None:
    found = Financing(_money(*lined), Money(Fraction(0), Fraction(rest)), Fraction(rest_financed))
    got = _counted(_facts(found, enterprises_financed=financed))
    assert got == (Fraction(counted), "by_enterprise_and_total")


_AMOUNTS = st.lists(st.integers(0, 90_000_000).map(lambda fen: Fraction(fen, 100)), max_size=10)


@given(_AMOUNTS)
def test_by_enterprise_is_the_sum_of_what_is_below_the_limit(sums: list[Fraction]) -> None:
    found = Financing(tuple(Money(amount) for amount in sums))
    assert _counted(_facts(found))[0] == sum((min(amount, Fraction(LIMIT)) for amount in sums), Fraction(0))


@given(_AMOUNTS, st.integers(0, 10_000_000))
def test_what_is_dealt_out_is_all_of_it_and_raises_the_least_first(held: list[Fraction], amount: int) -> None:
    added = levelled(held, Fraction(amount))
    assert len(added) == len(held)
    assert all(more >= 0 for more in added)
    if not held:
        return
    assert sum(added) == amount
    raised = {one + more for one, more in zip(held, added, strict=True) if more > 0}
    assert len(raised) <= 1
    assert all(one >= max(raised, default=Fraction(0)) for one, more in zip(held, added, strict=True) if not more)


def test_what_more_money_would_give_is_counted_with_whom_the_limit_leaves_room() -> None:
    levers = levers_of(RUBRIC, tuple(LHASA.activities.levels))
    full = _facts(Financing(_money("300000.00", "300000.00")), enterprises_financed=2)
    gain = next(one for one in gains(RUBRIC, full, levers, year_over=False) if one.lever.input == "bank_loans")
    assert gain.units == 20  # 80,000 for each of ten, 600,000 of them there: 20 × 10,000 yuan of the other eight
    assert score(RUBRIC, gain.lever.change(full, gain.units)).exact == score(RUBRIC, full).exact + gain.most


async def _line(desk: Desk, centre: Centre) -> tuple[Json, Json]:
    evaluation = await desk.evaluation_of(centre, 2019)
    sheets = await desk.caller("auditor").read(f"/v1/evaluations/{evaluation['id']}/score-sheets")
    sheet: Json = sheets["items"][0]
    return next(line for line in sheet["lines"] if line["indicator"] == "financing_amount"), sheet["lineage"]


async def _reported(
    desk: Desk, centre: Centre, quarter: int, money: Mapping[str, str], version: int | None = None
) -> Json:
    total = sum((Fraction(amount) for amount in money.values()), Fraction(0))
    form = full_form(bank_loans=f"{float(total):.2f}", enterprises_financed=len(money) if quarter == 1 else 0)
    lines = {code: {"loans_received": amount} for code, amount in money.items()}
    if version is not None:
        lines = {}
    return await desk.report(centre, 2019, quarter, DAYS[quarter - 1], form, lines=lines, version=version)


async def _centre(desk: Desk, firms: int = 2) -> tuple[Centre, list[Enterprise]]:
    centre = await desk.centre()
    return centre, [await desk.enterprise(centre) for _ in range(firms)]


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize(
    ("last", "each"), [("99999.99", "299999.99"), ("100000.00", "300000"), ("100000.01", "300000")]
)
async def test_an_enterprises_quarters_are_added_up_before_its_limit(desk: Desk, last: str, each: str) -> None:
    centre, (one, other) = await _centre(desk)
    await _reported(desk, centre, 1, {one.code: "100000.00", other.code: "0.02"})
    await _reported(desk, centre, 2, {one.code: "100000.00"})
    await _reported(desk, centre, 4, {one.code: last})
    await desk.scored(2019, SCORED)
    line, lineage = await _line(desk, centre)
    assert line["reading"] == "by_enterprise"
    assert Fraction(line["inputs"]["financing_within_limit"]) == Fraction(each) + Fraction("0.02")
    assert Fraction(line["value"]) == (Fraction(each) + Fraction("0.02")) / 2
    assert line["inputs"]["financing_enterprises"] == 2
    named = {f"{one.id}:0.00:{200_000 + Fraction(last).__float__():.2f}", f"{other.id}:0.00:0.02"}
    assert set(lineage["financed_enterprises"]) == named
    assert lineage["financed_enterprises_total"] == 2


@pytest.mark.asyncio(loop_scope="session")
async def test_two_records_that_were_merged_have_one_limit(desk: Desk) -> None:
    centre, (old, survivor) = await _centre(desk)
    await _reported(desk, centre, 1, {old.code: "300000.00", survivor.code: "300000.00"})
    cycle = await desk.scored(2019, SCORED)
    assert (await _line(desk, centre))[0]["value"] == "300000"
    await desk.merge(old, survivor, centre)
    await desk.ok_score(cycle["id"], SCORED)
    line, lineage = await _line(desk, centre)
    assert line["inputs"]["financing_within_limit"] == "300000"
    assert lineage["financed_enterprises"] == [f"{survivor.id}:0.00:600000.00"]


@pytest.mark.asyncio(loop_scope="session")
async def test_quarters_of_an_earlier_form_are_read_by_their_totals(desk: Desk) -> None:
    centre, (one, other) = await _centre(desk)
    await _reported(desk, centre, 1, {other.code: "900000.00"}, version=2)
    cycle = await desk.scored(2019, SCORED)
    line, lineage = await _line(desk, centre)
    assert (line["reading"], line["value"], "financed_enterprises" in lineage) == ("total", "150000", False)
    await _reported(desk, centre, 2, {one.code: "400000.00"})
    await desk.ok_score(cycle["id"], SCORED)
    line, _ = await _line(desk, centre)
    assert (line["reading"], line["inputs"]["financing_within_limit"]) == ("by_enterprise_and_total", "300000")
    assert line["value"] == "150000"  # one enterprise is named as financed in the year: nobody says that it was another


@pytest.mark.asyncio(loop_scope="session")
async def test_only_the_newest_accepted_version_of_lines_counts_and_the_outlook_shows_it_before(desk: Desk) -> None:
    centre, (one, other) = await _centre(desk)
    report = await _reported(desk, centre, 1, {one.code: "600000.00"})
    change = {one.code: {"loans_received": "300000.00"}, other.code: {"loans_received": "300000.00"}}
    asked = {"lines": change, "reason": "clerical_error", "statement": "两家企业各贷款三十万元"}
    path = f"{path_of(report)}/corrections"
    correction = await desk.operator(centre, DAYS[1]).ok(path, asked, 201)

    async def outlook() -> Json:
        operator = desk.operator(centre, date(2019, 8, 1))
        shown = await operator.read("/v1/evaluations/provisional", centre_id=centre.id, year=2019)
        line: Json = next(line for line in shown["indicators"] if line["indicator"] == "financing_amount")
        return line

    before = await outlook()
    assert (before["value"], before["reading"]["zh"]) == ("150000", "上限逐家企业计算")
    await desk.caller("science_approver", today=DAYS[1]).ok(f"{path}/{correction['id']}/approve")
    assert (await outlook())["value"] == "300000"
