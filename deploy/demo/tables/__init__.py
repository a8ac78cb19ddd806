"""The CSV files, one row type each: what the generator writes and the story reads."""

from deploy.demo.tables.base import DATA, Row, read, select, write
from deploy.demo.tables.evaluation import (
    FORM_FIELDS,
    Comeback,
    Delisting,
    Evaluation,
    Exemption,
    Mark,
    Rectification,
    Report,
)
from deploy.demo.tables.money import Grant, Programme, Provider, Redemption, Spending, Voucher
from deploy.demo.tables.registry import Account, Centre, Enterprise, Service, Tenancy, Tier, Title

__all__ = [
    "DATA",
    "FORM_FIELDS",
    "Account",
    "Centre",
    "Comeback",
    "Delisting",
    "Enterprise",
    "Evaluation",
    "Exemption",
    "Grant",
    "Mark",
    "Programme",
    "Provider",
    "Rectification",
    "Redemption",
    "Report",
    "Row",
    "Service",
    "Spending",
    "Tenancy",
    "Tier",
    "Title",
    "Voucher",
    "read",
    "select",
    "write",
]
