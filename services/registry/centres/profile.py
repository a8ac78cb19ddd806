"""A centre's profile: the draft, and what describes it from then on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import acts_for_bureau, operator_code_of
from services.registry.bans.queries import bans_against, hold_operator
from services.registry.bans.rules import CENTRE, decide_not_barred_from
from services.registry.centres import rules
from services.registry.centres.models import Centre
from services.registry.centres.namesakes import require_name_free
from services.registry.centres.queries import lock_for_change
from services.registry.centres.schemas import AmendCentre, EnclaveAgreement, RegisterCentre
from services.registry.centres.usecases import areas_of, record_step
from services.registry.changes import put, unchanged
from services.registry.policy import edition_at, edition_of_case, require_known
from shared.auth.principal import Principal
from shared.errors import DomainError, forbidden, invalid_transition
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.http.etag import require_match
from shared.http.validation import PayloadInvalid
from shared.ids import next_case_no, uuid7
from shared.policy.decision import Decision
from shared.policy.edition import Edition, Editions
from shared.policy.rules import BanPeriod
from shared.refusals import require_passed

_ONE_NAME = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 4755))")
_AS_JSON = ("enclave_agreement",)
_OPTIONAL = ("industry_code", "cluster_tag", "ownership_type", "enclave_agreement")


async def register_centre(
    session: AsyncSession, editions: Editions, principal: Principal, sent: RegisterCentre
) -> Centre:
    """Register a draft for the caller's own organisation, or as an officer for any.

    Raises 403 for another's organisation, 422 for words the edition does not have, 409 `carrier-ban-in-force` for a
    barred operator: a new name does not escape a ban (2.3-6), `centre-application-open` where the operator has one open
    under that name, `centre-name-taken` where another centre on the list has it.
    """
    if not acts_for_bureau(principal) and sent.operator_code != operator_code_of(principal):
        raise operator_code_not_own(principal)
    edition = edition_at(editions, principal.today)
    await hold_operator(session, sent.operator_code)
    await _require_no_other(session, sent.operator_code, sent.name)
    bans = await bans_against(session, sent.operator_code)
    centre, decision = new_draft(edition, principal, sent, bans)
    await require_name_free(session, sent.name)
    centre.no = await next_case_no(session, "CE", principal.today.year)
    session.add(centre)
    await record_step(session, rc.CentreRegistered, centre, EventContext.of(principal), decision)
    return centre


def operator_code_not_own(principal: Principal) -> DomainError:
    """403: a party registers for nobody else; an account without an organisation for nobody at all."""
    if operator_code_of(principal) is None:
        return forbidden()
    return DomainError("operator-code-not-own", 403, params={"own": operator_code_of(principal)})


def new_draft(
    edition: Edition, principal: Principal, sent: RegisterCentre, bans: Sequence[BanPeriod]
) -> tuple[Centre, Decision]:
    """The draft, for one centre and for a file of them; not yet numbered nor written. Raises as `register_centre`."""
    if not acts_for_bureau(principal) and sent.operator_code != operator_code_of(principal):
        raise operator_code_not_own(principal)
    check_words(edition, sent.model_dump(exclude_none=True))
    _check_agreement(sent.enclave_agreement, principal)
    decision = require_passed(decide_not_barred_from(edition, CENTRE, bans, principal.today, principal.today))
    centre = Centre(
        id=uuid7(),
        version=0,
        status="draft",
        enclave=rules.enclave_under(edition, sent.owner_division, sent.site_division),
        registered_by=principal.account_id,
        **columns_of(sent.model_dump()),
    )
    _check_areas(centre)
    return centre, decision


async def amend_centre(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    centre_id: UUID,
    sent: AmendCentre,
    *,
    if_match: str | None,
) -> Centre:
    """Change the profile of a draft or a returned application, or what describes a listed centre. Raises 428/412, 422,
    409 `invalid-transition`, 403 for an operator that enters the agreement of a listed enclave."""
    centre = await lock_for_change(session, principal, centre_id)
    require_match(if_match, centre.version)
    changes = sent.model_dump(mode="python", exclude_unset=True)
    _require_changeable(centre.status, changes, principal)
    refuse_nulls(changes, optional=_OPTIONAL)
    edition = edition_of_case(editions, centre.edition, principal.today)
    check_words(edition, changes)
    _check_agreement(sent.enclave_agreement, principal)
    if centre.status in rules.EDITABLE and changes.get("name", centre.name) != centre.name:
        await _require_no_other(session, centre.operator_code, str(changes["name"]))
        await require_name_free(session, str(changes["name"]), centre.id)
    for name, value in columns_of(changes).items():
        put(centre, name, value)
    if unchanged(session, centre):
        return centre
    centre.enclave = rules.enclave_under(edition, centre.owner_division, centre.site_division)
    _check_areas(centre)
    await record_step(session, rc.CentreAmended, centre, EventContext.of(principal))
    return centre


async def _require_no_other(session: AsyncSession, operator_code: str, name: str) -> None:
    """One open application of an operator under a name; two requests at the same moment wait for each other. Raises 409
    `centre-application-open`."""
    await session.execute(_ONE_NAME, {"name": f"{operator_code} {name}"})
    open_one = select(Centre.no).where(
        Centre.operator_code == operator_code,
        Centre.name == name,
        Centre.status.in_((*rules.EDITABLE, *rules.PENDING)),
    )
    no = await session.scalar(open_one.order_by(Centre.id).limit(1))
    if no is not None:
        raise DomainError("centre-application-open", 409, params={"no": no, "name": name})


def check_words(edition: Edition, values: Mapping[str, object]) -> None:
    """422 for a word that the edition does not have."""
    known = {
        "tier": edition.tiers,
        "owner_division": edition.divisions.units,
        "site_division": edition.divisions.units,
        "service_kinds": edition.centres.service_kinds,
        "ownership_type": edition.centre_profile.ownership_types,
        "spaces": edition.centres.spaces,
    }
    for name, words in known.items():
        value = values.get(name)
        if isinstance(value, str):
            require_known(name, [value], words)
        elif isinstance(value, list | dict):
            require_known(name, value, words)


def _require_changeable(status: str, changes: Mapping[str, object], principal: Principal) -> None:
    """Before the submission everything may change; on the list what describes the centre; an enclave's agreement, which
    the listing waits for, at any time in between by an officer."""
    if status in rules.EDITABLE:
        return
    open_to = rules.LIVE if status in rules.STANDING else ("enclave_agreement",) if status in rules.PENDING else ()
    if not set(changes) <= set(open_to):
        raise invalid_transition(status, rules.EDITABLE)
    if "enclave_agreement" in changes and not acts_for_bureau(principal):
        raise forbidden()


def columns_of(values: Mapping[str, object]) -> dict[str, object]:
    """The values as their columns take them: nested ones as JSON, decimals as text."""
    columns: dict[str, object] = {}
    for name, value in values.items():
        if name in _AS_JSON and isinstance(value, Mapping):
            columns[name] = {key: _plain(item) for key, item in value.items()}
        elif name == "spaces" and isinstance(value, Mapping):
            columns[name] = {kind: str(area) for kind, area in value.items()}
        else:
            columns[name] = value
    return columns


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value


def _check_agreement(agreement: EnclaveAgreement | None, principal: Principal) -> None:
    if agreement is None:
        return
    if agreement.signed_on > principal.today:
        raise PayloadInvalid.at("enclave_agreement.signed_on", "in_the_future")
    if agreement.valid_until is not None and agreement.valid_until < agreement.signed_on:
        raise PayloadInvalid.at("enclave_agreement.valid_until", "before_its_beginning")


def _check_areas(centre: Centre) -> None:
    check_sizes(centre.service_kinds, centre.total_area_m2, centre.incubation_area_m2, areas_of(centre))


def check_sizes(
    service_kinds: Sequence[str], total: Decimal, incubation: Decimal, spaces: Mapping[str, Decimal]
) -> None:
    """422 where the areas do not fit into each other, or a kind of service is named twice."""
    if incubation > total:
        raise PayloadInvalid.at("incubation_area_m2", "area_above_total")
    if len(set(service_kinds)) < len(service_kinds):
        raise PayloadInvalid.at("service_kinds", "listed_twice")
    if sum(spaces.values(), Decimal(0)) > total:
        raise PayloadInvalid.at("spaces", "spaces_above_total")


def refuse_nulls(changes: Mapping[str, object], *, optional: Sequence[str]) -> None:
    """422 for a value that may be replaced and not taken away."""
    for name, value in changes.items():
        if value is None and name not in optional:
            raise PayloadInvalid.at(name, "missing")
