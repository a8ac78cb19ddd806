"""`/v1/voucher-applications/{id}/documents`: what an application rests on."""

from services.vouchers.access import DIVISION_ROLES, READ_ALL
from services.vouchers.applications.queries import edition_of, find, writable
from services.vouchers.documents.shelves import case_documents
from shared.auth import roles as r
from shared.auth.principal import require

router = case_documents(
    "/v1/voucher-applications",
    "voucher-applications",
    edition=edition_of,
    read=find,
    write=writable,
    readers=require(*READ_ALL, *DIVISION_ROLES, r.ENTERPRISE),
    writers=require(r.ENTERPRISE),
)
