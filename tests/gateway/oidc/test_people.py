"""People of another organisation come in with its tokens: as whom, with which rights, and for how long."""

import asyncio
from uuid import UUID, uuid4

import jwt
import pytest
from httpx import AsyncClient
from sqlalchemy import func, select

from gateway.accounts.consumers import stop_accounts
from gateway.oidc.models import OutsideIdentity
from shared.db import Database
from tests.gateway.conftest import Hire, Person
from tests.gateway.oidc.conftest import ORG, Outside
from tests.gateway.test_three_duties import erased
from tests.support.waiting import eventually


async def identity(db: Database, issuer: str, subject: str) -> OutsideIdentity:
    async with db.transaction() as session:
        wanted = select(OutsideIdentity).where(OutsideIdentity.issuer == issuer, OutsideIdentity.subject == subject)
        return (await session.scalars(wanted)).one()


async def test_authorization_code_with_pkce_ends_in_the_right_roles(outside: Outside, db: Database) -> None:
    issued = await outside.city.sign_in("wang")
    told = await outside.claims(issued["access_token"])
    row = await identity(db, outside.city.url, "wang")
    assert (told["account_id"], told["roles"]) == (str(row.id), ["science_officer"])
    assert UUID(told["account_id"]).version == 7, "the issuer's subject stays at the gateway"
    again = await outside.city.sign_in("wang")
    assert (await outside.claims(again["access_token"]))["account_id"] == told["account_id"], (
        "one subject is one account"
    )


async def test_an_identity_token_is_no_access_token(outside: Outside) -> None:
    issued = await outside.city.sign_in("wang")
    assert jwt.get_unverified_header(issued["id_token"])["alg"] == "ES256"
    assert await outside.status(issued["access_token"]) == 200
    assert await outside.status(issued["id_token"]) == 401


async def test_a_token_without_our_audience_is_opaque_and_refused(outside: Outside) -> None:
    assert await outside.status("s3cr3t-opaque-access-token-of-43-characters") == 401


@pytest.mark.parametrize("number", [0, 1, 2])
async def test_each_of_the_three_algorithms_is_taken(outside: Outside, number: int) -> None:
    key = outside.city.keys[number]
    assert await outside.status(outside.city.sign(outside.city.claims("wang"), key)) == 200


async def test_claims_inside_claims_become_scope_fields(outside: Outside) -> None:
    told = await outside.claims(outside.city.token("operator"))
    assert (told["roles"], told["org"]) == (["centre_operator"], ORG)


async def test_a_role_without_its_scope_field_is_not_given(outside: Outside) -> None:
    token = outside.city.token("unscoped", groups=["operators", "science"])
    assert (await outside.claims(token))["roles"] == ["science_officer"]


async def test_who_has_no_role_is_told_so(outside: Outside) -> None:
    answer = await outside.ask(outside.city.token("nobody"))
    assert (answer.status_code, answer.json()["code"]) == (403, "outside-identity-without-rights")


async def test_nobody_becomes_an_administrator_by_his_own_claims(outside: Outside) -> None:
    assert await outside.status(outside.city.token("schemer")) == 403
    answer = await outside.ask(outside.city.token("schemer-2", groups=["science"], roles=["admin"]), "/v1/accounts")
    assert answer.status_code == 403


async def test_another_organisation_in_the_wrong_form_is_refused(outside: Outside) -> None:
    token = outside.city.token("operator", organisation={"code": "91540091MA6T1A2X5X"})
    assert await outside.status(token) == 401
    assert await outside.status(outside.city.token("operator", organisation={"code": [ORG, ORG[::-1]]})) == 401


async def test_the_issuers_scopes_narrow_what_the_roles_allow(outside: Outside) -> None:
    reading = outside.city.token("wang", scope="openid mengchuang:read")
    writing = outside.city.token("wang", scope="mengchuang:write")
    assert await outside.status(reading) == 200
    refused = await outside.ask(reading, method="POST", json={})
    assert (refused.status_code, refused.json()["code"]) == (403, "scope-missing")
    assert (await outside.ask(writing, method="POST", json={})).status_code == 200


