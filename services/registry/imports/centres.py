"""Centres as drafts, by the use case of the single request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import OFFICERS
from services.registry.centres.models import Centre
from services.registry.centres.profile import register_centre
from services.registry.centres.queries import read_scope
from services.registry.centres.schemas import RegisterCentre
from services.registry.imports.rows import Kind, Row, Status, Tally, Work, one_by_one, require_same
from services.registry.imports.words import divisions, ownership_types, service_kinds, spaces, tiers
from shared.auth.roles import CENTRE_OPERATOR
from shared.files.columns import Column, ColumnKind
from shared.policy.edition import Edition

_SPACE: Final = "space_"
_SAME: Final = {
    name: name
    for name in (
        "operator_name",
        "service_kinds",
        "tier",
        "owner_division",
        "site_division",
        "total_area_m2",
        "incubation_area_m2",
        "industry_code",
        "cluster_tag",
        "ownership_type",
    )
}


def profile_columns(edition: Edition) -> list[Column]:
    """What a row says of a centre."""
    area = ("平方米，最多两位小数", "Square metres, at most two decimals")
    choose = ("从列表中选择", "Choose from the list")
    several = ("可填多项，用分号分隔", "Several are possible, separated by semicolons")
    return [
        Column("name", "双创中心名称", required=True, remedy_zh="不超过 200 字", remedy_en="At most 200 characters"),
        Column(
            "operator_code",
            "运营方统一社会信用代码",
            required=True,
            remedy_zh="18 位代码，单元格设为文本格式",
            remedy_en="The 18 characters of the code, in a cell formatted as text",
            example="91110000600037341L",
        ),
        Column("operator_name", "运营方名称", required=True, remedy_zh="填写全称", remedy_en="The full name"),
        _words("service_kinds", "服务类型", service_kinds(edition), several, kind="words"),
        _words("tier", "层级", tiers(edition), choose),
        _words("owner_division", "归属区县或园区", divisions(edition), choose),
        _words("site_division", "所在区县或园区", divisions(edition), choose),
        _area("total_area_m2", "总面积（平方米）", area, required=True),
        _area("incubation_area_m2", "孵化面积（平方米）", area, required=True),
        Column(
            "industry_code",
            "行业代码",
            remedy_zh="GB/T 4754-2017：门类字母加 4 位数字",
            remedy_en="GB/T 4754-2017: the section's letter and four digits",
            example="I6510",
        ),
        Column("cluster_tag", "产业集群", remedy_zh="不超过 64 字", remedy_en="At most 64 characters"),
        _words("ownership_type", "所有制类型", ownership_types(edition), choose, required=False),
        *(_area(_SPACE + code, f"{title}（平方米）", area) for code, title in spaces(edition).items()),
    ]


def _words(
    field: str,
    title: str,
    words: Mapping[str, str],
    remedy: tuple[str, str],
    *,
    kind: ColumnKind = "text",
    required: bool = True,
) -> Column:
    return Column(field, title, kind, required, words, *remedy)


def _area(field: str, title: str, remedy: tuple[str, str], *, required: bool = False) -> Column:
    return Column(field, title, "text", required, {}, *remedy, example="3200.00")


def profile_of(values: Mapping[str, object]) -> dict[str, object]:
    """The row's values as a registration has them: the spaces together."""
    areas = {name.removeprefix(_SPACE): value for name, value in values.items() if name.startswith(_SPACE)}
    rest = {name: value for name, value in values.items() if not name.startswith(_SPACE)}
    return {**rest, "spaces": areas} if areas else rest


def column_of(field: str) -> str:
    """The column of a field of a registration; each space has its own."""
    first, _, second = field.partition(".")
    return _SPACE + second.partition(".")[0] if first == "spaces" and second else first


def _request(values: Mapping[str, object]) -> RegisterCentre:
    return RegisterCentre.model_validate(profile_of(values))


def _key(sent: BaseModel) -> object:
    assert isinstance(sent, RegisterCentre)
    return sent.operator_code, sent.name


async def known_centre(session: AsyncSession, work: Work, operator_code: str, name: str) -> Centre | None:
    """The centre of that operator and name, if the caller reads its case."""
    query = select(Centre).where(Centre.operator_code == operator_code, Centre.name == name)
    centre: Centre | None = await session.scalar(query.where(read_scope(work.principal)).limit(1))
    return centre


async def _apply(session: AsyncSession, work: Work, rows: Sequence[Row], tally: Tally) -> None:
    async def register(row: Row) -> Status:
        assert isinstance(row.sent, RegisterCentre)
        known = await known_centre(session, work, row.sent.operator_code, row.sent.name)
        if known is not None:
            return require_same(row, known, _SAME)
        await register_centre(session, work.editions, work.principal, row.sent)
        return "inserted"

    await one_by_one(session, CENTRES, rows, tally, register)


CENTRES: Final = Kind(
    name="centres",
    title_zh="双创中心",
    roles=(CENTRE_OPERATOR, *OFFICERS),
    columns=profile_columns,
    request=_request,
    key=_key,
    apply=_apply,
    column_of=column_of,
)
