"""Staying and lifting a ban over HTTP, and the warnings that bar nothing (2.3-6)."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import text

from services.registry.consumers import carry_out_decided
from tests.registry.support import OPERATOR, STRANGER, Caller, Json, Registry, decided, expect, refused

pytestmark = pytest.mark.asyncio(loop_scope="session")

APPLICATIONS = "/v1/qualification-applications"
PUBLISHED = date(2021, 3, 1)
STAYED, ENDED = date(2021, 6, 1), date(2021, 9, 1)


def order(kind: str, on: date) -> Json:
    return {
        "kind": kind,
        "issuer": "拉萨市中级人民法院",
        "document_no": "(2021)藏01行初7号",
        "effective_on": on.isoformat(),
    }


async def banned(registry: Registry) -> tuple[Json, str]:
    """A listed centre of a barred operator, and the path of the ban."""
    other = await registry.listed(name="同一运营方的另一中心")
    fallen = await registry.listed()
    async with registry.db.transaction() as session:
        await carry_out_decided(session, [decided(fallen["id"], on=PUBLISHED)])
    [ban] = expect(await registry.public.on(PUBLISHED).get("/v1/bans"), 200)["items"]
    return other, f"/v1/bans/{ban['id']}"


async def confirmed(registry: Registry, ban: str, kind: str, on: date) -> Json:
    """An order recorded by the science bureau and confirmed by the other, on its own day."""
    lifting = expect(await registry.officer.on(on).post(f"{ban}/liftings", order(kind, on)), 201)
    return expect(await registry.second_approver.on(on).post(f"{ban}/liftings/{lifting['id']}/confirm"), 200)


async def applies(registry: Registry, centre: Json, day: date) -> bool:
    """Whether the barred operator may apply for a title on the day; the application is withdrawn again."""
    operator = registry.operator.on(day)
    answer = await operator.post(APPLICATIONS, {"centre_id": centre["id"], "kind": "maker_space"})
    if answer.status_code == 409:
        refused(answer, 409, "carrier-ban-in-force")
        return False
    expect(await operator.post(f"{APPLICATIONS}/{expect(answer, 201)['id']}/withdraw"), 200)
    return True


async def shown(caller: Caller) -> int:
    return len(expect(await caller.get("/v1/bans"), 200)["items"])


async def test_ban_is_suspended_during_a_stay_and_bars_again_after_it(registry_after_2020: Registry) -> None:
    registry = registry_after_2020
    centre, ban = await banned(registry)
    await confirmed(registry, ban, "stay", STAYED)
    await confirmed(registry, ban, "stay_ended", ENDED)
    for day, allowed in [
        (date(2021, 5, 31), False),
        (STAYED, True),
        (date(2021, 8, 31), True),
        (ENDED, False),
        (date(2024, 3, 1), False),
        (date(2024, 3, 2), True),
    ]:
        assert await applies(registry, centre, day) is allowed, day
        assert await shown(registry.public.on(day)) == (0 if allowed else 1), day
        assert await shown(registry.auditor.on(day)) == 1
    items = expect(await registry.auditor.on(ENDED).get(f"{ban}/liftings"), 200)["items"]
    assert [(item["kind"], item["effective_on"], item["until_on"]) for item in items] == [
        ("stay", "2021-06-01", "2021-08-31"),
        ("stay_ended", "2021-09-01", None),
    ]


@pytest.mark.parametrize("kind", ["review", "court"])
async def test_ban_that_review_or_court_undoes_bars_no_more(registry_after_2020: Registry, kind: str) -> None:
    registry = registry_after_2020
    centre, ban = await banned(registry)
    await confirmed(registry, ban, kind, STAYED)
    assert not await applies(registry, centre, date(2021, 5, 31))
    assert await applies(registry, centre, STAYED)
    assert await shown(registry.public.on(STAYED)) == 0
    answer = await registry.officer.on(ENDED).post(f"{ban}/liftings", order("stay", ENDED))
    refused(answer, 409, "ban-lifting-does-not-fit")


async def test_lifting_during_a_stay_ends_it(registry_after_2020: Registry) -> None:
    registry = registry_after_2020
    centre, ban = await banned(registry)
    await confirmed(registry, ban, "stay", STAYED)
    await confirmed(registry, ban, "court", ENDED)
    assert await applies(registry, centre, ENDED)
    assert await applies(registry, centre, date(2022, 1, 1))
    assert expect(await registry.auditor.on(ENDED).get(ban), 200)["status"] == "lifted"


async def test_order_takes_effect_only_when_the_other_bureau_confirms(registry_after_2020: Registry) -> None:
    registry = registry_after_2020
    centre, ban = await banned(registry)
    officer = registry.officer.on(STAYED)
    lifting = expect(await officer.post(f"{ban}/liftings", order("stay", STAYED)), 201)
    assert not await applies(registry, centre, STAYED)
    refused(await officer.post(f"{ban}/liftings", order("court", STAYED)), 409, "ban-lifting-pending")
    confirm = f"{ban}/liftings/{lifting['id']}/confirm"
    problem = refused(await registry.approver.on(STAYED).post(confirm), 409, "other-bureau-required")
    assert "市科技局" in problem["detail"]
    refused(await registry.operator.on(STAYED).post(confirm), 403, "forbidden")
    expect(await registry.second_approver.on(STAYED).post(confirm), 200)
    assert await applies(registry, centre, STAYED)
    refused(await registry.second_approver.on(STAYED).post(confirm), 409, "invalid-transition")


async def test_nobody_confirms_the_order_that_he_recorded(registry_after_2020: Registry) -> None:
    registry = registry_after_2020
    _, ban = await banned(registry)
    both = registry.caller("science_officer", "industry_approver", account="one-person", today=STAYED)
    lifting = expect(await both.post(f"{ban}/liftings", order("stay", STAYED)), 201)
    refused(await both.post(f"{ban}/liftings/{lifting['id']}/confirm"), 403, "four-eyes-required")


async def test_rejected_order_changes_nothing_and_makes_room_for_another(registry_after_2020: Registry) -> None:
    registry = registry_after_2020
    centre, ban = await banned(registry)
    lifting = expect(await registry.officer.on(STAYED).post(f"{ban}/liftings", order("stay", STAYED)), 201)
    reject = f"{ban}/liftings/{lifting['id']}/reject"
    expect(await registry.second_approver.on(STAYED).post(reject, {"reason_code": "document_not_found"}), 200)
    assert not await applies(registry, centre, STAYED)
    await confirmed(registry, ban, "stay", STAYED)


@pytest.mark.parametrize(
    ("kind", "effective_on", "today", "status", "code"),
    [
        ("stay", date(2021, 2, 28), STAYED, 409, "ban-lifting-too-early"),
        ("stay_ended", STAYED, STAYED, 409, "ban-lifting-does-not-fit"),
        ("stay", date(2021, 6, 2), STAYED, 422, "effective-date-in-future"),
    ],
)
async def test_orders_fit_the_ban_and_its_days(
    registry_after_2020: Registry, kind: str, effective_on: date, today: date, status: int, code: str
) -> None:
    registry = registry_after_2020
    _, ban = await banned(registry)
    refused(await registry.officer.on(today).post(f"{ban}/liftings", order(kind, effective_on)), status, code)


async def test_application_from_a_stay_is_barred_at_approval_after_it(registry_after_2020: Registry) -> None:
    registry = registry_after_2020
    centre, ban = await banned(registry)
    await confirmed(registry, ban, "stay", STAYED)
    body = {"centre_id": centre["id"], "kind": "maker_space"}
    path = f"{APPLICATIONS}/{expect(await registry.operator.on(STAYED).post(APPLICATIONS, body), 201)['id']}"
    for step in ("review", "announce"):
        expect(await registry.officer.on(STAYED).post(f"{path}/{step}"), 200)
    await confirmed(registry, ban, "stay_ended", ENDED)
    grant = {"document_no": "拉科发〔2021〕20号"}
    for day in (ENDED, date(2024, 6, 1)):
        refused(await registry.approver.on(day).post(f"{path}/grant", grant), 409, "carrier-ban-in-force")


async def test_orders_are_told_with_their_day(registry_after_2020: Registry) -> None:
    registry = registry_after_2020
    _, ban = await banned(registry)
    await confirmed(registry, ban, "stay", STAYED)
    async with registry.db.transaction() as session:
        query = text(
            "SELECT type, effective_on, data::jsonb->>'status' FROM event_log WHERE topic = 'registry.ban' ORDER BY seq"
        )
        rows = (await session.execute(query)).all()
    assert rows == [
        ("registry.ban.imposed.v1", PUBLISHED, "in_force"),
        ("registry.ban.lifting_recorded.v1", STAYED, "in_force"),
        ("registry.ban.stayed.v1", STAYED, "stayed"),
    ]


async def test_same_legal_representative_is_a_warning_on_the_case(registry_after_2020: Registry) -> None:
    registry = registry_after_2020
    centre, _ = await banned(registry)
    for code in (OPERATOR, STRANGER):
        await registry.enterprise(code=code, legal_representative_ref="person-0001")
    theirs = await registry.listed(operator_code=STRANGER)
    stranger = registry.stranger.on(PUBLISHED)
    body = {"centre_id": theirs["id"], "kind": "maker_space"}
    [warning] = expect(await stranger.post(APPLICATIONS, body), 201)["warnings"]
    assert (warning["message"], warning["inputs"]["operator_code"]) == (
        "ban-warning-same-legal-representative",
        OPERATOR,
    )
    assert warning["inputs"]["centre_no"] != centre["no"]
    after = registry.stranger.on(date(2024, 3, 2))
    another = {**body, "kind": "tech_incubator"}
    assert expect(await after.post(APPLICATIONS, another), 201)["warnings"] == []


async def test_earlier_operators_are_a_warning_on_the_case(registry_after_2020: Registry) -> None:
    """The present operator of a barred one's former centre, and the former operator of a delisted one."""
    registry = registry_after_2020
    taken_over = await registry.listed(operator_code=STRANGER)
    _, ban = await banned(registry)
    async with registry.db.transaction() as session:
        fallen = await session.scalar(text("SELECT centre_id FROM ban"))
        for centre_id, from_code in ((taken_over["id"], OPERATOR), (fallen, STRANGER)):
            await session.execute(_HANDED_OVER, {"centre": centre_id, "from_code": from_code, "to_code": STRANGER
                                                 if from_code == OPERATOR else OPERATOR})  # fmt: skip
    body = {"centre_id": taken_over["id"], "kind": "maker_space"}
    warnings = expect(await registry.stranger.on(PUBLISHED).post(APPLICATIONS, body), 201)["warnings"]
    assert [warning["rule"] for warning in warnings] == [
        "ban.warning_earlier_operator",
        "ban.warning_run_by_barred_operator",
    ]
    assert ban


_HANDED_OVER = text(
    "INSERT INTO operator_change (id, no, centre_id, status, from_code, from_name, to_code, to_name, reason_code,"
    " agreement_no, edition, decision, applied_by, applied_on, reviewed_by, reviewed_on, decided_by, decided_on,"
    " takes_over_on, document_no) VALUES (uuidv7(), 'OC-' || :from_code, :centre, 'approved', :from_code, 'x',"
    " :to_code, 'y', 'sold', 'A-1', 'lhasa-2019', '{}', 'a', '2019-06-03', 'b', '2019-06-03', 'c', '2019-06-04',"
    " '2019-06-04', 'D-1')"
)
