"""A designation that ends before its time by a document from above (2.1-3): proposed, confirmed, recorded late."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from services.registry.consumers import carry_out_decided
from services.registry.tiers.rules import decide_end
from shared.policy.edition import Editions, load_editions
from tests.registry.support import DAY, Caller, Json, Registry, decided, expect, refused
from tests.registry.test_terms import ENDS, designated, settled
from tests.registry.test_tiers import FREE, tiers

EDITION = load_editions(None).get("lhasa-2019")
LATER = date(2020, 3, 2)
END = {"ends_from": "2020-02-01", "document_no": "发改高技〔2020〕3号", "reason_code": "revoked_above"}


@pytest.fixture
def editions(tmp_path: Path) -> Editions:
    return load_editions(None)


async def proposed(registry: Registry, path: str, on: date = LATER, **changes: str) -> Json:
    return expect(await registry.officer.on(on).post(f"{path}/propose-end", {**END, **changes}), 200)


async def ended(registry: Registry, path: str, on: date = LATER, **changes: str) -> Json:
    await proposed(registry, path, on, **changes)
    return expect(await registry.approver.on(on).post(f"{path}/confirm-end"), 200)


async def tier_on(caller: Caller, centre: Json, day: str) -> str:
    state = expect(await caller.get(f"/v1/centres/{centre['id']}", as_of=day), 200)
    return str(state["tier"])


@pytest.mark.parametrize(
    ("ends_from", "message"),
    [
        ("2019-06-12", "designation-ends-too-early"),
        ("2019-06-13", None),
        ("2020-11-20", None),
        ("2020-11-21", "designation-ends-by-itself"),
    ],
)
def test_it_has_held_for_a_day_and_would_have_gone_on(ends_from: str, message: str | None) -> None:
    decision = decide_end(EDITION, FREE, ENDS, date.fromisoformat(ends_from))
    assert [failure.message for failure in decision.failures] == ([message] if message else [])


@pytest.mark.asyncio(loop_scope="session")
async def test_the_tier_before_holds_again_from_the_first_day_without_it(registry: Registry) -> None:
    centre, path = await designated(registry)
    answer = await proposed(registry, path)
    assert (answer["status"], answer["ends_from"], answer["ending_reason"]) == (
        "confirmed",
        "2020-02-01",
        "revoked_above",
    )
    public = registry.public.on(LATER)
    assert [found[0] for found in await tiers(public, centre)] == ["standard", "national"]
    assert expect(await public.get(path), 200)["ends_from"] is None
    answer = expect(await registry.approver.on(LATER).post(f"{path}/confirm-end"), 200)
    assert (answer["status"], answer["ended_on"], answer["reason_code"]) == ("ended", "2020-01-31", "revoked_above")
    assert await tiers(public, centre) == [
        ("standard", "2019-06-03", "2019-06-11"),
        ("national", "2019-06-12", "2020-01-31"),
        ("standard", "2020-02-01", None),
    ]
    shown = expect(await public.get(path), 200)
    assert (shown["ends_from"], shown["ending_document_no"], shown["ending_decided_by"]) == (
        "2020-02-01",
        END["document_no"],
        None,
    )
    assert expect(await public.get(f"/v1/centres/{centre['id']}"), 200)["tier"] == "standard"


@pytest.mark.asyncio(loop_scope="session")
async def test_the_state_as_of_a_day_follows_the_day_of_the_end_and_not_its_recording(registry: Registry) -> None:
    centre, path = await designated(registry)
    await ended(registry, path)
    officer = registry.officer.on(LATER)
    assert [await tier_on(officer, centre, day) for day in ("2019-06-11", "2020-01-31", "2020-02-01")] == [
        "standard",
        "national",
        "standard",
    ]


@pytest.mark.asyncio(loop_scope="session")
async def test_whoever_proposed_it_does_not_decide_and_a_declined_one_runs_on(registry: Registry) -> None:
    centre, path = await designated(registry)
    both = registry.caller("science_officer", "science_approver", account="one-person").on(LATER)
    expect(await both.post(f"{path}/propose-end", END), 200)
    refused(await both.post(f"{path}/propose-end", END), 409, "designation-end-pending")
    reason = {"reason_code": "document_not_found"}
    refused(await both.post(f"{path}/confirm-end"), 403, "four-eyes-required")
    refused(await both.post(f"{path}/decline-end", reason), 403, "four-eyes-required")
    approver = registry.approver.on(LATER)
    refused(await approver.post(f"{path}/decline-end", {"reason_code": "because"}), 422, "validation-failed")
    declined = expect(await approver.post(f"{path}/decline-end", reason), 200)
    assert (declined["status"], declined["ends_from"]) == ("confirmed", None)
    refused(await approver.post(f"{path}/confirm-end"), 409, "designation-end-not-proposed")
    assert [found[0] for found in await tiers(registry.public.on(LATER), centre)] == ["standard", "national"]
    await ended(registry, path)
    refused(await approver.post(f"{path}/confirm-end"), 409, "designation-end-confirmed")


@pytest.mark.asyncio(loop_scope="session")
async def test_words_and_days_are_checked(registry: Registry) -> None:
    _, path = await designated(registry)
    officer = registry.officer.on(LATER)
    refused(await officer.post(f"{path}/propose-end", {**END, "reason_code": "because"}), 422, "validation-failed")
    refused(await officer.post(f"{path}/propose-end", {**END, "ends_from": "2020-03-03"}), 422, "validation-failed")
    early = await officer.post(f"{path}/propose-end", {**END, "ends_from": "2019-06-12"})
    refused(early, 409, "designation-ends-too-early")
    refused(await registry.operator.on(LATER).post(f"{path}/propose-end", END), 403, "forbidden")


@pytest.mark.asyncio(loop_scope="session")
async def test_an_end_may_be_recorded_after_the_designation_ran_out(registry: Registry, editions: Editions) -> None:
    centre, path = await designated(registry)
    after = date(2021, 1, 4)
    assert (await settled(registry, editions, after)).designations_ended == 1
    assert (await ended(registry, path, after))["ended_on"] == "2020-01-31"
    assert await tiers(registry.public.on(after), centre) == [
        ("standard", "2019-06-03", "2019-06-11"),
        ("national", "2019-06-12", "2020-01-31"),
        ("standard", "2020-02-01", None),
    ]
    assert (await settled(registry, editions, after)).designations_ended == 0


@pytest.mark.asyncio(loop_scope="session")
async def test_a_proposal_is_void_once_the_designation_has_run_out(registry: Registry, editions: Editions) -> None:
    _, path = await designated(registry)
    await proposed(registry, path)
    after = date(2021, 1, 4)
    assert (await settled(registry, editions, after)).designations_ended == 1
    refused(await registry.approver.on(after).post(f"{path}/confirm-end"), 409, "designation-end-not-proposed")


@pytest.mark.asyncio(loop_scope="session")
async def test_no_end_before_the_centre_left_the_list(registry: Registry) -> None:
    centre, path = await designated(registry, valid_until=None)
    async with registry.db.transaction() as session:
        await carry_out_decided(session, [decided(centre["id"], on=date(2020, 2, 20))])
    await proposed(registry, path)
    refused(await registry.approver.on(LATER).post(f"{path}/confirm-end"), 409, "designation-end-overtaken")
    reason = {"reason_code": "document_differs"}
    expect(await registry.approver.on(LATER).post(f"{path}/decline-end", reason), 200)
    answer = await ended(registry, path, ends_from="2020-02-21")
    assert answer["ended_on"] == "2020-02-20"
    assert (await tiers(registry.public.on(LATER), centre))[-1] == ("national", "2019-06-12", "2020-02-20")
    assert DAY < LATER


@pytest.mark.asyncio(loop_scope="session")
async def test_a_refusal_of_a_tier_takes_a_word_of_the_edition(registry: Registry) -> None:
    centre = await registry.listed()
    path = f"/v1/centres/{centre['id']}/designations"
    body = {"issuer": "科技部", "document_no": "国科发〔2019〕1号", "designated_on": "2019-06-03"}
    made = expect(await registry.officer.post(path, body), 201)
    reject = f"{path}/{made['id']}/reject"
    problem = refused(await registry.approver.post(reject, {"reason_code": "because"}), 422, "validation-failed")
    assert "document_not_found" in str(problem["errors"])
    expect(await registry.approver.post(reject, {"reason_code": "document_not_found"}), 200)
