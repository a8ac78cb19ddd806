"""Roles of every endpoint of loans, up to the contract."""

from __future__ import annotations

OFFICERS = {"hr_officer", "finance_officer"}
APPROVERS = {"hr_approver", "finance_approver"}
DEPARTMENTS = OFFICERS | APPROVERS
APPLICANTS = {"enterprise", "founder"} | OFFICERS
READERS = DEPARTMENTS | {"auditor", "guarantor", "bank", "enterprise", "founder"}
HIRE_READERS = DEPARTMENTS | {"auditor", "enterprise"}
FILE_READERS = READERS - {"bank"}
FILERS = APPLICANTS | {"guarantor"}

MATRIX: dict[str, set[str]] = {
    "POST /v1/loans/eligibility": APPLICANTS,
    "POST /v1/loans": APPLICANTS,
    "GET /v1/loans": READERS,
    "POST /v1/loans/refusals": {"bank", "finance_officer"},
    "GET /v1/loans/refusals": {"finance_officer", "finance_approver", "auditor", "guarantor", "bank"},
    "GET /v1/loans/{loan_id}": READERS,
    "PATCH /v1/loans/{loan_id}": APPLICANTS,
    "POST /v1/loans/{loan_id}/hires": APPLICANTS,
    "GET /v1/loans/{loan_id}/hires": HIRE_READERS,
    "GET /v1/loans/{loan_id}/calculation-sheet.docx": HIRE_READERS,
    "POST /v1/loans/{loan_id}/consent": {"founder"},
    "POST /v1/loans/{loan_id}/submit": APPLICANTS,
    "POST /v1/loans/{loan_id}/withdraw": APPLICANTS,
    "POST /v1/loans/{loan_id}/choose-window": OFFICERS,
    "POST /v1/loans/{loan_id}/review": OFFICERS,
    "POST /v1/loans/{loan_id}/approve": APPROVERS,
    "POST /v1/loans/{loan_id}/guarantor-accept": {"guarantor"},
    "POST /v1/loans/{loan_id}/bank-accept": {"bank"},
    "POST /v1/loans/{loan_id}/contract": {"bank"},
    "POST /v1/loans/{loan_id}/refuse": DEPARTMENTS | {"guarantor", "bank"},
    "POST /v1/loans/{subject_id}/documents": FILERS,
    "GET /v1/loans/{subject_id}/documents": FILE_READERS,
    "GET /v1/loans/{subject_id}/documents/{document_id}": FILE_READERS,
    "GET /v1/loans/{subject_id}/documents/{document_id}/content": FILE_READERS,
    "DELETE /v1/loans/{subject_id}/documents/{document_id}": FILERS,
}