async def test_an_approver_needs_the_second_factor_that_the_issuer_vouches_for(outside: Outside) -> None:
    with_it = await outside.ask(outside.city.token("li", scope="mengchuang:read"))
    assert with_it.status_code == 200, with_it.text
    without = await outside.ask(outside.city.token("li", scope="mengchuang:read", amr=["pwd"]))
    assert (without.status_code, without.json()["code"]) == (403, "outside-second-factor-required")
    for path in ("/v1/accounts/me", "/v1/outside-identities/me"):
        me = await outside.ask(outside.city.token("li", amr=["pwd"], scope="mengchuang:read"), path)
        assert (me.status_code, me.json()["second_factor"]) == (200, False), "who he is he may know"
    assert await outside.status(outside.city.token("li", amr=None, acr="high")) == 200
    assert await outside.status(outside.city.token("li", amr=None, acr="low")) == 403


async def test_many_first_requests_at_once_make_one_identity(outside: Outside, db: Database) -> None:
    subject = f"many-{uuid4().hex}"
    token = outside.city.token(subject, groups=["science"])
    told = await asyncio.gather(*(outside.claims(token) for _ in range(12)))
    assert len({claims["account_id"] for claims in told}) == 1
    async with db.transaction() as session:
        count = select(func.count()).where(OutsideIdentity.subject == subject)
        assert await session.scalar(count) == 1


async def test_the_same_subject_of_two_issuers_is_two_people(outside: Outside) -> None:
    one = await outside.claims(outside.city.token("wang"))
    other = await outside.claims(outside.old.token("wang"))
    assert one["account_id"] != other["account_id"]


async def test_one_person_is_let_in_under_one_account_only(outside: Outside, hire: Hire, db: Database) -> None:
    """A local account and an identity with the same person, or identities of two issuers: the second one waits."""
    person = f"person-{uuid4().hex[:8]}"
    await hire(f"oidc.{uuid4().hex[:12]}", "founder", person_ref=person)
    answer = await outside.ask(outside.city.token(f"again-{person}", groups=["founders"], person=person))
    assert (answer.status_code, answer.json()["code"]) == (403, "outside-identity-waiting")
    other = f"person-{uuid4().hex[:8]}"
    first = outside.city.token(f"first-{other}", groups=["founders"], person=other)
    second = outside.old.token(f"second-{other}", groups=["founders"], person=other)
    statuses = sorted(await asyncio.gather(outside.status(first), outside.status(second)))
    assert statuses == [200, 403]


async def test_a_subject_that_became_another_person_is_refused(outside: Outside) -> None:
    subject, person = f"s-{uuid4().hex}", f"person-{uuid4().hex[:8]}"
    assert await outside.status(outside.city.token(subject, groups=["founders"], person=person)) == 200
    later = outside.city.token(subject, groups=["founders"], person=f"{person}-b")
    assert await outside.status(later) == 401


@pytest.fixture
async def admin(hire: Hire) -> Person:
    return await hire(f"oidc.{uuid4().hex[:12]}", "admin")


@pytest.fixture
async def security(hire: Hire) -> Person:
    return await hire(f"oidc.{uuid4().hex[:12]}", "security_admin")


