"""Running the checks one after the other, whatever comes back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from deploy.selftest import money, reading, signatures, steps
from deploy.selftest.checks import CHECKS, Check, Failed, NotAsked, NotRun, Outcome, Talk
from deploy.selftest.wire import Unreachable
from deploy.selftest.words import FAULTS, GROUPS, Language, pick, say

__all__ = ["Result", "conforms", "money", "reading", "run", "signatures", "steps"]

AWAY = 3
"""After so many checks in a row without an answer the rest is not tried."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a check; `expected` and `found` where it failed, `note` for people."""

    check: Check
    outcome: Outcome
    seconds: float
    expected: str = ""
    found: str = ""
    note: str = ""


def in_order(*, reads_only: bool) -> list[Check]:
    """The checks by group; with `reads_only` those that write nothing."""
    groups = list(GROUPS)
    chosen = [check for check in CHECKS if check.reads or not reads_only]
    return sorted(chosen, key=lambda check: groups.index(check.group))


def run(
    talk: Talk, language: Language, *, reads_only: bool = False, tell: Callable[[Result], None] = lambda _: None
) -> list[Result]:
    """All results in order. Raises Unreachable if not even the first check gets an answer."""
    results: list[Result] = []
    for result in _each(talk, in_order(reads_only=reads_only), language):
        results.append(result)
        tell(result)
    return results


def conforms(results: Sequence[Result]) -> bool:
    """Whether every mandatory check that applies has passed."""
    return all(result.outcome in ("passed", "not_asked") for result in results if result.check.mandatory)


def _each(talk: Talk, checks: Sequence[Check], language: Language) -> Iterator[Result]:
    away = 0
    for number, check in enumerate(checks):
        if away >= AWAY:
            yield Result(check, "not_run", 0.0, note=say(language, "no_answer", what=pick(language, FAULTS["broken"])))
            continue
        began = time.monotonic()
        try:
            result = _one(talk, check, language)
        except Unreachable as error:
            if number == 0:
                raise
            away += 1
            note = say(language, "no_answer", what=f"{pick(language, FAULTS[error.kind])} ({error.detail})")
            yield Result(check, "failed", time.monotonic() - began, note=note)
        else:
            away = 0
            yield result


def _one(talk: Talk, check: Check, language: Language) -> Result:
    began = time.monotonic()

    def result(outcome: Outcome, **more: str) -> Result:
        return Result(check, outcome, time.monotonic() - began, **more)

    try:
        check.run(talk)
    except Failed as error:
        return result("failed", expected=error.expected, found=error.found)
    except NotAsked as error:
        return result("not_asked", note=say(language, error.word, **error.values))
    except NotRun as error:
        return result("not_run", note=say(language, "rests_on", what=error.what))
    except (KeyError, TypeError, AttributeError, ValueError, IndexError) as error:
        return result("failed", expected="docs/banks.md", found=f"{type(error).__name__}: {error}")
    return result("passed")
