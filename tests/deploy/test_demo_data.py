"""The demonstration's files: made again byte for byte, fictional, complete, and within the rules of the policy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from deploy.commands.words import WORDS, Words
from deploy.demo import files, generate, tables
from deploy.demo.accounts import Credentials
from deploy.demo.client import ApiRefused, idempotency_key
from deploy.demo.command import POLICY, demo, refuse_real_clock
from deploy.demo.files import Data
from deploy.demo.generating.persons import FOUNDER, LEGAL_REPRESENTATIVE
from deploy.demo.play import EDITION
from deploy.demo.story.activities import picture_of
from deploy.demo.story.telling import stretches
from deploy.demo.texts import TEXTS
from deploy.lifecycle import StackError
from deploy.settings import StackSettings
from deploy.state import Lock, State, StateFile
from shared.auth import roles as r
from shared.calendar import add_months, add_working_days
from shared.identifiers import check_identity_card, check_uscc
from shared.policy.edition import Edition, Editions, load_editions
from shared.policy.rules import ban_period


@pytest.fixture(scope="module")
def data() -> Data:
    return files.load()


@pytest.fixture(scope="module")
def editions() -> Editions:
    return load_editions(POLICY)


@pytest.fixture(scope="module")
def edition(editions: Editions) -> Edition:
    return editions.get("lhasa-2019")


def test_the_generator_makes_the_same_files_byte_for_byte(tmp_path: Path) -> None:
    generate.main(tmp_path)
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert made == {path.name: path.read_bytes() for path in tables.DATA.iterdir()}


def test_centres_cover_every_division_and_park_and_all_tiers(data: Data, edition: Edition) -> None:
    assert len(data.centres) >= 24
    assert {centre.owner_division for centre in data.centres} == set(edition.divisions.units)
    assert {centre.tier for centre in data.centres} == set(edition.tiers)
    enclaves = [
        centre
        for centre in data.centres
        if centre.owner_division in edition.divisions.enclave_owners.value
        and centre.site_division in edition.divisions.main_urban.value
    ]
    assert len(enclaves) >= 2


def test_each_centre_holds_one_to_four_titles(data: Data) -> None:
    held = Counter(title.centre for title in data.titles if title.granted_on)
    held.update(row.centre for row in data.earlier_centres if row.maker_space_granted_on)
    assert {held[centre.key] for centre in data.centres} == {1, 2, 3, 4}
    assert [title.centre for title in data.titles if title.granted_on is None] == ["C02"]


def test_titles_and_tiers_are_decided_after_their_public_notice(data: Data, edition: Edition) -> None:
    days = edition.notices.public_notice_working_days.value
    announced = [
        *((title.reviewed_on, title.granted_on) for title in data.titles if title.granted_on),
        *((tier.reviewed_on, tier.approved_on) for tier in data.tiers),
    ]
    assert all(add_working_days(starts_on, days).day < decided_on for starts_on, decided_on in announced)


def test_specialised_centres_meet_the_criteria_before_their_first_grant(data: Data, edition: Edition) -> None:
    criteria = edition.tier_applications.criteria["specialised"]
    industry = {enterprise.code: enterprise.industry_code for enterprise in data.enterprises}
    centres = {centre.key: centre for centre in data.centres}
    assert {tier.centre for tier in data.tiers} == {key for key, row in centres.items() if row.tier == "specialised"}
    for tier in data.tiers:
        types = {service.type for service in data.services if service.centre == tier.centre}
        assert types == {*criteria.service_system.value, *edition.tier_applications.transfer_types.value}
        prefix = centres[tier.centre].industry_code[: edition.tier_applications.industry_code_length.value]
        for day in (tier.applied_on, tier.approved_on):
            there = [stay for stay in data.tenancies if stay.centre == tier.centre and stay.admitted_on <= day]
            present = [stay for stay in there if stay.ended_on is None or stay.ended_on >= day]
            same = sum(industry[stay.enterprise].startswith(prefix) for stay in present)
            assert 100 * same >= criteria.same_industry_percent.value * len(present) > 0, tier.centre
        granted = [grant.applied_on for grant in data.grants if grant.centre == tier.centre]
        assert all(tier.approved_on <= applied_on for applied_on in granted)


def test_six_hundred_enterprises_have_valid_codes_of_their_own(data: Data) -> None:
    codes = [
        *(enterprise.code for enterprise in data.enterprises),
        *(enterprise.code for enterprise in data.earlier_enterprises),
        *(project.code for project in data.projects if project.code),
        *(partner.code for partner in data.partners),
        *(provider.code for provider in data.providers),
        *{centre.operator_code for centre in data.centres},
    ]
    assert len(data.enterprises) == 600
    assert [check_uscc(code) for code in codes] == codes
    assert len(set(codes)) == len(codes)
    assert {tenancy.enterprise for tenancy in data.tenancies} == {enterprise.code for enterprise in data.enterprises}


def test_names_are_plainly_fictional(data: Data) -> None:
    named = (
        *(data.centres, data.enterprises, data.earlier_enterprises, data.providers, data.comebacks, data.persons),
        *(data.projects, data.partners, data.joint_carriers, data.carriers),
    )
    names = [row.name for rows in named for row in rows]
    names += [row.enterprise_name for row in data.projects if row.enterprise_name]
    names += [row.school for row in data.graduations]
    assert all(name.startswith(("示例", "虚构")) for name in names)
    assert len({enterprise.name for enterprise in data.enterprises}) == 600


def test_every_legal_representative_is_a_person_with_a_number_that_is_nobodys(data: Data) -> None:
    persons = {person.person_ref: person for person in data.persons if LEGAL_REPRESENTATIVE in person.capacities}
    assert {enterprise.legal_representative_ref for enterprise in data.enterprises} == persons.keys()
    numbers = [person.id_number for person in data.persons]
    numbers += [row.founder_id_number for row in data.projects if row.founder_ref not in persons]
    numbers += [*(mentor.id_number for mentor in data.mentors), *(member.id_number for member in data.staff)]
    cards = [check_identity_card(number, today=date(2019, 1, 1)) for number in numbers]
    assert not any(card.place_known for card in cards)
    assert len(set(numbers)) == len(numbers)


def test_graduates_papers_are_of_founders_on_file(data: Data) -> None:
    founders = {
        (person.person_ref, person.enterprise): person for person in data.persons if FOUNDER in person.capacities
    }
    named = {
        (paper.person_ref, paper.enterprise): founders[paper.person_ref, paper.enterprise] for paper in data.graduations
    }
    assert len(named) == len(founders) > 30
    assert all(named[paper.person_ref, paper.enterprise].named_on <= paper.recorded_on for paper in data.graduations)
    assert {paper.confirmed_on is None for paper in data.graduations} == {True, False}


def test_addresses_lie_in_the_city_elsewhere_or_nowhere(data: Data, edition: Edition) -> None:
    cities = tuple(edition.incubation.city_names.value)
    provinces = tuple(edition.incubation.province_names.value)
    addresses = [enterprise.registered_address.removeprefix("西藏自治区") for enterprise in data.enterprises]
    inside = sum(address.startswith(cities) for address in addresses)
    assert inside > 500
    assert any(address.startswith(("日喀则市", "四川省")) for address in addresses)
    assert any(not address.startswith((*cities, *provinces, "日喀则市", "山南市", "四川省")) for address in addresses)


def test_projects_register_are_given_up_or_stay(data: Data) -> None:
    assert {(bool(row.code), bool(row.closed_on)) for row in data.projects} == {
        (True, False),
        (False, True),
        (False, False),
    }
    for row in data.projects:
        assert row.started_on <= row.opened_on <= row.admitted_on <= row.filed_on
        if row.registered_on is not None and row.licensed_on is not None:
            assert row.filed_on < row.registered_on <= row.licensed_on


def test_specialised_centres_agree_with_an_incubator_before_they_apply(data: Data) -> None:
    incubators = {partner.key for partner in data.partners if partner.kind == "incubator"}
    agreed = {row.centre: row.recorded_on for row in data.agreements if row.partner in incubators}
    assert all(agreed[tier.centre] <= tier.applied_on for tier in data.tiers)
    agreements = {row.document_no: row for row in data.agreements}
    for carrier in data.joint_carriers:
        assert agreements[carrier.agreement].centre == carrier.centre
        assert agreements[carrier.agreement].valid_from <= carrier.set_up_on


def test_divisions_settle_their_duties_but_for_one_late_and_one_owing(data: Data, edition: Edition) -> None:
    duties = edition.division_duties
    assert {row.division for row in data.divisions} == set(edition.divisions.units)
    assert all(row.group_established_on <= duties.leading_group.due_on.value for row in data.divisions)
    late = [row.division for row in data.divisions if row.plan_on and row.plan_on > duties.papers["plan"].due_on.value]
    assert len(late) == 1
    assert [row.division for row in data.divisions if row.policy_on is None] == ["540174"]


def test_matching_payments_stay_within_the_budgets(data: Data, edition: Edition) -> None:
    paid: Counter[tuple[str, int]] = Counter()
    for payment in data.payments:
        if payment.reversed_on is None:
            paid[payment.division, payment.year] += int(Decimal(payment.amount))
        assert payment.purpose in edition.matching_funds.purposes
        assert payment.spent_on.year == payment.year
        assert (payment.centre is None) != (payment.enterprise is None)
    approved = {(fund.division, fund.year): fund for fund in data.funds if fund.approved_on}
    assert paid.keys() == approved.keys()
    assert all(total <= Decimal(approved[where].amount) for where, total in paid.items())
    assert [payment for payment in data.payments if payment.reversed_on]
    assert [fund for fund in data.funds if fund.revised]


def test_what_is_taken_over_is_of_before_the_policy(data: Data, edition: Edition) -> None:
    assert all(row.listed_on < edition.first_day for row in data.earlier_centres)
    assert all(row.ended_on < edition.first_day for row in data.earlier_stays)
    assert {row.outcome for row in data.earlier_stays} == {"graduated", "exited"}
    listed = {row.key: row.listed_on for row in data.centres}
    assert all(
        listed[row.centre] == row.listed_on <= stay.admitted_on
        for row in data.earlier_centres
        for stay in data.earlier_stays
    )


def test_experts_marks_have_the_mean_that_the_files_say(data: Data, edition: Edition) -> None:
    limit = edition.evaluation_cycle.spread_limit.value
    assert all(row.apart <= Decimal(row.mark) <= 100 - row.apart for row in data.marks)
    assert any(2 * row.apart > limit for row in data.marks)
    assert {row.username for row in data.experts} <= {account.username for account in data.accounts}


def test_targets_have_figures_that_count_and_one_that_waits(data: Data, edition: Edition) -> None:
    entered = {name for name, item in edition.targets.items.items() if item.source == "entered"}
    assert {row.item for row in data.targets} == entered
    assert sum(row.confirmed_on is None for row in data.targets) == 1


def test_enterprises_are_young_enough_when_they_are_admitted(data: Data, edition: Edition) -> None:
    registered = {enterprise.code: enterprise.registered_on for enterprise in data.enterprises}
    months = edition.tenancy.age_at_entry_months.value
    for stay in data.tenancies:
        assert registered[stay.enterprise] <= stay.admitted_on <= add_months(registered[stay.enterprise], months)


def test_twelve_quarters_with_late_returned_and_missing_reports(data: Data) -> None:
    quarters = {(report.year, report.quarter) for report in data.reports}
    assert quarters == {(year, quarter) for year in (2019, 2020, 2021) for quarter in (1, 2, 3, 4)}
    assert any(report.submitted_on.day > 15 for report in data.reports)
    assert any(report.returned_on for report in data.reports)
    reported = {(report.centre, report.year, report.quarter) for report in data.reports}
    assert ("C07", 2020, 1) not in reported
    assert len(reported) < 12 * len(data.centres)


def test_every_report_is_in_before_its_year_is_scored(data: Data) -> None:
    scored = {evaluation.year: evaluation.scored_on for evaluation in data.evaluations}
    assert all(report.accepted_on < scored[report.year] for report in data.reports)


def test_a_year_is_published_after_its_public_notice(data: Data, edition: Edition) -> None:
    days = edition.notices.public_notice_working_days.value
    for year in data.evaluations:
        assert year.scored_on <= year.announced_on
        assert add_working_days(year.announced_on, days).day < year.approved_on <= year.published_on


def test_the_delisting_keeps_its_terms(data: Data, edition: Edition) -> None:
    (case,) = data.delistings
    published = next(year.published_on for year in data.evaluations if year.year == case.year)
    term = add_working_days(case.notice_on, edition.procedure.statement_working_days.value).day
    assert case.statement_on <= term
    assert case.hearing_requested_on <= term < case.hearing_on
    steps = [case.hearing_on, case.legal_review_on, case.decision_on, case.countersigned_on, published, case.served_on]
    assert steps == sorted(steps)


def test_the_operator_is_refused_on_the_last_barred_day_and_accepted_on_the_next(data: Data, edition: Edition) -> None:
    published = next(year.published_on for year in data.evaluations if year.year == data.delistings[0].year)
    ban = ban_period(published, edition.ban.years.value)
    tried = {row.applied_on: row.expected for row in data.comebacks}
    assert tried[ban.last_barred_day] == "refused"
    assert tried[ban.first_open_day] == "accepted"
    assert "refused" in {expected for day, expected in tried.items() if day < ban.last_barred_day}


def test_after_2020_the_story_rests_on_the_demonstration_edition(data: Data, editions: Editions) -> None:
    continuation = editions.get(EDITION)
    assert continuation.is_valid_on(date(2021, 1, 1))
    (late,) = [year for year in data.evaluations if year.continuation_basis]
    assert late.year == 2020
    assert late.continuation_basis == editions.continuation_basis(editions.get("lhasa-2019"), late.published_on)
    assert "虚构" in str(late.continuation_basis)


def test_grants_stay_within_the_ceilings(data: Data, edition: Edition) -> None:
    tier = {centre.key: centre.tier for centre in data.centres}
    sums: Counter[tuple[str, int]] = Counter()
    for grant in data.grants:
        sums[grant.centre, grant.fiscal_year] += int(Decimal(grant.approved or 0))
    assert all(total <= edition.grants.tiers[tier[centre]].cap.value for (centre, _), total in sums.items())


def test_vouchers_stay_within_their_budgets(data: Data) -> None:
    issued: Counter[tuple[str, str, int]] = Counter()
    for voucher in data.vouchers:
        issued[voucher.issuer_division, voucher.kind, voucher.year] += int(Decimal(voucher.face_value))
    for row in data.programmes:
        assert issued[row.issuer_division, row.kind, row.year] <= Decimal(row.budget)


def test_money_is_decided_after_the_public_notice(data: Data, edition: Edition) -> None:
    days = edition.notices.public_notice_working_days.value
    noticed = [(row.reviewed_on, row.approved_on) for row in data.grants if row.approved_on]
    noticed += [(row.announced_on, row.approved_on) for row in data.rewards]
    noticed += [(row.announced_on, row.approved_on) for row in data.supports]
    noticed += [(row.reviewed_on, row.decided_on) for row in data.providers]
    assert all(approved_on > add_working_days(begun_on, days).day for begun_on, approved_on in noticed)


def test_a_fund_oversteps_by_a_fen(data: Data, edition: Edition) -> None:
    for row in data.angel_funds:
        others = sum(Decimal(line.partition("=")[2]) for line in row.others)
        share = edition.angel_fund.share_percent.value
        assert Decimal(row.municipal) * 100 == share * (others + Decimal(row.municipal))
        assert Decimal(row.overstep) - Decimal(row.municipal) == Decimal("0.01")


def test_there_is_an_account_for_every_role_and_a_second_for_officers_and_approvers(data: Data) -> None:
    keyed = {account.key: account for account in data.accounts if account.key}
    twice = {*r.BUREAU_ROLES, r.BANK, r.GUARANTOR}
    assert set(keyed) == (r.ALL_ROLES - {r.PUBLIC, r.BUREAU}) | {f"{role}_2" for role in twice}
    assert all(account.roles == (str(key).removesuffix("_2"),) for key, account in keyed.items())
    assert len({account.username for account in data.accounts}) == len(data.accounts)


def test_scoped_accounts_own_something(data: Data) -> None:
    keyed = {account.key: account for account in data.accounts if account.key}
    centres = [centre.key for centre in data.centres if centre.operator_code == keyed["centre_operator"].org]
    assert [grant for grant in data.grants if grant.centre in centres]
    assert [use for use in data.redemptions if use.enterprise == keyed["enterprise"].org and use.redeemed_on]
    assert [use for use in data.redemptions if use.provider == keyed["provider"].org]
    founders = {enterprise.legal_representative_ref for enterprise in data.enterprises}
    assert keyed["founder"].person_ref in founders
    assert keyed["founder"].person_ref in {project.founder_ref for project in data.projects}
    assert "expert" in {expert.username for expert in data.experts}
    funded = {fund.division for fund in data.funds}
    assert {keyed["division_officer"].division, keyed["division_officer_2"].division} <= funded
    assert keyed["bank"].bank == "CCB"
    assert {loan.bank for loan in data.loans} == {keyed["bank"].bank, keyed["bank_2"].bank}
    assert keyed["founder"].person_ref in {loan.person_ref for loan in data.loans}
    issuers = {programme.issuer_division for programme in data.programmes}
    assert {keyed["division_officer"].division, keyed["division_officer_2"].division} <= issuers


def test_every_day_of_the_story_lies_in_one_stretch(data: Data) -> None:
    told = list(stretches(data.evaluations))
    assert all(later.after == earlier.until for earlier, later in pairwise(told))
    assert all(stretch.after < stretch.until for stretch in told)
    rows = [*data.persons, *data.graduations, *data.projects, *data.partners, *data.agreements, *data.joint_carriers]
    rows += [*data.practices, *data.divisions, *data.funds, *data.payments, *data.targets, *data.experts]
    rows += [*data.earlier_centres, *data.carriers, *data.rectifications]
    rows += [*data.tenancies, *data.reports, *data.grants, *data.redemptions, *data.delistings, *data.comebacks]
    assert all(any(stretch.concerns(row) for stretch in told) for row in rows)


def test_texts_are_there_in_both_languages() -> None:
    for name, (chinese, english) in {**TEXTS, **WORDS}.items():
        assert chinese, name
        assert english.isascii(), name


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({}, "en"),
        ({"LC_ALL": "en_US.UTF-8", "LANG": "zh_CN.UTF-8"}, "en"),
        ({"LC_ALL": "", "LC_MESSAGES": "zh_TW.UTF-8"}, "zh"),
    ],
)
def test_commands_speak_the_language_of_the_locale(locale: dict[str, str], language: str) -> None:
    assert Words.of_locale(locale).language == language


def test_credentials_are_kept_from_an_earlier_run(data: Data, tmp_path: Path) -> None:
    credentials = Credentials(tmp_path / "demo")
    callers = credentials.callers(data.accounts)
    credentials.write("http://127.0.0.1:1", data.accounts, callers)
    again = Credentials(tmp_path / "demo").callers(data.accounts)
    assert {name: caller.password for name, caller in again.items()} == {
        name: caller.password for name, caller in callers.items()
    }
    assert {path.stat().st_mode & 0o777 for path in (credentials.path, credentials.others)} == {0o600}
    assert len({caller.password for caller in callers.values()}) == len(callers)


def test_a_refused_call_says_which_and_why() -> None:
    problem = {
        "code": "validation-failed",
        "title": "T",
        "detail": "D",
        "errors": [{"field": "amount", "message": "M"}],
    }
    text = str(ApiRefused("POST", "/v1/grants", 422, problem))
    assert all(part in text for part in ("POST /v1/grants", "422", "validation-failed", "T", "D", "amount: M"))


def test_idempotency_keys_are_ascii_and_follow_the_natural_key() -> None:
    key = idempotency_key("centre/示例云岭双创中心/register")
    assert key.isascii()
    assert key == idempotency_key("centre/示例云岭双创中心/register")
    assert key != idempotency_key("centre/示例晨光双创中心/register")


def test_a_stack_with_the_real_clock_is_refused(tmp_path: Path) -> None:
    settings = StackSettings(data_dir=tmp_path)
    refuse_real_clock(settings)
    with Lock(settings.home) as lock:
        assert lock.acquire()
        StateFile(settings.home).write(State(pid=1, started=0.0, phase="ready", business_clock="real"))
        with pytest.raises(StackError, match="make down"):
            refuse_real_clock(settings)
        StateFile(settings.home).write(State(pid=1, started=0.0, phase="ready", business_clock="simulated"))
        refuse_real_clock(settings)


def test_a_refused_demo_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stack's next start must not run on a simulated clock because somebody once asked for the demo."""
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    with Lock(tmp_path) as lock:
        assert lock.acquire()
        StateFile(tmp_path).write(State(pid=1, started=0.0, phase="ready", business_clock="real"))
        with pytest.raises(StackError, match="make down"):
            demo()
    assert not (tmp_path / "choices.json").exists()


