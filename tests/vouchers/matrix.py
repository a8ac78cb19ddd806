"""Every endpoint of the voucher service with the roles that it lets in; `test_matrix` asks them as each role.

An endpoint that is missing here fails `test_the_matrix_names_every_endpoint_of_the_service`. Somebody else's object
is 404, which the tests of each room show.
"""

from __future__ import annotations

from typing import Final

from shared.auth import roles as r

EVERYBODY: Final = frozenset(r.ALL_ROLES)
KNOWN: Final = EVERYBODY - {r.PUBLIC}
OFFICER: Final = frozenset({r.DIVISION_OFFICER})
APPROVER: Final = frozenset({r.DIVISION_APPROVER})
DIVISION: Final = OFFICER | APPROVER
SCIENCE_OFFICER: Final = frozenset({r.SCIENCE_OFFICER})
SCIENCE_APPROVER: Final = frozenset({r.SCIENCE_APPROVER})
SCIENCE: Final = SCIENCE_OFFICER | SCIENCE_APPROVER
PROVIDER: Final = frozenset({r.PROVIDER})
ENTERPRISE: Final = frozenset({r.ENTERPRISE})
BOTH_SIDES: Final = ENTERPRISE | PROVIDER
OFFICES: Final = frozenset(r.BUREAU_ROLES | {r.AUDITOR})
"""All bureaus, the issuers and the auditor."""
CITY: Final = OFFICES - DIVISION

Row = tuple[str, str, frozenset[str]]

IMPORTS: Final[tuple[Row, ...]] = (
    ("POST", "/v1/imports/vouchers", OFFICER),
    ("GET", "/v1/imports/vouchers/template", DIVISION),
)

OFFERINGS: Final[tuple[Row, ...]] = (("GET", "/v1/offerings", EVERYBODY),)

OPERATIONS: Final[tuple[Row, ...]] = (("GET", "/v1/operations/vouchers-{operation_id}", OFFICES),)

PROVIDER_PENALTIES: Final[tuple[Row, ...]] = (
    ("GET", "/v1/provider-penalties", CITY | PROVIDER),
    ("POST", "/v1/provider-penalties", SCIENCE_OFFICER),
    ("GET", "/v1/provider-penalties/{penalty_id}", CITY | PROVIDER),
    ("POST", "/v1/provider-penalties/{penalty_id}/annul", SCIENCE),
)

