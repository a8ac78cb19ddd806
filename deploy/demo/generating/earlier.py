"""What was before 2019 and is taken over: a centre with its title, and enterprises that had come and gone there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from deploy.demo import tables
from deploy.demo.generating.addresses import address
from deploy.demo.generating.centres import is_earlier
from deploy.demo.generating.chance import days_after
from deploy.demo.generating.codes import EARLIER, credit_code
from deploy.demo.generating.names import Names
from shared.calendar import add_months

_IMPORTED: Final = date(2019, 1, 8)
_STAYS: Final = (
    (date(2017, 7, 3), date(2018, 7, 13), "graduated", None, "operating"),
    (date(2017, 8, 14), date(2018, 9, 28), "graduated", None, None),
    (date(2017, 9, 4), date(2018, 3, 30), "exited", "moved_out", None),
    (date(2017, 11, 6), date(2018, 12, 14), "graduated", None, "venture_capital"),
    (date(2018, 3, 12), date(2018, 11, 30), "exited", "ceased", None),
    (date(2018, 4, 16), date(2018, 12, 28), "exited", "agreement_ended", None),
)


def make_earlier_centres(centres: Sequence[tables.Centre]) -> list[tables.EarlierCentre]:
    """Those of the centres that were there already."""
    return [
        tables.EarlierCentre(
            centre=centre.key,
            listed_on=centre.listed_on,
            document_no=centre.document_no,
            maker_space_granted_on=days_after(centre.listed_on, 60),
            maker_space_document_no="示例授牌〔2017〕5号",
            imported_on=_IMPORTED,
        )
        for centre in centres
        if is_earlier(centre)
    ]


def make_earlier_enterprises(centres: Sequence[tables.Centre]) -> list[tables.EarlierEnterprise]:
    """One for each stay, a year old when it came."""
    names, site = Names("earlier-enterprise-names"), _centre(centres).site_division
    enterprises: list[tables.EarlierEnterprise] = []
    for number, (admitted, *_) in enumerate(_STAYS):
        name, industry = names.enterprise()
        enterprises.append(
            tables.EarlierEnterprise(
                code=credit_code(EARLIER + 17 * number, site),
                name=name.replace("虚构", "虚构旧", 1),
                industry_code=industry,
                division=site,
                registered_on=add_months(admitted, -12),
                registered_address=address(f"earlier/{number}", site),
                imported_on=_IMPORTED,
            )
        )
    return enterprises


def make_earlier_stays(
    centres: Sequence[tables.Centre], enterprises: Sequence[tables.EarlierEnterprise]
) -> list[tables.EarlierStay]:
    """All of them over before the policy's first day."""
    return [
        tables.EarlierStay(
            centre=_centre(centres).key,
            enterprise=enterprise.code,
            agreement_no=f"示例旧入驻-{admitted.year}-{number:02}",
            admitted_on=admitted,
            filed_on=days_after(admitted, 20),
            ended_on=ended,
            outcome=outcome,
            reason_code=reason,
            graduation_criterion=criterion,
            evidence=f"示例旧档案-{number:02}",
            imported_on=_IMPORTED,
        )
        for number, (enterprise, (admitted, ended, outcome, reason, criterion)) in enumerate(
            zip(enterprises, _STAYS, strict=True), start=1
        )
    ]


def _centre(centres: Sequence[tables.Centre]) -> tables.Centre:
    return next(centre for centre in centres if is_earlier(centre))