async def test_who_is_not_linked_waits_and_then_acts_as_his_local_account(
    outside: Outside, admin: Person, hire: Hire, db: Database
) -> None:
    subject = f"zhou-{uuid4().hex[:8]}"
    token = outside.partner.token(subject)
    refused = await outside.ask(token)
    assert (refused.status_code, refused.json()["code"]) == (403, "outside-identity-waiting")
    listed = await outside.ask(admin.token, f"/v1/outside-identities?status=waiting&subject={subject}")
    (waiting,) = listed.json()["items"]
    assert (waiting["issuer"], waiting["account_id"]) == ("partner", None)
    operator = await hire(f"oidc.{uuid4().hex[:12]}", "centre_operator", "mentor", org=ORG)
    body = {"account_id": str(operator.id)}
    linked = await outside.ask(admin.token, f"/v1/outside-identities/{waiting['id']}/link", "POST", json=body)
    assert (linked.status_code, linked.json()["status"]) == (200, "linked"), linked.text
    told = await outside.claims(token)
    assert (told["account_id"], told["org"]) == (str(operator.id), ORG), "one person, one account id"
    assert told["roles"] == ["centre_operator"], "mentor is beyond this issuer's ceiling"
    me = (await outside.ask(token, "/v1/outside-identities/me")).json()
    assert (me["account_id"], me["issuer"], me["roles"]) == (str(operator.id), "partner", ["centre_operator"])
    again = await outside.ask(admin.token, f"/v1/outside-identities/{waiting['id']}/unlink", "POST")
    assert again.json()["status"] == "waiting"
    assert await outside.status(token) == 403


async def test_roles_of_power_come_by_a_link_only_when_a_second_person_confirms_it(
    outside: Outside, admin: Person, security: Person, hire: Hire
) -> None:
    subject = f"sun-{uuid4().hex[:8]}"
    officer = await hire(f"oidc.{uuid4().hex[:12]}", "science_officer")
    body = {"issuer": "partner", "subject": subject, "account_id": str(officer.id)}
    made = await outside.ask(admin.token, "/v1/outside-identities", "POST", json=body)
    assert made.status_code == 201, made.text
    token, where = outside.partner.token(subject), made.headers["location"]
    waiting = await outside.ask(token)
    assert (waiting.status_code, waiting.json()["code"]) == (403, "outside-identity-without-rights")
    other_admin = await hire(f"oidc.{uuid4().hex[:12]}", "admin")
    for by in (admin, other_admin):
        alone = await outside.ask(by.token, f"{where}/confirm", "POST")
        assert (alone.status_code, alone.json()["code"]) == (403, "forbidden"), "power takes a security administrator"
    confirmed = await outside.ask(security.token, f"{where}/confirm", "POST")
    assert (confirmed.status_code, confirmed.json()["confirmed"]) == (200, True)
    assert (await outside.claims(token))["roles"] == ["science_officer"]


async def test_nobody_links_or_confirms_for_himself(
    outside: Outside, admin: Person, security: Person, hire: Hire
) -> None:
    body = {"issuer": "partner", "subject": uuid4().hex, "account_id": str(admin.id)}
    own = await outside.ask(admin.token, "/v1/outside-identities", "POST", json=body)
    assert (own.status_code, own.json()["code"]) == (403, "own-account")
    made = await outside.ask(security.token, "/v1/outside-identities", "POST", json=body)
    assert made.status_code == 201
    linked_it = await outside.ask(security.token, f"{made.headers['location']}/confirm", "POST")
    assert (linked_it.status_code, linked_it.json()["code"]) == (403, "four-eyes-required")
    other = await hire(f"oidc.{uuid4().hex[:12]}", "security_admin")
    body = {"issuer": "partner", "subject": uuid4().hex, "account_id": str(other.id)}
    made = await outside.ask(admin.token, "/v1/outside-identities", "POST", json=body)
    by_himself = await outside.ask(other.token, f"{made.headers['location']}/confirm", "POST")
    assert (by_himself.status_code, by_himself.json()["code"]) == (403, "own-account")


async def test_an_administrators_link_never_goes_beyond_the_ceiling(
    outside: Outside, admin: Person, security: Person, hire: Hire
) -> None:
    other = await hire(f"oidc.{uuid4().hex[:12]}", "admin")
    body = {"issuer": "partner", "subject": uuid4().hex, "account_id": str(other.id)}
    made = await outside.ask(admin.token, "/v1/outside-identities", "POST", json=body)
    confirmed = await outside.ask(security.token, f"{made.headers['location']}/confirm", "POST")
    assert confirmed.status_code == 200
    answer = await outside.ask(outside.partner.token(body["subject"], amr=["otp"]))
    assert (answer.status_code, answer.json()["code"]) == (403, "outside-identity-without-rights")


