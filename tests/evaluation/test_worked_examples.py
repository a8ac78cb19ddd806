"""Two years computed by hand: a diligent county centre of five firms, and a centre on paper."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from services.evaluation.rubrics.facts import Facts, ReportingFacts, TenancyFacts
from services.evaluation.rubrics.rules import Standing, decide_band, score
from shared.policy.edition import load_editions
from tests.evaluation.facts import ALL_IN_TIME, facts, year_form

LHASA = load_editions(None).get("lhasa-2019")

# Linzhou county, standard tier: remote, and like all of Lhasa a hardship area. Four firms of 2018, two admitted in the
# year and filed within the month, one graduated. One report was late, one returned and corrected in time.
DILIGENT = facts(
    remote=True,
    tenancies=TenancyFacts(
        opening=4,
        admitted=2,
        filed=2,
        filed_in_time=2,
        at_year_end=5,
        graduated=1,
        cohort=4,
        window_graduated=1,
        window_base=10,
    ),
    reporting=ReportingFacts(
        due=4, submitted=4, on_time=3, accepted=4, filled=84, fields=84, returned=1, corrected_in_time=1
    ),
    form=year_form(
        {"centre": 1, "municipal": 1},
        enterprises_served=4,
        confirmed_services=16,
        mentors=1,
        specialist_staff=1,
        trained_staff=1,
        area_used_m2=480,
        enterprises_with_ip=1,
        jobs=12,
        alive_after_12_months=4,
        bank_loans="20000.00",
        financing_matches=1,
        attendance=40,
    ),
    marks={"filing_sample": Decimal(90)},
)

# Chengguan district, standard tier, twenty firms on paper: everything filed and reported in time, rooms let, some
# events held, but no job, no service confirmed, no property, no graduate, no money.
ON_PAPER = facts(
    tenancies=TenancyFacts(
        opening=10,
        admitted=10,
        filed=10,
        filed_in_time=10,
        at_year_end=20,
        cohort=10,
        window_base=30,
    ),
    form=year_form(
        {"centre": 4},
        mentors=2,
        specialist_staff=2,
        trained_staff=2,
        area_used_m2=600,
        alive_after_12_months=10,
        attendance=100,
    ),
    marks={"filing_sample": Decimal(100)},
)


def _points(found: Facts) -> dict[str, Fraction]:
    return {line.indicator.id: line.points for line in score(LHASA.rubric, found).lines if line.applicable}


def test_a_diligent_county_centre_of_five_firms_passes() -> None:
    assert _points(DILIGENT) == {
        "filed_agreements": 5,
        "filed_in_time": 3,
        "filing_sample": Fraction("1.8"),
        "confirmed_services": 4,  # 16 / 5 = 3.2 of 4
        "mentors": 5,  # 2 for every ten
        "specialist_staff": 3,
        "area_in_use": Fraction("2.4"),  # 48 % of 75 % × 0.8
        "intellectual_property": Fraction(10, 3),  # 20 % of 30 % × 0.8
        "jobs": 8,  # 2.4 of 3, remote
        "reports_on_time": Fraction("3.75"),
        "reports_complete": 3,
        "reports_corrected": 2,
        "incubatees": Fraction("3.75"),  # 5 of 8, remote
        "graduation_rate": 7,  # 1 of 10 in three years
        "exits_in_order": 4,
        "survival": 8,
        "enterprises_financed": 0,
        "financing_amount": Fraction("0.2"),  # 4,000 of 100,000 × 0.8
        "financing_matches": Fraction("3.125"),  # 1 of ⌈5/4⌉ × 0.8
        "events": 5,  # 2 of 2
        "attendance": Fraction("2.4"),  # 40 of 50
        "higher_level_events": 1,
    }
    found = score(LHASA.rubric, DILIGENT)
    assert found.exact == Fraction("78.425") + Fraction(1, 3)
    assert str(found.rounded) == "78.76"
    assert decide_band(LHASA, found.rounded, Standing(1, 1))[0].id == "pass"


def test_a_centre_on_paper_fails() -> None:
    found = score(LHASA.rubric, ON_PAPER)
    assert found.dimensions == {
        "filing": 10,
        "services": 11,  # mentors 5, staff 3, area 3
        "quarterly": 10,  # nothing was returned: 8 of 8
        "enterprises": 18,  # incubatees 6, exits 4, survival 8
        "financing": 0,
        "activities": Fraction("6.5"),  # events 5, attendance 100 of 200
    }
    assert str(found.rounded) == "55.50"
    assert decide_band(LHASA, found.rounded, Standing(1, 1))[0].id == "fail"


def test_the_diligent_centre_would_fail_without_its_people() -> None:
    idle = replace(DILIGENT, form=year_form(), reporting=ALL_IN_TIME)
    assert score(LHASA.rubric, idle).rounded < 60
