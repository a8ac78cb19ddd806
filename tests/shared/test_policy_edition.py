import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from shared.errors import DomainError
from shared.events.failures import is_transient
from shared.policy.edition import Edition, EditionError, PolicyNotInForce, load_editions

LHASA = load_editions(None).get("lhasa-2019")
_DEMO = Path(__file__).parents[2] / "deploy" / "demo" / "policy"
_BASE = """
id = "{id}"
extends = "{extends}"
title_zh = "题"
title_en = "Title"
{more}
[validity]
first_day = {{ value = {first}, clause = "6-1", origin = "policy" }}
last_day = {{ value = {last}, clause = "6-1", origin = "policy" }}
"""


def _file(
    folder: Path,
    edition_id: str,
    first: str,
    last: str,
    *,
    extends: str = "lhasa-2019",
    more: str = "",
    tables: str = "",
) -> None:
    text = _BASE.format(id=edition_id, extends=extends, first=first, last=last, more=more) + tables
    (folder / f"{edition_id}.toml").write_text(text, encoding="utf-8")


# -- the edition of 2019 --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tier", "cap", "purpose", "clause"),
    [
        ("standard", "200000.00", "operations", "3.1-1"),
        ("specialised", "300000.00", "research_capacity", "3.1-2"),
        ("national", "400000.00", "cooperation", "3.1-3"),
    ],
)
def test_grant_caps_and_purposes_of_the_tiers(tier: str, cap: str, purpose: str, clause: str) -> None:
    grant = LHASA.grants.tiers[tier]
    assert (grant.cap.value, grant.purpose.value) == (Decimal(cap), purpose)
    assert {grant.cap.clause, grant.purpose.clause} == {clause}
    assert {grant.cap.origin, grant.purpose.origin} == {"policy"}


def test_what_the_policy_itself_says_about_delisting() -> None:
    assert (LHASA.delisting.consecutive_failures.value, LHASA.ban.years.value) == (2, 3)
    falling = {"maker_space", "entrepreneurship_base", "tech_incubator", "commerce_cluster"}
    assert set(LHASA.titles.falling_kinds) == falling


def test_the_caps_of_loans_funds_and_rewards() -> None:
    caps = {code: int(product.cap.value) for code, product in LHASA.loans.products.items()}
    assert caps == {
        "guaranteed": 2_000_000,
        "small_micro_startup": 3_000_000,
        "graduate": 500_000,
        "graduate_joint": 2_000_000,
    }
    assert LHASA.angel_fund.share_percent.value == 30
    assert LHASA.reward.enterprise_cap.value == 50_000
    assert {alliance.support_cap.value for alliance in LHASA.alliances.kinds.values()} == {Decimal("200000.00")}


def test_eight_divisions_four_parks_and_five_enclave_owners() -> None:
    kinds = [unit.kind for unit in LHASA.divisions.units.values()]
    assert (kinds.count("district"), kinds.count("county"), kinds.count("park")) == (3, 5, 4)
    owners = {LHASA.divisions.units[code].title_zh for code in LHASA.divisions.enclave_owners.value}
    assert owners == {"当雄县", "尼木县", "林周县", "曲水县", "墨竹工卡县"}
    assert not set(LHASA.divisions.enclave_owners.value) & set(LHASA.divisions.main_urban.value)


def test_the_rubric_has_six_dimensions_that_weigh_one_hundred() -> None:
    weights = {code: int(dimension.weight) for code, dimension in LHASA.rubric.dimensions.items()}
    assert weights == {
        "filing": 10,
        "services": 30,
        "quarterly": 10,
        "enterprises": 25,
        "financing": 15,
        "activities": 10,
    }
    assert sum(indicator.weight for indicator in LHASA.rubric.indicators) == 100


def test_hardship_eases_intellectual_property_area_and_financing() -> None:
    eased = {indicator.id for indicator in LHASA.rubric.indicators if indicator.full_mark.hardship}
    financing = {indicator.id for indicator in LHASA.rubric.indicators if indicator.dimension == "financing"}
    assert eased == {"intellectual_property", "area_in_use"} | financing


def test_bands_rise_from_fail_to_excellent_of_the_best_fifth() -> None:
    bands = [(band.id, int(band.minimum), band.failing) for band in LHASA.rubric.bands]
    assert bands == [("fail", 0, True), ("pass", 60, False), ("good", 80, False), ("excellent", 80, False)]
    assert LHASA.rubric.band("excellent").top_share == Decimal("0.2")


def test_every_clause_of_the_policy_has_a_title() -> None:
    assert len(LHASA.clauses) == 58
    assert LHASA.clauses["6-1"].title_en == "Validity"


# -- in force -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "edition"),
    [
        (date(2018, 12, 31), None),
        (date(2019, 1, 1), "lhasa-2019"),
        (date(2020, 12, 31), "lhasa-2019"),
        (date(2021, 1, 1), None),
    ],
)
def test_the_edition_in_force_on_its_borders(day: date, edition: str | None) -> None:
    found = load_editions(None).in_force_on(day)
    assert (found.id if found else None) == edition


