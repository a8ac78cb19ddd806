"""Teams without a code: some go on under one, one is given up, some are still there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from deploy.demo import tables
from deploy.demo.generating.addresses import address
from deploy.demo.generating.chance import days_after
from deploy.demo.generating.codes import PROJECT, credit_code
from deploy.demo.generating.persons import identity, person_ref

_FOUNDERS_FROM: Final = 901
"""Founders of teams are numbered apart from those of enterprises."""


@dataclass(frozen=True, slots=True)
class _Team:
    name: str
    centre: str
    industry: str
    size: int
    opened: date
    licensed: date | None = None
    company: str | None = None
    closed: date | None = None
    graduate: bool = False


_TEAMS: Final = (
    _Team("虚构青稞便携加工小组", "C15", "C1399", 4, date(2020, 3, 9), date(2020, 11, 3), "虚构青稞工坊食品有限公司"),
    _Team("虚构高原无人机巡检团队", "C16", "I6579", 5, date(2020, 4, 13), date(2021, 3, 9), "虚构鹰翼巡检科技有限公司"),
    _Team(
        "虚构藏语语音助手团队",
        "C27",
        "I6513",
        3,
        date(2019, 9, 16),
        date(2020, 5, 12),
        "虚构雪语软件有限公司",
        graduate=True,
    ),
    _Team("虚构牦牛绒编织小组", "C26", "C1819", 6, date(2020, 5, 18), closed=date(2021, 4, 20)),
    _Team("虚构星空营地团队", "C27", "L7291", 4, date(2021, 4, 12), graduate=True),
)
_OWN: Final = _Team("虚构高原果蔬保鲜项目", "C15", "M7511", 3, date(2021, 3, 15), graduate=True)
"""The project of whoever signs in as `founder`."""


def make_projects(centres: Sequence[tables.Centre], founder: tables.Enterprise) -> list[tables.Project]:
    """The founder's own one last."""
    sites = {centre.key: centre.site_division for centre in centres}
    refs = [person_ref(_FOUNDERS_FROM + number) for number in range(len(_TEAMS))]
    projects = [_project(team, ref, sites, number) for number, (team, ref) in enumerate(zip(_TEAMS, refs, strict=True))]
    return [*projects, _project(_OWN, founder.legal_representative_ref, sites, len(_TEAMS))]


def _project(team: _Team, ref: str, sites: dict[str, str], number: int) -> tables.Project:
    name, id_number = identity(ref)
    site = sites[team.centre]
    admitted = days_after(team.opened, 3)
    return tables.Project(
        name=team.name,
        centre=team.centre,
        industry_code=team.industry,
        division=site,
        team_size=team.size,
        founder_ref=ref,
        founder_name=name,
        founder_id_number=id_number,
        graduate_founder=team.graduate,
        started_on=days_after(team.opened.replace(day=1), -40),
        opened_on=team.opened,
        agreement_no=f"示例入驻-{team.centre}-{team.opened.year}-P{number + 1:02}",
        admitted_on=admitted,
        filed_on=days_after(admitted, 8),
        code=credit_code(PROJECT + 31 * number, site) if team.company else None,
        enterprise_name=team.company,
        registered_address=address(f"project/{number}", site) if team.company else None,
        registered_on=days_after(team.licensed, -6) if team.licensed else None,
        licensed_on=team.licensed,
        closed_on=team.closed,
        close_reason="given_up" if team.closed else None,
    )
