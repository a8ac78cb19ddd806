"""Cases on their way: centres, titles and tiers to review, to announce, to decide; objections to their notices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Subquery, and_, exists, func, null, select
from sqlalchemy.orm import InstrumentedAttribute

from services.registry.access import APPROVERS, OFFICERS, operator_code_of
from services.registry.centres import rules as centre_rules
from services.registry.centres.models import Centre
from services.registry.centres.usecases import CENTRES
from services.registry.notices.models import NoticeObjection, PublicNotice
from services.registry.operators import rules as operator_rules
from services.registry.operators.models import OperatorChange
from services.registry.profile_changes import rules as profile_rules
from services.registry.profile_changes.models import ProfileChange
from services.registry.qualifications import rules as title_rules
from services.registry.qualifications.models import Qualification
from services.registry.qualifications.queries import KIND as TITLES
from services.registry.tiers import rules as tier_rules
from services.registry.tiers.models import TierApplication
from services.registry.tiers.queries import KIND as TIERS
from shared.auth.roles import CENTRE_OPERATOR
from shared.tasks import Asked, Statement, TaskSource, Waiting, rows

Hand = InstrumentedAttribute[str] | InstrumentedAttribute[str | None]


def by_others(asked: Asked, *hands: Hand) -> ColumnElement[bool]:
    """Four eyes: none of these steps was the caller's."""
    return and_(*(hand.is_distinct_from(asked.principal.account_id) for hand in hands))


def _newest_notices() -> Subquery:
    rounds = select(PublicNotice.subject_kind, PublicNotice.subject_id, func.max(PublicNotice.round).label("round"))
    return rounds.group_by(PublicNotice.subject_kind, PublicNotice.subject_id).subquery("newest")


def _notice_over(asked: Asked, kind: str, subject: InstrumentedAttribute[UUID]) -> ColumnElement[bool]:
    """The subject's newest notice is over, and no signed objection to it waits for its answer."""
    newest, objection = _newest_notices(), NoticeObjection
    waits = exists().where(objection.notice_id == PublicNotice.id, objection.signed, objection.outcome.is_(None))
    return exists().where(
        PublicNotice.subject_kind == kind,
        PublicNotice.subject_id == subject,
        newest.c.subject_kind == PublicNotice.subject_kind,
        newest.c.subject_id == PublicNotice.subject_id,
        newest.c.round == PublicNotice.round,
        PublicNotice.first_decision_day <= asked.today,
        ~waits,
    )


def _centres_to_review(_asked: Asked) -> Statement:
    status = Centre.status.in_(centre_rules.REVIEWABLE)
    return select(Centre.id, Centre.id, Centre.no, Centre.applied_on, null()).where(status)


def _centres_to_announce(_asked: Asked) -> Statement:
    status = Centre.status.in_(centre_rules.ANNOUNCEABLE)
    return select(Centre.id, Centre.id, Centre.no, Centre.reviewed_on, null()).where(status)


def _centres_to_list(asked: Asked) -> Statement:
    return select(Centre.id, Centre.id, Centre.no, Centre.notice_until, null()).where(
        Centre.status.in_(centre_rules.LISTABLE),
        _notice_over(asked, CENTRES, Centre.id),
        by_others(asked, Centre.submitted_by, Centre.reviewed_by, Centre.announced_by),
    )


def _centres_returned(asked: Asked) -> Statement:
    return select(Centre.id, Centre.id, Centre.no, Centre.decided_on, null()).where(
        Centre.status == "returned", Centre.operator_code == operator_code_of(asked.principal)
    )


def _operators_to_review(asked: Asked) -> Statement:
    change = OperatorChange
    return select(change.id, change.centre_id, change.no, change.applied_on, null()).where(
        change.status.in_(operator_rules.REVIEWABLE), by_others(asked, change.applied_by)
    )


def _operators_to_approve(asked: Asked) -> Statement:
    change = OperatorChange
    return select(change.id, change.centre_id, change.no, change.reviewed_on, null()).where(
        change.status.in_(operator_rules.APPROVABLE), by_others(asked, change.applied_by, change.reviewed_by)
    )


def _profiles_to_review(asked: Asked) -> Statement:
    change = ProfileChange
    return select(change.id, change.centre_id, change.no, change.applied_on, null()).where(
        change.status.in_(profile_rules.REVIEWABLE), by_others(asked, change.applied_by, change.resubmitted_by)
    )


def _profiles_to_approve(asked: Asked) -> Statement:
    change = ProfileChange
    return select(change.id, change.centre_id, change.no, change.reviewed_on, null()).where(
        change.status.in_(profile_rules.APPROVABLE),
        by_others(asked, change.applied_by, change.resubmitted_by, change.reviewed_by),
    )


def _profiles_returned(asked: Asked) -> Statement:
    change = ProfileChange
    own = select(Centre.id).where(Centre.operator_code == operator_code_of(asked.principal))
    return select(change.id, change.centre_id, change.no, change.returned_on, null()).where(
        change.status.in_(profile_rules.RESUBMITTABLE), change.centre_id.in_(own)
    )


def _titles_to_review(_asked: Asked) -> Statement:
    title = Qualification
    return select(title.id, title.id, title.no, title.applied_on, null()).where(
        title.status.in_(title_rules.REVIEWABLE)
    )


