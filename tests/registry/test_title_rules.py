"""Titles by kind and level, their terms, and bans around their stays: 2.1-0, 2.3-5, 2.3-6."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from services.registry.bans.rules import (
    TITLE,
    Break,
    RelatedBan,
    barred_periods,
    decide_application,
    decide_lifting,
    warnings_of,
)
from services.registry.qualifications.rules import (
    decide_issuer,
    decide_measure,
    decide_renewal,
    decide_title,
    last_day,
    plaque_due,
    status_on,
)
from shared.policy.edition import Edition, load_editions
from shared.policy.rules import BanPeriod, ban_period

LHASA = load_editions(None).get("lhasa-2019")
BAN = ban_period(date(2021, 3, 1), 3)
YEARLY = """
id = "{id}"
extends = "lhasa-2019"
title_zh = "一年一审"
title_en = "Yearly titles"
continuation_of = "lhasa-2019"
continuation_basis = "测试"
[validity]
first_day = {{ value = 2021-01-01, clause = "6-1", origin = "default" }}
last_day = {{ value = 2030-12-31, clause = "6-1", origin = "default" }}
[title_terms.levels.municipal]
validity_months = {{ value = 12, clause = "2.1-0", origin = "default" }}
"""


@pytest.fixture(scope="module")
def yearly(tmp_path_factory: pytest.TempPathFactory) -> Edition:
    """An edition whose municipal titles run for a year."""
    folder: Path = tmp_path_factory.mktemp("policy")
    (folder / "yearly.toml").write_text(YEARLY.format(id="yearly"), encoding="utf-8")
    return load_editions(folder).get("yearly")


@pytest.mark.parametrize(
    ("kind", "level", "status", "held", "refused"),
    [
        ("maker_space", "municipal", "listed", set(), []),
        ("maker_space", "regional", "listed", set(), []),
        ("maker_space", "national", "listed", set(), []),
        ("maker_space", "municipal", "listed", {"tech_incubator"}, []),
        ("maker_space", "municipal", "listed", {"maker_space"}, ["title-already-held"]),
        ("maker_space", "municipal", "suspended", set(), ["centre-not-listed"]),
        ("maker_space", "municipal", "delisted", set(), ["centre-not-listed"]),
        ("palace", "municipal", "listed", set(), ["title-kind-unknown"]),
        ("maker_space", "galactic", "listed", set(), ["title-level-unknown"]),
    ],
)
def test_title_is_of_a_known_kind_and_level_and_the_only_one(
    kind: str, level: str, status: str, held: set[str], refused: list[str]
) -> None:
    decision = decide_title(LHASA, kind, level, status, held)
    assert [failed.message for failed in decision.failures] == refused


@pytest.mark.parametrize(
    ("level", "issuer", "refused"),
    [
        ("municipal", None, []),
        ("municipal", "自治区科技厅", ["title-issuer-not-needed"]),
        ("regional", "自治区科技厅", []),
        ("regional", None, ["title-issuer-missing"]),
        ("national", "科技部", []),
        ("national", None, ["title-issuer-missing"]),
    ],
)
def test_title_from_above_names_who_granted_it(level: str, issuer: str | None, refused: list[str]) -> None:
    assert [failed.message for failed in decide_issuer(LHASA, level, issuer).failures] == refused


def test_policy_gives_titles_no_term() -> None:
    assert all(last_day(LHASA, level, date(2019, 3, 11)) is None for level in LHASA.titles.levels)


@pytest.mark.parametrize(
    ("granted_on", "expires_on"),
    [
        (date(2021, 3, 11), date(2022, 3, 11)),
        (date(2024, 2, 29), date(2025, 2, 28)),
        (date(2023, 2, 28), date(2024, 2, 28)),
    ],
)
def test_yearly_title_runs_through_the_corresponding_day(yearly: Edition, granted_on: date, expires_on: date) -> None:
    assert last_day(yearly, "municipal", granted_on) == expires_on
    assert last_day(yearly, "regional", granted_on) is None


@pytest.mark.parametrize(
    ("status", "expires_on", "day", "shown"),
    [
        ("active", date(2022, 3, 11), date(2022, 3, 11), "active"),
        ("active", date(2022, 3, 11), date(2022, 3, 12), "expired"),
        ("suspended", date(2022, 3, 11), date(2022, 3, 12), "expired"),
        ("revoked", date(2022, 3, 11), date(2022, 3, 12), "revoked"),
        ("active", None, date(2099, 1, 1), "active"),
    ],
)
def test_expired_title_is_no_longer_active_the_day_after(
    status: str, expires_on: date | None, day: date, shown: str
) -> None:
    assert status_on(status, expires_on, day) == shown


@pytest.mark.parametrize(
    ("day", "passed"),
    [
        (date(2021, 12, 10), False),
        (date(2021, 12, 11), True),
        (date(2022, 3, 11), True),
        (date(2022, 3, 12), False),
    ],
)
def test_renewal_opens_90_days_before_the_last_day(yearly: Edition, day: date, passed: bool) -> None:
    assert decide_renewal(yearly, "listed", date(2022, 3, 11), day).passed is passed


def test_title_without_a_term_is_not_renewed_nor_one_of_a_centre_off_the_list(yearly: Edition) -> None:
    assert not decide_renewal(yearly, "listed", None, date(2022, 3, 1)).passed
    assert not decide_renewal(yearly, "suspended", date(2022, 3, 11), date(2022, 3, 1)).passed


@pytest.mark.parametrize(
    ("kind", "status", "passed"),
    [("suspension", "listed", True), ("suspension", "suspended", True), ("resumption", "listed", True),
     ("resumption", "suspended", False), ("resumption", "delisted", False)],
)  # fmt: skip
def test_title_is_resumed_at_a_listed_centre_only(kind: str, status: str, passed: bool) -> None:
    assert decide_measure(LHASA, kind, status).passed is passed


@pytest.mark.parametrize(
    ("ended_on", "due_on"),
    [(date(2021, 3, 1), date(2021, 3, 15)), (date(2019, 9, 20), date(2019, 10, 10))],
)
def test_plaque_goes_back_within_ten_working_days(ended_on: date, due_on: date) -> None:
    assert plaque_due(LHASA, ended_on) == due_on


STAY = Break(date(2021, 6, 1), date(2021, 8, 31))


@pytest.mark.parametrize(
    ("breaks", "day", "barred"),
    [
        ([], date(2021, 3, 1), True),
        ([], date(2024, 3, 1), True),
        ([], date(2024, 3, 2), False),
        ([STAY], date(2021, 5, 31), True),
        ([STAY], date(2021, 6, 1), False),
        ([STAY], date(2021, 8, 31), False),
        ([STAY], date(2021, 9, 1), True),
        ([STAY], date(2024, 3, 1), True),
        ([STAY], date(2024, 3, 2), False),
        ([Break(date(2021, 6, 1), None)], date(2021, 5, 31), True),
        ([Break(date(2021, 6, 1), None)], date(2024, 3, 1), False),
        ([Break(date(2021, 3, 1), None)], date(2021, 3, 1), False),
        ([STAY, Break(date(2021, 9, 1), None)], date(2021, 9, 1), False),
        ([STAY, Break(date(2022, 1, 1), None)], date(2021, 12, 31), True),
        ([Break(date(2025, 1, 1), None)], date(2024, 3, 1), True),
    ],
)
def test_ban_does_not_bar_during_a_stay_nor_once_undone(breaks: list[Break], day: date, barred: bool) -> None:
    assert any(period.bars(day) for period in barred_periods(BAN, breaks)) is barred


def test_stay_makes_the_ban_no_longer_and_each_part_names_its_own_end() -> None:
    assert barred_periods(BAN, [STAY]) == [
        BanPeriod(date(2021, 3, 1), date(2021, 5, 31), date(2021, 6, 1)),
        BanPeriod(date(2021, 9, 1), date(2024, 3, 1), date(2024, 3, 2)),
    ]


@pytest.mark.parametrize(
    ("kind", "status", "effective_on", "message"),
    [
        ("stay", "in_force", date(2021, 2, 28), "ban-lifting-too-early"),
        ("stay", "in_force", date(2021, 3, 1), None),
        ("stay", "stayed", date(2021, 7, 1), "ban-lifting-does-not-fit"),
        ("stay", "lifted", date(2021, 7, 1), "ban-lifting-does-not-fit"),
        ("stay_ended", "in_force", date(2021, 7, 1), "ban-lifting-does-not-fit"),
        ("stay_ended", "stayed", date(2021, 6, 1), "ban-lifting-too-early"),
        ("stay_ended", "stayed", date(2021, 6, 2), None),
        ("review", "in_force", date(2021, 3, 1), None),
        ("court", "stayed", date(2021, 6, 2), None),
        ("court", "lifted", date(2021, 7, 1), "ban-lifting-does-not-fit"),
    ],
)
def test_orders_fit_the_state_of_the_ban(kind: str, status: str, effective_on: date, message: str | None) -> None:
    stayed_from = date(2021, 6, 1) if status == "stayed" else None
    decision = decide_lifting(
        LHASA, kind, effective_on, published_on=date(2021, 3, 1), status=status, stayed_from=stayed_from
    )
    assert [failed.message for failed in decision.failures] == ([message] if message else [])


def test_related_bans_are_shown_and_refuse_nothing() -> None:
    related = [
        RelatedBan("same_legal_representative", "CE-2019-0001", "91540102MA1C9XH158", date(2024, 3, 1)),
        RelatedBan("earlier_operator", "CE-2019-0002", None, date(2024, 3, 1)),
        RelatedBan("run_by_barred_operator", "CE-2019-0003", "91540102MA1C9XH158", date(2024, 3, 1)),
    ]
    decision = decide_application(LHASA, TITLE, [], date(2020, 6, 1), date(2020, 6, 1), related)
    assert decision.passed
    shown = warnings_of(decision.to_json())
    assert [warning["message"] for warning in shown] == [
        "ban-warning-same-legal-representative",
        "ban-warning-earlier-operator",
        "ban-warning-run-by-barred-operator",
    ]
    assert {warning["clause"] for warning in shown} == {"2.3-6"}