PROVIDERS: Final[tuple[Row, ...]] = (
    ("GET", "/v1/providers", EVERYBODY),
    ("POST", "/v1/providers", PROVIDER),
    ("POST", "/v1/providers/expire", SCIENCE_OFFICER),
    ("GET", "/v1/providers/{provider_id}", EVERYBODY),
    ("PATCH", "/v1/providers/{provider_id}", PROVIDER),
    ("GET", "/v1/providers/{provider_id}/accounts", CITY | PROVIDER),
    ("POST", "/v1/providers/{provider_id}/accounts", PROVIDER),
    ("POST", "/v1/providers/{provider_id}/accounts/{account_id}/confirm", SCIENCE_OFFICER),
    ("POST", "/v1/providers/{provider_id}/accounts/{account_id}/reject", SCIENCE_OFFICER),
    ("POST", "/v1/providers/{provider_id}/admit", SCIENCE_APPROVER),
    ("GET", "/v1/providers/{provider_id}/file", OFFICES | PROVIDER),
    ("GET", "/v1/providers/{provider_id}/holdings", OFFICES | PROVIDER),
    ("POST", "/v1/providers/{provider_id}/holdings", OFFICER),
    ("POST", "/v1/providers/{provider_id}/holdings/{holding_id}/end", DIVISION),
    ("GET", "/v1/providers/{provider_id}/licences", OFFICES | PROVIDER),
    ("POST", "/v1/providers/{provider_id}/licences", PROVIDER),
    ("POST", "/v1/providers/{provider_id}/licences/{licence_id}/end", SCIENCE_OFFICER),
    ("POST", "/v1/providers/{provider_id}/licences/{licence_id}/reject", SCIENCE_OFFICER),
    ("POST", "/v1/providers/{provider_id}/licences/{licence_id}/verify", SCIENCE_OFFICER),
    ("GET", "/v1/providers/{provider_id}/measures", OFFICES | PROVIDER),
    ("POST", "/v1/providers/{provider_id}/measures", SCIENCE_OFFICER),
    ("GET", "/v1/providers/{provider_id}/measures/{measure_id}", OFFICES | PROVIDER),
    ("POST", "/v1/providers/{provider_id}/measures/{measure_id}/decide", SCIENCE_APPROVER),
    ("POST", "/v1/providers/{provider_id}/measures/{measure_id}/drop", SCIENCE),
    ("POST", "/v1/providers/{provider_id}/measures/{measure_id}/lift", SCIENCE_APPROVER),
    ("POST", "/v1/providers/{provider_id}/measures/{measure_id}/propose", SCIENCE_OFFICER),
    ("POST", "/v1/providers/{provider_id}/measures/{measure_id}/propose-lifting", SCIENCE_OFFICER),
    ("POST", "/v1/providers/{provider_id}/measures/{measure_id}/statement", SCIENCE_OFFICER | PROVIDER),
    ("POST", "/v1/providers/{provider_id}/notice", SCIENCE_OFFICER),
    ("GET", "/v1/providers/{provider_id}/offerings", EVERYBODY),
    ("POST", "/v1/providers/{provider_id}/offerings", PROVIDER),
    ("GET", "/v1/providers/{provider_id}/offerings/{offering_id}", EVERYBODY),
    ("PATCH", "/v1/providers/{provider_id}/offerings/{offering_id}", PROVIDER),
    ("POST", "/v1/providers/{provider_id}/offerings/{offering_id}/withdraw", PROVIDER),
    ("GET", "/v1/providers/{provider_id}/ratings", EVERYBODY),
    ("POST", "/v1/providers/{provider_id}/record-representative", SCIENCE_OFFICER),
    ("POST", "/v1/providers/{provider_id}/refuse", SCIENCE),
    ("GET", "/v1/providers/{provider_id}/renewals", OFFICES | PROVIDER),
    ("POST", "/v1/providers/{provider_id}/renewals", PROVIDER),
    ("POST", "/v1/providers/{provider_id}/renewals/{renewal_id}/approve", SCIENCE_APPROVER),
    ("POST", "/v1/providers/{provider_id}/renewals/{renewal_id}/refuse", SCIENCE),
    ("POST", "/v1/providers/{provider_id}/renewals/{renewal_id}/review", SCIENCE_OFFICER),
    ("POST", "/v1/providers/{provider_id}/renewals/{renewal_id}/withdraw", PROVIDER),
    ("POST", "/v1/providers/{provider_id}/review", SCIENCE_OFFICER),
    ("GET", "/v1/providers/{provider_id}/reviews", OFFICES | PROVIDER),
    ("POST", "/v1/providers/{provider_id}/reviews", SCIENCE_OFFICER),
    ("POST", "/v1/providers/{provider_id}/reviews/{review_id}/confirm", SCIENCE_APPROVER),
    ("POST", "/v1/providers/{provider_id}/reviews/{review_id}/return", SCIENCE_APPROVER),
    ("POST", "/v1/providers/{provider_id}/withdraw", PROVIDER),
    ("GET", "/v1/providers/{subject_id}/documents", OFFICES | PROVIDER),
    ("POST", "/v1/providers/{subject_id}/documents", SCIENCE | PROVIDER),
    ("DELETE", "/v1/providers/{subject_id}/documents/{document_id}", SCIENCE | PROVIDER),
    ("GET", "/v1/providers/{subject_id}/documents/{document_id}", OFFICES | PROVIDER),
    ("GET", "/v1/providers/{subject_id}/documents/{document_id}/content", OFFICES | PROVIDER),
    ("GET", "/v1/providers/{subject_id}/notice", EVERYBODY),
    ("GET", "/v1/providers/{subject_id}/notice/objections", KNOWN),
    ("POST", "/v1/providers/{subject_id}/notice/objections", KNOWN),
    ("GET", "/v1/providers/{subject_id}/notice/objections/{objection_id}", KNOWN),
    ("POST", "/v1/providers/{subject_id}/notice/objections/{objection_id}/answer", SCIENCE),
)

