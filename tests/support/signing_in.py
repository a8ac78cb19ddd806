"""Signing in through the API as people do it, with an authenticator where their roles need one."""

from dataclasses import dataclass
from time import sleep, time

import httpx
import pyotp

SECOND_FACTOR = "/v1/accounts/me/second-factor"
ON_THE_WAY_SECONDS = 5
"""What a request may need on a busy machine."""


@dataclass(slots=True)
class Authenticator:
    """What is on somebody's telephone; each code is shown once."""

    secret: str
    last_step: int = 0

    def code(self) -> str:
        """The next code that may still be shown: of the moment before this one, this one or the next. None whose time
        may be over before the request arrives; then the third is waited for."""
        totp = pyotp.TOTP(self.secret)
        self.last_step = max(self.last_step + 1, totp.timecode(time() + ON_THE_WAY_SECONDS) - 1)
        too_early = (self.last_step - 1) * totp.interval - time()
        assert too_early <= ON_THE_WAY_SECONDS, "three codes a minute and a half are all there are"
        if too_early > 0:
            sleep(too_early)
        return totp.generate_otp(self.last_step)


@dataclass(slots=True)
class SignedIn:
    """The tokens of a sign-in, and the authenticator and recovery codes where one was set up."""

    access_token: str
    refresh_token: str
    restriction: str | None
    authenticator: Authenticator | None = None
    recovery_codes: tuple[str, ...] = ()

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.access_token}"}


async def sign_in(
    client: httpx.AsyncClient, username: str, password: str, *, authenticator: Authenticator | None = None
) -> SignedIn:
    """`POST /v1/auth/token`; raises AssertionError with the problem where it is refused."""
    form = {"username": username, "password": password}
    if authenticator is not None:
        form["otp"] = authenticator.code()
    response = await client.post("/v1/auth/token", data=form)
    assert response.status_code == 200, response.text
    answer = response.json()
    return SignedIn(answer["access_token"], answer["refresh_token"], answer["restriction"], authenticator)


async def set_up(client: httpx.AsyncClient, signed_in: SignedIn, password: str) -> Authenticator:
    """Enrol and confirm; the session is one with a second factor afterwards."""
    enrolment = await client.post(SECOND_FACTOR, headers=signed_in.headers, json={"password": password})
    assert enrolment.status_code == 200, enrolment.text
    authenticator = Authenticator(enrolment.json()["secret"])
    confirmed = await client.post(
        f"{SECOND_FACTOR}/confirm", headers=signed_in.headers, json={"code": authenticator.code()}
    )
    assert confirmed.status_code == 200, confirmed.text
    signed_in.authenticator = authenticator
    signed_in.recovery_codes = tuple(confirmed.json()["recovery_codes"])
    return authenticator


async def sign_in_for_work(
    client: httpx.AsyncClient, username: str, password: str, authenticator: Authenticator | None = None
) -> SignedIn:
    """Sign in, the first time with setting up an authenticator where the roles need one."""
    signed_in = await sign_in(client, username, password, authenticator=authenticator)
    if signed_in.restriction == "second-factor-required":
        await set_up(client, signed_in, password)
    return signed_in
