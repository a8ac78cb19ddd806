"""Administration, security and audit apart: power takes two people, and nobody gives it to himself."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import select, update

from gateway.accounts.consumers import stop_accounts
from gateway.accounts.models import Account, AccountRequest
from gateway.accounts.rules import carries_power
from gateway.feed.rules import audiences_of
from gateway.invitations.models import Invitation
from gateway.sessions.models import AccountSession
from shared.clock import business_today, utcnow
from shared.db import Database
from shared.events.consumer import Received
from shared.events.contracts.registry import PersonErasedState
from shared.events.types import Audience
from shared.ids import uuid7
from tests.gateway.conftest import PASSWORD, Hire, Person
from tests.support.signing_in import sign_in

OWN_PASSWORD = "my very own sentence"


def unique() -> str:
    return f"duty.{uuid4().hex[:12]}"


@pytest.fixture
async def admin(hire: Hire) -> Person:
    return await hire(unique(), "admin")


@pytest.fixture
async def security(hire: Hire) -> Person:
    return await hire(unique(), "security_admin")


async def patch(client: AsyncClient, by: Person, person: Person, **body: object) -> Response:
    path = f"/v1/accounts/{person.id}"
    etag = (await client.get(path, headers=by.headers)).headers["etag"]
    return await client.patch(path, headers={**by.headers, "If-Match": etag}, json=body)


async def rights(client: AsyncClient, by: Person, person: Person, verb: str) -> Response:
    return await client.post(f"/v1/accounts/{person.id}/rights/{verb}", headers=by.headers)


async def roles_of(client: AsyncClient, person: Person) -> list[str]:
    claims = (await client.get("/v1/centres/echo", headers=person.headers)).json()["claims"]
    found: list[str] = claims["roles"]
    return found


@pytest.mark.parametrize(
    ("held", "held_scope", "wanted", "scope", "power"),
    [
        ([], {}, ["mentor"], {"person_ref": "P"}, False),
        ([], {}, ["bank"], {"bank": "CCB"}, False),
        ([], {}, ["science_officer"], {}, True),
        ([], {}, ["auditor"], {}, True),
        ([], {}, ["admin"], {}, True),
        ([], {}, ["security_admin"], {}, True),
        (["science_officer"], {}, ["science_officer", "mentor"], {}, False),
        (["science_officer"], {}, ["mentor"], {}, False),
        (["science_officer"], {}, ["science_approver"], {}, True),
        (["division_officer"], {"division": "A"}, ["division_officer"], {"division": "B"}, True),
        (["division_officer", "mentor"], {"division": "A"}, ["mentor"], {"division": "A"}, False),
        (["enterprise"], {"org": "A"}, ["enterprise"], {"org": "B"}, False),
    ],
)
def test_which_changes_take_two_people(
    held: list[str], held_scope: dict[str, str], wanted: list[str], scope: dict[str, str], power: bool
) -> None:
    assert carries_power(held, held_scope, wanted, scope) is power


async def test_power_is_proposed_by_one_and_given_by_another(
    client: AsyncClient, hire: Hire, admin: Person, security: Person
) -> None:
    person = await hire(unique(), "mentor")
    asked = await patch(client, admin, person, roles=["science_approver"])
    assert (asked.status_code, asked.json()["roles"]) == (200, ["mentor"])
    assert [request["roles"] for request in asked.json()["requests"]] == [["science_approver"]]
    assert await roles_of(client, person) == ["mentor"]
    waiting = await client.get("/v1/accounts?waiting=rights&limit=200", headers=security.headers)
    assert str(person.id) in {item["id"] for item in waiting.json()["items"]}
    assert (await rights(client, admin, person, "confirm")).status_code == 403
    confirmed = await rights(client, security, person, "confirm")
    assert (confirmed.json()["roles"], confirmed.json()["requests"]) == (["science_approver"], [])
    assert await roles_of(client, person) == ["science_approver"]
    assert (await rights(client, security, person, "confirm")).status_code == 404


async def test_rights_confirmed_twice_at_once_are_given_once(
    client: AsyncClient, hire: Hire, admin: Person, security: Person
) -> None:
    person = await hire(unique(), "mentor")
    await patch(client, admin, person, roles=["hr_officer"])
    answers = await asyncio.gather(*(rights(client, security, person, "confirm") for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 404, 404, 404, 404]


async def test_what_was_refused_taken_back_or_forgotten_is_not_given(
    client: AsyncClient, hire: Hire, admin: Person, security: Person, db: Database
) -> None:
    person = await hire(unique(), "mentor")
    for by in (admin, security):
        await patch(client, admin, person, roles=["science_officer"])
        assert (await rights(client, by, person, "refuse")).json()["requests"] == []
        assert (await rights(client, security, person, "confirm")).status_code == 404
    await patch(client, admin, person, roles=["science_officer"])
    async with db.transaction() as session:
        open_one = update(AccountRequest).where(AccountRequest.account_id == person.id)
        past = utcnow() - timedelta(seconds=1)
        await session.execute(open_one.where(AccountRequest.outcome.is_(None)).values(expires_at=past))
    late = await rights(client, security, person, "confirm")
    assert (late.status_code, late.json()["code"]) == (409, "request-expired")
    await patch(client, admin, person, roles=["science_officer"])
    await patch(client, admin, person, roles=["founder"], person_ref="P-9")
    assert (await rights(client, security, person, "confirm")).status_code == 404, "a later word voids an earlier one"
    assert await roles_of(client, person) == ["founder"]


async def test_nobody_confirms_for_himself(
    client: AsyncClient, hire: Hire, admin: Person, security: Person, db: Database
) -> None:
    other = await hire(unique(), "security_admin")
    await patch(client, admin, security, roles=["auditor"])
    own = await rights(client, security, security, "confirm")
    assert (own.status_code, own.json()["code"]) == (403, "own-account")
    assert (await rights(client, security, security, "refuse")).status_code == 403
    assert (await rights(client, other, security, "confirm")).json()["roles"] == ["auditor"]


@pytest.mark.parametrize("role", ["admin", "auditor", "science_approver"])
async def test_only_the_security_administrator_confirms(
    client: AsyncClient, hire: Hire, admin: Person, role: str
) -> None:
    person, by = await hire(unique(), "mentor"), await hire(unique(), role)
    await patch(client, admin, person, roles=["science_officer"])
    assert (await rights(client, by, person, "confirm")).status_code == 403


async def test_an_account_opened_with_power_has_none_until_it_is_confirmed(
    client: AsyncClient, admin: Person, security: Person
) -> None:
    body = {"username": unique(), "password": PASSWORD, "roles": ["division_officer"], "division": "540102"}
    opened = await client.post("/v1/accounts", headers=admin.headers, json=body)
    assert (opened.status_code, opened.json()["roles"], opened.json()["division"]) == (201, [], None)
    path = f"/v1/accounts/{opened.json()['id']}"
    confirmed = await client.post(f"{path}/rights/confirm", headers=security.headers)
    assert (confirmed.json()["roles"], confirmed.json()["division"]) == (["division_officer"], "540102")
    assert confirmed.json()["must_change_password"] is True


async def invite(client: AsyncClient, admin: Person, **changed: object) -> Response:
    body = {"username": unique(), "roles": ["mentor"], "person_ref": "P-1", **changed}
    return await client.post("/v1/invitations", headers=admin.headers, json=body)


async def accept(client: AsyncClient, token: str, password: str = OWN_PASSWORD) -> Response:
    return await client.post("/v1/invitations/accept", json={"token": token, "password": password})


async def test_the_invited_person_alone_chooses_the_password(client: AsyncClient, admin: Person, db: Database) -> None:
    sent = (await invite(client, admin)).json()
    assert (sent["status"], sent["token"][:4]) == ("open", "mci_")
    weak = await accept(client, sent["token"], "elevenchars")
    assert (weak.status_code, weak.json()["code"]) == (422, "password-too-weak")
    opened = await accept(client, sent["token"])
    assert opened.status_code == 201
    assert (await sign_in(client, sent["username"], OWN_PASSWORD)).restriction is None
    again = await accept(client, sent["token"])
    assert (again.status_code, again.json()["code"]) == (409, "invitation-invalid")
    shown = await client.get(f"/v1/invitations/{sent['id']}", headers=admin.headers)
    assert (shown.json()["status"], "token" in shown.json()) == ("accepted", False)
    async with db.transaction() as session:
        row = (await session.scalars(select(Invitation).where(Invitation.username == sent["username"]))).one()
    assert len(row.digest) == 32


async def test_an_invitation_accepted_many_times_at_once_opens_one_account(client: AsyncClient, admin: Person) -> None:
    sent = (await invite(client, admin)).json()
    answers = await asyncio.gather(*(accept(client, sent["token"]) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]


async def test_power_by_invitation_is_confirmed_before_it_is_accepted(
    client: AsyncClient, admin: Person, security: Person
) -> None:
    sent = (await invite(client, admin, roles=["science_approver"], person_ref=None)).json()
    assert sent["status"] == "unconfirmed"
    early = await accept(client, sent["token"])
    assert (early.status_code, early.json()["code"]) == (409, "invitation-unconfirmed")
    path = f"/v1/invitations/{sent['id']}/confirm"
    assert (await client.post(path, headers=admin.headers)).status_code == 403
    assert (await client.post(path, headers=security.headers)).json()["status"] == "open"
    assert (await client.post(path, headers=security.headers)).status_code == 409
    assert (await accept(client, sent["token"])).status_code == 201
    assert (await sign_in(client, sent["username"], OWN_PASSWORD)).restriction == "second-factor-required"


async def test_sent_again_revoked_or_over_the_earlier_token_counts_no_more(
    client: AsyncClient, admin: Person, db: Database
) -> None:
    first = (await invite(client, admin)).json()
    path = f"/v1/invitations/{first['id']}"
    second = (await client.post(f"{path}/send-again", headers=admin.headers, json={"days": 1})).json()
    assert (await accept(client, first["token"])).status_code == 409
    third = (await invite(client, admin, username=first["username"])).json()
    assert (await accept(client, second["token"])).status_code == 409
    async with db.transaction() as session:
        row = update(Invitation).where(Invitation.username == first["username"], Invitation.revoked_at.is_(None))
        await session.execute(row.values(expires_at=utcnow()))
    assert (await accept(client, third["token"])).json()["code"] == "invitation-invalid"
    ended = await client.post(f"/v1/invitations/{third['id']}/revoke", headers=admin.headers)
    assert ended.json()["status"] == "revoked"
    assert (await client.post(f"/v1/invitations/{third['id']}/revoke", headers=admin.headers)).status_code == 409
    listed = await client.get("/v1/invitations", headers=admin.headers, params={"username": first["username"]})
    assert [item["status"] for item in listed.json()["items"]] == ["revoked", "revoked"]


@pytest.mark.parametrize("role", ["security_admin", "auditor", "science_approver", "mentor"])
async def test_only_administrators_invite(client: AsyncClient, hire: Hire, role: str) -> None:
    assert (await invite(client, await hire(unique(), role))).status_code == 403


def erased(ref: str) -> Received[PersonErasedState]:
    """The registry's event."""
    return Received(
        id=uuid7(),
        type="registry.person.erased.v1",
        topic="registry.person",
        position=1,
        subject=uuid7(),
        aggregate_version=1,
        effective_on=business_today(),
        time=utcnow(),
        actor="somebody",
        correlation_id="test",
        rules=(),
        edition=None,
        simulated=False,
        data=PersonErasedState(id=uuid7(), ref=ref, erased_on=business_today()),
    )