RATINGS: Final[tuple[Row, ...]] = (("POST", "/v1/ratings/{rating_id}/hide", SCIENCE_OFFICER),)

REDEMPTIONS: Final[tuple[Row, ...]] = (
    ("GET", "/v1/redemptions", OFFICES | BOTH_SIDES),
    ("POST", "/v1/redemptions", BOTH_SIDES),
    ("POST", "/v1/redemptions/counter", PROVIDER),
    ("POST", "/v1/redemptions/expire", OFFICER | SCIENCE_OFFICER),
    ("POST", "/v1/redemptions/orders", ENTERPRISE),
    ("GET", "/v1/redemptions/{redemption_id}", OFFICES | BOTH_SIDES),
    ("POST", "/v1/redemptions/{redemption_id}/accept", PROVIDER),
    ("POST", "/v1/redemptions/{redemption_id}/decide", OFFICER),
    ("POST", "/v1/redemptions/{redemption_id}/decline", PROVIDER),
    ("POST", "/v1/redemptions/{redemption_id}/deliver", PROVIDER),
    ("POST", "/v1/redemptions/{redemption_id}/dispute", ENTERPRISE),
    ("GET", "/v1/redemptions/{redemption_id}/disputes", OFFICES | BOTH_SIDES),
    ("POST", "/v1/redemptions/{redemption_id}/flag", DIVISION),
    ("GET", "/v1/redemptions/{redemption_id}/flags", OFFICES),
    ("GET", "/v1/redemptions/{redemption_id}/rating", OFFICES | BOTH_SIDES),
    ("POST", "/v1/redemptions/{redemption_id}/rating", ENTERPRISE),
    ("POST", "/v1/redemptions/{redemption_id}/redeem", ENTERPRISE),
    ("POST", "/v1/redemptions/{redemption_id}/release", BOTH_SIDES),
    ("GET", "/v1/redemptions/{redemption_id}/reversals", OFFICES | BOTH_SIDES),
    ("POST", "/v1/redemptions/{redemption_id}/reversals/{reversal_id}/approve", APPROVER),
    ("POST", "/v1/redemptions/{redemption_id}/reversals/{reversal_id}/propose", OFFICER),
    ("POST", "/v1/redemptions/{redemption_id}/reversals/{reversal_id}/refuse", DIVISION),
    ("POST", "/v1/redemptions/{redemption_id}/reverse", OFFICER | PROVIDER),
    ("GET", "/v1/redemptions/{subject_id}/documents", OFFICES | BOTH_SIDES),
    ("POST", "/v1/redemptions/{subject_id}/documents", DIVISION | BOTH_SIDES),
    ("DELETE", "/v1/redemptions/{subject_id}/documents/{document_id}", DIVISION | BOTH_SIDES),
    ("GET", "/v1/redemptions/{subject_id}/documents/{document_id}", OFFICES | BOTH_SIDES),
    ("GET", "/v1/redemptions/{subject_id}/documents/{document_id}/content", OFFICES | BOTH_SIDES),
)

SERVICE_CATEGORIES: Final[tuple[Row, ...]] = (("GET", "/v1/service-categories", EVERYBODY),)