async def test_who_has_acted_as_himself_cannot_become_somebody_else(
    outside: Outside, admin: Person, hire: Hire, db: Database
) -> None:
    subject = f"he-{uuid4().hex}"
    assert await outside.status(outside.city.token(subject, groups=["science"])) == 200
    row = await identity(db, outside.city.url, subject)
    other = await hire(f"oidc.{uuid4().hex[:12]}", "science_officer")
    body = {"account_id": str(other.id)}
    answer = await outside.ask(admin.token, f"/v1/outside-identities/{row.id}/link", "POST", json=body)
    assert (answer.status_code, answer.json()["code"]) == (409, "outside-identity-has-acted")


async def test_who_has_acted_by_a_link_is_not_let_in_under_his_own_id_after_it(
    outside: Outside, admin: Person, hire: Hire
) -> None:
    operator = await hire(f"oidc.{uuid4().hex[:12]}", "centre_operator", org=ORG)
    body = {"issuer": "city", "subject": uuid4().hex, "account_id": str(operator.id)}
    made = await outside.ask(admin.token, "/v1/outside-identities", "POST", json=body)
    token = outside.city.token(body["subject"], groups=["science"])
    assert (await outside.claims(token))["account_id"] == str(operator.id)
    assert (await outside.ask(admin.token, f"{made.headers['location']}/unlink", "POST")).status_code == 200
    answer = await outside.ask(token)
    assert (answer.status_code, answer.json()["code"]) == (403, "outside-identity-waiting")


async def test_a_disabled_identity_is_out_at_once_and_in_every_process_within_a_second(
    outside: Outside, admin: Person, db: Database
) -> None:
    subject = f"gone-{uuid4().hex}"
    token = outside.city.token(subject, groups=["science"])
    assert await outside.status(token) == 200
    row = await identity(db, outside.city.url, subject)
    path = f"/v1/outside-identities/{row.id}"
    assert (await outside.ask(admin.token, f"{path}/disable", "POST")).status_code == 200
    assert await outside.status(token) == 401
    assert await outside.status(outside.city.token(subject, groups=["science"])) == 401, "new tokens neither"
    assert (await outside.ask(admin.token, f"{path}/enable", "POST")).status_code == 200
    assert await outside.status(token) == 200
    async with AsyncClient(base_url=outside.other_gateway) as elsewhere:
        answer = await elsewhere.post(f"{path}/disable", headers=admin.headers)
        assert answer.status_code == 200

    async def out() -> bool:
        return await outside.status(token) == 401

    await eventually(out, 10)


async def test_disabling_the_local_account_ends_its_outside_identity_too(
    outside: Outside, admin: Person, hire: Hire
) -> None:
    mentor = await hire(f"oidc.{uuid4().hex[:12]}", "centre_operator", org=ORG)
    body = {"issuer": "partner", "subject": uuid4().hex, "account_id": str(mentor.id)}
    await outside.ask(admin.token, "/v1/outside-identities", "POST", json=body)
    token = outside.partner.token(body["subject"])
    assert await outside.status(token) == 200
    assert (await outside.ask(admin.token, f"/v1/accounts/{mentor.id}/disable", "POST")).status_code == 200
    assert await outside.status(token) == 401


async def test_the_auditor_reads_and_others_do_not(outside: Outside, hire: Hire) -> None:
    auditor = await hire(f"oidc.{uuid4().hex[:12]}", "auditor")
    officer = await hire(f"oidc.{uuid4().hex[:12]}", "science_officer")
    assert (await outside.ask(auditor.token, "/v1/outside-identities")).status_code == 200
    assert (await outside.ask(officer.token, "/v1/outside-identities")).status_code == 403
    assert (await outside.ask(outside.city.token("wang"), "/v1/outside-identities")).status_code == 403
    for who in (auditor, officer):
        body = {"issuer": "city", "subject": "x"}
        assert (await outside.ask(who.token, "/v1/outside-identities", "POST", json=body)).status_code == 403