async def test_an_erased_persons_accounts_are_stopped_with_their_sessions(
    client: AsyncClient, hire: Hire, db: Database
) -> None:
    ref = f"P-{uuid4()}"
    person, other = await hire(unique(), "founder", person_ref=ref), await hire(unique(), "founder", person_ref="P-0")
    event = erased(ref)
    for _ in range(2):
        async with db.transaction() as session:
            await stop_accounts(session, [event])
    async with db.transaction() as session:
        stopped = await session.get_one(Account, person.id)
        left = await session.get_one(Account, other.id)
        row = await session.get_one(AccountSession, person.session_id)
    assert stopped.disabled_at is not None
    assert left.disabled_at is None
    assert row.reason == "account_disabled"
    form = {"username": person.username, "password": PASSWORD}
    assert (await client.post("/v1/auth/token", data=form)).status_code == 401


async def test_a_restored_account_has_power_again_only_by_two(
    client: AsyncClient, hire: Hire, admin: Person, security: Person
) -> None:
    person = await hire(unique(), "division_approver", "mentor", division="540102", person_ref="P-3")
    path = f"/v1/accounts/{person.id}"
    assert (await client.post(f"{path}/disable", headers=admin.headers)).status_code == 200
    restored = (await client.post(f"{path}/enable", headers=admin.headers)).json()
    assert (restored["status"], restored["roles"]) == ("active", ["mentor"])
    assert [request["roles"] for request in restored["requests"]] == [["division_approver", "mentor"]]
    confirmed = (await rights(client, security, person, "confirm")).json()
    assert (confirmed["roles"], confirmed["division"]) == (["division_approver", "mentor"], "540102")


