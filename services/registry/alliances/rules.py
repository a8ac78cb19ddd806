"""Who may be a member of an alliance, and which steps a membership takes."""

from __future__ import annotations

from typing import Final

from shared.policy.alliances import Alliance
from shared.policy.decision import Decision
from shared.policy.edition import Edition

APPLIED: Final = "applied"
INVITED: Final = "invited"
ACTIVE: Final = "active"
REFUSED: Final = "refused"
DECLINED: Final = "declined"
WITHDRAWN: Final = "withdrawn"
LEFT: Final = "left"
REMOVED: Final = "removed"
ENDED: Final = "ended"
STATUSES: Final = (APPLIED, INVITED, ACTIVE, REFUSED, DECLINED, WITHDRAWN, LEFT, REMOVED, ENDED)

OPEN: Final = (APPLIED, INVITED)
"""Asked for and not yet answered by the other side."""
FORMER: Final = (LEFT, REMOVED, ENDED)
ACCEPTABLE: Final = (APPLIED,)
CONSENTABLE: Final = (INVITED,)
LEAVABLE: Final = (ACTIVE,)

MEMBER: Final = "member"
LEAD: Final = "lead"

RECORDED: Final = "recorded"
VERIFIED: Final = "verified"
REJECTED: Final = "rejected"
STRUCK: Final = "struck"
TALENT_STATUSES: Final = (RECORDED, VERIFIED, REJECTED, STRUCK)


def decide_member_type(edition: Edition, alliance: Alliance, kind: str, party: str) -> Decision:
    """4.6-1, 4.7-1: each type of member is one of certain records: a school is a partner, a centre a centre."""
    parties = alliance.member_types[kind].parties
    fits = party in parties
    return edition.decision(
        edition.result(
            "alliances.member_type",
            fits,
            {"kind": kind, "party": party},
            limit=", ".join(parties),
            message="member-type-fits" if fits else "member-type-wrong",
        )
    )


def decide_centre_on_the_list(edition: Edition, status: str) -> Decision:
    """4.6-1: the alliance's centres are listed ones; one under suspension stays a member and does not become one."""
    listed = status == "listed"
    return edition.decision(
        edition.result(
            "alliances.centre_on_the_list",
            listed,
            {"status": status},
            limit="listed",
            message="member-centre-listed" if listed else "member-centre-not-listed",
        )
    )


def decide_title(edition: Edition, title: str | None, held: bool) -> Decision:
    """4.6-1: a centre that joins as a maker space holds that title."""
    holds = title is None or held
    return edition.decision(
        edition.result(
            "alliances.member_type",
            holds,
            {"title": title, "held": held},
            limit=title,
            message="member-title-held" if holds else "member-title-missing",
        )
    )