async def test_everybody_may_know_whom_to_ask_for_a_token(outside: Outside) -> None:
    async with AsyncClient(base_url=outside.world.url) as http:
        told = (await http.get("/v1/auth/issuers")).json()
    assert [issuer["name"] for issuer in told] == ["city", "partner", "old", "turning", "gone"]
    assert set(told[0]) == {"name", "issuer", "audiences", "provisioning", "scopes", "acr_values"}
    assert told[0]["acr_values"] == ["high"]


FIRST, LAST = "2019-03-04", "2019-03-08"


async def stand_in(outside: Outside, grantor: Person, delegate: Person, role: str) -> None:
    """The grantor leaves the role to the delegate from FIRST to LAST."""
    async with AsyncClient(base_url=outside.world.url, timeout=120) as http:
        body = {"delegate": delegate.username, "roles": [role], "from_on": FIRST, "to_on": LAST}
        made = await http.post("/v1/delegations", headers=grantor.headers | {"Mengchuang-Today": FIRST}, json=body)
        assert made.status_code == 201, made.text
        path = f"/v1/delegations/{made.json()['id']}/accept"
        agreed = await http.post(path, headers=delegate.headers | {"Mengchuang-Today": FIRST})
        assert agreed.status_code == 200, agreed.text


async def roles_on_leave(outside: Outside, token: str) -> list[str]:
    headers = {"Authorization": f"Bearer {token}", "Mengchuang-Today": FIRST}
    async with AsyncClient(base_url=outside.world.url, timeout=120) as http:
        answer = await http.get("/v1/centres/echo", headers=headers)
    assert answer.status_code == 200, answer.text
    roles: list[str] = answer.json()["claims"]["roles"]
    return roles


async def test_what_colleagues_leave_comes_by_a_link_within_the_ceiling_and_by_two_only(
    outside: Outside, admin: Person, security: Person, hire: Hire
) -> None:
    """Neither an unconfirmed link nor a narrow ceiling is got around by a delegation; what rests, rests."""
    delegate = await hire(f"oidc.{uuid4().hex[:12]}", "science_officer", "hr_officer", "centre_operator", org=ORG)
    science = await hire(f"oidc.{uuid4().hex[:12]}", "science_approver")
    personnel = await hire(f"oidc.{uuid4().hex[:12]}", "hr_approver")
    body = {"issuer": "partner", "subject": uuid4().hex, "account_id": str(delegate.id)}
    made = await outside.ask(admin.token, "/v1/outside-identities", "POST", json=body)
    token = outside.partner.token(body["subject"], amr=["otp"])
    await stand_in(outside, science, delegate, "science_approver")
    await stand_in(outside, personnel, delegate, "hr_approver")
    assert await roles_on_leave(outside, token) == ["centre_operator"], "the link was not confirmed"
    assert await roles_on_leave(outside, delegate.token) == ["centre_operator", "hr_approver", "science_approver"]
    confirmed = await outside.ask(security.token, f"{made.headers['location']}/confirm", "POST")
    assert confirmed.status_code == 200
    assert await roles_on_leave(outside, token) == ["centre_operator", "science_approver"], "hr is beyond the ceiling"


