"""Alliances and communities: who leads and who may be a member, whom the city's firms are paired with, what a community
reports."""

from collections.abc import Mapping
from typing import Literal, Self

from pydantic import model_validator

from shared.policy.params import Codes, Param, Section, Slug, Titled, Yuan

Party = Literal["centre", "enterprise", "partner", "person"]


class MemberType(Titled):
    """`parties`: which records of the registry such a member is one of. `title`: the title that a centre of this type
    holds, none for any."""

    parties: tuple[Party, ...]
    title: Slug | None = None


class Alliance(Titled):
    """`lead_department` answers for it and accepts its members; `lead_body` is the organisation that runs it from the
    first day of the edition, empty where the department does so itself."""

    support_cap: Param[Yuan]
    lead_department: Param[str]
    lead_body: Param[str]
    member_types: Mapping[Slug, MemberType]


class PairingSide(Titled):
    """A province whose firms are paired with the city's; by its code of GB/T 2260."""

    province: Param[str]


class Alliances(Section):
    """`pairing_alliance` is the alliance whose lead keeps the pairs. `pairing_result_kinds` are those entries of a
    pair's log of which a completed pair has at least one. `enterprise_end_reasons` are the reasons of leaving a centre
    after which an enterprise is no member any more."""

    kinds: Mapping[Slug, Alliance]
    enterprise_end_reasons: Param[Codes]
    refusal_reasons: Mapping[Slug, Titled]
    removal_reasons: Mapping[Slug, Titled]
    talent_kinds: Mapping[Slug, Titled]
    talent_reasons: Mapping[Slug, Titled]
    paired_beijing: Param[int]
    paired_jiangsu: Param[int]
    paired_lhasa: Param[int]
    pairing_industries: Param[Codes]
    pairing_alliance: Param[str]
    pairing_log_kinds: Mapping[Slug, Titled]
    pairing_result_kinds: Param[Codes]
    pairing_end_reasons: Mapping[Slug, Titled]
    sides: Mapping[Slug, PairingSide]

    @model_validator(mode="after")
    def _names_agree(self) -> Self:
        if self.pairing_alliance.value not in self.kinds:
            raise ValueError("pairing_alliance: not in [alliances.kinds]")
        if unknown := set(self.pairing_result_kinds.value) - set(self.pairing_log_kinds):
            raise ValueError(f"pairing_result_kinds: not in [alliances.pairing_log_kinds]: {', '.join(unknown)}")
        return self

    def paired(self, side: str) -> int:
        """4.7-2: how many firms of a side, or of the city (`lhasa`), are to be paired."""
        wanted = {"beijing": self.paired_beijing, "jiangsu": self.paired_jiangsu, "lhasa": self.paired_lhasa}
        return wanted[side].value


class ElementFigure(Titled):
    """What is counted of an element in a report; `unit` is one of the report form's."""

    unit: Slug


class Communities(Section):
    """`report_due_month` and `report_due_day`: by when the report of a year is due in the year after it."""

    elements: Param[Codes]
    sectors: Param[Codes]
    responsible_divisions: Param[Codes]
    element_figures: Mapping[Slug, ElementFigure]
    evidence_per_element: Param[int]
    report_due_month: Param[int]
    report_due_day: Param[int]
    refusal_reasons: Mapping[Slug, Titled]
    return_reasons: Mapping[Slug, Titled]
    move_reasons: Mapping[Slug, Titled]
    closing_reasons: Mapping[Slug, Titled]

    @model_validator(mode="after")
    def _every_element_is_counted(self) -> Self:
        if set(self.element_figures) != set(self.elements.value):
            raise ValueError("element_figures: one for each of [communities].elements")
        return self
