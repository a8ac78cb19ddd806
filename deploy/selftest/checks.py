"""What a check is, what came of it, and what all checks share."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from secrets import token_hex
from typing import Any, Final, Literal

from deploy.selftest.wire import Answer, Ask, Wire

Outcome = Literal["passed", "failed", "not_run", "not_asked"]
REFERRALS: Final = "/v1/referrals"
WISH: Final = "100000.00"


class Failed(Exception):
    """The answer is another than the guide promises."""

    def __init__(self, expected: object, found: object) -> None:
        super().__init__(f"{expected} / {found}")
        self.expected = str(expected)
        self.found = str(found)


class NotAsked(Exception):
    """The check needs what was not given; `word` is one of `words.WORDS`."""

    def __init__(self, word: str, **values: object) -> None:
        super().__init__(word)
        self.word = word
        self.values = values


class NotRun(Exception):
    """The check rests on a step that did not come about."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


@dataclass
class Talk:
    """One conversation: who talks, and what has come of it so far."""

    wire: Wire
    test: bool = True
    other: Wire | None = None
    live: Wire | None = None
    mark: str = field(default_factory=lambda: token_hex(4).upper())
    made: dict[str, Any] = field(default_factory=dict)
    """Referrals, answers and days that later checks rest on, by name."""
    sent: list[str] = field(default_factory=list)
    """References of the steps that counted on the main referral, in order."""

    def reference(self, word: str) -> str:
        """A reference that no earlier run has used."""
        return f"ST-{self.mark}-{word}"

    def rest_on(self, name: str) -> Any:  # whatever was kept under the name
        """What an earlier check has left. Raises NotRun."""
        if name not in self.made:
            raise NotRun(name)
        return self.made[name]

    def path(self, name: str, verb: str = "") -> str:
        """The address of a referral made here, or of a step of it."""
        return f"{REFERRALS}/{self.rest_on(name)['id']}" + (f"/{verb}" if verb else "")

    @property
    def day(self) -> str:
        """The bank's business day: that on which the main referral's offer was agreed."""
        return str(self.rest_on("agreed")["agreed_on"])

    def step(self, name: str, verb: str, **body: object) -> Answer:
        """A step under an Idempotency-Key of its own."""
        return self.wire.post(self.path(name, verb), body)

    def state(self, name: str = "main") -> Any:  # a referral as an unknown server shows it
        """The referral as it stands."""
        return expect(self.wire.get(self.path(name)), 200).json

    def unchanged(self, before: object, *, name: str = "main") -> None:
        """Raises Failed where a refused request has changed the referral."""
        equal(_core(self.state(name)), _core(before))

    def at_once(self, asks: list[Ask]) -> list[Answer]:
        """All of them at the same time."""
        with ThreadPoolExecutor(len(asks)) as pool:
            return list(pool.map(self.wire.send, asks))


Run = Callable[[Talk], None]


@dataclass(frozen=True, slots=True)
class Check:
    """`reads` may be run with a live key as well."""

    id: str
    group: str
    title: tuple[str, str]
    run: Run
    mandatory: bool = True
    reads: bool = False


CHECKS: Final[list[Check]] = []


def check(
    group: str, name: str, zh: str, en: str, *, mandatory: bool = True, reads: bool = False
) -> Callable[[Run], Run]:
    """Enter a check; they are run in the order in which they are entered."""

    def enter(run: Run) -> Run:
        CHECKS.append(Check(name, group, (zh, en), run, mandatory, reads))
        return run

    return enter


def expect(answer: Answer, status: int | tuple[int, ...], code: str | None = None) -> Answer:
    """Raises Failed for another answer, NotAsked where the key has no right to ask."""
    allowed = (status,) if isinstance(status, int) else status
    if answer.code == "scope-missing" and 403 not in allowed:
        challenge = answer.headers.get("www-authenticate", "")
        raise NotAsked("no_scope", what=challenge.partition('scope="')[2].rstrip('"') or "?")
    if answer.status not in allowed or (code is not None and answer.code != code):
        wanted = " | ".join(map(str, allowed)) + (f" {code}" if code else "")
        raise Failed(wanted, f"{answer.sent.method} {answer}")
    if answer.status in allowed and answer.status < 300 and answer.body and answer.json is None:
        raise Failed("application/json", answer.headers.get("content-type", "?"))
    return answer


def equal(found: object, expected: object) -> None:
    """Raises Failed where they differ."""
    if found != expected:
        raise Failed(expected, found)


def tomorrow(day: str, days: int = 1) -> str:
    """So many days after a day of ISO 8601."""
    return date.fromordinal(date.fromisoformat(day).toordinal() + days).isoformat()


def _core(referral: object) -> object:
    names = ("status", "version", "disbursed", "repaid", "outstanding")
    return {name: referral.get(name) for name in names} if isinstance(referral, dict) else referral
