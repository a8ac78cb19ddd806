"""What a rule answers: the outcome with everything an official needs to check it.

A decision is stored with its case, returned by the API and cited in problems, so it carries plain values only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Self

from pydantic import BaseModel, ConfigDict, JsonValue

Plain = str | int | bool | None
RuleInput = Plain | Decimal | date


def plain(value: RuleInput) -> Plain:
    """JSON-safe form of a rule's input: decimals in full digits, dates in ISO 8601."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, date):
        return value.isoformat()
    return value


@dataclass(frozen=True, slots=True)
class RuleResult:
    """One rule applied to one set of inputs.

    `rule` is a dotted rule id and `clause` the clause the edition gives for it. `limit` is the bound that was tested,
    as text. `message` is a code of the message catalogue; `inputs` and `limit` are its parameters.
    """

    rule: str
    clause: str
    passed: bool
    inputs: Mapping[str, Plain]
    limit: str | None
    message: str

    def to_json(self) -> dict[str, JsonValue]:
        return {
            "rule": self.rule,
            "clause": self.clause,
            "passed": self.passed,
            "inputs": dict(self.inputs),
            "limit": self.limit,
            "message": self.message,
        }


class _StoredResult(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    rule: str
    clause: str
    passed: bool
    inputs: dict[str, Plain]
    limit: str | None
    message: str


class _StoredDecision(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    passed: bool
    edition: str
    results: list[_StoredResult]


@dataclass(frozen=True, slots=True)
class Decision:
    """The results of all rules that were applied under one policy edition; passed when every one of them passed."""

    passed: bool
    edition: str
    results: tuple[RuleResult, ...]

    @classmethod
    def of(cls, edition: str, *results: RuleResult) -> Self:
        return cls(all(result.passed for result in results), edition, results)

    @property
    def failures(self) -> tuple[RuleResult, ...]:
        return tuple(result for result in self.results if not result.passed)

    @property
    def rules(self) -> tuple[str, ...]:
        """Rule ids in the order applied, each once: what events cite."""
        return tuple(dict.fromkeys(result.rule for result in self.results))

    @property
    def clauses(self) -> tuple[str, ...]:
        """Clauses of the failed rules, or of all rules if none failed, each once: what problems cite."""
        return tuple(dict.fromkeys(result.clause for result in self.failures or self.results if result.clause))

    def to_json(self) -> dict[str, JsonValue]:
        return {
            "passed": self.passed,
            "edition": self.edition,
            "results": [result.to_json() for result in self.results],
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, JsonValue]) -> Self:
        """Raises pydantic's ValidationError for anything that `to_json` could not have written."""
        data = _StoredDecision.model_validate(dict(stored))
        results = (RuleResult(r.rule, r.clause, r.passed, r.inputs, r.limit, r.message) for r in data.results)
        return cls(data.passed, data.edition, tuple(results))


def combine(*decisions: Decision) -> Decision:
    """One decision out of several. Raises ValueError for none, and for decisions under different editions: a case
    pins one edition, so a mixture is a programming error."""
    editions = {decision.edition for decision in decisions}
    if len(editions) != 1:
        raise ValueError(f"decisions to combine must share one edition, got {sorted(editions)}")
    results = tuple(result for decision in decisions for result in decision.results)
    return Decision(all(decision.passed for decision in decisions), editions.pop(), results)
