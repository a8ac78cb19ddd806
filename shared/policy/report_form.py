"""The quarterly form as an edition has it: fields by version, their units, and the checks between them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final, Literal, Self

from pydantic import Field, model_validator

from shared.policy.params import ClauseId, Number, Origin, Section, Slug, Titled, unknown_codes

FieldKind = Literal["count", "amount", "flag", "by_level"]
Measure = Literal["stock", "flow", "opening"]
Relation = Literal["equal", "at_most", "only_with", "as_last", "steady"]
Severity = Literal["error", "warning"]

CENTRE_AREA: Final = "centre_total_area"
"""What a check may compare with beside the form's fields: the area on record in the registry."""

SUM_OF_LINES: Final = "lines:"
"""A term of a check: one figure of the enterprises' lines added up (`lines:jobs`)."""
ENTERPRISES_WITH: Final = "enterprises:"
"""A term of a check: how many enterprises have more than 0 of it, or of any of several (`enterprises:ip_held`)."""

_FACTORS: Final = {"": Decimal(1), "thousand_yuan": Decimal(1000)}


class _Asked(Titled):
    """What fields of the form and of an enterprise's line have in common."""

    unit: Slug
    enter_in: Literal["", "thousand_yuan"] = ""
    since: int = Field(default=1, ge=1)
    until: int | None = None
    clause: ClauseId
    origin: Origin
    source: str = ""

    @property
    def factor(self) -> Decimal:
        """How many yuan one of the unit of entry is; 1 for everything that is no amount."""
        return _FACTORS[self.enter_in]

    def in_version(self, version: int) -> bool:
        return self.since <= version and (self.until is None or version <= self.until)

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.until is not None and self.until < self.since:
            raise ValueError("until lies before since")
        return self


class LineField(_Asked):
    """One figure of an enterprise's line. An empty one is not known; one with `empty_is_zero` is 0, as it is for most
    enterprises in most quarters."""

    kind: Literal["count", "amount"] = "count"
    measure: Literal["stock", "flow"]
    empty_is_zero: bool = False

    @model_validator(mode="after")
    def _only_amounts_are_entered_in_thousands(self) -> Self:
        if self.enter_in and self.kind != "amount":
            raise ValueError("enter_in is for amounts")
        return self


class FormField(_Asked):
    """One field. A stock is counted on the quarter's last day, a flow is what happened in the quarter, an opening is
    counted on its first day.

    Amounts are kept in yuan; `enter_in` is the unit in which people enter and print them. `registry` names the record
    that prefills the field, `line` its code in the national layout, `statistical` a field that no indicator reads. Only
    `required` fields count for a report's completeness.
    """

    group: Slug
    kind: FieldKind = "count"
    measure: Measure
    required: bool = False
    statistical: bool = False
    registry: str = ""
    line: str = ""

    @model_validator(mode="after")
    def _only_amounts_are_entered_in_thousands(self) -> Self:
        if self.enter_in and self.kind != "amount":
            raise ValueError("enter_in is for amounts")
        return self


class FormCheck(Section):
    """What must hold between the sums of `left` and `right`; a term with a minus before it is taken off. A term is a
    field, a sum over the enterprises' lines (`lines:jobs`), or a number of enterprises (`enterprises:ip_held`).

    `equal`, `at_most`: of one quarter. `only_with`: left may be more than 0 only where right is. `as_last`: left equals
    right as it was in the last quarter. `steady`: left differs from itself in the last quarter by at most `percent` per
    cent, or by at most `beyond`. An error refuses the submission, a warning asks for an explanation.
    """

    severity: Severity
    field: Slug
    relation: Relation
    left: tuple[str, ...] = Field(min_length=1)
    right: tuple[str, ...] = ()
    percent: Number | None = None
    beyond: Number | None = None
    since: int = Field(default=1, ge=1)
    clause: ClauseId
    origin: Origin
    source: str = ""

    @property
    def terms(self) -> tuple[str, ...]:
        """Every name on both sides, without signs."""
        return tuple(term.removeprefix("-") for term in (*self.left, *self.right))

    @model_validator(mode="after")
    def _has_what_its_relation_needs(self) -> Self:
        steady = self.relation == "steady"
        if steady != (self.percent is not None and self.beyond is not None) or steady == bool(self.right):
            raise ValueError("percent and beyond go with steady and nothing else, right with everything else")
        return self


class ReportForm(Titled):
    """The form with all its versions; a report keeps the version it was drafted in, and new ones take `version`."""

    id: Slug
    version: int = Field(ge=1)
    national_title: str
    national_source: str
    groups: Mapping[Slug, Titled]
    units: Mapping[Slug, Titled]
    fields: Mapping[Slug, FormField]
    enterprise_lines: Mapping[Slug, LineField] = Field(default_factory=dict)
    checks: Mapping[Slug, FormCheck]

    def lines_of(self, version: int) -> dict[str, LineField]:
        """What one version asks of each enterprise; nothing where it has no lines."""
        return {name: field for name, field in self.enterprise_lines.items() if field.in_version(version)}

    def fields_of(self, version: int) -> dict[str, FormField]:
        """The fields of one version, in the form's order."""
        return {name: field for name, field in self.fields.items() if field.in_version(version)}

    def required_in(self, version: int) -> tuple[str, ...]:
        """The fields that a complete report of this version fills."""
        return tuple(name for name, field in self.fields_of(version).items() if field.required)

    def checks_of(self, version: int) -> dict[str, FormCheck]:
        """The checks that concern one version."""
        fields, lines = {*self.fields_of(version), CENTRE_AREA}, set(self.lines_of(version))

        def asked(term: str) -> bool:
            return lines.issuperset(line_fields(term)) if line_fields(term) else term in fields

        return {
            name: check
            for name, check in self.checks.items()
            if check.since <= version and all(map(asked, check.terms))
        }

    @model_validator(mode="after")
    def _names_agree(self) -> Self:
        _require_known("fields.group", (field.group for field in self.fields.values()), self.groups)
        _require_known("fields.unit", (field.unit for field in self.fields.values()), self.units)
        _require_known("checks.field", (check.field for check in self.checks.values()), self.fields)
        terms = [term for check in self.checks.values() for term in check.terms]
        _require_known("checks", (term for term in terms if not line_fields(term)), [*self.fields, CENTRE_AREA])
        _require_known("checks", (name for term in terms for name in line_fields(term)), self.enterprise_lines)
        _require_known("enterprise_lines.unit", (field.unit for field in self.enterprise_lines.values()), self.units)
        lines = [field.line for field in self.fields.values() if field.line]
        if len(lines) != len(set(lines)):
            raise ValueError("a line of the national layout stands for one field")
        if not self.fields_of(self.version):
            raise ValueError("the current version has no fields")
        return self


def line_fields(term: str) -> tuple[str, ...]:
    """The figures of the lines that a term is about; none for a field of the form."""
    if term.startswith(SUM_OF_LINES):
        return (term.removeprefix(SUM_OF_LINES),)
    return tuple(term.removeprefix(ENTERPRISES_WITH).split("+")) if term.startswith(ENTERPRISES_WITH) else ()


def _require_known(what: str, names: Iterable[str], known: Iterable[str]) -> None:
    if unknown := unknown_codes(names, known):
        raise ValueError(f"{what}: not known: {', '.join(unknown)}")
