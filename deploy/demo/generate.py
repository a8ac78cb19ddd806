"""Writes the fictional data: `python -m deploy.demo.generate [folder]`. The same files, byte for byte, every time."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from deploy.demo import tables
from deploy.demo.generating.accounts import make_accounts
from deploy.demo.generating.activities import make_centre_activities
from deploy.demo.generating.around import (
    make_agreements,
    make_carriers,
    make_joint_carriers,
    make_partners,
    make_practices,
)
from deploy.demo.generating.budget import make_appropriations
from deploy.demo.generating.centres import make_centres, make_titles
from deploy.demo.generating.divisions import make_division_pages, make_matching_funds, make_matching_payments
from deploy.demo.generating.earlier import make_earlier_centres, make_earlier_enterprises, make_earlier_stays
from deploy.demo.generating.enterprises import make_population
from deploy.demo.generating.evaluations import (
    make_comebacks,
    make_delistings,
    make_evaluations,
    make_exemptions,
    make_experts,
    make_marks,
    make_rectifications,
    make_rubrics,
)
from deploy.demo.generating.grants import make_grants, make_spending
from deploy.demo.generating.investing import (
    make_alliance_activities,
    make_alliance_supports,
    make_angel_funds,
    make_rewards,
)
from deploy.demo.generating.lending import (
    make_bank_days,
    make_loan_payments,
    make_loans,
    make_referrals,
    make_subsidies,
)
from deploy.demo.generating.persons import founder_of, make_graduations, make_persons
from deploy.demo.generating.projects import make_projects
from deploy.demo.generating.records import (
    make_mentor_sessions,
    make_mentors,
    make_staff,
    make_trainings,
    of_the_year,
)
from deploy.demo.generating.reports import make_reports
from deploy.demo.generating.targets import make_target_figures
from deploy.demo.generating.tiers import make_services, make_tiers
from deploy.demo.generating.vouchers import (
    make_guidance,
    make_programmes,
    make_providers,
    make_redemptions,
    make_settlements,
    make_vouchers,
)


def all_tables() -> list[Sequence[tables.Row]]:
    """Every file's rows."""
    centres, providers, grants = make_centres(), make_providers(), make_grants()
    population = make_population(centres)
    services = make_services(centres, population)
    vouchers = make_vouchers(population)
    redemptions = make_redemptions(vouchers, providers)
    persons = make_persons(population)
    graduations = make_graduations(population)
    founder, graduation = founder_of(population.enterprises, graduations)
    projects = make_projects(centres, founder)
    referrals, loans = make_referrals(population), make_loans(population, founder, graduation)
    reports = make_reports(centres, population, projects)
    parties = {row.enterprise for rows in (redemptions, services, referrals) for row in rows}
    advice = make_mentor_sessions(centres, of_the_year(reports), population, parties)
    earlier, funds = make_earlier_enterprises(centres), make_matching_funds()
    return [
        centres,
        make_titles(centres),
        services,
        make_tiers(centres),
        population.enterprises,
        population.rows(),
        persons,
        graduations,
        projects,
        make_earlier_centres(centres),
        earlier,
        make_earlier_stays(centres, earlier),
        make_partners(),
        make_agreements(centres),
        make_joint_carriers(),
        make_carriers(),
        make_practices(),
        make_division_pages(),
        funds,
        make_matching_payments(funds, population),
        make_target_figures(),
        reports,
        make_centre_activities(centres, reports),
        make_mentors(),
        advice,
        make_staff(centres, of_the_year(reports)),
        make_trainings(),
        make_appropriations(),
        grants,
        make_spending(grants),
        make_guidance(),
        make_programmes(),
        providers,
        vouchers,
        redemptions,
        make_settlements(),
        make_evaluations(),
        make_experts(),
        make_rubrics(),
        make_marks(),
        make_exemptions(),
        make_rectifications(),
        make_delistings(),
        make_comebacks(),
        referrals,
        loans,
        make_loan_payments(loans),
        make_subsidies(),
        make_bank_days(),
        make_angel_funds(population),
        make_rewards(population),
        make_alliance_activities(),
        make_alliance_supports(),
        make_accounts(centres, founder, providers, redemptions, services, referrals, advice),
    ]


def main(folder: Path = tables.DATA) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for rows in all_tables():
        tables.write(rows, folder)


def asked(arguments: Sequence[str] | None = None) -> Path:
    """The folder that the command names; anything else it is called with ends it with its usage."""
    parser = argparse.ArgumentParser(prog="python -m deploy.demo.generate", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=tables.DATA, help="where the files go")
    folder: Path = parser.parse_args(arguments).folder
    return folder


if __name__ == "__main__":
    main(asked())
