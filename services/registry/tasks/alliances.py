"""Alliances, pairs and communities: what one side has asked for and the other has to answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import ColumnElement, exists, false, func, null, or_, select

from services.registry.access import operator_code_of
from services.registry.alliances import rules as members
from services.registry.alliances.models import Alliance, AllianceMember, TalentArrival
from services.registry.alliances.queries import LEAD_APPROVERS, LEAD_OFFICERS, PARTIES, led_by, party_scope
from services.registry.centres.models import Centre
from services.registry.communities import rules as communities
from services.registry.communities.models import Community, CommunityReport
from services.registry.communities.queries import CITY, division_scope
from services.registry.pairings import rules as pairs
from services.registry.pairings.models import Pairing
from services.registry.pairings.queries import own_scope
from services.registry.pairings.usecases import leads_pairs
from services.registry.policy import edition_at
from services.registry.tasks.cases import by_others
from shared.auth.roles import CENTRE_OPERATOR, DIVISION_APPROVER, DIVISION_OFFICER, ENTERPRISE
from shared.tasks import Asked, Statement, TaskSource, Waiting, rows


def _led(asked: Asked) -> set[str]:
    return led_by(asked.principal, edition_at(asked.editions, asked.today))


def _lead_bodies(asked: Asked) -> Statement:
    waits = Alliance.proposed_body.is_not(None)
    mine = Alliance.kind.in_(_led(asked))
    return select(Alliance.id, Alliance.id, null(), null(), null()).where(
        waits, mine, by_others(asked, Alliance.proposed_by)
    )


def _applications(asked: Asked) -> Statement:
    member = AllianceMember
    return select(member.id, member.id, member.no, member.consented_on, null()).where(
        member.status == members.APPLIED, member.alliance.in_(_led(asked)), by_others(asked, member.consented_by)
    )


def _invitations(asked: Asked) -> Statement:
    member = AllianceMember
    return select(member.id, member.id, member.no, member.requested_on, null()).where(
        member.status == members.INVITED, party_scope(asked.principal), by_others(asked, member.accepted_by)
    )


def _removals(asked: Asked) -> Statement:
    member = AllianceMember
    return select(member.id, member.id, member.no, member.removal_proposed_on, null()).where(
        member.status == members.ACTIVE,
        member.removal_proposed_on.is_not(None),
        member.alliance.in_(_led(asked)),
        by_others(asked, member.removal_proposed_by),
    )


def _talent(asked: Asked) -> Statement:
    table = TalentArrival
    return select(table.id, table.id, table.no, table.arrived_on, null()).where(
        table.status == members.RECORDED, table.alliance.in_(_led(asked)), by_others(asked, table.recorded_by)
    )


def _pairs_to_confirm(asked: Asked) -> Statement:
    pair = Pairing
    return select(pair.id, pair.id, pair.no, pair.proposed_on, null()).where(
        pair.status.in_(pairs.ANSWERABLE), own_scope(asked.principal), by_others(asked, pair.proposed_by)
    )


def _pairs_to_start(asked: Asked) -> Statement | None:
    if not leads_pairs(asked.principal, edition_at(asked.editions, asked.today)):
        return None
    pair = Pairing
    waits = pair.status.in_(pairs.STARTABLE)
    return select(pair.id, pair.id, pair.no, pair.answered_on, null()).where(waits)


def _to_open(asked: Asked) -> Statement:
    table = Community
    return select(table.id, table.id, table.no, table.proposed_on, null()).where(
        table.status.in_(communities.DECIDABLE),
        division_scope(asked.principal, DIVISION_APPROVER),
        by_others(asked, table.proposed_by),
    )


def _changes(asked: Asked) -> Statement:
    table = Community
    return select(table.id, table.id, table.no, table.change_on, null()).where(
        table.open_proposal.is_not(None),
        division_scope(asked.principal, DIVISION_APPROVER),
        by_others(asked, table.change_by),
    )


def _without_base(asked: Asked) -> Statement:
    table = Community
    return select(table.id, table.id, table.no, table.suspended_on, null()).where(
        table.status == communities.SUSPENDED,
        table.open_proposal.is_(None),
        division_scope(asked.principal, DIVISION_OFFICER),
    )


def _based_at_own(asked: Asked) -> ColumnElement[bool]:
    code = operator_code_of(asked.principal)
    if code is None:
        return false()
    return Community.base_centre_id.in_(select(Centre.id).where(Centre.operator_code == code))


async def _reports_due(asked: Asked) -> Sequence[Waiting]:
    """The report of the year before, from January on, for communities that were open in it."""
    year = asked.today.year - 1
    due_on = communities.report_due_on(edition_at(asked.editions, asked.today), year)
    handed_in = exists().where(
        CommunityReport.community_id == Community.id,
        CommunityReport.year == year,
        CommunityReport.status.not_in(communities.EDITABLE),
    )
    query = select(Community.id, Community.no).where(
        _based_at_own(asked),
        func.extract("year", Community.opened_on) <= year,
        or_(Community.closed_on.is_(None), func.extract("year", Community.closed_on) >= year),
        ~handed_in,
    )
    found = await asked.session.execute(query.order_by(Community.id).limit(asked.limit))
    return [Waiting(row.id, row.id, row.no, None, due_on, params={"year": year}) for row in found]


def _reports_returned(asked: Asked) -> Statement:
    report = CommunityReport
    own = select(Community.id).where(_based_at_own(asked))
    return select(report.id, report.id, report.no, report.submitted_on, null()).where(
        report.status == communities.RETURNED, report.community_id.in_(own)
    )


def _reports_to_accept(asked: Asked) -> Statement:
    report = CommunityReport
    own = select(Community.id).where(division_scope(asked.principal, DIVISION_OFFICER))
    return select(report.id, report.id, report.no, report.submitted_on, null()).where(
        report.status == communities.SUBMITTED,
        report.community_id.in_(own),
        by_others(asked, report.drafted_by, report.submitted_by),
    )


def _reports_to_see(_asked: Asked) -> Statement:
    report = CommunityReport
    return select(report.id, report.id, report.no, report.accepted_on, null()).where(
        report.status == communities.ACCEPTED
    )


_LEAD: Final = (*LEAD_OFFICERS, *LEAD_APPROVERS)
_M, _C, _R = "/v1/alliance-members/{id}", "/v1/communities/{id}", "/v1/community-reports/{id}"
_APPROVER, _DIVISION = (DIVISION_APPROVER,), (DIVISION_OFFICER,)

SOURCES: Final = (
    TaskSource.of(
        "lead_body_to_confirm",
        LEAD_APPROVERS,
        "/v1/alliances/{id}",
        rows(_lead_bodies),
        message="task-lead-body-to-confirm",
    ),
    TaskSource.of("member_to_accept", _LEAD, _M, rows(_applications), message="task-member-to-accept"),
    TaskSource.of("member_invited", PARTIES, _M, rows(_invitations), message="task-member-invited"),
    TaskSource.of("member_to_remove", LEAD_APPROVERS, _M, rows(_removals), message="task-member-to-remove"),
    TaskSource.of(
        "talent_to_verify", _LEAD, "/v1/talent-arrivals/{id}", rows(_talent), message="task-talent-to-verify"
    ),
    TaskSource.of(
        "pair_to_confirm", (ENTERPRISE,), "/v1/pairings/{id}", rows(_pairs_to_confirm), message="task-pair-to-confirm"
    ),
    TaskSource.of(
        "pair_to_start", LEAD_OFFICERS, "/v1/pairings/{id}", rows(_pairs_to_start), message="task-pair-to-start"
    ),
    TaskSource.of("community_to_open", _APPROVER, _C, rows(_to_open), message="task-community-to-open"),
    TaskSource.of("community_to_change", _APPROVER, _C, rows(_changes), message="task-community-to-change"),
    TaskSource.of("community_without_base", _DIVISION, _C, rows(_without_base), message="task-community-without-base"),
    TaskSource.of("community_report_due", (CENTRE_OPERATOR,), _C, _reports_due, message="task-community-report-due"),
    TaskSource.of(
        "community_report_returned",
        (CENTRE_OPERATOR,),
        _R,
        rows(_reports_returned),
        message="task-community-report-returned",
    ),
    TaskSource.of(
        "community_report_to_accept", _DIVISION, _R, rows(_reports_to_accept), message="task-community-report-to-accept"
    ),
    TaskSource.of("community_report_to_see", CITY, _R, rows(_reports_to_see), message="task-community-report-to-see"),
)