def test_a_day_without_an_edition_names_the_closest() -> None:
    with pytest.raises(PolicyNotInForce) as caught:
        load_editions(None).require_in_force(date(2021, 1, 1))
    assert caught.value.day == date(2021, 1, 1)
    assert caught.value.closest is not None
    assert caught.value.closest.id == "lhasa-2019"


def test_the_evaluation_of_2020_runs_under_the_edition_of_its_last_day() -> None:
    editions = load_editions(_DEMO)
    assert editions.for_evaluation_year(2020).id == "lhasa-2019"
    assert editions.for_evaluation_year(2021).id == "lhasa-demo-2021"
    with pytest.raises(PolicyNotInForce):
        load_editions(None).for_evaluation_year(2021)


# -- the demonstration's continuation -------------------------------------------------------------------------------


def test_the_demonstration_continues_every_value_and_says_that_it_is_one() -> None:
    demo = load_editions(_DEMO).get("lhasa-demo-2021")
    assert (demo.first_day, demo.last_day) == (date(2021, 1, 1), date(2030, 12, 31))
    assert demo.demonstration
    assert "演示" in demo.title_zh
    assert "虚构" in demo.continuation_basis
    assert (demo.grants, demo.rubric, demo.rules) == (LHASA.grants, LHASA.rubric, LHASA.rules)


def test_adverse_decisions_after_2020_find_their_basis_in_the_continuation() -> None:
    editions = load_editions(_DEMO)
    basis = editions.get("lhasa-demo-2021").continuation_basis
    assert editions.continuation_basis(LHASA, date(2021, 3, 1)) == basis
    assert editions.continuation_basis(LHASA, date(2031, 1, 1)) is None
    assert load_editions(None).continuation_basis(LHASA, date(2021, 3, 1)) is None


# -- editions that others write -------------------------------------------------------------------------------------


def test_a_successor_changes_a_value_without_code(tmp_path: Path) -> None:
    cap = '[grants.tiers.standard]\ncap = { value = "250000.00", clause = "3.1-1", origin = "policy" }\n'
    _file(tmp_path, "lhasa-2021", "2021-01-01", "2022-12-31", tables=cap)
    successor = load_editions(tmp_path).require_in_force(date(2021, 6, 1))
    assert successor.grants.tiers["standard"].cap.value == 250_000
    assert successor.grants.tiers["standard"].purpose.value == "operations"
    assert successor.grants.tiers["national"].cap.value == 400_000


def test_a_successor_may_add_a_tier_a_purpose_and_a_category(tmp_path: Path) -> None:
    added = """
[tiers.pilot]
title_zh = "试点"
title_en = "Pilot"
rank = { value = 0, clause = "2.1-0", origin = "policy" }
city_approves = { value = true, clause = "2.1-1", origin = "policy" }
[grants.tiers.pilot]
cap = { value = "100000.00", clause = "3.1-4", origin = "policy" }
purpose = { value = "piloting", clause = "3.1-4", origin = "policy" }
[grants.purposes.piloting]
title_zh = "试点"
title_en = "Piloting"
evidence = { value = "", clause = "3.1-4", origin = "policy" }
[vouchers.categories]
cloud = { title_zh = "云服务", title_en = "Cloud services" }
"""
    _file(tmp_path, "lhasa-2021", "2021-01-01", "2022-12-31", tables=added)
    successor = load_editions(tmp_path).get("lhasa-2021")
    assert successor.grants.tiers["pilot"].purpose.value == "piloting"
    assert len(successor.vouchers.categories) == 9


def test_another_city_replaces_the_bundled_edition(tmp_path: Path) -> None:
    city = 'city = "林芝市"\ncity_code = "540400"'
    _file(tmp_path, "nyingchi-2020", "2020-01-01", "2022-12-31", more=city)
    editions = load_editions(tmp_path)
    assert [edition.id for edition in editions] == ["nyingchi-2020"]
    assert editions.in_force_on(date(2019, 6, 1)) is None


def test_two_cities_in_one_deployment_are_refused(tmp_path: Path) -> None:
    _file(tmp_path, "a-2020", "2020-01-01", "2020-12-31", more='city = "甲"\ncity_code = "540400"')
    _file(tmp_path, "b-2020", "2021-01-01", "2021-12-31", more='city = "乙"\ncity_code = "540500"')
    with pytest.raises(EditionError, match="more than one city"):
        load_editions(tmp_path)


def test_overlapping_validity_is_refused(tmp_path: Path) -> None:
    _file(tmp_path, "lhasa-2020", "2020-12-31", "2022-12-31")
    with pytest.raises(EditionError, match=r"lhasa-2020\.toml: supersedes: .* 2020-12-31 to 2020-12-31"):
        load_editions(tmp_path)


def test_a_later_edition_may_supersede_an_earlier_one_within_its_time(tmp_path: Path) -> None:
    _file(tmp_path, "lhasa-2020", "2020-07-01", "2022-12-31", more='supersedes = "lhasa-2019"')
    _file(tmp_path, "lhasa-2020b", "2020-09-01", "2022-12-31", more='supersedes = "lhasa-2020"')
    editions = load_editions(tmp_path)
    days = [date(2020, 6, 30), date(2020, 7, 1), date(2020, 8, 31), date(2020, 9, 1)]
    found = [editions.require_in_force(day).id for day in days]
    assert found == ["lhasa-2019", "lhasa-2020", "lhasa-2020", "lhasa-2020b"]


