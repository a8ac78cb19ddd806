"""What the treasury may budget, move and close, and what a budget line still bears (3.1-4, or the clause of each
programme)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Final

from shared.policy.decision import Decision, RuleInput
from shared.policy.edition import Edition

MET: Final = "rule-met"
LAST_MONTH, LAST_DAY = 12, 31


def decide_line(
    edition: Edition, *, programme: str, year: int, status: str | None, needed: bool | None = None
) -> Decision:
    """3.1-4: what is not budgeted cannot be approved, and a closed year bears nothing new. `status` is that of the
    programme's line of the year, None where there is none; its absence is no obstacle where no budget is `needed`, by
    default as the edition says."""
    needed = edition.appropriations.required.value if needed is None else needed
    code = MET
    if status == "closed":
        code = "appropriation-closed"
    elif status != "approved" and needed:
        code = "appropriation-missing"
    inputs: dict[str, RuleInput] = {"programme": programme, "year": year, "status": status, "required": needed}
    return _one(edition, "appropriations.line", code, inputs, programme=programme)


def decide_within_line(
    edition: Edition, *, programme: str, year: int, fits: bool, amount: Decimal, committed: Decimal, limit: Decimal
) -> Decision:
    """3.1-4: no more is committed than the line has; `committed` includes the amount where it fitted."""
    inputs: dict[str, RuleInput] = {
        "programme": programme,
        "year": year,
        "amount": amount,
        "committed": committed,
        "remaining": limit - committed,
    }
    code = MET if fits else "appropriation-exhausted"
    return _one(edition, "appropriations.ceiling", code, inputs, programme=programme, limit=limit)


def decide_programme(edition: Edition, *, programme: str, year: int, first_year: int, today: date) -> Decision:
    """3.1-4: a programme of the edition, in a year since the first edition's, up to the next one."""
    known = edition.appropriations.programmes
    first, last = first_year, today.year + 1
    return edition.decision(
        edition.result(
            "appropriations.line",
            programme in known,
            {"programme": programme},
            message=MET if programme in known else "appropriation-programme-unknown",
            limit=", ".join(known),
        ),
        edition.result(
            "appropriations.year",
            first <= year <= last,
            {"year": year, "first_year": first, "last_year": last},
            message=MET if first <= year <= last else "appropriation-year-not-open",
            limit=f"{first}-{last}",
        ),
    )


def decide_covers(
    edition: Edition, *, programme: str, budget: Decimal, committed: Decimal, amount: Decimal
) -> Decision:
    """3.1-4: a line that is lowered, or gives to another, still covers what is committed of it. `budget` is what it
    would have, `amount` what was asked for."""
    inputs: dict[str, RuleInput] = {"programme": programme, "amount": amount, "budget": budget, "committed": committed}
    code = MET if budget >= committed else "appropriation-below-committed"
    return _one(edition, "appropriations.ceiling", code, inputs, programme=programme, limit=committed)


def decide_another_person(edition: Edition, *, actor: str, proposed_by: str) -> Decision:
    """3.1-4: whoever proposed it does not decide it, whatever the role."""
    own = "proposed" if actor == proposed_by else None
    code = MET if own is None else "four-eyes-required"
    return _one(edition, "appropriations.four_eyes", code, {"own_step": own})


def decide_year_end(edition: Edition, *, year: int, day: date) -> Decision:
    """3.1-4: a year is closed on its last day or later."""
    last = date(year, LAST_MONTH, LAST_DAY)
    code = MET if day >= last else "appropriation-year-not-over"
    return _one(edition, "appropriations.year_end", code, {"year": year, "day": day}, limit=last.isoformat())


def decide_carry_over(edition: Edition, *, programme: str, carry_over: Decimal, free: Decimal) -> Decision:
    """3.1-4: what is carried over is free at that moment."""
    inputs: dict[str, RuleInput] = {"programme": programme, "carry_over": carry_over, "free": free}
    code = MET if carry_over <= free else "appropriation-carry-over-above-free"
    return _one(edition, "appropriations.year_end", code, inputs, programme=programme, limit=free)


def _one(
    edition: Edition,
    rule: str,
    code: str,
    inputs: Mapping[str, RuleInput],
    *,
    programme: str | None = None,
    limit: Decimal | str | None = None,
) -> Decision:
    """One result, under the programme's own clause where it is about one of the edition's."""
    known = edition.appropriations.programmes.get(programme or "")
    clause = known.clause if known else None
    return edition.decision(edition.result(rule, code == MET, inputs, message=code, limit=limit, clause=clause))