SETTLEMENTS: Final[tuple[Row, ...]] = (
    ("GET", "/v1/settlements", OFFICES | PROVIDER),
    ("POST", "/v1/settlements", OFFICER),
    ("GET", "/v1/settlements/statements", OFFICES | PROVIDER),
    ("GET", "/v1/settlements/statements/issuer", OFFICES),
    ("GET", "/v1/settlements/void-invoices", OFFICES),
    ("POST", "/v1/settlements/void-invoices", OFFICER),
    ("POST", "/v1/settlements/void-invoices/{invoice_id}/withdraw", DIVISION),
    ("GET", "/v1/settlements/{settlement_id}", OFFICES | PROVIDER),
    ("POST", "/v1/settlements/{settlement_id}/approve", APPROVER),
    ("POST", "/v1/settlements/{settlement_id}/cancel", DIVISION),
    ("POST", "/v1/settlements/{settlement_id}/check", OFFICER),
    ("POST", "/v1/settlements/{settlement_id}/close", DIVISION),
    ("POST", "/v1/settlements/{settlement_id}/collect", OFFICER),
    ("POST", "/v1/settlements/{settlement_id}/inspections", OFFICER),
    ("GET", "/v1/settlements/{settlement_id}/lines", OFFICES | PROVIDER),
    ("POST", "/v1/settlements/{settlement_id}/lines/{line_id}/readmit", DIVISION),
    ("POST", "/v1/settlements/{settlement_id}/lines/{line_id}/take-out", OFFICER),
    ("POST", "/v1/settlements/{settlement_id}/notice", OFFICER),
    ("GET", "/v1/settlements/{settlement_id}/notice/payees", EVERYBODY),
    ("GET", "/v1/settlements/{settlement_id}/payment-file", DIVISION),
    ("POST", "/v1/settlements/{settlement_id}/payment-file", DIVISION),
    ("GET", "/v1/settlements/{settlement_id}/payments", OFFICES | PROVIDER),
    ("POST", "/v1/settlements/{settlement_id}/results", DIVISION),
    ("POST", "/v1/settlements/{settlement_id}/results/file", DIVISION),
    ("GET", "/v1/settlements/{settlement_id}/sample", OFFICES),
    ("POST", "/v1/settlements/{settlement_id}/sample", OFFICER),
    ("GET", "/v1/settlements/{subject_id}/documents", OFFICES),
    ("POST", "/v1/settlements/{subject_id}/documents", DIVISION),
    ("DELETE", "/v1/settlements/{subject_id}/documents/{document_id}", DIVISION),
    ("GET", "/v1/settlements/{subject_id}/documents/{document_id}", OFFICES),
    ("GET", "/v1/settlements/{subject_id}/documents/{document_id}/content", OFFICES),
    ("GET", "/v1/settlements/{subject_id}/notice", EVERYBODY),
    ("GET", "/v1/settlements/{subject_id}/notice/objections", KNOWN),
    ("POST", "/v1/settlements/{subject_id}/notice/objections", KNOWN),
    ("GET", "/v1/settlements/{subject_id}/notice/objections/{objection_id}", KNOWN),
    ("POST", "/v1/settlements/{subject_id}/notice/objections/{objection_id}/answer", OFFICER),
)

VOUCHER_AMENDMENTS: Final[tuple[Row, ...]] = (
    ("GET", "/v1/voucher-amendments", OFFICES),
    ("GET", "/v1/voucher-amendments/{amendment_id}", OFFICES),
    ("POST", "/v1/voucher-amendments/{amendment_id}/approve", APPROVER),
    ("POST", "/v1/voucher-amendments/{amendment_id}/cancel", OFFICER),
    ("POST", "/v1/voucher-amendments/{amendment_id}/refuse", APPROVER),
)

VOUCHER_APPLICATIONS: Final[tuple[Row, ...]] = (
    ("GET", "/v1/voucher-applications", OFFICES | ENTERPRISE),
    ("POST", "/v1/voucher-applications", ENTERPRISE),
    ("POST", "/v1/voucher-applications/eligibility", ENTERPRISE),
    ("GET", "/v1/voucher-applications/{application_id}", OFFICES | ENTERPRISE),
    ("POST", "/v1/voucher-applications/{application_id}/approve", APPROVER),
    ("POST", "/v1/voucher-applications/{application_id}/refuse", DIVISION),
    ("POST", "/v1/voucher-applications/{application_id}/review", OFFICER),
    ("POST", "/v1/voucher-applications/{application_id}/withdraw", ENTERPRISE),
    ("GET", "/v1/voucher-applications/{subject_id}/documents", OFFICES | ENTERPRISE),
    ("POST", "/v1/voucher-applications/{subject_id}/documents", ENTERPRISE),
    ("DELETE", "/v1/voucher-applications/{subject_id}/documents/{document_id}", ENTERPRISE),
    ("GET", "/v1/voucher-applications/{subject_id}/documents/{document_id}", OFFICES | ENTERPRISE),
    ("GET", "/v1/voucher-applications/{subject_id}/documents/{document_id}/content", OFFICES | ENTERPRISE),
)

