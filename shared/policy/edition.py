"""Policy editions: which values held on which day, and by which clause.

Code cites rule ids; an edition maps them to clauses and gives the parameters. Editions differ by values only, so a
successor or another city's policy is a TOML file in the policy directory and no line of code.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, ValidationError, model_validator

from shared.errors import DomainError
from shared.policy import (
    activities,
    alliance_assessment,
    alliances,
    appropriations,
    around,
    banking,
    carriers,
    evaluation_cycle,
    funding,
    incubation,
    investing,
    lending,
    library,
    mentoring,
    money_decisions,
    personal_data,
    servicing,
    standing,
    training,
)
from shared.policy.agreeing import clauses_of, require_known
from shared.policy.centre_profile import CentreProfile
from shared.policy.decision import Decision, RuleInput, RuleResult, plain
from shared.policy.loading import EditionError, EditionFile, explain, read_files, require_unique_ids, resolve
from shared.policy.params import Clause, Rule, Section, Text
from shared.policy.report_form import ReportForm
from shared.policy.rubric import Rubric
from shared.policy.vouchers import Vouchers

__all__ = ["Edition", "EditionError", "Editions", "PolicyNotInForce", "UnknownRule", "load_editions"]

EditionId = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
RuleId = Annotated[str, Field(pattern=r"^[a-z_]+\.[a-z_]+$")]


class PolicyNotInForce(Exception):
    """No edition is in force on the day (6-1). `closest` is the edition whose validity lies nearest, if any."""

    def __init__(self, day: date, closest: "Edition | None") -> None:
        super().__init__(f"no policy edition is in force on {day}")
        self.day = day
        self.closest = closest


class UnknownRule(LookupError):
    """Code cites a rule id that the edition does not have."""


class Edition(Section):
    """One edition, immutable. `continuation_of` names the edition under which this one's burdens go on after that
    one's end, `continuation_basis` the document that orders it."""

    id: EditionId
    city: Text
    city_code: Text
    title_zh: Text
    title_en: Text
    document_no: str = ""
    legal_basis: tuple[str, ...]
    organised_by: tuple[str, ...]
    demonstration: bool = False
    extends: str = ""
    supersedes: str = ""
    continuation_of: str = ""
    continuation_basis: str = ""

    validity: standing.Validity
    departments: Mapping[str, standing.Department]
    divisions: standing.Divisions
    centres: standing.Centres
    centre_profile: CentreProfile
    tiers: Mapping[str, standing.Tier]
    tier_applications: carriers.TierApplications
    titles: standing.Titles
    title_terms: carriers.TitleTerms
    tenancy: standing.Tenancy
    graduation: standing.Graduation
    incubation: incubation.Incubation
    personal_data: personal_data.PersonalData
    delisting: standing.Delisting
    procedure: standing.Procedure
    ban: standing.Ban
    rectification: standing.Rectification
    notices: standing.Notices
    quarterly_reports: standing.QuarterlyReports
    report_form: ReportForm
    activities: activities.Activities
    communities: alliances.Communities
    mentors: mentoring.Mentors
    alliances: alliances.Alliances
    alliance_assessment: alliance_assessment.AllianceAssessment
    evaluation_cycle: evaluation_cycle.EvaluationCycle
    targets: standing.Targets
    service_records: around.ServiceRecords
    partners: around.Partners
    division_duties: around.DivisionDuties
    matching_funds: around.MatchingFunds
    practices: around.Practices
    training: training.Training
    project_library: library.ProjectLibrary
    appropriations: appropriations.Appropriations
    money_decisions: money_decisions.MoneyDecisions
    grants: funding.Grants
    loans: funding.Loans
    lending: lending.Lending
    hire_ratio: funding.HireRatio
    banking: banking.Banking
    enterprise_size: funding.EnterpriseSize
    subsidy: funding.Subsidy
    subsidy_terms: servicing.SubsidyTerms
    loan_servicing: servicing.LoanServicing
    guarantees: servicing.Guarantees
    angel_fund: funding.AngelFund
    reward: funding.Reward
    investing: investing.Investing
    vouchers: Vouchers
    documents: funding.Documents
    rubric: Rubric
    clauses: Mapping[str, Clause]
    rules: Mapping[RuleId, Rule]

    @property
    def first_day(self) -> date:
        return self.validity.first_day.value

    @property
    def last_day(self) -> date:
        return self.validity.last_day.value

    def is_valid_on(self, day: date) -> bool:
        return self.first_day <= day <= self.last_day

    def rule(self, rule_id: str) -> Rule:
        """Raises UnknownRule."""
        try:
            return self.rules[rule_id]
        except KeyError:
            raise UnknownRule(f"edition {self.id} has no rule {rule_id}") from None

    def result(
        self,
        rule_id: str,
        passed: bool,
        inputs: Mapping[str, RuleInput],
        *,
        message: str,
        limit: RuleInput = None,
        clause: str | None = None,
    ) -> RuleResult:
        """One rule's result under its clause in this edition; `clause` overrides it where a parameter has its own (the
        ceilings of the three tiers). Raises UnknownRule."""
        rule = self.rule(rule_id)
        shown = None if limit is None else str(plain(limit))
        values = {name: plain(value) for name, value in inputs.items()}
        return RuleResult(rule_id, clause or rule.clause, passed, values, shown, message)

    def decision(self, *results: RuleResult) -> Decision:
        return Decision.of(self.id, *results)

    @property
    def _long_stay_fields(self) -> tuple[str, ...]:
        return self.tenancy.long_stay_fields.value

    @model_validator(mode="after")
    def _names_agree(self) -> Self:
        require_known("grants.tiers", self.grants.tiers, "tiers", self.tiers)
        require_known("tiers", self.tiers, "grants.tiers", self.grants.tiers)
        require_known("tier_applications.criteria", self.tier_applications.criteria, "tiers", self.tiers)
        kinds = self.tier_applications.incubator_kinds.value
        require_known("tier_applications.incubator_kinds", kinds, "partners.kinds", self.partners.kinds)
        screens = [tier.minimum_grade.value for tier in self.tier_applications.criteria.values()]
        screens += [level.minimum_grade.value for level in self.title_terms.levels.values()]
        grades = [grade for grade in screens if grade]
        require_known("minimum_grade", grades, "rubric.bands", [band.id for band in self.rubric.bands])
        require_known("title_terms.levels", self.title_terms.levels, "titles.levels", self.titles.levels)
        require_known("titles.levels", self.titles.levels, "title_terms.levels", self.title_terms.levels)
        fields = self.incubation.long_stay_industries
        require_known("incubation.long_stay_industries", fields, "tenancy.long_stay_fields", self._long_stay_fields)
        require_known("tenancy.long_stay_fields", self._long_stay_fields, "incubation.long_stay_industries", fields)
        marks = {tier for indicator in self.rubric.indicators for tier in indicator.full_mark.by_tier}
        require_known("rubric.indicators.full_mark.by_tier", marks, "tiers", self.tiers)
        places = [*self.rubric.hardship_divisions.value, *self.rubric.remote_divisions.value]
        require_known("rubric divisions", places, "divisions.units", self.divisions.units)
        require_known("lending.products", self.lending.products, "loans.products", self.loans.products)
        require_known("loans.products", self.loans.products, "lending.products", self.lending.products)
        for name in ("in_centre_products", "guaranteed_products"):
            codes = getattr(self.lending, name).value
            require_known(f"lending.{name}", codes, "loans.products", self.loans.products)
        opening = self.communities.responsible_divisions.value
        require_known("communities.responsible_divisions", opening, "divisions.units", self.divisions.units)
        bureaus = [
            *self.centres.approving_departments.value,
            *self.procedure.deciding_departments.value,
            *self.delisting.exemption_departments.value,
            *self.grants.approving_departments.value,
            *(alliance.lead_department.value for alliance in self.alliances.kinds.values()),
        ]
        require_known("departments cited", bureaus, "departments", self.departments)
        places = [*self.departments, *self.divisions.units]
        require_known("activities.leads", self.activities.leads, "departments or divisions.units", places)
        require_known("guarantees.products", self.guarantees.products, "loans.products", self.loans.products)
        require_known("subsidy_terms.products", self.subsidy_terms.products, "loans.products", self.loans.products)
        require_known("clauses cited", clauses_of(self), "clauses", self.clauses)
        return self

    @model_validator(mode="after")
    def _continuation_names_its_document(self) -> Self:
        if bool(self.continuation_of) != bool(self.continuation_basis):
            raise ValueError("continuation_of and continuation_basis are given together or not at all")
        return self


