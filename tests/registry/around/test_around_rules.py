"""The rules around a centre: tables with their boundaries, no database."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest
from pydantic_core import PydanticCustomError

from services.registry.coverage.rules import Placed, matrix, specialised_target
from services.registry.divisions import rules as divisions
from services.registry.divisions.schemas import check_office_phone
from services.registry.partners import rules as partners
from services.registry.practices.schemas import check_link
from services.registry.service_records import rules as services
from services.registry.texts import check_no_mobile
from shared.policy.edition import load_editions

EDITION = load_editions(None).get("lhasa-2019")
FIRST, LAST = date(2019, 3, 18), date(2019, 9, 30)


@pytest.mark.parametrize(
    ("ended_on", "day", "served"),
    [
        (LAST, date(2019, 3, 17), False),
        (LAST, date(2019, 3, 18), True),
        (LAST, date(2019, 9, 30), True),
        (LAST, date(2019, 10, 1), False),
        (None, date(2021, 1, 1), True),
        (None, date(2019, 3, 17), False),
    ],
)
def test_a_service_is_for_a_tenant_of_the_day(ended_on: date | None, day: date, served: bool) -> None:
    decision = services.decide_provided_to_tenant(EDITION, [services.Stay(FIRST, ended_on)], day)
    assert decision.passed is served
    assert decision.clauses == ("2.1-1",)


def test_of_two_stays_the_gap_between_them_is_no_stay() -> None:
    stays = [services.Stay(date(2019, 1, 1), date(2019, 2, 28)), services.Stay(date(2019, 4, 1), None)]
    days = [date(2019, 2, 28), date(2019, 3, 1), date(2019, 3, 31), date(2019, 4, 1)]
    assert [services.decide_provided_to_tenant(EDITION, stays, day).passed for day in days] == [
        True,
        False,
        False,
        True,
    ]


def test_without_a_stay_there_is_nobody_to_serve() -> None:
    assert not services.decide_provided_to_tenant(EDITION, [], FIRST).passed


@pytest.mark.parametrize(
    ("record_type", "document_no", "proven"),
    [
        ("startup_service", None, True),
        ("training", None, True),
        ("incubation", None, True),
        ("investment", None, True),
        ("special", None, True),
        ("technology_transfer", None, False),
        ("technology_transfer", "HT-1", True),
        ("new_product", None, False),
        ("new_product", "CP-1", True),
    ],
)
def test_achievements_need_their_document(record_type: str, document_no: str | None, proven: bool) -> None:
    decision = services.decide_proof(EDITION, record_type, document_no)
    assert decision.passed is proven
    assert decision.clauses == ("2.1-2",)


def test_the_five_parts_of_the_service_system_and_two_achievements_are_recorded() -> None:
    assert services.record_types(EDITION) == (
        *("startup_service", "training", "incubation", "investment", "special"),
        *("technology_transfer", "new_product"),
    )


def test_four_confirmed_services_of_an_enterprise_count_at_most() -> None:
    assert services.counted_at_most(EDITION) == 4


@pytest.mark.parametrize(
    ("valid_until", "ended_on", "day", "covered"),
    [
        (LAST, None, date(2019, 3, 17), False),
        (LAST, None, date(2019, 3, 18), True),
        (LAST, None, date(2019, 9, 30), True),
        (LAST, None, date(2019, 10, 1), False),
        (LAST, date(2019, 6, 30), date(2019, 6, 30), True),
        (LAST, date(2019, 6, 30), date(2019, 7, 1), False),
        (None, None, date(2030, 1, 1), True),
        (None, date(2019, 6, 30), date(2019, 7, 1), False),
    ],
)
def test_a_joint_carrier_rests_on_an_agreement_of_the_day(
    valid_until: date | None, ended_on: date | None, day: date, covered: bool
) -> None:
    decision = partners.decide_joint_carrier(EDITION, partners.Term(FIRST, valid_until, ended_on), day)
    assert decision.passed is covered
    assert decision.clauses == ("2.1-3",)


def test_a_partner_from_another_province_is_inland() -> None:
    assert len(partners.PROVINCES) == 34
    assert partners.is_inland(EDITION, "110000")
    assert not partners.is_inland(EDITION, "540000")


@pytest.mark.parametrize(
    ("due_on", "handed_in_on", "overdue", "late"),
    [
        (date(2019, 6, 28), None, False, 0),
        (date(2019, 6, 27), None, True, 1),
        (date(2019, 6, 29), None, False, 0),
        (date(2019, 6, 27), date(2019, 6, 28), False, 1),
        (date(2019, 6, 27), date(2019, 6, 27), False, 0),
        (None, None, False, 0),
    ],
)
def test_a_paper_is_overdue_from_the_day_after_its_day(
    due_on: date | None, handed_in_on: date | None, overdue: bool, late: int
) -> None:
    today = date(2019, 6, 28)
    assert divisions.is_overdue(due_on, handed_in_on, today) is overdue
    assert divisions.days_late(due_on, handed_in_on, today) == late


def test_every_division_owes_a_group_a_plan_and_policy_measures() -> None:
    assert [duty.kind for duty in divisions.duties(EDITION)] == ["leading_group", "plan", "policy"]


@pytest.mark.parametrize("number", ["0891-6330000", "010-88881234", "0891-6330000-801", "12345"])
def test_an_offices_number(number: str) -> None:
    assert check_office_phone(number) == number


@pytest.mark.parametrize("number", ["13889001234", "+8613889001234", "6330000", "0891-63300", "0891 6330000", ""])
def test_no_offices_number(number: str) -> None:
    with pytest.raises(ValueError, match="office"):
        check_office_phone(number)


@pytest.mark.parametrize("link", ["javascript:alert(1)", "ftp://x.cn/a", "https://", "https:///a", "http://x.cn/a b"])
def test_no_link_of_the_web(link: str) -> None:
    with pytest.raises(ValueError, match="http"):
        check_link(link)


def _placed(owner: str, tier: str = "standard", site: str | None = None) -> Placed:
    return Placed(uuid4(), "CE-2019-0001", "双创中心", tier, owner, site or owner, enclave=site is not None)


def test_an_enclave_counts_for_its_owner_and_a_parks_centre_once_for_its_district() -> None:
    centres = [
        _placed("540121", site="540102"),
        _placed("540172"),
        _placed("LIUWU"),
        _placed("540103"),
    ]
    rows = {row.code: row for row in matrix(EDITION, centres)}
    assert len(rows) == 8
    assert {code: len(row.centres) for code, row in rows.items() if row.centres} == {"540121": 1, "540103": 3}
    assert rows["540103"].by_park == {"540172": 1, "LIUWU": 1}
    assert sum(len(row.centres) for row in rows.values()) == len(centres)
    assert [code for code, row in rows.items() if row.gap == 0] == ["540103", "540121"]
    assert rows["540102"].gap == 1


@pytest.mark.parametrize(("count", "missing", "met"), [(0, 15, False), (14, 1, False), (15, 0, True), (16, 0, True)])
def test_fifteen_specialised_centres_are_the_target(count: int, missing: int, met: bool) -> None:
    centres = [_placed("540102", "specialised") for _ in range(count)] + [
        _placed("540102"),
        _placed("540102", "national"),
    ]
    target = specialised_target(EDITION, centres)
    assert target is not None
    assert (target.actual, target.missing, target.met, target.clause) == (count, missing, met, "1.2-5")


@pytest.mark.parametrize(("text", "refused"), [("区长", False), ("张 13900000000", True), ("区长13900000000x", True)])
def test_a_post_or_an_office_carries_no_mobile_number(text: str, refused: bool) -> None:
    if refused:
        with pytest.raises(PydanticCustomError):
            check_no_mobile(text)
    else:
        assert check_no_mobile(text) == text
