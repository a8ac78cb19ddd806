"""Partners of the centres, what was agreed with them, carriers beside the centres, and good practice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from deploy.demo import tables
from deploy.demo.generating.codes import PARTNER, credit_code
from deploy.demo.generating.tiers import SPECIALISED

_REGISTERED: Final = date(2019, 3, 25)
_PARTNERS: Final = (
    ("P1", "虚构京华孵化器有限公司", "incubator", "110000", "110108", "30000000.00"),
    ("P2", "虚构苏南孵化器管理有限公司", "incubator", "320000", "320106", "20000000.00"),
    ("P3", "虚构蓉城创业服务有限公司", "service_agency", "510000", "510104", "8000000.00"),
    ("P4", "虚构高原创业投资有限公司", "venture_capital", "540000", "540102", "50000000.00"),
)
_SIGNED: Final = date(2019, 4, 8)
_JOINT: Final = (
    ("C16", "P1", "虚构京藏协同孵化基地", "incubator", "110000", date(2019, 9, 10), "5000000.00"),
    ("C27", "P2", "虚构苏拉飞地众创空间", "maker_space", "320000", date(2020, 6, 16), "3000000.00"),
    ("C06", "P1", "虚构柳梧京华联合孵化器", "incubator", "540000", date(2020, 9, 8), "2600000.00"),
)
_SERVICE: Final = (
    ("C15", "P3", "创业导师与培训合作"),
    ("C09", "P3", "创业培训合作"),
    ("C27", "P4", "天使投资对接合作"),
)


def make_partners() -> list[tables.Partner]:
    """Three from other provinces and one from here."""
    return [
        tables.Partner(
            key=key,
            name=name,
            code=credit_code(PARTNER + 97 * number, place),
            kind=kind,
            origin_province=province,
            capital=capital,
            registered_on=_REGISTERED,
        )
        for number, (key, name, kind, province, place, capital) in enumerate(_PARTNERS)
    ]


def make_agreements(centres: Sequence[tables.Centre]) -> list[tables.Agreement]:
    """Each specialised centre with an incubator (2.1-1), those with joint carriers, and some for other services."""
    specialised = [
        (centre.key, ("P1", "P2")[number % 2], "孵化合作")
        for number, centre in enumerate(row for row in centres if row.tier == SPECIALISED)
    ]
    joint = [(centre, partner, "共建载体合作") for centre, partner, *_ in _JOINT]
    return [
        tables.Agreement(
            centre=centre,
            partner=partner,
            document_no=_agreement_no(centre, partner),
            subject=subject,
            signed_on=_SIGNED,
            valid_from=_SIGNED,
            valid_until=date(2024, 4, 7) if partner == "P3" else None,
            recorded_on=date(2019, 4, 10),
        )
        for centre, partner, subject in (*specialised, *joint, *_SERVICE)
    ]


def _agreement_no(centre: str, partner: str) -> str:
    return f"示例合作〔2019〕{centre}-{partner}"


def make_joint_carriers() -> list[tables.JointCarrier]:
    """2.1-3: one in another province, one of them here."""
    return [
        tables.JointCarrier(
            centre=centre,
            agreement=_agreement_no(centre, partner),
            name=name,
            kind=kind,
            place_province=province,
            set_up_on=set_up_on,
            partner_capital=capital,
        )
        for centre, partner, name, kind, province, set_up_on, capital in _JOINT
    ]


_CARRIERS: Final = (
    ("maker_space", "虚构星火众创空间", "540102", "C09"),
    ("maker_space", "虚构星火众创空间", "540102", "C26"),
    ("maker_space", "虚构格桑花众创空间", "540103", "C02"),
    ("maker_space", "虚构柳梧青年众创空间", "LIUWU", "C15"),
    ("incubator", "虚构柳梧科技孵化器", "LIUWU", "C06"),
    ("incubator", "虚构经开生物孵化器", "540172", "C12"),
    ("incubator", "虚构经开生物孵化器", "540172", "C16"),
    ("maker_space", "虚构文创小院众创空间", "540173", "C13"),
)


def make_carriers() -> list[tables.Carrier]:
    """1.1-2: many to many."""
    return [
        tables.Carrier(
            kind=kind,
            name=name,
            division=division,
            operator_code=None,
            centre=centre,
            linked_on=date(2019, 5, 6),
            agreement_no=f"示例衔接〔2019〕{number}号",
            imported_on=date(2019, 5, 8),
        )
        for number, (kind, name, division, centre) in enumerate(_CARRIERS, start=1)
    ]


def make_practices() -> list[tables.Practice]:
    """Two published and made known, one of them sent back first; one approved, one still waiting."""
    return [
        _practice(
            "C16",
            "一窗受理：入驻到备案平均八天",
            "示例案例：受理窗口与备案材料清单合并，材料一次备齐，入驻当日建档，平均八天完成备案。",
            (date(2020, 4, 13), date(2020, 4, 14), date(2020, 4, 22), date(2020, 4, 27)),
            ("site_meeting", "示例双创工作现场会", date(2020, 5, 20)),
        ),
        _practice(
            "C05",
            "飞地共建：县里出政策，城里出场地",
            "示例案例：县与区签订共建协议，场地在城关区，产业留在县里，创新券由县里发放。",
            (date(2020, 9, 7), date(2020, 9, 8), date(2020, 9, 25), date(2020, 9, 28)),
            ("website", "示例市政府网站", date(2020, 10, 12)),
            returned=date(2020, 9, 15),
        ),
        _practice(
            "C11",
            "共享算力：数据企业不买服务器",
            "示例案例：双创中心集中采购算力，企业按用量结算，开办成本下降一半。",
            (date(2021, 5, 10), date(2021, 5, 11), date(2021, 5, 19), None),
            None,
        ),
        _practice(
            "C15",
            "创业导师值班日",
            "示例案例：每周三导师到场值班，问题当场记录，结果由企业确认后计入服务记录。",
            (date(2021, 11, 8), date(2021, 11, 9), None, None),
            None,
        ),
    ]


def _practice(
    centre: str,
    title: str,
    body: str,
    days: tuple[date, date, date | None, date | None],
    made_known: tuple[str, str, date] | None,
    returned: date | None = None,
) -> tables.Practice:
    drafted, submitted, approved, published = days
    medium, outlet, publicised = made_known or (None, None, None)
    return tables.Practice(
        centre=centre,
        title=title,
        body=body,
        drafted_on=drafted,
        submitted_on=submitted,
        returned_on=returned,
        return_reason="incomplete" if returned else None,
        resubmitted_on=returned and returned.replace(day=returned.day + 3),
        approved_on=approved,
        published_on=published,
        medium=medium,
        outlet=outlet,
        publicised_on=publicised,
    )