class Editions:
    """All editions of one city. Built by `load_editions`."""

    def __init__(self, editions: Iterable[Edition]) -> None:
        self._by_id = {edition.id: edition for edition in editions}

    def __iter__(self) -> Iterator[Edition]:
        return iter(sorted(self._by_id.values(), key=lambda edition: edition.first_day))

    def get(self, edition_id: str) -> Edition:
        """The edition a case is pinned to.

        Raises 503 `policy-edition-not-loaded`: a mistake of the deployment, which its administrator mends by
        POLICY_DIR; until then requests are refused and events wait.
        """
        edition = self._by_id.get(edition_id)
        if edition is None:
            raise DomainError("policy-edition-not-loaded", 503, params={"edition": edition_id})
        return edition

    def in_force_on(self, day: date) -> Edition | None:
        valid = (edition for edition in self._by_id.values() if edition.is_valid_on(day))
        return max(valid, key=lambda edition: edition.first_day, default=None)

    def require_in_force(self, day: date) -> Edition:
        """Raises PolicyNotInForce: no new case before the first and after the last day (6-1)."""
        edition = self.in_force_on(day)
        if edition is None:
            raise PolicyNotInForce(day, self.closest_to(day))
        return edition

    def closest_to(self, day: date) -> Edition | None:
        """The edition that is valid on the day or ended last before it, or else begins first after it."""
        ended = [edition for edition in self if edition.last_day < day]
        latest = max(ended, key=lambda edition: edition.last_day, default=None)
        return self.in_force_on(day) or latest or next(iter(self), None)

    def for_evaluation_year(self, year: int) -> Edition:
        """An evaluation pins the edition of its year's last day, also when it runs in the year after (6-1). Raises
        PolicyNotInForce."""
        return self.require_in_force(date(year, 12, 31))

    def continuation_basis(self, pinned: Edition, day: date) -> str | None:
        """The document under which adverse decisions on cases of `pinned` go on on `day`; None where there is none."""
        current = self.in_force_on(day)
        follower = current
        while follower is not None and follower.continuation_of:
            if follower.continuation_of == pinned.id and current is not None:
                return current.continuation_basis
            follower = self._by_id.get(follower.continuation_of)
        return None