VOUCHER_BATCHES: Final[tuple[Row, ...]] = (
    ("GET", "/v1/voucher-batches", OFFICES),
    ("GET", "/v1/voucher-batches/{batch_id}", OFFICES),
    ("POST", "/v1/voucher-batches/{batch_id}/approve", APPROVER),
    ("POST", "/v1/voucher-batches/{batch_id}/refuse", APPROVER),
    ("GET", "/v1/voucher-batches/{batch_id}/rows", OFFICES),
    ("POST", "/v1/voucher-batches/{batch_id}/withdraw", OFFICER),
)

VOUCHER_DELISTINGS: Final[tuple[Row, ...]] = (
    ("GET", "/v1/voucher-delistings", OFFICES | BOTH_SIDES),
    ("GET", "/v1/voucher-delistings/{case_id}", OFFICES | BOTH_SIDES),
    ("GET", "/v1/voucher-delistings/{case_id}/redemptions", OFFICES | BOTH_SIDES),
    ("GET", "/v1/voucher-delistings/{case_id}/vouchers", OFFICES | BOTH_SIDES),
)

VOUCHER_GUIDANCE: Final[tuple[Row, ...]] = (
    ("GET", "/v1/voucher-guidance", EVERYBODY),
    ("POST", "/v1/voucher-guidance", SCIENCE_OFFICER),
    ("GET", "/v1/voucher-guidance/{guidance_id}", EVERYBODY),
    ("POST", "/v1/voucher-guidance/{guidance_id}/approve", SCIENCE_APPROVER),
    ("POST", "/v1/voucher-guidance/{guidance_id}/cancel", SCIENCE_OFFICER),
    ("POST", "/v1/voucher-guidance/{guidance_id}/refuse", SCIENCE_APPROVER),
)

VOUCHER_JOURNAL: Final[tuple[Row, ...]] = (("GET", "/v1/voucher-journal", OFFICES | PROVIDER),)

VOUCHER_OUTCOMES: Final[tuple[Row, ...]] = (
    ("GET", "/v1/voucher-outcomes", OFFICES),
    ("POST", "/v1/voucher-outcomes", OFFICER | SCIENCE_OFFICER),
    ("GET", "/v1/voucher-outcomes/forms", OFFICES | ENTERPRISE),
    ("GET", "/v1/voucher-outcomes/forms/{form_id}", OFFICES | ENTERPRISE),
    ("POST", "/v1/voucher-outcomes/forms/{form_id}/answer", ENTERPRISE),
    ("GET", "/v1/voucher-outcomes/summary", OFFICES),
    ("GET", "/v1/voucher-outcomes/{survey_id}", OFFICES),
    ("POST", "/v1/voucher-outcomes/{survey_id}/close", OFFICER | SCIENCE_OFFICER),
    ("POST", "/v1/voucher-outcomes/{survey_id}/collect", OFFICER | SCIENCE_OFFICER),
)

VOUCHER_PROGRAMMES: Final[tuple[Row, ...]] = (
    ("GET", "/v1/voucher-programmes", EVERYBODY),
    ("POST", "/v1/voucher-programmes", OFFICER),
    ("GET", "/v1/voucher-programmes/{programme_id}", EVERYBODY),
    ("POST", "/v1/voucher-programmes/{programme_id}/amendments", OFFICER),
    ("POST", "/v1/voucher-programmes/{programme_id}/close", DIVISION),
    ("POST", "/v1/voucher-programmes/{programme_id}/open", APPROVER),
    ("GET", "/v1/voucher-programmes/{programme_id}/terms", EVERYBODY),
)

