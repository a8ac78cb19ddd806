"""4.8-1: proposed by one person, appointed by another, for days with a beginning and an end."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import update

from services.registry.persons.models import Consent
from services.registry.terms.usecases import settle
from shared.calendar import add_months
from shared.policy.edition import load_editions
from tests.registry.mentors.support import (
    DECREE,
    MENTORS,
    PAPER,
    TERM_END,
    appointed,
    as_mentor,
    at_centre,
    decider,
    hr,
    operator,
    proposal,
    proposed,
)
from tests.registry.support import DAY, OPERATOR, Json, Registry, expect, refused
from tests.registry.tenants.support import event_types

pytestmark = pytest.mark.asyncio(loop_scope="session")

SECOND = timedelta(days=1)


async def test_mentor_is_proposed_by_one_and_appointed_by_another(registry: Registry) -> None:
    mentor = await proposed(registry)
    assert (mentor["status"], mentor["no"], mentor["consented"]) == ("proposed", "MT-2019-0001", True)
    assert mentor["open_term"]["until_on"] == TERM_END.isoformat()
    both = registry.caller("hr_officer", "hr_approver", account=hr(registry).account)
    refused(await both.post(f"{MENTORS}/{mentor['id']}/appoint", DECREE), 403, "four-eyes-required")
    done = expect(await decider(registry).post(f"{MENTORS}/{mentor['id']}/appoint", DECREE), 200)
    assert (done["status"], done["appointed_from"], done["appointed_until"]) == (
        "appointed",
        DAY.isoformat(),
        TERM_END.isoformat(),
    )
    assert done["open_term"] is None
    assert await event_types(registry, mentor["id"]) == ["mentor.proposed", "mentor.appointed"]
    refused(await decider(registry).post(f"{MENTORS}/{mentor['id']}/appoint", DECREE), 409, "mentor-nothing-proposed")


async def test_nobody_is_appointed_without_consent(registry: Registry) -> None:
    mentor = await proposed(registry, consent=None)
    path = f"{MENTORS}/{mentor['id']}"
    refused(await decider(registry).post(f"{path}/appoint", DECREE), 409, "consent-missing")
    own = as_mentor(registry, mentor)
    expect(await own.post(f"/v1/persons/{mentor['person_id']}/consents", {"purpose": "mentor"}), 201)
    assert expect(await decider(registry).post(f"{path}/appoint", DECREE), 200)["status"] == "appointed"


@pytest.mark.parametrize(
    ("until", "fits"), [("2021-06-02", True), ("2021-06-03", False), ("2019-06-03", True), ("2019-06-02", False)]
)
async def test_term_of_24_months_is_the_longest(registry: Registry, until: str, fits: bool) -> None:
    answer = await hr(registry).post(MENTORS, proposal(until_on=until))
    if fits:
        assert expect(answer, 201)["open_term"]["until_on"] == until
    else:
        refused(answer, 409, "mentor-term-too-long")


async def test_term_begins_with_the_decision_at_the_earliest(registry: Registry) -> None:
    mentor = await proposed(registry)
    later = decider(registry, on=DAY + timedelta(days=10))
    done = expect(await later.post(f"{MENTORS}/{mentor['id']}/appoint", DECREE), 200)
    assert done["appointed_from"] == "2019-06-13"
    other = await proposed(registry, until_on="2019-06-05", name="达瓦")
    refused(await later.post(f"{MENTORS}/{other['id']}/appoint", DECREE), 409, "mentor-term-past")


async def test_one_person_is_one_mentor(registry: Registry) -> None:
    mentor = await proposed(registry)
    again = proposal(person_ref=mentor["person_ref"])
    del again["name"], again["id_number"]
    problem = refused(await hr(registry).post(MENTORS, again), 409, "mentor-already-registered")
    assert mentor["no"] in problem["detail"]


async def test_refusal_needs_a_reason_that_somebody_may_give(registry: Registry) -> None:
    mentor = await proposed(registry)
    path = f"{MENTORS}/{mentor['id']}/refuse"
    refused(await decider(registry).post(path, {"reason_code": "consent_withdrawn"}), 422, "validation-failed")
    done = expect(await decider(registry).post(path, {"reason_code": "not_qualified", "remark": "年限不足"}), 200)
    assert (done["status"], done["remark"]) == ("refused", "年限不足")
    body = {"from_on": "2019-07-01"}
    again = expect(await hr(registry).post(f"{MENTORS}/{mentor['id']}/reappoint", body), 200)
    assert again["open_term"]["from_on"] == "2019-07-01"


@pytest.mark.parametrize(
    ("day", "shown"),
    [(DAY - SECOND, 0), (DAY, 1), (TERM_END, 1), (TERM_END + SECOND, 0)],
    ids=["day-before", "first-day", "last-day", "day-after"],
)
async def test_appointment_holds_from_its_first_through_its_last_day(registry: Registry, day: date, shown: int) -> None:
    await appointed(registry)
    late = registry.caller("hr_officer", today=TERM_END + timedelta(days=30))
    assert len(expect(await late.get(MENTORS, on=day), 200)["items"]) == shown
    assert expect(await late.get(f"{MENTORS}/counters", as_of=day), 200)["graduate_team"] == shown


async def test_term_over_ends_the_appointment_and_its_links(registry: Registry) -> None:
    mentor = await appointed(registry)
    link = await at_centre(registry, mentor, await registry.listed())

    async def settled(day: date) -> int:
        done = await settle(registry.db, load_editions(None), day, simulated=True)
        return done.mentors_ended

    assert [await settled(day) for day in (TERM_END, TERM_END + SECOND, TERM_END + SECOND)] == [0, 1, 0]
    late = registry.caller("hr_officer", today=TERM_END + SECOND)
    ended = expect(await late.get(f"{MENTORS}/{mentor['id']}"), 200)
    assert (ended["status"], ended["ended_on"], ended["reason_code"]) == ("ended", TERM_END.isoformat(), "term_over")
    links = expect(await late.get(f"{MENTORS}/{mentor['id']}/centres"), 200)["items"]
    assert [(one["id"], one["until"]) for one in links] == [(link["id"], TERM_END.isoformat())]


async def test_next_term_is_proposed_in_the_last_90_days_and_follows_without_a_gap(registry: Registry) -> None:
    mentor = await appointed(registry)
    path = f"{MENTORS}/{mentor['id']}"
    first = TERM_END - timedelta(days=90)
    refused(await hr(registry, on=first - SECOND).post(f"{path}/reappoint"), 409, "mentor-term-not-ending")
    gap = {"from_on": (TERM_END + timedelta(days=5)).isoformat()}
    refused(await hr(registry, on=first).post(f"{path}/reappoint", gap), 422, "validation-failed")
    again = expect(await hr(registry, on=first).post(f"{path}/reappoint"), 200)
    assert again["open_term"]["from_on"] == (TERM_END + SECOND).isoformat()
    refused(await hr(registry, on=first).post(f"{path}/reappoint"), 409, "mentor-term-waiting")
    done = expect(await decider(registry, on=first).post(f"{path}/appoint", DECREE), 200)
    assert (done["appointed_from"], done["appointed_until"]) == (DAY.isoformat(), "2023-06-02")
    terms = expect(await hr(registry, on=first).get(f"{path}/terms"), 200)["items"]
    assert [(one["from_on"], one["last_on"]) for one in terms] == [
        (DAY.isoformat(), TERM_END.isoformat()),
        ("2021-06-03", "2023-06-02"),
    ]


async def test_the_consent_is_kept_for_the_next_term_and_lapses_after_its_time(registry: Registry) -> None:
    mentor = await appointed(registry)
    path, consents = f"{MENTORS}/{mentor['id']}", f"/v1/persons/{mentor['person_id']}/consents"

    async def kept_until() -> date:
        items = expect(await hr(registry).get(consents), 200)["items"]
        return next(date.fromisoformat(one["retain_until"]) for one in items if one["purpose"] == "mentor")

    before = await kept_until()
    assert before == add_months(TERM_END, 36)
    late = TERM_END - timedelta(days=10)
    expect(await hr(registry, on=late).post(f"{path}/reappoint"), 200)
    expect(await decider(registry, on=late).post(f"{path}/appoint", DECREE), 200)
    end = date(2023, 6, 2)
    assert await kept_until() == add_months(end, 36)
    after = before + SECOND
    done = expect(await registry.officer.on(after).post("/v1/persons/erase-due"), 200)
    assert done["persons_erased"] == 0


async def test_nobody_is_appointed_anew_whose_consent_has_ended(registry: Registry) -> None:
    mentor = await appointed(registry)
    path, consents = f"{MENTORS}/{mentor['id']}", f"/v1/persons/{mentor['person_id']}/consents"
    late = TERM_END - timedelta(days=10)
    expect(await hr(registry, on=late).post(f"{path}/reappoint"), 200)
    async with registry.db.transaction() as session:
        agreed = Consent.person_id == UUID(mentor["person_id"]), Consent.purpose == "mentor"
        await session.execute(update(Consent).where(*agreed).values(retain_until=late - SECOND))
    refused(await decider(registry, on=late).post(f"{path}/appoint", DECREE), 409, "consent-missing")
    paper = {"purpose": "mentor", "channel": "paper", "document_no": "同意书2号", "given_on": late.isoformat()}
    expect(await hr(registry, on=late).post(consents, paper), 201)
    done = expect(await decider(registry, on=late).post(f"{path}/appoint", DECREE), 200)
    assert done["appointed_until"] == "2023-06-02"


async def test_next_term_refused_leaves_the_running_one(registry: Registry) -> None:
    mentor = await appointed(registry)
    path, late = f"{MENTORS}/{mentor['id']}", TERM_END - timedelta(days=10)
    expect(await hr(registry, on=late).post(f"{path}/reappoint"), 200)
    done = expect(await decider(registry, on=late).post(f"{path}/refuse", {"reason_code": "not_qualified"}), 200)
    assert (done["status"], done["appointed_until"]) == ("appointed", TERM_END.isoformat())


async def test_appointment_ends_before_its_time_with_a_reason(registry: Registry) -> None:
    mentor = await appointed(registry)
    path = f"{MENTORS}/{mentor['id']}"
    body: Json = {"reason_code": "inactive", **DECREE}
    later = DAY + timedelta(days=30)
    both = registry.caller("hr_officer", "hr_approver", today=later, account=hr(registry).account)
    refused(await both.post(f"{path}/end", body), 403, "four-eyes-required")
    over = {**body, "reason_code": "term_over"}
    refused(await decider(registry, on=later).post(f"{path}/end", over), 422, "validation-failed")
    early = {**body, "ended_on": (DAY - SECOND).isoformat()}
    refused(await decider(registry, on=later).post(f"{path}/end", early), 409, "step-before-its-cause")
    done = expect(await decider(registry, on=later).post(f"{path}/end", body), 200)
    assert (done["status"], done["ended_on"]) == ("ended", later.isoformat())
    refused(await decider(registry, on=later).post(f"{path}/end", body), 409, "invalid-transition")
    on_the_day, after = [
        expect(await hr(registry, on=later + SECOND).get(MENTORS, on=day), 200)["items"]
        for day in (later, later + SECOND)
    ]
    assert (len(on_the_day), len(after)) == (1, 0)


async def test_mentor_resigns_and_comes_back(registry: Registry) -> None:
    mentor = await appointed(registry)
    path = f"{MENTORS}/{mentor['id']}"
    other = as_mentor(registry, {"person_ref": "p-another"})
    refused(await other.post(f"{path}/resign"), 404, "not-found")
    assert expect(await as_mentor(registry, mentor).post(f"{path}/resign"), 200)["reason_code"] == "resigned"
    body = {"from_on": "2019-09-01", "until_on": "2020-08-31"}
    autumn = date(2019, 9, 1)
    refused(await hr(registry, on=autumn).post(f"{path}/reappoint"), 422, "validation-failed")
    expect(await hr(registry, on=autumn).post(f"{path}/reappoint", body), 200)
    back = expect(await decider(registry, on=autumn).post(f"{path}/appoint", DECREE), 200)
    assert (back["status"], back["ended_on"], back["reason_code"]) == ("appointed", None, None)


async def test_mentor_changes_what_is_said_about_it_and_nothing_else(registry: Registry) -> None:
    mentor = await appointed(registry)
    path, own = f"{MENTORS}/{mentor['id']}", as_mentor(registry, mentor)
    tag = f'"{mentor["version"]}"'
    changed = expect(await own.patch(path, {"introduction": "三十年经验。"}, tag), 200)
    assert changed["introduction"] == "三十年经验。"
    refused(await own.patch(path, {"fields": ["technology"]}, f'"{changed["version"]}"'), 403, "forbidden")
    refused(await own.patch(path, {"introduction": "电话 138 1234 5678"}, tag), 422, "validation-failed")
    refused(
        await hr(registry).patch(path, {"fields": ["no_such"]}, f'"{changed["version"]}"'), 422, "validation-failed"
    )
    refused(await hr(registry).patch(path, {"graduate_team": False}, tag), 412, "precondition-failed")


async def test_centre_sees_the_mentors_that_work_with_it(registry: Registry) -> None:
    centre = await registry.listed()
    hidden = await appointed(registry, consent=PAPER)
    path = f"{MENTORS}/{hidden['id']}"
    refused(await operator(registry).get(path), 404, "not-found")
    refused(await operator(registry).post(f"{path}/centres", {"centre_id": centre["id"]}), 404, "not-found")
    link = await at_centre(registry, hidden, centre)
    assert expect(await operator(registry).get(path), 200)["name"] == "央金·卓玛"
    refused(await registry.stranger.get(path), 404, "not-found")
    await at_centre(registry, hidden, await registry.listed(operator_code=registry.stranger.scope["org"]))
    seen = expect(await operator(registry).get(f"{path}/centres"), 200)["items"]
    assert [one["id"] for one in seen] == [link["id"]]
    assert operator(registry).scope["org"] == OPERATOR
    refused(await hr(registry).post(f"{path}/centres", {"centre_id": centre["id"]}), 409, "mentor-linked-already")
    ended = expect(await operator(registry).post(f"{path}/centres/{link['id']}/end"), 200)
    assert ended["until"] == DAY.isoformat()
    refused(await operator(registry).on(DAY + SECOND).get(path), 404, "not-found")