def load_editions(policy_dir: Path | None) -> Editions:
    """The bundled editions and those of `policy_dir`; called once at start.

    A deployment serves one city: where `policy_dir` holds editions of another city, the bundled ones serve only as a
    base for `extends`. Raises EditionError, naming file and key, for anything unreadable, untyped or inconsistent, for
    ids used twice, and for validities that overlap without the later edition naming the earlier in `supersedes`.
    """
    found = read_files(policy_dir)
    by_id = require_unique_ids(found)
    built = {file.id: (file, _build(file, by_id)) for file in found}
    catalogue = {rule for file, edition in built.values() if file.bundled for rule in edition.rules}
    added = {edition.city_code for file, edition in built.values() if not file.bundled}
    cities = added or {edition.city_code for _, edition in built.values()}
    if len(cities) > 1:
        raise EditionError(str(policy_dir), f"editions of more than one city: {', '.join(sorted(cities))}", "city_code")
    served = {edition_id: pair for edition_id, pair in built.items() if pair[1].city_code in cities}
    for file, edition in served.values():
        if missing := sorted(catalogue - set(edition.rules)):
            raise EditionError(file.name, "is missing", f"rules.{missing[0]}")
        _check_links(file, edition, served)
    for (_, one), (_, other) in combinations(served.values(), 2):
        earlier, later = sorted((one, other), key=lambda edition: edition.first_day)
        _check_overlap(earlier, later, served)
    return Editions(edition for _, edition in served.values())


_Served = Mapping[str, tuple[EditionFile, Edition]]


def _build(file: EditionFile, by_id: Mapping[str, EditionFile]) -> Edition:
    try:
        return Edition.model_validate(resolve(file, by_id))
    except ValidationError as error:
        raise explain(file.name, error) from error


def _check_links(file: EditionFile, edition: Edition, served: _Served) -> None:
    for key, target in (("supersedes", edition.supersedes), ("continuation_of", edition.continuation_of)):
        if target and (target not in served or served[target][1].first_day >= edition.first_day):
            raise EditionError(file.name, f"{target!r} is not an edition that begins earlier", key)


def _superseded_by(edition: Edition, served: _Served) -> set[str]:
    superseded: set[str] = set()
    while edition.supersedes:
        superseded.add(edition.supersedes)
        edition = served[edition.supersedes][1]
    return superseded


def _check_overlap(earlier: Edition, later: Edition, served: _Served) -> None:
    if later.first_day <= earlier.last_day and earlier.id not in _superseded_by(later, served):
        days = f"{later.first_day} to {min(earlier.last_day, later.last_day)}"
        message = f"valid together with {earlier.id} from {days}, and does not supersede it"
        raise EditionError(served[later.id][0].name, message, "supersedes")
