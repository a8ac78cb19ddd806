"""Writes the fictional data: `python -m deploy.demo.generate [folder]`. The same files, byte for byte, every time."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from deploy.demo import tables
from deploy.demo.generating.accounts import make_accounts
from deploy.demo.generating.centres import make_centres, make_titles
from deploy.demo.generating.enterprises import make_population
from deploy.demo.generating.evaluations import (
    make_comebacks,
    make_delistings,
    make_evaluations,
    make_exemptions,
    make_marks,
    make_rectifications,
)
from deploy.demo.generating.grants import make_grants, make_spending
from deploy.demo.generating.reports import make_reports
from deploy.demo.generating.tiers import make_services, make_tiers
from deploy.demo.generating.vouchers import make_programmes, make_providers, make_redemptions, make_vouchers


def all_tables() -> list[Sequence[tables.Row]]:
    """Every file's rows."""
    centres, providers, grants = make_centres(), make_providers(), make_grants()
    population = make_population(centres)
    services = make_services(centres, population)
    vouchers = make_vouchers(population)
    redemptions = make_redemptions(vouchers, providers)
    return [
        centres,
        make_titles(centres),
        services,
        make_tiers(centres),
        population.enterprises,
        population.rows(),
        make_reports(centres, population),
        grants,
        make_spending(grants),
        make_programmes(),
        providers,
        vouchers,
        redemptions,
        make_evaluations(),
        make_marks(),
        make_exemptions(),
        make_rectifications(),
        make_delistings(),
        make_comebacks(),
        make_accounts(centres, population.enterprises, providers, redemptions, services),
    ]


def main(folder: Path = tables.DATA) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for rows in all_tables():
        tables.write(rows, folder)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