def test_the_small_world_is_whole(data: Data) -> None:
    small = files.reduced(data, frozenset({"C01", "C02"}))
    codes = {enterprise.code for enterprise in small.enterprises}
    assert {tenancy.enterprise for tenancy in small.tenancies} == codes
    assert {voucher.enterprise for voucher in small.vouchers} <= codes
    assert {account.org for account in small.accounts} >= {centre.operator_code for centre in small.centres}
    assert len(small.enterprises) < 60
    assert small.evaluations == data.evaluations


def test_the_records_of_2021_say_what_its_reports_say(data: Data) -> None:
    """2.3-2: so that the year is as good counted by records as it was meant to be by the reports."""
    reports = [report for report in data.reports if report.year == 2021]
    levels: Counter[tuple[str, int, str]] = Counter()
    for report in reports:
        for entry in report.events_by_level or ():
            level, count = entry.split(":")
            levels[report.centre, report.quarter, level] += int(count)
    held = Counter((row.centre, (row.held_on.month + 2) // 3, row.level) for row in data.held)
    assert held == Counter({key: count for key, count in levels.items() if count})
    heads: Counter[tuple[str, int]] = Counter()
    for row in data.held:
        heads[row.centre, (row.held_on.month + 2) // 3] += row.heads
    told = {(report.centre, report.quarter): report.attendance for report in reports if report.attendance}
    assert {key: heads[key] for key in told} == told
    for centre in {report.centre for report in reports}:
        own = [report for report in reports if report.centre == centre]
        staff = [member for member in data.staff if member.centre == centre]
        advised = [session for session in data.advice if session.centre == centre]
        assert len(advised) == _last(report.mentors for report in own)
        assert len(staff) == _last(report.specialist_staff for report in own)
        assert sum(member.course is not None for member in staff) == _last(report.trained_staff for report in own)


def _last(values: Iterable[int | None]) -> int:
    return [0, *(value for value in values if value is not None)][-1]


def test_mentors_advise_tenants_that_can_sign_in(data: Data) -> None:
    stays: dict[str, list[tables.Tenancy]] = {}
    for stay in data.tenancies:
        stays.setdefault(stay.enterprise, []).append(stay)
    parties = {account.org for account in data.accounts if "enterprise" in account.roles}
    listed = {centre.key: centre.listed_on for centre in data.centres}
    appointed = {mentor.person_ref: mentor.appointed_on for mentor in data.mentors}
    assert len({(session.mentor, session.centre) for session in data.advice}) == len(data.advice)
    for session in data.advice:
        assert session.enterprise in parties
        assert appointed[session.mentor] <= session.held_on < session.confirmed_on
        assert listed[session.centre] <= session.held_on
        assert any(
            stay.centre == session.centre
            and stay.admitted_on <= session.held_on
            and (stay.ended_on is None or stay.ended_on > session.held_on)
            for stay in stays[session.enterprise]
        )


def test_activities_are_reported_in_time_and_verified_by_the_years_end(data: Data, editions: Editions) -> None:
    days = editions.get(EDITION).activities.reporting_days.value
    assert all(0 < (row.reported_on - row.held_on).days <= days for row in data.held)
    assert all(row.reported_on <= row.verified_on <= date(2021, 12, 31) for row in data.held)
    assert all(row.heads > 0 for row in data.held)
    assert len({(row.centre, row.title) for row in data.held}) == len(data.held)


def test_each_photograph_is_another_picture(data: Data) -> None:
    pictures = {picture_of(row.title) for row in data.held}
    assert len(pictures) == len(data.held)
    assert all(picture.startswith(b"\x89PNG") for picture in pictures)
