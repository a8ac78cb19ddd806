"""What waits for people about providers: the bureau's steps, the provider's own, and buyers at a provider that may sell
no more."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import ColumnElement, and_, exists, literal, null, or_, select

from services.vouchers.access import enterprise_code_of, provider_code_of
from services.vouchers.notices.models import PublicNotice
from services.vouchers.notices.tasks import unanswered_objections
from services.vouchers.providers.accounts import PROPOSED, SettlementAccountRow
from services.vouchers.providers.announced import KIND, OFFICERS
from services.vouchers.providers.licences.models import SUBMITTED, VERIFIED, ProviderLicence
from services.vouchers.providers.measures.models import INTENDED, LIFTING, PROPOSED as TO_DECIDE, ProviderMeasure
from services.vouchers.providers.models import Provider
from services.vouchers.providers.renewals import models as renewals
from services.vouchers.providers.reviews import models as reviews
from services.vouchers.providers.rules import ADMITTED, APPLIED, ENDED, REVIEWED, STANDING, SUSPENDED
from services.vouchers.redemptions.models import Redemption
from services.vouchers.redemptions.queries import bought_by
from services.vouchers.redemptions.rules import HELD
from shared.auth import roles as r
from shared.policy.voucher_providers import VoucherProviders
from shared.tasks import Asked, Statement, TaskSource, rows

Renewal, Review, Measure = renewals.ProviderRenewal, reviews.ProviderReview, ProviderMeasure
Licence, Account = ProviderLicence, SettlementAccountRow


def _terms(asked: Asked) -> VoucherProviders | None:
    edition = asked.editions.in_force_on(asked.today)
    return None if edition is None else edition.vouchers.providers


def _mine(asked: Asked) -> ColumnElement[bool]:
    return Provider.code == provider_code_of(asked.principal)


def _hung() -> ColumnElement[bool]:
    return exists().where(PublicNotice.subject_kind == KIND, PublicNotice.subject_id == Provider.id)


def _to_review(_asked: Asked) -> Statement:
    found = Provider
    return select(found.id, found.id, found.no, found.applied_on, null()).where(found.status == APPLIED)


def _to_announce(asked: Asked) -> Statement | None:
    """Only where the edition wants a notice."""
    terms = _terms(asked)
    if terms is None or not terms.notice_required.value:
        return None
    found = Provider
    return select(found.id, found.id, found.no, found.reviewed_on, null()).where(found.status == REVIEWED, ~_hung())


def _to_admit(asked: Asked) -> Statement:
    """Four eyes; where one hangs, once the notice is over."""
    found, me, terms = Provider, asked.principal.account_id, _terms(asked)
    running = exists().where(
        PublicNotice.subject_kind == KIND,
        PublicNotice.subject_id == found.id,
        PublicNotice.first_decision_day > asked.today,
    )
    required = terms is not None and terms.notice_required.value
    return select(found.id, found.id, found.no, found.reviewed_on, null()).where(
        found.status == REVIEWED,
        found.reviewed_by.is_distinct_from(me),
        found.applied_by.is_distinct_from(me),
        ~running,
        or_(literal(not required), _hung()),
    )


def _objections(asked: Asked) -> Statement:
    return unanswered_objections(asked, KIND, Provider.id, Provider.no, Provider.status == REVIEWED)


def _licence_to_check(asked: Asked) -> Statement:
    return (
        select(Licence.id, Provider.id, Provider.no, Licence.submitted_on, null())
        .join(Provider, Provider.id == Licence.provider_id)
        .where(
            Licence.status == SUBMITTED,
            Licence.submitted_by != asked.principal.account_id,
            Provider.status.in_((APPLIED, REVIEWED, *STANDING)),
        )
    )


def _licence_ending(asked: Asked) -> Statement | None:
    """The provider's own that end soon or have ended, without another one shown in their place."""
    terms = _terms(asked)
    if terms is None or provider_code_of(asked.principal) is None:
        return None
    other = Licence.__table__.alias("other")
    followed = exists().where(other.c.replaces_id == Licence.id, other.c.status == SUBMITTED)
    soon = asked.today + timedelta(days=terms.warning_days.value)
    return (
        select(Licence.id, Provider.id, Provider.no, Licence.checked_on, Licence.valid_to)
        .join(Provider, Provider.id == Licence.provider_id)
        .where(_mine(asked), Provider.status.in_(STANDING), Licence.status == VERIFIED, Licence.valid_to <= soon)
        .where(~followed)
    )


def _licence_lapsed(asked: Asked) -> Statement:
    """For the bureau: an admitted provider that sells nothing because a licence has ended."""
    found = Provider
    return select(found.id, found.id, found.no, found.licensed_until, null()).where(
        found.status == ADMITTED, found.licensed_until < asked.today
    )


def _admission_ending(asked: Asked) -> Statement | None:
    """The provider's own, once a renewal may be asked for and none was."""
    terms = _terms(asked)
    if terms is None or provider_code_of(asked.principal) is None:
        return None
    soon = asked.today + timedelta(days=terms.renewal_days.value)
    open_states = (renewals.REQUESTED, renewals.REVIEWED)
    asked_for = exists().where(Renewal.provider_id == Provider.id, Renewal.status.in_(open_states))
    return select(Provider.id, Provider.id, Provider.no, Provider.admitted_on, Provider.admitted_until).where(
        _mine(asked), Provider.status == ADMITTED, Provider.admitted_until <= soon, ~asked_for
    )


