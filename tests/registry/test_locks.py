"""The same races as in `test_concurrency`, step by step: one transaction stays open while another one comes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.centres.queries import hold_standing, write_scope
from services.registry.centres.usecases import submit_centre
from services.registry.consumers import carry_out_decided
from services.registry.policy import loaded_editions
from services.registry.qualifications.schemas import ApplyForTitle
from services.registry.qualifications.usecases import apply_for_title, grant_title
from services.registry.steps import CaseStep
from services.registry.tenancies.schemas import AdmitEnterprise
from services.registry.tenancies.usecases import admit_enterprise
from services.registry.tiers.usecases import approve_tier, refuse_tier
from shared.auth.principal import Principal
from shared.errors import DomainError
from tests.registry.support import APPROVER, DAY, OPERATOR, SECOND_OFFICER, Registry, decided

pytestmark = pytest.mark.asyncio(loop_scope="session")

Step = Callable[[AsyncSession], Awaitable[object]]

EDITIONS = loaded_editions()


def principal(role: str, account: str, org: str | None = None) -> Principal:
    return Principal(
        account_id=account,
        roles=frozenset({role}),
        org=org,
        division=None,
        provider=None,
        bank=None,
        person_ref=None,
        today=DAY,
        simulated=True,
        correlation_id="test",
        issuer="gateway",
        internal=False,
    )


OFFICER = principal("industry_officer", SECOND_OFFICER)
DECIDER = principal("science_approver", APPROVER)
APPLICANT = principal("centre_operator", "operator", OPERATOR)


def granting(title_id: str) -> Step:
    step = CaseStep(document_no="拉科发〔2019〕20号")
    return lambda session: grant_title(session, EDITIONS, DECIDER, UUID(title_id), step)


def applying(centre_id: str, kind: str) -> Step:
    sent = ApplyForTitle(centre_id=UUID(centre_id), kind=kind)
    return lambda session: apply_for_title(session, EDITIONS, APPLICANT, sent)


def admitting(centre_id: str, enterprise_id: str) -> Step:
    sent = AdmitEnterprise(centre_id=UUID(centre_id), enterprise_id=UUID(enterprise_id), agreement_no="RZ")
    return lambda session: admit_enterprise(session, EDITIONS, OFFICER, sent)


def submitting(centre_id: str) -> Step:
    return lambda session: submit_centre(session, EDITIONS, APPLICANT, UUID(centre_id), CaseStep())


def delisting(centre_id: str, *, operator_barred: bool) -> Step:
    order = decided(centre_id, on=DAY, operator_barred=operator_barred)
    return lambda session: carry_out_decided(session, [order])


async def first_then_second(registry: Registry, first: Step, second: Step) -> None:
    """Take the first step, begin the second one, see that it waits, and let the first one commit."""

    async def later() -> None:
        async with registry.db.transaction() as session:
            await second(session)

    async with registry.db.transaction() as session:
        await first(session)
        waiting = asyncio.create_task(later())
        done, _ = await asyncio.wait({waiting}, timeout=0.2)
        assert not done, "nothing made the second step wait for the first"
    await waiting


async def statuses(registry: Registry, query: str, **params: str) -> list[str]:
    async with registry.db.transaction() as session:
        return [str(found) for found in await session.scalars(text(query), params)]


TITLE = "SELECT status FROM qualification WHERE id = :id"
CENTRE = "SELECT status FROM centre WHERE id = :id"


@pytest.mark.parametrize("operator_barred", [True, False])
async def test_delisting_waits_for_a_grant_and_revokes_it(registry: Registry, operator_barred: bool) -> None:
    centre = await registry.listed()
    title = await registry.grantable(centre["id"])
    sweep = delisting(centre["id"], operator_barred=operator_barred)
    await first_then_second(registry, granting(title["id"]), sweep)
    assert await statuses(registry, TITLE, id=title["id"]) == ["revoked"]


@pytest.mark.parametrize("operator_barred", [True, False])
async def test_grant_waits_for_a_delisting_and_is_refused(registry: Registry, operator_barred: bool) -> None:
    centre = await registry.listed()
    title = await registry.grantable(centre["id"])
    sweep = delisting(centre["id"], operator_barred=operator_barred)
    with pytest.raises(DomainError, match="invalid-transition"):
        await first_then_second(registry, sweep, granting(title["id"]))
    assert await statuses(registry, TITLE, id=title["id"]) == ["refused"]


async def test_delisting_waits_for_an_admission_and_marks_it_for_relocation(registry: Registry) -> None:
    centre, enterprise = await registry.listed(), await registry.enterprise()
    admission = admitting(centre["id"], enterprise["id"])
    await first_then_second(registry, admission, delisting(centre["id"], operator_barred=False))
    assert await statuses(registry, "SELECT relocation_case_id IS NOT NULL FROM tenancy") == ["True"]


async def test_admission_waits_for_a_delisting_and_is_refused(registry: Registry) -> None:
    centre, enterprise = await registry.listed(), await registry.enterprise()
    admission = admitting(centre["id"], enterprise["id"])
    with pytest.raises(DomainError, match="centre-not-listed"):
        await first_then_second(registry, delisting(centre["id"], operator_barred=False), admission)


async def test_delisting_waits_for_the_operators_application_elsewhere_and_ends_it(registry: Registry) -> None:
    centre, sister, draft = await registry.listed(), await registry.listed(), await registry.draft()
    sweep = delisting(centre["id"], operator_barred=True)
    await first_then_second(registry, applying(sister["id"], "maker_space"), sweep)
    assert await statuses(registry, "SELECT status FROM qualification") == ["refused"]
    with pytest.raises(DomainError, match="carrier-ban-in-force"):
        async with registry.db.transaction() as session:
            await submitting(draft["id"])(session)


async def test_delisting_waits_for_the_operators_new_centre_and_rejects_it(registry: Registry) -> None:
    centre, draft = await registry.listed(), await registry.draft()
    sweep = delisting(centre["id"], operator_barred=True)
    await first_then_second(registry, submitting(draft["id"]), sweep)
    assert await statuses(registry, CENTRE, id=draft["id"]) == ["rejected"]


@pytest.mark.parametrize("kind", ["title", "centre"])
async def test_application_elsewhere_waits_for_the_delisting_and_is_barred(registry: Registry, kind: str) -> None:
    centre, sister, draft = await registry.listed(), await registry.listed(), await registry.draft()
    sweep = delisting(centre["id"], operator_barred=True)
    application = applying(sister["id"], "maker_space") if kind == "title" else submitting(draft["id"])
    with pytest.raises(DomainError, match="carrier-ban-in-force"):
        await first_then_second(registry, sweep, application)


async def test_second_grant_of_a_kind_waits_for_the_first_and_is_refused(registry: Registry) -> None:
    centre = await registry.listed()
    titles = [await registry.grantable(centre["id"], kind) for kind in ("maker_space", "tech_incubator")]
    async with registry.db.transaction() as session:  # two open applications, as they were before one was enough
        earlier = "UPDATE qualification SET kind = 'maker_space', beside_another = true WHERE id = :id"
        await session.execute(text(earlier), {"id": titles[1]["id"]})
    with pytest.raises(DomainError, match="title-already-held"):
        await first_then_second(registry, granting(titles[0]["id"]), granting(titles[1]["id"]))


async def test_second_application_for_a_title_waits_for_the_first_and_is_told_its_number(registry: Registry) -> None:
    centre = await registry.listed()
    steps = [applying(centre["id"], "maker_space") for _ in range(2)]
    with pytest.raises(DomainError, match="title-application-pending") as refusal:
        await first_then_second(registry, steps[0], steps[1])
    assert refusal.value.params["no"] == "QA-2019-0001"


async def test_second_admission_waits_for_the_first_and_is_refused(registry: Registry) -> None:
    one, other, enterprise = await registry.listed(), await registry.listed(), await registry.enterprise()
    steps = [admitting(centre["id"], enterprise["id"]) for centre in (one, other)]
    with pytest.raises(DomainError, match="tenancy-overlaps"):
        await first_then_second(registry, steps[0], steps[1])


async def test_two_applications_of_one_operator_do_not_wait_for_each_other(registry: Registry) -> None:
    one, other = await registry.listed(), await registry.listed()
    async with registry.db.transaction() as session, registry.db.transaction() as second:
        await asyncio.wait_for(_hold(session, one["id"]), 30)
        await asyncio.wait_for(_hold(second, other["id"]), 30)


async def _hold(session: AsyncSession, centre_id: str) -> None:
    await hold_standing(session, write_scope(APPLICANT), UUID(centre_id))


async def _tier_on_notice(registry: Registry) -> tuple[str, str]:
    """A listed centre and its application for a tier, on notice since `ANNOUNCED`, as a row of its own."""
    centre = await registry.listed()
    application = str(uuid4())
    async with registry.db.transaction() as session:
        await session.execute(
            text(
                "INSERT INTO tier_application (id, version, no, centre_id, operator_code, tier, status, edition,"
                " decision, applied_by, applied_on, reviewed_by, reviewed_on, announced_by, announced_on)"
                " VALUES (:id, 3, 'TA-1', :centre, :operator, 'specialised', 'announced', 'lhasa-2019', '{}',"
                " 'a', '2019-05-24', 'b', '2019-05-24', 'b', '2019-05-24')"
            ),
            {"id": application, "centre": centre["id"], "operator": OPERATOR},
        )
    return str(centre["id"]), application


async def test_delisting_waits_for_a_refused_tier_and_finds_it_ended(registry: Registry) -> None:
    centre, application = await _tier_on_notice(registry)
    step = CaseStep(reason_code="unsuitable")
    await first_then_second(
        registry,
        lambda session: refuse_tier(session, EDITIONS, DECIDER, UUID(application), step),
        delisting(centre, operator_barred=False),
    )
    query = "SELECT reason_code FROM tier_application WHERE id = :id"
    assert await statuses(registry, query, id=application) == ["unsuitable"]


async def test_approval_of_a_tier_waits_for_a_delisting_and_is_refused(registry: Registry) -> None:
    centre, application = await _tier_on_notice(registry)
    step = CaseStep(document_no="拉科发〔2019〕30号")
    with pytest.raises(DomainError, match="invalid-transition"):
        await first_then_second(
            registry,
            delisting(centre, operator_barred=False),
            lambda session: approve_tier(session, EDITIONS, DECIDER, UUID(application), step),
        )
    query = "SELECT status FROM tier_application WHERE id = :id"
    assert await statuses(registry, query, id=application) == ["refused"]