async def test_who_comes_from_outside_gets_no_local_account_beside_it(
    outside: Outside, admin: Person, security: Person, hire: Hire, db: Database
) -> None:
    person, subject = f"person-{uuid4().hex[:8]}", uuid4().hex
    token = outside.city.token(subject, groups=["founders"], person=person)
    assert await outside.status(token) == 200
    row = await identity(db, outside.city.url, subject)
    account = {"username": f"oidc.{uuid4().hex[:12]}", "roles": ["founder"], "person_ref": person}
    other = await hire(f"oidc.{uuid4().hex[:12]}", "mentor")
    seen = await outside.ask(admin.token, f"/v1/accounts/{other.id}")
    async with AsyncClient(base_url=outside.world.url, headers=admin.headers, timeout=120) as http:
        answers = [
            await http.post("/v1/accounts", json={**account, "password": "correct horse battery staple"}),
            await http.post("/v1/invitations", json=account),
            await http.patch(
                f"/v1/accounts/{other.id}",
                headers={"If-Match": seen.headers["etag"]},
                json={"roles": ["founder"], "person_ref": person},
            ),
        ]
        assert {(found.status_code, found.json()["code"]) for found in answers} == {(409, "person-from-outside")}
        assert str(row.id) in answers[0].json()["detail"]
        assert (await http.post(f"/v1/outside-identities/{row.id}/disable")).status_code == 200
        sent = await http.post("/v1/invitations", json=account)
        assert sent.status_code == 201
        assert (await http.post(f"/v1/outside-identities/{row.id}/enable")).status_code == 200
        body = {"token": sent.json()["token"], "password": "my very own sentence"}
        late = await http.post("/v1/invitations/accept", json=body)
        assert (late.status_code, late.json()["code"]) == (409, "person-from-outside"), "he was let in again meanwhile"
        assert (await http.post(f"/v1/outside-identities/{row.id}/disable")).status_code == 200
        assert (await http.post("/v1/invitations/accept", json=body)).status_code == 201
        again = await http.post(f"/v1/outside-identities/{row.id}/enable")
        assert (again.status_code, again.json()["code"]) == (409, "person-has-account")
    assert await outside.status(token) == 401


async def test_an_erased_person_does_not_come_in_from_outside_nor_by_an_invitation(
    outside: Outside, admin: Person, db: Database
) -> None:
    person, subject = f"person-{uuid4().hex[:8]}", uuid4().hex
    token = outside.city.token(subject, groups=["founders"], person=person)
    invited = {"username": f"oidc.{uuid4().hex[:12]}", "roles": ["founder"], "person_ref": person}
    sent = await outside.ask(admin.token, "/v1/invitations", "POST", json=invited)
    assert sent.status_code == 201
    assert await outside.status(token) == 200
    async with db.transaction() as session:
        await stop_accounts(session, [erased(person)])

    async def out() -> bool:
        return await outside.status(token) == 401

    await eventually(out, 10)
    anew = outside.city.token(uuid4().hex, groups=["founders"], person=person)
    assert (await outside.ask(anew)).json()["code"] == "outside-identity-waiting", "nor under another name"
    body = {"token": sent.json()["token"], "password": "my very own sentence"}
    late = await outside.ask(admin.token, "/v1/invitations/accept", "POST", json=body)
    assert (late.status_code, late.json()["code"]) == (409, "invitation-invalid")


async def test_who_acts_under_his_own_id_sees_who_he_is_and_has_nothing_here_to_change(outside: Outside) -> None:
    token = outside.turning.token(f"me-{uuid4().hex}", groups=["science"])
    me = await outside.ask(token, "/v1/accounts/me")
    assert (me.status_code, me.json()["issuer"], me.json()["roles"]) == (200, "turning", ["science_officer"])
    for path, body in (
        ("/v1/accounts/me/password", {"current_password": "x" * 12, "new_password": "y" * 12}),
        ("/v1/accounts/me/second-factor", {"password": "x" * 12}),
        ("/v1/accounts/me/second-factor/confirm", {"code": "123456"}),
        ("/v1/delegations", {"delegate": "somebody", "roles": ["science_officer"], "from_on": FIRST, "to_on": LAST}),
    ):
        refused = await outside.ask(token, path, "POST", json=body)
        assert (refused.status_code, refused.json()["code"]) == (403, "local-account-needed"), path
