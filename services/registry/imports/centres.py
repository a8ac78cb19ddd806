"""Centres as drafts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import OFFICERS
from services.registry.bans.models import Ban
from services.registry.bans.queries import bans_against
from services.registry.centres.models import Centre
from services.registry.centres.namesakes import TAKEN, names_taken, refuse_taken
from services.registry.centres.profile import new_draft
from services.registry.centres.queries import read_scope
from services.registry.centres.schemas import RegisterCentre
from services.registry.centres.usecases import centre_state
from services.registry.imports.at_the_end import AtTheEnd, Numbers, breathing, put_down, sliced
from services.registry.imports.facts import Facts
from services.registry.imports.rows import (
    MAX_ROWS_AT_THE_END,
    Carrying,
    Kind,
    Overtaken,
    Row,
    Status,
    Work,
    require_same,
)
from services.registry.imports.standing import hold_operators
from services.registry.imports.words import divisions, ownership_types, service_kinds, spaces, tiers
from services.registry.names.terms import key_of
from shared.auth.roles import CENTRE_OPERATOR
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.files.columns import Column, ColumnKind
from shared.policy.decision import Decision
from shared.policy.edition import Edition
from shared.policy.rules import BanPeriod

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


class Drafts(AtTheEnd):
    """Centres by operator and name: those on record that the caller reads, and the bans against the operators."""

    def __init__(self, session: AsyncSession, work: Work, kind: Kind) -> None:
        super().__init__(session, work, kind)
        self.known: dict[tuple[str, str], Centre] = {}
        self._bans: dict[str, list[BanPeriod]] = {}
        self._new: list[tuple[Centre, Decision]] = []
        self._keys: set[str] = set()
        self.known_names: dict[str, str] = {}
        self.taken: dict[str, str] = {}
        """Names on the list, by their keys: those on record, and those that the file itself puts there."""

    async def prepare(self, rows: Sequence[Row]) -> None:
        self._keys = {key_of(self.profile(row.sent).name) for row in rows}
        self.known_names = await self.names_on_the_list()
        self.taken = dict(self.known_names)
        codes = {self.profile(row.sent).operator_code for row in rows}
        self._bans = await self._periods(codes)
        for some in sliced(codes):
            mine = select(Centre).where(Centre.operator_code.in_(some), read_scope(self.work.principal))
            for centre in await self.session.scalars(mine):
                self.known[centre.operator_code, centre.name] = centre

    async def hold(self) -> None:
        await hold_operators(self.session, self._bans)
        if await self._periods(set(self._bans)) != self._bans:
            raise Overtaken

    async def names_on_the_list(self) -> dict[str, str]:
        """The names of these rows that centres on the list have."""
        found: dict[str, str] = {}
        for some in sliced(self._keys):
            found |= await names_taken(self.session, some)
        return found

    async def _periods(self, codes: set[str]) -> dict[str, list[BanPeriod]]:
        """The barred periods of each operator."""
        barred = await self.session.scalars(select(Ban.operator_code).where(Ban.operator_code.in_(codes)))
        found: dict[str, list[BanPeriod]] = {code: [] for code in codes}
        for code in {code for code in barred if code is not None}:
            found[code] = await bans_against(self.session, code)
        return found

    def profile(self, sent: BaseModel) -> RegisterCentre:
        """The registration that a row holds."""
        assert isinstance(sent, RegisterCentre)
        return sent

    def draft(self, sent: RegisterCentre) -> tuple[Centre, Decision]:
        """The draft as the single request makes it."""
        refuse_taken(self.taken, sent.name)
        return new_draft(self.work.edition, self.work.principal, sent, self._bans[sent.operator_code])

    def judge(self, row: Row) -> Status:
        sent = self.profile(row.sent)
        known = self.known.get((sent.operator_code, sent.name))
        if known is not None:
            return require_same(row, known, _SAME)
        self._new.append(self.draft(sent))
        return "inserted"

    async def write(self) -> None:
        numbers, facts, year = Numbers(), Facts(), self.work.principal.today.year
        for _ in self._new:
            numbers.want("CE", year)
        await numbers.take(self.session)
        async for centre, decision in breathing(self._new):
            centre.no = numbers.next("CE", year)
            registered(facts, self.work, centre, decision)
        await put_down(self.session, [centre for centre, _ in self._new])
        await facts.write(self.session)
        await self.hold()


def registered(facts: Facts, work: Work, centre: Centre, decision: Decision) -> None:
    """The event of a new draft."""
    context = EventContext.of(work.principal)
    facts.add(rc.CentreRegistered, centre, centre_state(centre), context, decision.rules, centre.edition)


def _begin(session: AsyncSession, work: Work) -> Carrying:
    return Drafts(session, work, CENTRES)


CENTRES: Final = Kind(
    name="centres",
    title_zh="双创中心",
    roles=(CENTRE_OPERATOR, *OFFICERS),
    columns=profile_columns,
    request=_request,
    key=_key,
    begin=_begin,
    subject="operator_code",
    refused_at={TAKEN: "name"},
    max_rows=MAX_ROWS_AT_THE_END,
    column_of=column_of,
)
