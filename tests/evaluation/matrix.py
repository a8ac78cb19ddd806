"""Every endpoint of evaluation with the roles that it lets in, by those roles.

An endpoint that is missing here, or whose guard names others, fails
`tests/security/test_service_matrices.py`. Somebody else's object is 404, which the tests of each room show.
"""

from __future__ import annotations

from typing import Final

from shared.auth import roles as r

EVERYBODY: Final = r.ALL_ROLES
KNOWN: Final = r.ALL_ROLES - {r.PUBLIC}
BUREAUS: Final = r.BUREAU_ROLES
SCIENCE_INDUSTRY_OFFICERS: Final = frozenset({r.SCIENCE_OFFICER, r.INDUSTRY_OFFICER})
SCIENCE_INDUSTRY_APPROVERS: Final = frozenset({r.SCIENCE_APPROVER, r.INDUSTRY_APPROVER})
DIVISIONS: Final = frozenset({r.DIVISION_OFFICER, r.DIVISION_APPROVER})

BY_ROLES: Final[tuple[tuple[frozenset[str], tuple[str, ...]], ...]] = (
    (
        SCIENCE_INDUSTRY_OFFICERS,
        (
            "POST /v1/delistings/annulments",
            "POST /v1/delistings/successions",
            "POST /v1/delistings/{case_id}/hearing",
            "POST /v1/delistings/{case_id}/legal-review",
            "POST /v1/delistings/{case_id}/lift",
            "POST /v1/delistings/{case_id}/notice-of-intent",
            "POST /v1/delistings/{case_id}/reverse",
            "POST /v1/delistings/{case_id}/service-record",
            "POST /v1/delistings/{case_id}/stay",
            "POST /v1/evaluation-cycles",
            "POST /v1/evaluation-cycles/{cycle_id}/announce",
            "POST /v1/evaluation-cycles/{cycle_id}/draws",
            "POST /v1/evaluation-cycles/{cycle_id}/enrol",
            "POST /v1/evaluation-cycles/{cycle_id}/extensions",
            "POST /v1/evaluation-cycles/{cycle_id}/reopenings",
            "POST /v1/evaluation-cycles/{cycle_id}/score",
            "POST /v1/evaluations/{evaluation_id}/exemptions",
            "POST /v1/evaluations/{evaluation_id}/self-report/return",
            "POST /v1/evaluations/{evaluation_id}/vetoes",
            "POST /v1/evaluations/{evaluation_id}/vetoes/{veto_id}/decide",
            "POST /v1/expert-assignments",
            "POST /v1/expert-assignments/{assignment_id}/release",
            "POST /v1/experts/{expert_id}/appoint",
            "POST /v1/experts/{expert_id}/conflicts/{conflict_id}/end",
            "POST /v1/experts/{expert_id}/end",
            "POST /v1/objections/{objection_id}/answer",
            "POST /v1/objections/{objection_id}/re-mark",
            "POST /v1/quarterly-reports/{report_id}/accept",
            "POST /v1/quarterly-reports/{report_id}/return",
            "PATCH /v1/rectifications/{order_id}",
            "POST /v1/rectifications/{order_id}/accept",
            "POST /v1/rectifications/{order_id}/inspect",
            "POST /v1/rectifications/{order_id}/reject",
            "POST /v1/rectifications/{order_id}/serve",
            "POST /v1/rubrics",
            "PATCH /v1/rubrics/{rubric_id}",
            "POST /v1/rubrics/{rubric_id}/discard",
            "POST /v1/rubrics/{rubric_id}/rehearse",
            "POST /v1/rubrics/{rubric_id}/submit",
        ),
    ),
    (
        frozenset(BUREAUS | {r.AUDITOR, r.CENTRE_OPERATOR}),
        (
            "GET /v1/delistings",
            "GET /v1/delistings/remedies",
            "GET /v1/delistings/{case_id}",
            "GET /v1/delistings/{case_id}/papers/{kind}.docx",
            "GET /v1/delistings/{case_id}/remedies",
            "GET /v1/delistings/{case_id}/timeline",
            "GET /v1/evaluation-cycles/{cycle_id}/progress",
            "GET /v1/evaluations/provisional",
            "GET /v1/quarterly-reports",
            "GET /v1/quarterly-reports/city-table",
            "GET /v1/quarterly-reports/due",
            "GET /v1/quarterly-reports/form",
            "GET /v1/quarterly-reports/national-table",
            "GET /v1/quarterly-reports/totals",
            "GET /v1/quarterly-reports/{report_id}",
            "GET /v1/quarterly-reports/{report_id}/corrections",
            "GET /v1/quarterly-reports/{report_id}/revisions",
            "GET /v1/quarterly-reports/{report_id}/revisions/{before}/compare/{after}",
            "GET /v1/rectifications",
            "GET /v1/rectifications/{order_id}",
            "GET /v1/rectifications/{order_id}/notice.docx",
            "GET /v1/rectifications/{subject_id}/documents",
            "GET /v1/rectifications/{subject_id}/documents/{document_id}",
            "GET /v1/rectifications/{subject_id}/documents/{document_id}/content",
        ),
    ),
    (
        SCIENCE_INDUSTRY_APPROVERS,
        (
            "POST /v1/delistings/annulments/{annulment_id}/approve",
            "POST /v1/delistings/annulments/{annulment_id}/reject",
            "POST /v1/delistings/successions/{succession_id}/approve",
            "POST /v1/delistings/successions/{succession_id}/reject",
            "POST /v1/delistings/{case_id}/countersign",
            "POST /v1/delistings/{case_id}/decision",
            "POST /v1/delistings/{case_id}/remedies/{remedy_id}/approve",
            "POST /v1/delistings/{case_id}/remedies/{remedy_id}/reject",
            "POST /v1/evaluation-cycles/{cycle_id}/approve",
            "POST /v1/evaluation-cycles/{cycle_id}/countersign",
            "POST /v1/evaluation-cycles/{cycle_id}/extensions/{extension_id}/approve",
            "POST /v1/evaluation-cycles/{cycle_id}/extensions/{extension_id}/refuse",
            "POST /v1/evaluation-cycles/{cycle_id}/publish",
            "POST /v1/evaluation-cycles/{cycle_id}/reopenings/{reopening_id}/approve",
            "POST /v1/evaluation-cycles/{cycle_id}/reopenings/{reopening_id}/refuse",
            "POST /v1/evaluations/{evaluation_id}/exemptions/{exemption_id}/approve",
            "POST /v1/evaluations/{evaluation_id}/exemptions/{exemption_id}/countersign",
            "POST /v1/evaluations/{evaluation_id}/publish",
            "POST /v1/quarterly-reports/{report_id}/corrections/{correction_id}/approve",
            "POST /v1/quarterly-reports/{report_id}/corrections/{correction_id}/refuse",
            "POST /v1/rectifications/{order_id}/extensions/{extension_id}/grant",
            "POST /v1/rectifications/{order_id}/extensions/{extension_id}/refuse",
            "POST /v1/rubrics/{rubric_id}/approve",
            "POST /v1/rubrics/{rubric_id}/return",
        ),
    ),
    (
        frozenset({r.CENTRE_OPERATOR}),
        (
            "POST /v1/evaluations/{evaluation_id}/evidence",
            "POST /v1/evaluations/{evaluation_id}/evidence/{evidence_id}/withdraw",
            "PATCH /v1/evaluations/{evaluation_id}/self-report",
            "POST /v1/evaluations/{evaluation_id}/self-report",
            "POST /v1/evaluations/{evaluation_id}/self-report/submit",
            "POST /v1/evaluations/{subject_id}/documents",
            "DELETE /v1/evaluations/{subject_id}/documents/{document_id}",
            "POST /v1/imports/quarterly-reports",
            "GET /v1/imports/quarterly-reports/template",
            "POST /v1/quarterly-reports",
            "PATCH /v1/quarterly-reports/{report_id}",
            "POST /v1/quarterly-reports/{report_id}/submit",
            "POST /v1/rectifications/{order_id}/evidence",
            "POST /v1/rectifications/{order_id}/evidence/{evidence_id}/withdraw",
            "POST /v1/rectifications/{order_id}/extensions",
            "POST /v1/rectifications/{order_id}/submit",
        ),
    ),
    (
        frozenset(
            SCIENCE_INDUSTRY_OFFICERS
            | SCIENCE_INDUSTRY_APPROVERS
            | {
                r.AUDITOR,
                r.EDUCATION_APPROVER,
                r.EDUCATION_OFFICER,
                r.FINANCE_APPROVER,
                r.FINANCE_OFFICER,
                r.HR_APPROVER,
                r.HR_OFFICER,
                r.OFFICE_APPROVER,
                r.OFFICE_OFFICER,
                r.TREASURY_APPROVER,
                r.TREASURY_OFFICER,
            }
        ),
        (
            "GET /v1/delistings/annulments",
            "GET /v1/delistings/successions",
            "GET /v1/evaluation-cycles/{cycle_id}/draws",
            "GET /v1/evaluation-cycles/{cycle_id}/extensions",
            "GET /v1/evaluation-cycles/{cycle_id}/preview",
            "GET /v1/evaluation-cycles/{cycle_id}/reopenings",
            "GET /v1/evaluation-cycles/{cycle_id}/score-changes",
            "GET /v1/operations/evaluation-{operation_id}",
            "POST /v1/quarterly-reports/tables",
            "GET /v1/quarterly-reports/tables/{table_id}",
            "POST /v1/rubrics/{rubric_id}/check",
            "GET /v1/rubrics/{rubric_id}/rehearsals",
            "GET /v1/rubrics/{rubric_id}/rehearsals/{rehearsal_id}/centres",
            "GET /v1/rubrics/{rubric_id}/revisions",
        ),
    ),
    (
        EVERYBODY,
        (
            "GET /v1/alliance-assessments",
            "GET /v1/alliance-assessments/{assessment_id}",
            "GET /v1/circulars",
            "GET /v1/circulars/{circular_id}",
            "GET /v1/circulars/{circular_id}/circular.docx",
            "GET /v1/circulars/{circular_id}/corrections/{correction_id}/notice.docx",
            "GET /v1/evaluation-cycles/notices",
            "GET /v1/evaluation-cycles/{cycle_id}/notice",
            "GET /v1/evaluations",
            "GET /v1/evaluations/series",
            "GET /v1/evaluations/{evaluation_id}",
            "GET /v1/rubrics",
            "GET /v1/rubrics/formulas",
            "GET /v1/rubrics/{rubric_id}",
        ),
    ),
    (
        frozenset(BUREAUS | {r.AUDITOR, r.CENTRE_OPERATOR, r.EXPERT}),
        (
            "GET /v1/evaluation-cycles",
            "GET /v1/evaluation-cycles/{cycle_id}",
            "GET /v1/evaluations/{evaluation_id}/evidence",
            "GET /v1/evaluations/{evaluation_id}/score-changes",
            "GET /v1/evaluations/{evaluation_id}/score-sheet.docx",
            "GET /v1/evaluations/{evaluation_id}/score-sheets",
            "GET /v1/evaluations/{evaluation_id}/self-report",
            "GET /v1/evaluations/{evaluation_id}/self-report/revisions",
            "GET /v1/evaluations/{subject_id}/documents",
            "GET /v1/evaluations/{subject_id}/documents/{document_id}",
            "GET /v1/evaluations/{subject_id}/documents/{document_id}/content",
        ),
    ),
    (
        frozenset(BUREAUS | {r.AUDITOR}),
        (
            "GET /v1/alliance-assessments/records",
            "GET /v1/alliance-assessments/records/{record_id}",
            "GET /v1/targets",
            "GET /v1/targets/coverage",
            "GET /v1/targets/{target_id}",
            "GET /v1/targets/{target_id}/history",
            "GET /v1/targets/{target_id}/records",
        ),
    ),
    (
        frozenset(SCIENCE_INDUSTRY_OFFICERS | {r.CENTRE_OPERATOR}),
        (
            "POST /v1/delistings/{case_id}/hearing-request",
            "POST /v1/delistings/{case_id}/statement",
            "POST /v1/quarterly-reports/{report_id}/corrections",
            "POST /v1/rectifications/{subject_id}/documents",
            "DELETE /v1/rectifications/{subject_id}/documents/{document_id}",
        ),
    ),
    (
        frozenset(
            SCIENCE_INDUSTRY_OFFICERS
            | SCIENCE_INDUSTRY_APPROVERS
            | {
                r.AUDITOR,
                r.EDUCATION_APPROVER,
                r.EDUCATION_OFFICER,
                r.EXPERT,
                r.FINANCE_APPROVER,
                r.FINANCE_OFFICER,
                r.HR_APPROVER,
                r.HR_OFFICER,
                r.OFFICE_APPROVER,
                r.OFFICE_OFFICER,
                r.TREASURY_APPROVER,
                r.TREASURY_OFFICER,
            }
        ),
        (
            "GET /v1/expert-assignments",
            "GET /v1/expert-assignments/{assignment_id}",
            "GET /v1/experts",
            "GET /v1/experts/{expert_id}",
        ),
    ),
    (
        frozenset({r.EXPERT}),
        (
            "POST /v1/expert-assignments/{assignment_id}/mark",
            "POST /v1/expert-assignments/{assignment_id}/recuse",
            "POST /v1/experts",
        ),
    ),
    (
        KNOWN,
        (
            "GET /v1/objections",
            "POST /v1/objections",
            "GET /v1/objections/{objection_id}",
        ),
    ),
    (
        frozenset({r.EDUCATION_APPROVER, r.INDUSTRY_APPROVER}),
        (
            "POST /v1/alliance-assessments/{assessment_id}/confirm",
            "POST /v1/alliance-assessments/{assessment_id}/publish",
            "POST /v1/alliance-assessments/{assessment_id}/return",
        ),
    ),
    (
        frozenset(SCIENCE_INDUSTRY_OFFICERS | {r.EXPERT}),
        (
            "POST /v1/evaluations/{evaluation_id}/expert-scores",
            "POST /v1/experts/{expert_id}/conflicts",
        ),
    ),
    (
        frozenset({r.OFFICE_OFFICER, r.SCIENCE_OFFICER}),
        (
            "POST /v1/targets/{target_id}/actuals",
            "POST /v1/targets/{target_id}/actuals/{actual_id}/correct",
        ),
    ),
    (
        frozenset({r.EDUCATION_OFFICER, r.INDUSTRY_OFFICER, r.OFFICE_OFFICER}),
        (
            "POST /v1/alliance-assessments/records",
            "POST /v1/alliance-assessments/records/{record_id}/strike",
        ),
    ),
    (
        frozenset({r.EDUCATION_OFFICER, r.INDUSTRY_OFFICER}),
        (
            "POST /v1/alliance-assessments",
            "PATCH /v1/alliance-assessments/{assessment_id}",
        ),
    ),
    (
        frozenset({r.OFFICE_APPROVER, r.SCIENCE_APPROVER}),
        ("POST /v1/targets/{target_id}/actuals/{actual_id}/confirm",),
    ),
)

MATRIX: Final[dict[str, frozenset[str]]] = {name: roles for roles, names in BY_ROLES for name in names}
