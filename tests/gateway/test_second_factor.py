"""Second factors: a code once, a recovery code once, guessers slowed, and whose roles need one."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pyotp
import pytest
from httpx import AsyncClient, Response
from sqlalchemy import select, update

from gateway.second_factor.models import RecoveryCode, SecondFactor
from gateway.signin import throttle
from gateway.signin.models import SignInPressure
from shared.auth.roles import ALL_ROLES, SECOND_FACTOR_ROLES
from shared.clock import utcnow
from shared.db import Database
from tests.gateway.conftest import PASSWORD, Hire, Person
from tests.support.signing_in import SECOND_FACTOR, Authenticator, SignedIn, set_up, sign_in, sign_in_for_work


def unique() -> str:
    return f"sec.{uuid4().hex[:12]}"


async def approver(client: AsyncClient, hire: Hire) -> tuple[Person, SignedIn]:
    person = await hire(unique(), "science_approver", mfa=False)
    return person, await sign_in_for_work(client, person.username, PASSWORD)


async def token(client: AsyncClient, **form: str) -> Response:
    return await client.post("/v1/auth/token", data=form)


async def status(client: AsyncClient, headers: dict[str, str]) -> int:
    return (await client.get("/v1/centres/echo", headers=headers)).status_code


def test_administration_audit_and_approval_need_a_second_factor() -> None:
    assert {role for role in ALL_ROLES if role.endswith("_approver")} < SECOND_FACTOR_ROLES
    assert {"admin", "security_admin", "auditor"} < SECOND_FACTOR_ROLES
    assert "science_officer" not in SECOND_FACTOR_ROLES


@pytest.mark.parametrize("role", ["admin", "security_admin", "auditor", "science_approver"])
async def test_without_a_second_factor_only_the_own_account_is_open(client: AsyncClient, hire: Hire, role: str) -> None:
    person = await hire(unique(), role, mfa=False)
    signed_in = await sign_in(client, person.username, PASSWORD)
    assert signed_in.restriction == "second-factor-required"
    for path in ("/v1/centres/echo", "/v1/accounts", "/v1/tasks", "/v1/accounts/menu"):
        refused = await client.get(path, headers=signed_in.headers)
        assert (refused.status_code, refused.json()["code"]) == (403, "second-factor-required"), path
    for path in ("/v1/accounts/me", "/v1/auth/sessions"):
        assert (await client.get(path, headers=signed_in.headers)).status_code == 200
    await set_up(client, signed_in, PASSWORD)
    assert await status(client, signed_in.headers) == 200


async def test_setting_up_answers_secret_address_and_picture_once(
    client: AsyncClient, hire: Hire, db: Database
) -> None:
    person = await hire(unique(), "mentor")
    answer = await client.post(SECOND_FACTOR, headers=person.headers, json={"password": PASSWORD})
    shown = answer.json()
    assert answer.headers["cache-control"] == "no-store"
    assert pyotp.parse_uri(shown["uri"]).secret == shown["secret"]
    assert len(shown["secret"]) == 32
    assert "<svg" in shown["qr_svg"]
    assert shown["qr_png"].startswith("data:image/png;base64,")
    async with db.transaction() as session:
        row = await session.get_one(SecondFactor, person.id)
    assert row.confirmed_at is None
    assert shown["secret"].encode() not in row.sealed_secret
    assert (await sign_in(client, person.username, PASSWORD)).restriction is None, "not confirmed, it does not count"


async def test_setting_up_takes_the_password_and_a_code_that_fits(client: AsyncClient, hire: Hire) -> None:
    person = await hire(unique(), "mentor")
    refused = await client.post(SECOND_FACTOR, headers=person.headers, json={"password": "not the password"})
    assert (refused.status_code, refused.json()["code"]) == (403, "password-wrong")
    nothing = await client.post(f"{SECOND_FACTOR}/confirm", headers=person.headers, json={"code": "123456"})
    assert nothing.status_code == 404
    await client.post(SECOND_FACTOR, headers=person.headers, json={"password": PASSWORD})
    wrong = await client.post(f"{SECOND_FACTOR}/confirm", headers=person.headers, json={"code": "000000"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "second-factor-code-wrong")


async def test_confirming_ends_the_sessions_without_it(client: AsyncClient, hire: Hire) -> None:
    person = await hire(unique(), "mentor", mfa=False)
    signed_in = await sign_in(client, person.username, PASSWORD)
    await set_up(client, signed_in, PASSWORD)
    assert await status(client, person.headers) == 401
    again = await client.post(SECOND_FACTOR, headers=signed_in.headers, json={"password": PASSWORD})
    assert (again.status_code, again.json()["code"]) == (409, "second-factor-present")


async def test_the_second_step_by_code_or_by_challenge(client: AsyncClient, hire: Hire) -> None:
    person, signed_in = await approver(client, hire)
    assert signed_in.authenticator is not None
    needed = await token(client, username=person.username, password=PASSWORD)
    problem = needed.json()
    assert (needed.status_code, problem["code"], problem["error"]) == (
        *(401, "second-factor-needed"),
        "second_factor_needed",
    )
    assert await status(client, {"Authorization": f"Bearer {problem['challenge']}"}) == 401, "it opens nothing else"
    code = signed_in.authenticator.code()
    answer = await token(client, grant_type="second_factor", challenge=problem["challenge"], otp=code)
    assert (answer.status_code, answer.json()["restriction"]) == (200, None)
    both = await token(client, username=person.username, password=PASSWORD, otp=signed_in.authenticator.code())
    assert both.status_code == 200


async def test_a_code_is_accepted_once_and_none_before_it_afterwards(client: AsyncClient, hire: Hire) -> None:
    person, signed_in = await approver(client, hire)
    assert signed_in.authenticator is not None
    totp = pyotp.TOTP(signed_in.authenticator.secret)
    form = {"username": person.username, "password": PASSWORD}
    earlier = totp.generate_otp(signed_in.authenticator.last_step)
    code = signed_in.authenticator.code()
    answers = await asyncio.gather(*(token(client, **form, otp=code) for _ in range(4)))
    statuses = sorted(answer.status_code for answer in answers)
    assert (statuses[0], set(statuses[1:]) <= {401, 429}) == (200, True), statuses
    replayed = await token(client, **form, otp=earlier)
    assert (replayed.status_code, replayed.json()["code"]) == (401, "second-factor-wrong")


@pytest.mark.parametrize("code", ["１２３４５６", "12345", "1234567", "٣٤٥٦٧٨", "abcdef", "000000 OR 1=1"])
async def test_other_texts_are_no_codes(client: AsyncClient, hire: Hire, code: str) -> None:
    person, _ = await approver(client, hire)
    assert (await token(client, username=person.username, password=PASSWORD, otp=code)).status_code == 401


async def test_a_recovery_code_stands_for_the_authenticator_once(client: AsyncClient, hire: Hire, db: Database) -> None:
    person, signed_in = await approver(client, hire)
    assert len(set(signed_in.recovery_codes)) == 10
    form = {"username": person.username, "password": PASSWORD}
    code = signed_in.recovery_codes[3]
    answers = await asyncio.gather(*(token(client, **form, otp=code.upper().replace("-", " ")) for _ in range(3)))
    statuses = sorted(answer.status_code for answer in answers)
    assert (statuses[0], set(statuses[1:]) <= {401, 429}) == (200, True), statuses
    own = await client.get("/v1/accounts/me", headers=signed_in.headers)
    assert own.json()["recovery_codes_left"] == 9
    async with db.transaction() as session:
        rows = (await session.scalars(select(RecoveryCode).where(RecoveryCode.account_id == person.id))).all()
    assert all(len(row.digest) == 32 for row in rows)


async def test_guessers_of_codes_are_slowed_down_and_the_holder_elsewhere_is_not(
    client: AsyncClient, hire: Hire, db: Database
) -> None:
    person, _ = await approver(client, hire)
    form = {"username": person.username, "password": PASSWORD}
    answers = [(await token(client, **form, otp="000000")).status_code for _ in range(7)]
    assert answers[:5] == [401] * 5
    assert 429 in answers[5:]
    name = f"otp:{person.id}"
    async with db.transaction() as session:
        assert await throttle.begin_attempt(session, name, "10.0.0.7", utcnow()) == 0


async def test_many_addresses_together_are_slowed_down_but_never_the_known_one(db: Database) -> None:
    name, now = f"name:{unique()}", utcnow()
    ceiling = throttle.Ceiling(10, timedelta(seconds=60))
    async with db.transaction() as session:
        for number in range(10):
            assert await throttle.begin_attempt(session, name, f"10.0.1.{number}", now) == 0
            assert await throttle.begin_from_unknown(session, name, ceiling, now) == 0
        assert await throttle.begin_from_unknown(session, name, ceiling, now) == 60
        assert await throttle.begin_from_unknown(session, name, ceiling, now + timedelta(seconds=61)) == 0
        assert await throttle.begin_from_unknown(session, name, ceiling, now + timedelta(seconds=62)) == 59
        later = now + timedelta(minutes=62)
        assert await throttle.begin_from_unknown(session, name, ceiling, later) == 0
        await throttle.succeed_from_unknown(session, name)
        row = await session.get_one(SignInPressure, throttle.digest(name), populate_existing=True)
        assert row.failures == 0


async def test_under_attack_the_holder_signs_in_from_where_he_was_before(
    client: AsyncClient, hire: Hire, db: Database
) -> None:
    person = await hire(unique(), "mentor")
    stranger = await hire(unique(), "mentor")
    await sign_in(client, person.username, PASSWORD)
    async with db.transaction() as session:
        for name in (person.username, stranger.username):
            blocked = {"failures": 99, "since": utcnow(), "next_at": utcnow() + timedelta(seconds=60)}
            digest = throttle.digest(f"name:{name}")
            await session.merge(SignInPressure(username_digest=digest, **blocked))
    assert (await token(client, username=person.username, password=PASSWORD)).status_code == 200
    assert (await token(client, username=stranger.username, password=PASSWORD)).status_code == 429


async def test_who_gives_it_up_shows_a_code(client: AsyncClient, hire: Hire) -> None:
    _, signed_in = await approver(client, hire)
    assert signed_in.authenticator is not None
    path = f"{SECOND_FACTOR}/remove"
    assert (await client.post(path, headers=signed_in.headers, json={"code": "000000"})).status_code == 403
    codes = await client.post(
        f"{SECOND_FACTOR}/recovery-codes", headers=signed_in.headers, json={"code": signed_in.authenticator.code()}
    )
    assert not set(codes.json()["recovery_codes"]) & set(signed_in.recovery_codes)
    used = {"code": codes.json()["recovery_codes"][0]}
    assert (await client.post(path, headers=signed_in.headers, json=used)).status_code == 204
    assert (await client.get("/v1/accounts/me", headers=signed_in.headers)).json()["second_factor"] is False


async def test_a_lost_second_factor_is_taken_away_by_two(client: AsyncClient, hire: Hire) -> None:
    person, signed_in = await approver(client, hire)
    security, admin, other = [await hire(unique(), role) for role in ("security_admin", "admin", "security_admin")]
    path = f"/v1/accounts/{person.id}/second-factor/reset"
    assert (await client.post(path, headers=admin.headers)).status_code == 403
    assert (await client.post(f"{path}/confirm", headers=admin.headers)).status_code == 404
    asked = await client.post(path, headers=security.headers)
    assert [request["kind"] for request in asked.json()["requests"]] == ["second_factor_reset"]
    alone = await client.post(f"{path}/confirm", headers=security.headers)
    assert (alone.status_code, alone.json()["code"]) == (403, "four-eyes-required")
    assert await status(client, signed_in.headers) == 200
    assert (await client.post(f"{path}/confirm", headers=other.headers)).status_code == 200
    assert await status(client, signed_in.headers) == 401
    anew = await sign_in(client, person.username, PASSWORD)
    assert anew.restriction == "second-factor-required"
    own = f"/v1/accounts/{security.id}/second-factor/reset"
    assert (await client.post(own, headers=security.headers)).json()["code"] == "own-account"


async def test_a_clock_may_differ_by_one_step_and_no_more(client: AsyncClient, hire: Hire, db: Database) -> None:
    person, signed_in = await approver(client, hire)
    assert signed_in.authenticator is not None
    secret = signed_in.authenticator.secret
    form = {"username": person.username, "password": PASSWORD}
    now = pyotp.TOTP(secret).timecode(utcnow())
    async with db.transaction() as session:
        await session.execute(update(SecondFactor).where(SecondFactor.id == person.id).values(last_step=0))
    for step in (now - 3, now + 3):
        assert (await token(client, **form, otp=pyotp.TOTP(secret).generate_otp(step))).status_code == 401
    authenticator = Authenticator(secret)
    assert (await token(client, **form, otp=authenticator.code())).status_code == 200
