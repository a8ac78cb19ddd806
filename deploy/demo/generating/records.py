"""Mentors, staff and training of the year that is counted by records: as many as the quarterly reports say."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Final

from deploy.demo import tables
from deploy.demo.generating.activities import BY_RECORDS
from deploy.demo.generating.chance import Chance, days_after
from deploy.demo.generating.enterprises import Population
from deploy.demo.generating.persons import identity
from shared.calendar import add_months

_FIELDS: Final = ("financing", "business_model", "technology", "law_and_ip", "strategy", "taxes_and_accounts")
_TOPICS: Final = ("融资计划书修改", "商业模式梳理", "样机测试方案", "商标与专利布局", "年度经营规划", "研发费用归集")
_ORGANISATIONS: Final = ("虚构高原创投有限公司", "虚构雪域商学院", "虚构日光工程研究院")
_SPRING: Final = "示例孵化服务人员培训（春季班）"
_AUTUMN: Final = "示例孵化服务人员培训（秋季班）"
_AUTUMN_FROM: Final = date(BY_RECORDS, 6, 1)
"""Staff who came later attend the second course."""

Reports = Mapping[str, Sequence[tables.Report]]
"""The year's reports of each centre, by quarter."""


def of_the_year(reports: Sequence[tables.Report]) -> Reports:
    """Of the year that is counted by records."""
    found: dict[str, list[tables.Report]] = {}
    for report in reports:
        if report.year == BY_RECORDS:
            found.setdefault(report.centre, []).append(report)
    return found


def make_mentors() -> list[tables.Mentor]:
    """Six, the first of whom has the account `mentor`."""
    return [_mentor(number, field) for number, field in enumerate(_FIELDS, start=1)]


def _mentor(number: int, field: str) -> tables.Mentor:
    ref = f"demo-mentor-{number:02}"
    name, id_number = identity(ref)
    return tables.Mentor(
        person_ref=ref,
        name=name,
        id_number=id_number,
        field=field,
        organisation=_ORGANISATIONS[number % len(_ORGANISATIONS)],
        consent_no=f"示例导师同意书-{number:02}",
        proposed_on=date(BY_RECORDS, 1, 5),
        appointed_on=date(BY_RECORDS, 1, 8),
        document_no=f"示例导师聘任〔{BY_RECORDS}〕{number}号",
    )


def make_mentor_sessions(
    centres: Sequence[tables.Centre], reports: Reports, population: Population, with_account: Collection[str]
) -> list[tables.MentorSession]:
    """One for each mentor of a centre, in the first quarter whose report names so many."""
    mentors = make_mentors()
    return [
        session
        for place, centre in enumerate(centres)
        if centre.key in reports
        for session in _of_centre(place, centre, reports[centre.key], population, mentors, with_account)
    ]


def _of_centre(
    place: int,
    centre: tables.Centre,
    reports: Sequence[tables.Report],
    population: Population,
    mentors: Sequence[tables.Mentor],
    with_account: Collection[str],
) -> Iterator[tables.MentorSession]:
    chance = Chance(f"mentor-sessions/{centre.key}")
    for number in range(1, _last([report.mentors for report in reports]) + 1):
        quarter = next((report.quarter for report in reports if (report.mentors or 0) >= number), reports[-1].quarter)
        first, last = _quarter(centre, quarter)
        held_on = chance.day(first, last)
        mentor = mentors[(place + number) % len(mentors)]
        yield tables.MentorSession(
            mentor=mentor.person_ref,
            centre=centre.key,
            enterprise=_advised(population, centre.key, held_on, with_account),
            linked_on=held_on,
            held_on=held_on,
            field=mentor.field,
            topic=_TOPICS[_FIELDS.index(mentor.field)],
            confirmed_on=days_after(held_on, chance.number(1, 4)),
        )


def _advised(population: Population, centre: str, day: date, with_account: Collection[str]) -> str:
    """A tenant of the day, one that signs in anyway if there is one."""
    there = [stay.enterprise.code for stay in population.of(centre) if stay.present_on(day)]
    return next((code for code in there if code in with_account), there[0])


def make_staff(centres: Sequence[tables.Centre], reports: Reports) -> list[tables.StaffMember]:
    """As many full-time people as the year's last report says, and as many of them trained."""
    known = {centre.key: centre for centre in centres}
    return [member for key, own in reports.items() for member in _staff_of(known[key], own)]


def _staff_of(centre: tables.Centre, reports: Sequence[tables.Report]) -> Iterator[tables.StaffMember]:
    since = max(date(BY_RECORDS, 1, 4), days_after(centre.listed_on, 1))
    trained = _last([report.trained_staff for report in reports])
    for number in range(1, _last([report.specialist_staff for report in reports]) + 1):
        ref = f"demo-staff-{int(centre.key[1:]) * 10 + number:04}"
        name, id_number = identity(ref)
        attends = number <= trained
        yield tables.StaffMember(
            centre=centre.key,
            person_ref=ref,
            name=name,
            id_number=id_number,
            role="manager" if number == 1 else "incubation_service",
            from_on=since,
            course=(_AUTUMN if since >= _AUTUMN_FROM else _SPRING) if attends else None,
            consent_no=f"示例参训同意书-{ref[-4:]}" if attends else None,
        )


def make_trainings() -> list[tables.Training]:
    """One in spring, and one for those who came later."""
    return [_training(_SPRING, date(BY_RECORDS, 2, 22)), _training(_AUTUMN, date(BY_RECORDS, 9, 6))]


def _training(title: str, drafted_on: date) -> tables.Training:
    held_on = days_after(drafted_on, 21)
    return tables.Training(
        title=title,
        summary="入驻与备案、服务记录、季度报表与创业辅导的办理要求",
        place="示例市双创中心培训教室",
        drafted_on=drafted_on,
        published_on=days_after(drafted_on, 2),
        planned_on=days_after(drafted_on, 4),
        held_on=held_on,
        completed_on=days_after(held_on, 1),
        certified_on=days_after(held_on, 3),
        capacity=60,
    )


def _quarter(centre: tables.Centre, quarter: int) -> tuple[date, date]:
    """The days of the quarter on which the centre was listed, without its ends."""
    begins = date(BY_RECORDS, 3 * quarter - 2, 1)
    return max(begins.replace(day=12), days_after(centre.listed_on, 20)), add_months(begins, 3) - timedelta(days=10)


def _last(values: Sequence[int | None]) -> int:
    """The year's value of a stock: the last one that was given."""
    return next((value for value in reversed(values) if value is not None), 0)
