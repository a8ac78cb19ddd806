"""A row of the file of centres listed before the policy: its columns, and what it says."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from pydantic import BaseModel, Field

from services.registry.centres.schemas import RegisterCentre
from services.registry.codes import DocumentNo, Name
from services.registry.imports.centres import column_of, profile_columns, profile_of
from services.registry.imports.words import title_kinds
from shared.files.columns import Column
from shared.http.schemas import Request
from shared.policy.edition import Edition

_GRANTED: Final = "_granted_on"
_DOCUMENT: Final = "_document_no"
_PLAQUE: Final = "_plaque_no"


class EarlierTitle(Request):
    """A municipal title of that time; `plaque_no` where its plaque is out."""

    granted_on: date
    document_no: DocumentNo
    plaque_no: DocumentNo | None = None


class EarlierCentre(Request):
    """A centre listed before the policy; `titles` by kind."""

    profile: RegisterCentre
    listed_on: date
    document_no: DocumentNo
    designation_issuer: Name | None = None
    designation_document_no: DocumentNo | None = None
    designated_on: date | None = None
    titles: dict[str, EarlierTitle] = Field(default_factory=dict)

    @property
    def operator_name(self) -> str:
        return self.profile.operator_name

    @property
    def plaques(self) -> list[tuple[str, str, str]]:
        """Kind, field and number of the plaques that are named."""
        named = ((kind, title.plaque_no) for kind, title in self.titles.items())
        return [(kind, f"titles.{kind}.plaque_no", no) for kind, no in named if no is not None]

    @property
    def designated(self) -> bool:
        """Whether the designation from above is complete."""
        return None not in (self.designation_issuer, self.designation_document_no, self.designated_on)

    @property
    def tier(self) -> str:
        return self.profile.tier


def earlier_columns(edition: Edition) -> list[Column]:
    """The file's columns: a registration's, the listing, the designation, and three for each kind of title."""
    day = ("格式 2018-03-19，须早于政策生效日", "As 2018-03-19, before the policy's first day")
    document = ("填写文号", "The document's number")
    plaque = ("填写牌匾上的编号；没有牌匾的留空", "The number on the plaque; empty where there is none")
    titles = [
        column
        for code, title in title_kinds(edition).items()
        for column in (
            Column(code + _GRANTED, f"{title}认定日期", "date", False, {}, *day),
            Column(code + _DOCUMENT, f"{title}认定文号", "text", False, {}, *document),
            Column(code + _PLAQUE, f"{title}牌匾编号", "text", False, {}, *plaque),
        )
    ]
    return [
        *profile_columns(edition),
        Column("listed_on", "认定日期", "date", True, {}, *day, example="2018-03-19"),
        Column("document_no", "认定文号", "text", True, {}, *document, example="拉科发〔2018〕12号"),
        Column("designation_issuer", "上级认定机关", remedy_zh="国家级须填", remedy_en="Needed for the national tier"),
        Column(
            "designation_document_no", "上级认定文号", remedy_zh="国家级须填", remedy_en="Needed for the national tier"
        ),
        Column(
            "designated_on", "上级认定日期", "date", remedy_zh="国家级须填", remedy_en="Needed for the national tier"
        ),
        *titles,
    ]


def earlier_request(values: Mapping[str, object]) -> EarlierCentre:
    """What a row says."""
    own = {"listed_on", "document_no", "designation_issuer", "designation_document_no", "designated_on"}
    titles: dict[str, dict[str, object]] = {}
    profile: dict[str, object] = {}
    for name, value in values.items():
        kind, ending = _title_of(name) if name not in own else ("", "")
        if kind:
            titles.setdefault(kind, {})[ending] = value
        elif name not in own:
            profile[name] = value
    listing = {name: value for name, value in values.items() if name in own}
    return EarlierCentre.model_validate({**listing, "profile": profile_of(profile), "titles": titles})


def _title_of(name: str) -> tuple[str, str]:
    for ending in (_GRANTED, _DOCUMENT, _PLAQUE):
        if name.endswith(ending):
            return name.removesuffix(ending), ending.lstrip("_")
    return "", ""


def earlier_column_of(field: str) -> str:
    """The column of a field of `EarlierCentre`."""
    first, _, rest = field.partition(".")
    if first == "titles":
        kind, _, name = rest.partition(".")
        return f"{kind}_{name}"
    return column_of(rest) if first == "profile" else first


def earlier_key(sent: BaseModel) -> object:
    """What a row is known by: operator and name."""
    assert isinstance(sent, EarlierCentre)
    return sent.profile.operator_code, sent.profile.name