def _titles_to_announce(_asked: Asked) -> Statement:
    title = Qualification
    return select(title.id, title.id, title.no, title.reviewed_on, null()).where(
        title.status.in_(title_rules.ANNOUNCEABLE)
    )


def _titles_to_grant(asked: Asked) -> Statement:
    title = Qualification
    return select(title.id, title.id, title.no, title.announced_on, null()).where(
        title.status.in_(title_rules.GRANTABLE),
        _notice_over(asked, TITLES, title.id),
        by_others(asked, title.applied_by, title.reviewed_by, title.announced_by),
    )


def _tiers_to_review(_asked: Asked) -> Statement:
    tier = TierApplication
    return select(tier.id, tier.id, tier.no, tier.applied_on, null()).where(tier.status.in_(tier_rules.REVIEWABLE))


def _tiers_to_announce(_asked: Asked) -> Statement:
    tier = TierApplication
    return select(tier.id, tier.id, tier.no, tier.reviewed_on, null()).where(tier.status.in_(tier_rules.ANNOUNCEABLE))


def _tiers_to_approve(asked: Asked) -> Statement:
    tier = TierApplication
    return select(tier.id, tier.id, tier.no, tier.announced_on, null()).where(
        tier.status.in_(tier_rules.APPROVABLE),
        _notice_over(asked, TIERS, tier.id),
        by_others(asked, tier.applied_by, tier.reviewed_by, tier.announced_by),
    )


_PENDING: Final[Mapping[str, Statement]] = {
    CENTRES: select(Centre.id).where(Centre.status.in_(centre_rules.LISTABLE)),
    TITLES: select(Qualification.id).where(Qualification.status.in_(title_rules.GRANTABLE)),
    TIERS: select(TierApplication.id).where(TierApplication.status.in_(tier_rules.APPROVABLE)),
}
"""By kind of notice, the cases that are still announced."""


async def _objections(asked: Asked) -> Sequence[Waiting]:
    """Signed ones against a notice whose case is not decided."""
    found: list[Waiting] = []
    for kind, pending in _PENDING.items():
        query = (
            select(NoticeObjection.id, PublicNotice.subject_id, NoticeObjection.received_on)
            .join(PublicNotice, PublicNotice.id == NoticeObjection.notice_id)
            .where(
                PublicNotice.subject_kind == kind,
                PublicNotice.subject_id.in_(pending),
                NoticeObjection.signed,
                NoticeObjection.outcome.is_(None),
            )
            .order_by(NoticeObjection.received_on, NoticeObjection.id)
            .limit(asked.limit)
        )
        for objection_id, subject_id, received_on in await asked.session.execute(query):
            link = f"/v1/{kind}/{subject_id}/notice"
            found.append(Waiting(objection_id, subject_id, None, received_on, None, link=link))
    return found


_C: Final = "/v1/centres/{id}"
_O: Final = "/v1/centres/{id}/operator-changes"
_P: Final = "/v1/centres/{id}/profile-changes"
_T: Final = "/v1/qualification-applications/{id}"
_A: Final = "/v1/tier-applications/{id}"

SOURCES: Final = (
    TaskSource.of("centre_to_review", OFFICERS, _C, rows(_centres_to_review), message="task-centre-to-review"),
    TaskSource.of("centre_to_announce", OFFICERS, _C, rows(_centres_to_announce), message="task-centre-to-announce"),
    TaskSource.of("centre_to_list", APPROVERS, _C, rows(_centres_to_list), message="task-centre-to-list"),
    TaskSource.of("centre_returned", (CENTRE_OPERATOR,), _C, rows(_centres_returned), message="task-centre-returned"),
    TaskSource.of("operator_to_review", OFFICERS, _O, rows(_operators_to_review), message="task-operator-to-review"),
    TaskSource.of(
        "operator_to_approve", APPROVERS, _O, rows(_operators_to_approve), message="task-operator-to-approve"
    ),
    TaskSource.of("profile_to_review", OFFICERS, _P, rows(_profiles_to_review), message="task-profile-to-review"),
    TaskSource.of("profile_to_approve", APPROVERS, _P, rows(_profiles_to_approve), message="task-profile-to-approve"),
    TaskSource.of(
        "profile_returned", (CENTRE_OPERATOR,), _P, rows(_profiles_returned), message="task-profile-returned"
    ),
    TaskSource.of("title_to_review", OFFICERS, _T, rows(_titles_to_review), message="task-title-to-review"),
    TaskSource.of("title_to_announce", OFFICERS, _T, rows(_titles_to_announce), message="task-title-to-announce"),
    TaskSource.of("title_to_grant", APPROVERS, _T, rows(_titles_to_grant), message="task-title-to-grant"),
    TaskSource.of("tier_to_review", OFFICERS, _A, rows(_tiers_to_review), message="task-tier-to-review"),
    TaskSource.of("tier_to_announce", OFFICERS, _A, rows(_tiers_to_announce), message="task-tier-to-announce"),
    TaskSource.of("tier_to_approve", APPROVERS, _A, rows(_tiers_to_approve), message="task-tier-to-approve"),
    TaskSource.of("notice_objection", OFFICERS, "/v1/{id}", _objections, message="task-notice-objection"),
)
