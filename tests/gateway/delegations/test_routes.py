"""Delegations through the API: asked for, agreed to, counted by business day, withdrawn."""

from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import update

from gateway.accounts.models import Account
from shared.clock import utcnow
from shared.db import Database
from tests.gateway.conftest import Hire, Person
from tests.support.waiting import eventually

PATH = "/v1/delegations"
BEFORE, FIRST, LAST, AFTER = "2019-03-01", "2019-03-04", "2019-03-08", "2019-03-09"
OFFICER, APPROVER = "science_officer", "science_approver"


@dataclass(frozen=True)
class Pair:
    """Somebody who goes on leave and a colleague."""

    client: AsyncClient
    grantor: Person
    delegate: Person

    async def propose(self, *roles: str, by: Person | None = None, to: Person | None = None) -> Response:
        body = {
            "delegate": (to or self.delegate).username,
            "roles": list(roles or (APPROVER,)),
            "from_on": FIRST,
            "to_on": LAST,
        }
        return await self.client.post(PATH, headers=on(by or self.grantor, BEFORE), json=body)

    async def step(self, found: Response, verb: str, by: Person, day: str = BEFORE) -> Response:
        return await self.client.post(f"{PATH}/{found.json()['id']}/{verb}", headers=on(by, day))

    async def agreed(self, *roles: str) -> Response:
        found = await self.propose(*roles)
        assert found.status_code == 201, found.text
        accepted = await self.step(found, "accept", self.delegate)
        assert accepted.status_code == 200, accepted.text
        return accepted

    async def roles(self, person: Person, day: str) -> tuple[list[str], list[str]]:
        """What the services are told of the person that day."""
        claims = (await self.client.get("/v1/centres/echo", headers=on(person, day))).json()["claims"]
        return claims["roles"], list(claims["on_behalf_of"])


def on(person: Person, day: str) -> dict[str, str]:
    return {**person.headers, "Mengchuang-Today": day}


@pytest.fixture
async def pair(client: AsyncClient, hire: Hire) -> Pair:
    grantor = await hire(f"del.{uuid4().hex[:12]}", APPROVER)
    delegate = await hire(f"del.{uuid4().hex[:12]}", OFFICER)
    return Pair(client, grantor, delegate)


async def test_it_counts_on_its_business_days_once_the_colleague_agreed(pair: Pair) -> None:
    found = await pair.propose()
    assert (await pair.roles(pair.delegate, FIRST))[0] == [OFFICER]
    assert (await pair.step(found, "accept", pair.delegate)).json()["status"] == "accepted"
    for day in (FIRST, LAST):
        assert await pair.roles(pair.delegate, day) == ([APPROVER], [str(pair.grantor.id)])
        assert await pair.roles(pair.grantor, day) == (["public"], [])
    for day in (BEFORE, AFTER):
        assert await pair.roles(pair.delegate, day) == ([OFFICER], [])
        assert await pair.roles(pair.grantor, day) == ([APPROVER], [])
    own = await pair.client.get("/v1/accounts/me", headers=on(pair.delegate, FIRST))
    assert (own.json()["roles"], own.json()["roles_today"]) == ([OFFICER], [APPROVER])
    listed = await pair.client.get(PATH, headers=on(pair.delegate, AFTER))
    assert [item["status"] for item in listed.json()["items"]] == ["over"]


async def test_the_delegate_of_an_approver_needs_a_second_factor_too(pair: Pair, hire: Hire) -> None:
    without = await hire(f"del.{uuid4().hex[:12]}", OFFICER, mfa=False)
    found = await pair.propose(to=without)
    assert (await pair.step(found, "accept", without)).status_code == 200
    assert (await pair.client.get("/v1/centres/echo", headers=on(without, BEFORE))).status_code == 200
    refused = await pair.client.get("/v1/centres/echo", headers=on(without, FIRST))
    assert (refused.status_code, refused.json()["code"]) == (403, "second-factor-required")


@pytest.mark.parametrize("who", ["grantor", "delegate", "security"])
async def test_it_ends_early_by_either_or_by_the_security_administrator(pair: Pair, hire: Hire, who: str) -> None:
    found = await pair.agreed()
    assert (await pair.roles(pair.delegate, FIRST))[0] == [APPROVER]
    people = {
        "grantor": pair.grantor,
        "delegate": pair.delegate,
        "security": await hire(f"del.{uuid4().hex[:12]}", "security_admin"),
    }
    ended = await pair.step(found, "withdraw", people[who], FIRST)
    assert (ended.status_code, ended.json()["ended_by"]) == (200, str(people[who].id))
    assert await pair.roles(pair.delegate, FIRST) == ([OFFICER], [])
    assert await pair.roles(pair.grantor, FIRST) == ([APPROVER], [])
    again = await pair.step(found, "withdraw", people[who], FIRST)
    assert (again.status_code, again.json()["code"]) == (409, "invalid-transition")