async def test_only_the_request_that_was_seen_is_confirmed(
    client: AsyncClient, hire: Hire, admin: Person, security: Person
) -> None:
    """An administrator who changes what he asks for while it is looked at gets nothing by it."""
    person = await hire(unique(), "mentor")
    await patch(client, admin, person, roles=["science_officer"])
    path = f"/v1/accounts/{person.id}"
    seen = (await client.get(path, headers=security.headers)).headers["etag"]
    await patch(client, admin, person, roles=["finance_approver"])
    headers = {**security.headers, "If-Match": seen}
    late = await client.post(f"{path}/rights/confirm", headers=headers)
    assert (late.status_code, await roles_of(client, person)) == (412, ["mentor"])
    seen = (await client.get(path, headers=security.headers)).headers["etag"]
    assert (await client.post(f"{path}/rights/confirm", headers={**headers, "If-Match": seen})).status_code == 200


@pytest.mark.parametrize(
    ("topic", "readable"),
    [("gateway.session", True), ("gateway.account", True), ("registry.centre", False), ("finance.journal", False)],
)
def test_the_security_administrator_reads_who_comes_in_and_nothing_of_the_work(topic: str, readable: bool) -> None:
    assert (Audience.INTERNAL in audiences_of(["security_admin"], topic, None)) is readable
    assert (Audience.BUREAU in audiences_of(["security_admin"], topic, None)) is readable