def _renewals(asked: Asked, state: str) -> Statement:
    me = asked.principal.account_id
    return (
        select(Renewal.id, Provider.id, Provider.no, Renewal.requested_on, Provider.admitted_until)
        .join(Provider, Provider.id == Renewal.provider_id)
        .where(Renewal.status == state, Provider.status.in_(STANDING))
        .where(Renewal.requested_by != me, Renewal.reviewed_by.is_distinct_from(me))
    )


def _renewal_to_review(asked: Asked) -> Statement:
    return _renewals(asked, renewals.REQUESTED)


def _renewal_to_approve(asked: Asked) -> Statement:
    return _renewals(asked, renewals.REVIEWED)


def _review_due(asked: Asked) -> Statement | None:
    terms = _terms(asked)
    if terms is None:
        return None
    soon = asked.today + timedelta(days=terms.warning_days.value)
    entered = exists().where(Review.provider_id == Provider.id, Review.status == reviews.PROPOSED)
    return select(Provider.id, Provider.id, Provider.no, Provider.admitted_on, Provider.review_due_on).where(
        Provider.status.in_(STANDING), Provider.review_due_on <= soon, ~entered
    )


def _review_to_confirm(asked: Asked) -> Statement:
    return (
        select(Review.id, Provider.id, Provider.no, Review.proposed_on, Review.due_on)
        .join(Provider, Provider.id == Review.provider_id)
        .where(Review.status == reviews.PROPOSED, Review.proposed_by != asked.principal.account_id)
    )


def _measures(*conditions: ColumnElement[bool], due: bool = False) -> Statement:
    until = Measure.statement_until if due else null()
    found = select(Measure.id, Provider.id, Measure.no, Measure.served_on, until)
    return found.join(Provider, Provider.id == Measure.provider_id).where(*conditions)


def _statement_due(asked: Asked) -> Statement | None:
    if provider_code_of(asked.principal) is None:
        return None
    open_one = and_(Measure.status == INTENDED, Measure.stated_on.is_(None))
    return _measures(_mine(asked), open_one, Measure.statement_until >= asked.today, due=True)


def _measure_to_propose(asked: Asked) -> Statement:
    heard = or_(Measure.stated_on.is_not(None), Measure.statement_until < asked.today)
    return _measures(Measure.status == INTENDED, heard)


def _measure_to_decide(asked: Asked) -> Statement:
    me = asked.principal.account_id
    return _measures(Measure.status == TO_DECIDE, Measure.proposed_by != me, Measure.opened_by != me)


def _lifting_to_decide(asked: Asked) -> Statement:
    return _measures(Measure.status == LIFTING, Measure.lift_proposed_by != asked.principal.account_id)


def _account_to_confirm(asked: Asked) -> Statement:
    return (
        select(Account.id, Provider.id, Provider.no, Account.proposed_on, null())
        .join(Provider, Provider.id == Account.provider_id)
        .where(Account.status == PROPOSED, Account.proposed_by != asked.principal.account_id)
    )


def _held_at_stopped(asked: Asked) -> Statement | None:
    """The caller's holds at a provider that may sell no more: they are honoured, or the buyer releases them."""
    code = enterprise_code_of(asked.principal)
    if code is None:
        return None
    return (
        select(Redemption.id, Redemption.id, Redemption.no, Redemption.held_on, null())
        .join(Provider, Provider.id == Redemption.provider_id)
        .where(bought_by(code), Redemption.status == HELD, Provider.status.in_((SUSPENDED, *ENDED)))
    )


_P: Final = "/v1/providers/{id}"
_OFFICER, _APPROVER = (r.SCIENCE_OFFICER,), (r.SCIENCE_APPROVER,)
_PROVIDER, _ENTERPRISE = (r.PROVIDER,), (r.ENTERPRISE,)

SOURCES: Final = tuple(
    TaskSource.of(kind, roles, link, rows(build), message=f"task-{kind.replace('_', '-')}")
    for kind, roles, link, build in (
        ("provider_to_review", _OFFICER, _P, _to_review),
        ("provider_to_announce", _OFFICER, _P, _to_announce),
        ("provider_to_admit", _APPROVER, _P, _to_admit),
        ("provider_objection_to_answer", OFFICERS, f"{_P}/notice/objections", _objections),
        ("provider_licence_to_check", _OFFICER, f"{_P}/licences", _licence_to_check),
        ("provider_licence_ending", _PROVIDER, f"{_P}/licences", _licence_ending),
        ("provider_licence_lapsed", _OFFICER, _P, _licence_lapsed),
        ("provider_admission_ending", _PROVIDER, f"{_P}/renewals", _admission_ending),
        ("provider_renewal_to_review", _OFFICER, f"{_P}/renewals", _renewal_to_review),
        ("provider_renewal_to_approve", _APPROVER, f"{_P}/renewals", _renewal_to_approve),
        ("provider_review_due", _OFFICER, f"{_P}/reviews", _review_due),
        ("provider_review_to_confirm", _APPROVER, f"{_P}/reviews", _review_to_confirm),
        ("provider_statement_due", _PROVIDER, f"{_P}/measures", _statement_due),
        ("provider_measure_to_propose", _OFFICER, f"{_P}/measures", _measure_to_propose),
        ("provider_measure_to_decide", _APPROVER, f"{_P}/measures", _measure_to_decide),
        ("provider_lifting_to_decide", _APPROVER, f"{_P}/measures", _lifting_to_decide),
        ("provider_account_to_confirm", _OFFICER, f"{_P}/accounts", _account_to_confirm),
        ("held_at_stopped_provider", _ENTERPRISE, "/v1/redemptions/{id}", _held_at_stopped),
    )
)
