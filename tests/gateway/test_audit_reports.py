"""What the gateway makes of the services' answers: pairs, groups, and the year's end."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest

from gateway.audit_reports.asking import readable
from gateway.audit_reports.related import LARGE, related
from gateway.audit_reports.rush import cases, end_of, lines
from gateway.audit_reports.samples import sample
from gateway.audit_reports.schemas import RelatedQuery, SampleQuery
from shared.audit.duties import Flow, Member, Planned, Spending, Spent, Tie, Ties, same
from shared.errors import DomainError

SINCE, UNTIL = date(2019, 1, 1), date(2019, 12, 31)
WANTED = RelatedQuery(since=SINCE, until=UNTIL)


def tie(party: str, number: int, value: str, capacity: str = "itself", shared: str = "person") -> Tie:
    return Tie.model_validate(
        {
            "party": party,
            "party_id": UUID(int=number),
            "party_no": None,
            "shared": shared,
            "value": value,
            "capacity": capacity,
        }
    )


def flow(source: int | None, target: int, amount: str) -> Flow:
    from_id = None if source is None else UUID(int=source)
    return Flow(from_id=from_id, to_id=UUID(int=target), kind="voucher", amount=Decimal(amount), cases=1)


def test_a_buyer_and_a_seller_with_one_legal_representative_are_a_pair_with_their_money() -> None:
    registry = Ties(ties=[tie("enterprise", 1, "p-1", "legal_representative"), tie("enterprise", 1, "p-1", "founder")])
    vouchers = Ties(
        ties=[tie("provider", 2, "p-1", "legal_representative"), tie("provider", 3, "p-2")],
        flows=[flow(1, 2, "500.00"), flow(2, 1, "20.00"), flow(None, 2, "700.00"), flow(1, 3, "9.00")],
    )
    found = related(WANTED, [registry, vouchers])
    assert [(one.party, one.other_party, one.shared) for one in found.items] == [("enterprise", "provider", "person")]
    assert (found.items[0].capacity, found.items[0].other_capacity) == (
        "founder+legal_representative",
        "legal_representative",
    )
    assert (found.items[0].between, found.items[0].through) == (Decimal("520.00"), Decimal("700.00"))
    assert found.large_groups == []


def test_a_party_is_not_related_to_itself_and_one_kind_of_tie_can_be_asked_for() -> None:
    ties = [tie("enterprise", 1, "x"), tie("centre", 1, "x"), tie("provider", 2, "a", shared="address")]
    ties.append(tie("enterprise", 4, "a", shared="address"))
    found = related(RelatedQuery(since=SINCE, until=UNTIL, shared="address"), [Ties(ties=ties)])
    assert [one.shared for one in found.items] == ["address"]
    assert related(RelatedQuery(since=SINCE, until=UNTIL, shared="person"), [Ties(ties=ties)]).items == []


def test_an_incubators_address_is_a_group_and_only_money_makes_a_pair_of_it() -> None:
    ties = [tie("enterprise", number, "a", shared="address") for number in range(1, LARGE + 2)]
    found = related(WANTED, [Ties(ties=ties, flows=[flow(3, 7, "1.00"), flow(None, 5, "2.00")])])
    assert [(one.parties, one.through) for one in found.large_groups] == [(LARGE + 1, Decimal("2.00"))]
    assert [(one.party_id.int, one.other_party_id.int) for one in found.items] == [(3, 7)]


@pytest.mark.timeout(20)
def test_a_group_of_fifty_thousand_costs_no_more_than_its_payments() -> None:
    ties = [tie("enterprise", number, "a", shared="address") for number in range(1, 50_001)]
    found = related(WANTED, [Ties(ties=ties, flows=[flow(40_000, 7, "1.00"), flow(7, 40_000, "2.00")])])
    assert [(one.party_id.int, one.other_party_id.int, one.between) for one in found.items] == [
        (7, 40_000, Decimal("3.00"))
    ]


def test_addresses_are_the_same_whatever_their_spacing_and_never_shown() -> None:
    assert same("address", "拉萨市 城关区 1号A") == same("address", "拉萨市城关区1号a")
    assert "拉萨" not in same("address", "拉萨市城关区")


@pytest.mark.parametrize(("year", "day"), [(2019, date(2019, 12, 18)), (2020, date(2020, 12, 18))])
def test_the_last_ten_working_days_are_counted_back_from_new_years_eve(year: int, day: date) -> None:
    assert end_of(year).last_days_from == day


def spent(day: date, amount: str, programme: str = "grants", division: str | None = "540102") -> Spent:
    return Spent(
        case_id=UUID(int=day.toordinal()),
        case_no=f"GR-{day}",
        path="/v1/grants/1",
        on=day,
        programme=programme,
        division=division,
        applicant="A",
        amount=Decimal(amount),
    )


def test_the_shares_of_the_years_end_and_the_plan() -> None:
    first, second = spent(date(2019, 3, 1), "600.00"), spent(date(2019, 12, 2), "100.00")
    third, back = spent(date(2019, 12, 30), "400.00", "vouchers", None), spent(date(2019, 12, 31), "-100.00")
    planned = [
        Planned(programme="grants", division=None, year=2019, amount=Decimal("1200.00")),
        Planned(programme="idle", division=None, year=2019, amount=Decimal("50.00")),
        Planned(programme="grants", division=None, year=2018, amount=Decimal("9.00")),
    ]
    answers = {
        "finance": Spending(spent=[first, second, back], planned=planned),
        "vouchers": Spending(spent=[third]),
    }
    found = {(line.by, line.key): line for line in lines(end_of(2019), answers).items}
    total = found["total", "2019"]
    assert (total.spent, total.in_last_month, total.in_last_days) == (Decimal(1000), Decimal(400), Decimal(300))
    assert (total.last_month_share, total.last_days_share, total.planned_share) == ("40.0", "30.0", "80.0")
    assert found["programme", "vouchers"].last_days_share == "100.0"
    assert found["programme", "grants"].planned_share == "50.0"
    assert (found["programme", "idle"].spent, found["programme", "idle"].last_month_share) == (Decimal(0), None)
    assert found["division", "-"].spent == Decimal(400)
    assert found["month", "2019-02"].spent == Decimal(0)
    assert [one.on.day for one in cases(end_of(2019), answers).items] == [31, 30, 2]
    assert [one.in_last_days for one in cases(end_of(2019), answers).items] == [True, True, False]


def test_money_cannot_be_drawn_from_what_has_no_amounts() -> None:
    member = Member(id=UUID(int=1), no=None, path="/", on=date(2019, 1, 1), stratum="a")
    wanted = SampleQuery(
        population="centres_listed", method="monetary_unit", size=1, seed="s", since=SINCE, until=UNTIL
    )
    with pytest.raises(DomainError, match="sample-needs-amounts"):
        sample(wanted, [member], money=False)
    drawn = sample(wanted.model_copy(update={"method": "stratified"}), [member], money=False)
    assert (drawn.population_count, drawn.strata[0].drawn, drawn.interval) == (1, 1, None)


def test_a_case_is_read_where_the_auditor_may_read_and_nowhere_else() -> None:
    answered: dict[str, object] = {"200": {"content": {"application/json": {}}}}
    limit = {"in": "query", "name": "limit"}
    description = {
        "paths": {
            "/v1/grants": {"get": {"x-roles": ["auditor"], "responses": answered}},
            "/v1/grants/{grant_id}": {"get": {"x-roles": ["auditor", "bank"], "responses": answered}},
            "/v1/grants/{grant_id}/lines": {
                "get": {"x-roles": ["auditor"], "responses": answered, "parameters": [limit]},
                "post": {"x-roles": ["auditor"]},
            },
            "/v1/grants/{grant_id}/secret": {"get": {"x-roles": ["bank"], "responses": answered}},
            "/v1/grants/{grant_id}/papers": {"get": {"x-roles": ["auditor"], "responses": {"200": {"content": {}}}}},
            "/v1/grants/{grant_id}/of": {
                "get": {
                    "x-roles": ["auditor"],
                    "responses": answered,
                    "parameters": [{"in": "query", "name": "day", "required": True}],
                }
            },
            "/v1/grants/{grant_id}/lines/{line}": {"get": {"x-roles": ["auditor"], "responses": answered}},
        }
    }
    assert readable(description, "grants") == [("/v1/grants/{}", False), ("/v1/grants/{}/lines", True)]
