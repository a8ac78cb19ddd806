"""The registry's rules, clause by clause."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from services.registry.bans.rules import CENTRE, TITLE, day_to_test, decide_application, decide_not_barred_from
from services.registry.centres.rules import Profile, decide_profile, is_enclave, require_state
from services.registry.codes import check_industry_code, check_person_ref
from services.registry.tenancies.rules import (
    Graduate,
    Relocation,
    decide_admission,
    decide_filing,
    decide_graduation,
    decide_one_open,
    filing_due,
)
from shared.errors import DomainError
from shared.policy.decision import Decision
from shared.policy.edition import load_editions
from shared.policy.rules import ban_period

LHASA = load_editions(None).get("lhasa-2019")
BAN = ban_period(date(2021, 3, 1), 3)
LEAP_BAN = ban_period(date(2020, 2, 29), 3)
PROFILE = Profile(
    service_kinds=("enterprise", "graduate"),
    tier="standard",
    owner_division="540122",
    site_division="540102",
    total_area_m2=Decimal("1000.00"),
    incubation_area_m2=Decimal("1000.00"),
)


def failed(decision: Decision) -> list[str]:
    return [result.message for result in decision.failures]


COUNTIES = ["540121", "540122", "540123", "540124", "540127"]
DISTRICTS_AND_PARKS = ["540102", "540103", "540104", "540172", "540173", "540174", "LIUWU"]
MAIN_CITY = {"540102", "540103", "540172", "540173", "LIUWU"}


@pytest.mark.parametrize("owner", COUNTIES + DISTRICTS_AND_PARKS)
@pytest.mark.parametrize("site", COUNTIES + DISTRICTS_AND_PARKS)
def test_enclave_is_a_county_owner_with_a_site_in_the_main_city(owner: str, site: str) -> None:
    divisions = LHASA.divisions
    enclave = is_enclave(
        owner, site, enclave_owners=divisions.enclave_owners.value, main_urban=divisions.main_urban.value
    )
    assert enclave == (owner in COUNTIES and site in MAIN_CITY)


@pytest.mark.parametrize(
    ("changes", "messages"),
    [
        ({}, []),
        ({"service_kinds": ()}, ["centre-profile-incomplete"]),
        ({"service_kinds": ("enterprise", "unknown")}, ["centre-profile-incomplete"]),
        ({"owner_division": "110101"}, ["centre-profile-incomplete"]),
        ({"incubation_area_m2": Decimal("1000.01")}, ["centre-profile-incomplete"]),
        ({"incubation_area_m2": Decimal("0.00")}, ["centre-profile-incomplete"]),
        ({"tier": "specialised"}, ["tier-not-at-listing"]),
        ({"tier": "galactic"}, ["centre-tier-unknown"]),
        ({"tier": "national"}, ["tier-not-at-listing"]),
    ],
)
def test_profile_of_a_centre(changes: dict[str, object], messages: list[str]) -> None:
    assert failed(decide_profile(LHASA, replace(PROFILE, **changes))) == messages  # type: ignore[arg-type]  # a table


def test_refused_step_names_where_it_is_possible_from() -> None:
    with pytest.raises(DomainError) as refusal:
        require_state("draft", ("submitted", "reviewed"))
    assert refusal.value.params == {"current": "draft", "allowed_from": ("submitted", "reviewed")}


@pytest.mark.parametrize(
    ("ban", "day", "barred"),
    [
        (BAN, date(2021, 2, 28), False),
        (BAN, date(2021, 3, 1), True),  # the day of the decision is barred too
        (BAN, date(2024, 3, 1), True),
        (BAN, date(2024, 3, 2), False),
        (LEAP_BAN, date(2020, 2, 28), False),
        (LEAP_BAN, date(2020, 2, 29), True),
        (LEAP_BAN, date(2023, 2, 28), True),  # no 29 February: the month's last day
        (LEAP_BAN, date(2023, 3, 1), False),
    ],
)
def test_application_on_each_side_of_a_ban(ban: object, day: date, barred: bool) -> None:
    assert isinstance(ban, type(BAN))
    assert ("carrier-ban-in-force" in failed(decide_application(LHASA, CENTRE, [ban], day, day))) == barred


@pytest.mark.parametrize(
    ("applied_on", "today", "barred"),
    [
        (date(2021, 2, 1), date(2021, 2, 28), False),
        (date(2021, 2, 1), date(2021, 3, 1), True),  # pending when the ban came
        (date(2021, 2, 1), date(2024, 3, 2), True),  # entered late: it would have ended with the ban
        (date(2024, 3, 1), date(2024, 3, 2), True),  # made on a barred day
        (date(2024, 3, 2), date(2024, 3, 2), False),
    ],
)
def test_any_barred_day_since_the_application_counts(applied_on: date, today: date, barred: bool) -> None:
    assert BAN.bars(day_to_test([BAN], applied_on, today)) == barred


@given(
    st.lists(st.dates(date(2019, 1, 1), date(2024, 12, 31)), max_size=4),
    st.dates(date(2019, 1, 1), date(2028, 12, 31)),
    st.integers(0, 900),
)
def test_day_to_test_is_barred_exactly_if_some_day_since_the_application_was(
    published: list[date], applied_on: date, waited: int
) -> None:
    bans = [ban_period(day, 3) for day in published]
    today = applied_on + timedelta(days=waited)
    tested = day_to_test(bans, applied_on, today)
    some_day = any(ban.first_day <= today and ban.last_barred_day >= applied_on for ban in bans)
    assert applied_on <= tested <= today
    assert any(ban.bars(tested) for ban in bans) == some_day


@pytest.mark.parametrize(
    ("day", "in_force"),
    [(date(2018, 12, 31), False), (date(2019, 1, 1), True), (date(2020, 12, 31), True), (date(2021, 1, 1), False)],
)
def test_application_needs_the_policy_in_force(day: date, in_force: bool) -> None:
    assert failed(decide_application(LHASA, TITLE, [], day, day)) == ([] if in_force else ["policy-not-in-force"])


@pytest.mark.parametrize(("what", "barred"), [(CENTRE, True), (TITLE, False)])
def test_ban_bars_what_the_edition_says(what: str, barred: bool) -> None:
    """Another city's policy may bar centres and spare titles."""
    lenient = LHASA.model_copy(
        update={
            "ban": LHASA.ban.model_copy(update={"bars": LHASA.ban.bars.model_copy(update={"value": (CENTRE,)})}),
        }
    )
    day = date(2021, 3, 1)
    assert decide_not_barred_from(lenient, what, [BAN], day, day).passed is not barred


