"""schemathesis over the description, with all its checks, as one role."""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

from tests.fuzz.people import headers_of

PHASES: Final = ("examples", "coverage", "fuzzing", "stateful")
UNREADABLE: Final = frozenset({"validation-failed", "request-malformed"})
"""Refusals of what was sent as such. Any other code is a rule's, of which the description knows nothing."""
DESCRIBABLE: Final = (
    "missing", "extra_forbidden", "string_type", "string_too_short", "string_too_long", "string_pattern_mismatch",
    "enum", "literal_error", "int_type", "int_parsing", "int_from_float", "float_type", "float_parsing", "decimal_type",
    "decimal_parsing", "decimal_max_places", "bool_type", "bool_parsing", "greater_than", "greater_than_equal",
    "less_than", "less_than_equal", "multiple_of", "time_type", "date_type", "datetime_type", "uuid_type",
    "uuid_parsing", "list_type", "too_short", "too_long", "dict_type", "model_type", "model_attributes_type", "money",
)  # fmt: skip
"""Faults of a field that its schema must exclude: what a schema allows is never refused with one of them."""

_REFUSING: Final = tuple(str(status) for status in (400, 401, 403, 404, 405, 409, 414, 415, 422, 428, 431))
"""What wrong data may get. 401, 403, 404, 409 and 428: who asks, the thing named in the address, and the version that a
change is for are looked at before the body."""
_SKIPPED: Final = ("/v1/auth/sessions/revoke", "/v1/auth/revoke", "/v1/auth/sessions/{session_id}")


@dataclass(slots=True)
class Checked:
    """What was asked, how it was answered, and what the checks found."""

    requests: int = 0
    phases: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    operations: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        answers = ", ".join(f"{status}: {count}" for status, count in sorted(self.statuses.items()))
        parts = ", ".join(f"{phase} {count}" for phase, count in self.phases.items())
        return (
            f"{self.requests} requests to {len(self.operations)} operations ({parts}; {answers}),"
            f" {len(self.faults)} faults"
        )


def check(
    document: Mapping[str, Any],
    url: str,
    token: str | None,
    operations: Collection[str],
    *,
    seed: int,
    examples: int,
    phases: Collection[str] = PHASES,
) -> Checked:
    """Run the phases over some operations, by their ids; the same seed asks the same."""
    config = SchemathesisConfig.from_dict(
        {
            "seed": seed,
            "base-url": url,
            "headers": headers_of(token),
            "request-timeout": 60,
            "continue-on-failure": True,
            "generation": {"max-examples": examples, "no-shrink": True, "database": "none", "deterministic": True},
            "checks": {"negative_data_rejection": {"expected-statuses": list(_REFUSING)}},
            "phases": {phase: {"enabled": phase in phases} for phase in PHASES},
        }
    )
    schema = schemathesis.openapi.from_dict(dict(document), config=config)
    chosen = schema.include(operation_id=sorted(operations)).exclude(path=list(_SKIPPED))
    checked = Checked()
    for event in from_schema(chosen).execute():
        if isinstance(event, events.ScenarioFinished):
            _take_in(checked, event)
        elif isinstance(event, events.NonFatalError):
            checked.faults.append(f"{event.label}: {event.value!r}")
        elif isinstance(event, events.FatalError):
            raise event.exception
    return checked


def _take_in(checked: Checked, event: events.ScenarioFinished) -> None:
    recorder = event.recorder
    checked.requests += len(recorder.interactions)
    checked.phases[event.phase.value] += len(recorder.interactions)
    for interaction in recorder.interactions.values():
        checked.statuses[interaction.response.status_code if interaction.response else 0] += 1
    checked.operations |= {case.value.operation.label for case in recorder.cases.values()}
    for case, checks in recorder.checks.items():
        interaction_of = recorder.interactions.get(case)
        answer = interaction_of.response if interaction_of else None
        text = "" if answer is None or answer.content is None else answer.content.decode(errors="replace")
        for one in checks:
            if one.failure_info is not None and not _by_a_rule(one.name, text):
                label = recorder.cases[case].value.operation.label
                failure = " ".join(one.failure_info.failure.message.split())
                checked.faults.append(
                    f"{label} {one.name}: {failure[:300]} | {text[:300]} | {one.failure_info.code_sample[:800]}"
                )


def _by_a_rule(check_name: str, text: str) -> bool:
    """Whether it was refused for what no schema says of each field.

    An address that is too long is refused before anybody looks whether it has the method. What one field may be beside
    another, what a code's check digit must be, and that no text holds control characters is said in words only.
    """
    try:
        problem = json.loads(text)
    except ValueError:
        return False
    if not isinstance(problem, dict):
        return False
    if check_name == "unsupported_method":
        return problem.get("code") == "address-too-long"
    if check_name != "positive_data_acceptance":
        return False
    if problem.get("code") not in UNREADABLE:
        return True
    faults = [str(fault.get("message")) for fault in problem.get("errors") or ()]
    return bool(faults) and not any(_DESCRIBED.fullmatch(fault) for fault in faults)


def _described() -> re.Pattern[str]:
    """The English texts of `DESCRIBABLE`, with anything in the place of a limit."""
    texts = tomllib.loads(_MESSAGES.read_text(encoding="utf-8"))["fields"]
    patterns = {re.sub(r"\\\{\w+\\\}", ".*", re.escape(texts[kind]["en"])) for kind in DESCRIBABLE}
    return re.compile("|".join(sorted(patterns)), re.DOTALL)


_MESSAGES: Final = Path(__file__).parents[2] / "shared/messages.toml"
_DESCRIBED: Final = _described()