VOUCHER_RECOVERIES: Final[tuple[Row, ...]] = (
    ("GET", "/v1/voucher-recoveries", OFFICES | PROVIDER),
    ("POST", "/v1/voucher-recoveries", OFFICER),
    ("GET", "/v1/voucher-recoveries/{recovery_id}", OFFICES | PROVIDER),
    ("POST", "/v1/voucher-recoveries/{recovery_id}/agree-to-offset", PROVIDER),
    ("POST", "/v1/voucher-recoveries/{recovery_id}/decision", APPROVER),
    ("POST", "/v1/voucher-recoveries/{recovery_id}/repayment", OFFICER),
    ("POST", "/v1/voucher-recoveries/{recovery_id}/statement", DIVISION | PROVIDER),
    ("POST", "/v1/voucher-recoveries/{recovery_id}/write-off", OFFICER),
    ("POST", "/v1/voucher-recoveries/{recovery_id}/write-off/decision", APPROVER),
)

VOUCHER_REQUESTS: Final[tuple[Row, ...]] = (
    ("GET", "/v1/voucher-requests", OFFICES | ENTERPRISE),
    ("POST", "/v1/voucher-requests", OFFICER | ENTERPRISE),
    ("GET", "/v1/voucher-requests/{request_id}", OFFICES | ENTERPRISE),
    ("POST", "/v1/voucher-requests/{request_id}/approve", APPROVER),
    ("POST", "/v1/voucher-requests/{request_id}/refuse", DIVISION),
    ("POST", "/v1/voucher-requests/{request_id}/review", OFFICER),
    ("POST", "/v1/voucher-requests/{request_id}/withdraw", OFFICER | ENTERPRISE),
)

VOUCHER_USAGE: Final[tuple[Row, ...]] = (
    ("GET", "/v1/voucher-usage", OFFICES),
    ("GET", "/v1/voucher-usage/burn", OFFICES),
    ("GET", "/v1/voucher-usage/lapses", OFFICES),
)

VOUCHERS: Final[tuple[Row, ...]] = (
    ("GET", "/v1/vouchers", OFFICES | ENTERPRISE),
    ("POST", "/v1/vouchers", OFFICER),
    ("POST", "/v1/vouchers/eligibility", OFFICES | ENTERPRISE),
    ("POST", "/v1/vouchers/expire", OFFICER | SCIENCE_OFFICER),
    ("GET", "/v1/vouchers/{voucher_id}", OFFICES | ENTERPRISE),
    ("GET", "/v1/vouchers/{voucher_id}/code", ENTERPRISE),
    ("GET", "/v1/vouchers/{voucher_id}/code.png", ENTERPRISE),
    ("GET", "/v1/vouchers/{voucher_id}/code.svg", ENTERPRISE),
    ("POST", "/v1/vouchers/{voucher_id}/approve", APPROVER),
    ("POST", "/v1/vouchers/{voucher_id}/freeze", DIVISION),
    ("POST", "/v1/vouchers/{voucher_id}/refuse", APPROVER),
    ("POST", "/v1/vouchers/{voucher_id}/rotate-code", ENTERPRISE),
    ("POST", "/v1/vouchers/{voucher_id}/unfreeze", DIVISION),
)

MATRIX: Final = (
    *IMPORTS,
    *OFFERINGS,
    *OPERATIONS,
    *PROVIDER_PENALTIES,
    *PROVIDERS,
    *RATINGS,
    *REDEMPTIONS,
    *SERVICE_CATEGORIES,
    *SETTLEMENTS,
    *VOUCHER_AMENDMENTS,
    *VOUCHER_APPLICATIONS,
    *VOUCHER_BATCHES,
    *VOUCHER_DELISTINGS,
    *VOUCHER_GUIDANCE,
    *VOUCHER_JOURNAL,
    *VOUCHER_OUTCOMES,
    *VOUCHER_PROGRAMMES,
    *VOUCHER_RECOVERIES,
    *VOUCHER_REQUESTS,
    *VOUCHER_USAGE,
    *VOUCHERS,
)