def test_ban_is_named_before_the_policys_end_and_both_are_shown() -> None:
    decision = decide_application(LHASA, CENTRE, [BAN], date(2021, 3, 1), date(2021, 3, 1))
    assert failed(decision) == ["carrier-ban-in-force", "policy-not-in-force"]
    assert decision.results[0].inputs["last_barred_day"] == "2024-03-01"
    assert decision.results[0].inputs["first_open_day"] == "2024-03-02"


@pytest.mark.parametrize(
    ("registered_on", "admitted_on", "passed"),
    [
        (date(2019, 6, 3), date(2019, 6, 2), False),
        (date(2019, 6, 3), date(2019, 6, 3), True),
        (date(2017, 6, 3), date(2019, 6, 3), True),  # 24 months to the day
        (date(2017, 6, 3), date(2019, 6, 4), False),
        (date(2018, 2, 28), date(2020, 2, 28), True),
        (date(2018, 2, 28), date(2020, 2, 29), False),
    ],
)
def test_age_at_entry_is_at_most_24_months(registered_on: date, admitted_on: date, passed: bool) -> None:
    messages = failed(decide_admission(LHASA, "listed", registered_on, admitted_on))
    assert messages == ([] if passed else ["age-at-entry-not-admissible"])


def test_age_of_an_enterprise_whose_centre_was_delisted_counts_at_its_first_entry() -> None:
    registered_on, admitted_on, left_on = date(2018, 6, 3), date(2021, 3, 3), date(2021, 3, 2)
    since = Relocation(stay_since=date(2019, 6, 3), left_on=left_on)
    assert decide_admission(LHASA, "listed", registered_on, admitted_on, relocation=since).passed
    late = Relocation(stay_since=date(2020, 6, 4), left_on=left_on)
    too_old_then = decide_admission(LHASA, "listed", registered_on, admitted_on, relocation=late)
    assert failed(too_old_then) == ["age-at-entry-not-admissible"]


