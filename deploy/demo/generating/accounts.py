"""The accounts: one for every role, a second for officers and approvers, and those whom the story needs besides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from deploy.demo import tables
from deploy.demo.generating.divisions import DIVISIONS as ALL_DIVISIONS

_BUREAUS: Final = {
    "science": "市科技局",
    "industry": "市工信局",
    "finance": "市金融办",
    "treasury": "市财政局",
    "hr": "市人社局",
    "education": "市教育局",
    "office": "市两创示范办",
}
_STEPS: Final = {"officer": "经办", "approver": "审批"}

DIVISIONS: Final = {"": "540102", "_2": "540122"}
"""Of the two division officers and approvers: the city's centre, and a county with an enclave there."""

BANKS: Final = {"CCB": "建设银行", "PSBC": "邮储银行"}
"""The banks of 3.3-1."""

OPERATOR: Final = "C15"
"""The centre whose operator signs in as `centre_operator`."""


def make_accounts(
    centres: Sequence[tables.Centre],
    founder: tables.Enterprise,
    providers: Sequence[tables.Provider],
    redemptions: Sequence[tables.Redemption],
    services: Sequence[tables.Service],
    referrals: Sequence[tables.Referral],
    advice: Sequence[tables.MentorSession],
) -> list[tables.Account]:
    """First those of credentials.json, then the others."""
    return [
        *_bureaus(),
        *_divisions(),
        *_scoped(centres, founder, providers, redemptions),
        *_lenders(),
        *_others(centres, providers, redemptions, services, referrals, advice),
    ]


def _account(
    username: str,
    about: str,
    *roles: str,
    key: str | None = None,
    org: str | None = None,
    division: str | None = None,
    bank: str | None = None,
    person_ref: str | None = None,
) -> tables.Account:
    return tables.Account(
        username=username,
        key=key,
        roles=roles,
        org=org,
        division=division,
        bank=bank,
        person_ref=person_ref,
        about=about,
    )


def _bureaus() -> Iterator[tables.Account]:
    for bureau, name in _BUREAUS.items():
        for step, title in _STEPS.items():
            for second in ("", "_2"):
                role = f"{bureau}_{step}"
                yield _account(role + second, name + title, role, key=role + second)
    yield _account("auditor", "审计", "auditor", key="auditor")
    yield _account("admin", "系统管理员", "admin", key="admin")
    yield _account("security_admin", "安全管理员", "security_admin", key="security_admin")


def _divisions() -> Iterator[tables.Account]:
    for second, division in DIVISIONS.items():
        for step, title in _STEPS.items():
            name = f"division_{step}{second}"
            yield _account(name, f"{division} {title}", f"division_{step}", key=name, division=division)


def _scoped(
    centres: Sequence[tables.Centre],
    founder: tables.Enterprise,
    providers: Sequence[tables.Provider],
    redemptions: Sequence[tables.Redemption],
) -> Iterator[tables.Account]:
    centre = next(centre for centre in centres if centre.key == OPERATOR)
    yield _account("centre_operator", centre.name, "centre_operator", key="centre_operator", org=centre.operator_code)
    yield _account("enterprise", "用券企业", "enterprise", key="enterprise", org=_holder(redemptions))
    yield _account(
        "founder", f"{founder.name} 创始人", "founder", key="founder", person_ref=founder.legal_representative_ref
    )
    yield _account("provider", providers[0].name, "provider", key="provider", org=providers[0].code)
    yield _account("mentor", "创业导师", "mentor", key="mentor", person_ref="demo-mentor-01")
    yield _account("expert", "考核专家", "expert", key="expert", person_ref="demo-expert-01")


def _lenders() -> Iterator[tables.Account]:
    """A person at each of the banks of the catalogue, and two of the guarantee company."""
    for number, (bank, name) in enumerate(BANKS.items(), start=1):
        key = "bank" if number == 1 else f"bank_{number}"
        yield _account(key, name, "bank", key=key, bank=bank)
    yield _account("guarantor", "市信用担保公司经办", "guarantor", key="guarantor")
    yield _account("guarantor_2", "市信用担保公司审批", "guarantor", key="guarantor_2")


def _other_divisions() -> Iterator[tables.Account]:
    for division in ALL_DIVISIONS:
        if division not in DIVISIONS.values():
            for step, title in _STEPS.items():
                name = f"division.{division.lower()}.{step}"
                yield _account(name, f"{division} {title}", f"division_{step}", division=division)
    county = DIVISIONS["_2"]
    yield _account(f"division.{county}.payer", f"{county} 兑付经办", "division_officer", division=county)


def _holder(redemptions: Sequence[tables.Redemption]) -> str:
    """The enterprise that has used its vouchers most."""
    codes = [redemption.enterprise for redemption in redemptions]
    return max(dict.fromkeys(codes), key=codes.count)


def _others(
    centres: Sequence[tables.Centre],
    providers: Sequence[tables.Provider],
    redemptions: Sequence[tables.Redemption],
    services: Sequence[tables.Service],
    referrals: Sequence[tables.Referral],
    advice: Sequence[tables.MentorSession],
) -> Iterator[tables.Account]:
    operators = {centre.operator_code: centre for centre in reversed(centres) if centre.key != OPERATOR}
    for code, centre in reversed(operators.items()):
        yield _account(f"operator.{centre.key.lower()}", centre.operator_name, "centre_operator", org=code)
    yield from _other_divisions()
    for number in (2, 3, 4):
        yield _account(f"expert.{number}", "考核专家", "expert", person_ref=f"demo-expert-{number:02}")
    for number, provider in enumerate(providers[1:], start=2):
        yield _account(f"provider.{number}", provider.name, "provider", org=provider.code)
    yield from _enterprises(redemptions, services, referrals, advice)


def _enterprises(
    redemptions: Sequence[tables.Redemption],
    services: Sequence[tables.Service],
    referrals: Sequence[tables.Referral],
    advice: Sequence[tables.MentorSession],
) -> Iterator[tables.Account]:
    """Those that act themselves, each once, by what they do first; one of them signs in as `enterprise`."""
    parties = (
        ("用券企业", [row.enterprise for row in redemptions]),
        ("受服务企业", [row.enterprise for row in services]),
        ("借款企业", [row.enterprise for row in referrals]),
        ("受导师辅导企业", [row.enterprise for row in advice]),
    )
    known = {_holder(redemptions)}
    for about, codes in parties:
        for code in codes:
            if code not in known:
                known.add(code)
                yield _account(f"enterprise.{code[-8:].lower()}", about, "enterprise", org=code)