async def test_only_the_colleague_agrees_and_strangers_see_nothing(pair: Pair, hire: Hire) -> None:
    found = await pair.propose()
    stranger = await hire(f"del.{uuid4().hex[:12]}", OFFICER)
    assert (await pair.step(found, "accept", pair.grantor)).status_code == 403
    for verb in ("accept", "decline", "withdraw"):
        assert (await pair.step(found, verb, stranger)).status_code == 404
    assert (await pair.client.get(PATH, headers=stranger.headers)).json()["items"] == []
    assert (await pair.step(found, "decline", pair.delegate)).json()["status"] == "declined"
    assert (await pair.step(found, "accept", pair.delegate)).status_code == 409
    auditor = await hire(f"del.{uuid4().hex[:12]}", "auditor")
    everything = await pair.client.get(PATH, headers=auditor.headers, params={"account": str(pair.grantor.id)})
    assert len(everything.json()["items"]) == 1


async def test_what_was_received_is_not_passed_on(pair: Pair, hire: Hire) -> None:
    await pair.agreed()
    third = await hire(f"del.{uuid4().hex[:12]}", OFFICER)
    body = {"delegate": third.username, "roles": [APPROVER], "from_on": FIRST, "to_on": LAST}
    refused = await pair.client.post(PATH, headers=on(pair.delegate, FIRST), json=body)
    assert (refused.status_code, refused.json()["code"]) == (403, "delegation-not-held")


async def test_a_role_is_left_to_one_colleague_at_a_time(pair: Pair, hire: Hire) -> None:
    third = await hire(f"del.{uuid4().hex[:12]}", OFFICER)
    waiting = await pair.propose(to=third)
    await pair.agreed()
    assert (await pair.propose(to=third)).json()["code"] == "delegation-overlaps"
    assert (await pair.step(waiting, "accept", third)).json()["code"] == "delegation-overlaps"


async def test_two_grantors_do_not_leave_both_of_a_pair_to_one(pair: Pair, hire: Hire) -> None:
    await pair.agreed()
    officer = await hire(f"del.{uuid4().hex[:12]}", OFFICER)
    found = await pair.propose(OFFICER, by=officer)
    refused = await pair.step(found, "accept", pair.delegate)
    assert (refused.status_code, refused.json()["code"]) == (409, "delegation-pair")


async def test_what_the_grantor_loses_nobody_has_in_his_stead(pair: Pair, db: Database) -> None:
    await pair.agreed()
    assert (await pair.roles(pair.delegate, FIRST))[0] == [APPROVER]
    await _change(db, pair.grantor.id, disabled_at=utcnow())

    async def ended() -> bool:
        return await pair.roles(pair.delegate, FIRST) == ([OFFICER], [])

    await eventually(ended)


async def test_nobody_leaves_roles_to_himself_or_to_whom_there_is_not(pair: Pair) -> None:
    assert (await pair.propose(to=pair.grantor)).json()["code"] == "own-account"
    body = {"delegate": "nobody.there", "roles": [APPROVER], "from_on": FIRST, "to_on": LAST}
    assert (await pair.client.post(PATH, headers=on(pair.grantor, BEFORE), json=body)).status_code == 404


async def _change(db: Database, account_id: UUID, **values: object) -> None:
    async with db.transaction() as session:
        await session.execute(update(Account).where(Account.id == account_id).values(**values))


async def test_a_delegate_who_left_the_bureau_has_nothing_in_its_stead(pair: Pair, db: Database) -> None:
    await pair.agreed()
    assert (await pair.roles(pair.delegate, FIRST))[0] == [APPROVER]
    await _change(db, pair.delegate.id, roles=["hr_officer"])

    async def ended() -> bool:
        return await pair.roles(pair.delegate, FIRST) == (["hr_officer"], [])

    await eventually(ended)
    assert await pair.roles(pair.grantor, FIRST) == ([APPROVER], []), "nobody acts in his stead: he does"


async def test_strangers_do_not_learn_which_names_are_taken(pair: Pair, hire: Hire) -> None:
    """Whoever has no bureau's role gets the same answer whether there is such a colleague or not."""
    mentor = await hire(f"del.{uuid4().hex[:12]}", "mentor")
    answers = []
    for name in (pair.delegate.username, "nobody.there"):
        body = {"delegate": name, "roles": [OFFICER], "from_on": FIRST, "to_on": LAST}
        answers.append(await pair.client.post(PATH, headers=on(mentor, BEFORE), json=body))
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(403, "delegation-not-held")}