def test_admission_needs_a_listed_centre_and_no_other_tenancy() -> None:
    day = date(2019, 6, 3)
    assert failed(decide_admission(LHASA, "delisted", day, day)) == ["centre-not-listed"]
    assert failed(decide_one_open(LHASA, date(2019, 1, 1), day)) == ["tenancy-overlaps"]
    assert failed(decide_one_open(LHASA, None, day)) == []


@pytest.mark.parametrize(
    ("admitted_on", "due_on"),
    [
        (date(2018, 5, 2), date(2019, 4, 17)),  # earlier admissions: 30 days from publication, 2019-03-18
        (date(2019, 3, 17), date(2019, 4, 17)),
        (date(2019, 3, 18), date(2019, 4, 17)),
        (date(2019, 5, 6), date(2019, 6, 5)),
        (date(2019, 5, 9), date(2019, 6, 10)),  # day 30 is a Saturday
        (date(2019, 9, 1), date(2019, 10, 8)),  # day 30 is 1 October: to the end of the National Day week
    ],
)
def test_filing_is_due_30_days_after_admission(admitted_on: date, due_on: date) -> None:
    assert filing_due(LHASA, admitted_on) == due_on


@pytest.mark.parametrize(("filed_on", "late"), [(date(2019, 6, 5), False), (date(2019, 6, 6), True)])
def test_filing_on_day_31_is_late_and_not_refused(filed_on: date, late: bool) -> None:
    decision = decide_filing(LHASA, filed_on, filing_due(LHASA, date(2019, 5, 6)))
    assert decision.passed
    assert decision.results[0].inputs["late"] is late


TECHNOLOGY = Graduate(
    criterion="high_tech_certificate",
    graduated_on=date(2020, 6, 3),
    registered_on=date(2018, 6, 3),
    technology=True,
)
OPERATING = replace(TECHNOLOGY, criterion="operating", technology=False, insured_jobs=3, own_premises=True)


@pytest.mark.parametrize(
    ("claim", "message"),
    [
        (TECHNOLOGY, None),
        (replace(TECHNOLOGY, criterion="merger_or_listing"), None),
        (
            replace(TECHNOLOGY, criterion="venture_capital", amount=Decimal("5000000.00")),
            "graduation-conditions-not-met",
        ),
        (replace(TECHNOLOGY, criterion="venture_capital", amount=Decimal("5000000.01")), None),
        (
            replace(TECHNOLOGY, criterion="two_year_income", amount=Decimal("10000000.00")),
            "graduation-conditions-not-met",
        ),
        (replace(TECHNOLOGY, criterion="two_year_income", amount=Decimal("10000000.01")), None),
        (replace(OPERATING, technology=True), "graduation-route-technology"),
        (OPERATING, None),
        (replace(OPERATING, insured_jobs=2), "graduation-operating-not-met"),
        (replace(OPERATING, own_premises=False), "graduation-operating-not-met"),
        (
            replace(OPERATING, registered_on=date(2018, 6, 4)),
            "graduation-operating-not-met",
        ),  # a day short of 24 months
        (replace(TECHNOLOGY, technology=False), "graduation-route-operating"),
    ],
)
def test_graduation_by_the_routes_of_the_centre(claim: Graduate, message: str | None) -> None:
    assert failed(decide_graduation(LHASA, claim)) == ([] if message is None else [message])


@pytest.mark.parametrize("code", ["A0111", "C1311", "C4390", "I6510", "T9700", "S9100"])
def test_industry_code_of_gbt_4754(code: str) -> None:
    assert check_industry_code(code) == code


@pytest.mark.parametrize("code", ["", "6510", "I651", "I65100", "i6510", "A6510", "U9700", "C1210", "I６５１０"])
def test_no_industry_code(code: str) -> None:
    with pytest.raises(ValueError, match="4754"):
        check_industry_code(code)


@pytest.mark.parametrize("reference", ["person-0001", "0190a000-0000-7000-8000-000000000001", "p_1"])
def test_opaque_reference_to_a_person(reference: str) -> None:
    assert check_person_ref(reference) == reference


@pytest.mark.parametrize(
    "reference", ["540102199001011234", "54010219900101123X", "540102900101123", "扎西", "a b", ""]
)
def test_identity_number_or_name_is_no_reference(reference: str) -> None:
    with pytest.raises(ValueError, match="opaque"):
        check_person_ref(reference)