@pytest.mark.parametrize(
    ("more", "tables", "message"),
    [
        ("unknown_key = 1", "", r"x-2021\.toml: unknown_key: is not a known key"),
        (
            "",
            '[ban]\nyears = { value = "3", clause = "2.3-6", origin = "policy" }',
            r"x-2021\.toml: ban\.years\.value: ",
        ),
        ("", '[ban]\nyears = { value = true, clause = "2.3-6", origin = "policy" }', r"ban\.years\.value: "),
        ("", '[ban]\nyears = { value = 3, origin = "policy" }', r"ban\.years\.clause: is missing"),
        ("", '[ban]\nyears = { value = 3, clause = "9.9-9", origin = "policy" }', r"clauses cited.*9\.9-9"),
        ("", '[ban]\nyears = { value = 3, clause = "2.3-6", origin = "guess" }', r"ban\.years\.origin: "),
        ("", '[ban]\nyears = { value = 3, clause = "2.3-6", origin = "reference" }', r"ban\.years: .*names its source"),
        (
            "",
            '[grants.tiers.standard]\ncap = { value = 200000, clause = "3.1-1", origin = "policy" }',
            r"grants\.tiers\.standard\.cap\.value: .*string of yuan",
        ),
        (
            "",
            '[grants.tiers.standard]\npurpose = { value = "fun", clause = "3.1-1", origin = "policy" }',
            r"grants: .*grants\.purposes: fun",
        ),
        (
            "",
            '[rubric]\ntotal = { value = "99", clause = "2.3-2", origin = "default" }',
            r"rubric: .*sum to 100, not 99",
        ),
        ("", '[divisions]\nmain_urban = { value = ["1"], clause = "1.2-6", origin = "default" }', r"divisions: .*: 1"),
        ("continuation_of = 'lhasa-2019'", "", "given together"),
        ("supersedes = 'nobody'", "", r"x-2021\.toml: supersedes: 'nobody' is not an edition that begins earlier"),
        ("supersedes = 'x-2021'", "", r"supersedes: 'x-2021' is not"),
    ],
)
def test_a_mistake_is_told_with_file_and_key(tmp_path: Path, more: str, tables: str, message: str) -> None:
    _file(tmp_path, "x-2021", "2021-01-01", "2021-12-31", more=more, tables=tables)
    with pytest.raises(EditionError, match=message):
        load_editions(tmp_path)


def test_an_edition_without_a_rule_the_code_cites_is_refused(tmp_path: Path) -> None:
    bundled = Path(__file__).parents[2] / "shared/policy/editions/lhasa-2019.toml"
    text = bundled.read_text(encoding="utf-8").replace('id = "lhasa-2019"', 'id = "own-2021"', 1)
    text = text.replace("value = 2019-01-01", "value = 2021-01-01").replace("value = 2020-12-31", "value = 2021-12-31")
    (tmp_path / "own.toml").write_text(re.sub(r'(?m)^"ban\.period".*\n', "", text), encoding="utf-8")
    with pytest.raises(EditionError, match=r"own\.toml: rules\.ban\.period: is missing"):
        load_editions(tmp_path)


def test_ids_are_unique(tmp_path: Path) -> None:
    _file(tmp_path, "lhasa-2019", "2021-01-01", "2021-12-31", extends="")
    with pytest.raises(EditionError, match=r"id: the id 'lhasa-2019' is already used by lhasa-2019\.toml"):
        load_editions(tmp_path)


@pytest.mark.parametrize(("one", "other"), [("b-2021", "a-2021"), ("a-2021", "a-2021"), ("nobody", "a-2021")])
def test_a_base_must_exist_and_not_be_circular(tmp_path: Path, one: str, other: str) -> None:
    _file(tmp_path, "a-2021", "2021-01-01", "2021-12-31", extends=one)
    _file(tmp_path, "b-2021", "2022-01-01", "2022-12-31", extends=other)
    with pytest.raises(EditionError, match=r"extends: (extends itself|no edition)"):
        load_editions(tmp_path)


def test_a_file_that_is_no_toml_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text('id = "x"\ntitle = ?\n', encoding="utf-8")
    with pytest.raises(EditionError, match=r"bad\.toml: not readable as TOML: .*line 2"):
        load_editions(tmp_path)


def test_a_policy_directory_that_is_absent_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EditionError, match="does not exist"):
        load_editions(tmp_path / "absent")


def test_an_edition_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        LHASA.id = "other"
    assert isinstance(LHASA, Edition)


def test_a_case_under_an_edition_that_is_not_loaded_waits_for_the_administrator() -> None:
    with pytest.raises(DomainError) as refused:
        load_editions(None).get("another-city-2030")
    assert (refused.value.code, refused.value.status) == ("policy-edition-not-loaded", 503)
    assert is_transient(refused.value), "an event handler must wait, not park the event"
