"""The banks and products of 3.3-1.

The products' opening terms are what such loans commonly were in 2019, for the office and the banks to confirm or
replace by dated terms of their own: `document_no` is empty until a bank has put them in writing.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

MONEY = sa.Numeric(18, 2)
RATE = sa.Numeric(7, 4)

OPENED = date(2019, 1, 1)
SMALL = ("micro", "small")

BANKS = (("CCB", "中国建设银行", "普惠金融事业部"), ("PSBC", "中国邮政储蓄银行", "小企业金融部"))
PRODUCTS: tuple[tuple[str, str, str, str, dict[str, object]], ...] = (
    (
        "CCB-XWKD",
        "CCB",
        "小微快贷(线上)",
        "Quick loan for small firms (online)",
        {
            "limit_amount": 5_000_000,
            "longest_months": 12,
            "collaterals": ("none", "mortgage", "pledge"),
            "channels": ("online",),
            "required_data": ("settlement_record",),
        },
    ),
    (
        "CCB-SYD",
        "CCB",
        "税易贷",
        "Tax record loan",
        {
            "limit_amount": 3_000_000,
            "longest_months": 12,
            "collaterals": ("none",),
            "channels": ("offline",),
            "required_data": ("tax_record",),
            "tax_grades": ("A", "B"),
            "minimum_age_months": 24,
        },
    ),
    (
        "CCB-POSD",
        "CCB",
        "POS贷",
        "Card sales loan",
        {
            "limit_amount": 3_000_000,
            "longest_months": 12,
            "collaterals": ("none",),
            "channels": ("offline",),
            "required_data": ("pos_sales",),
            "minimum_age_months": 12,
        },
    ),
    (
        "CCB-CYD",
        "CCB",
        "创业贷",
        "Start-up loan",
        {
            "limit_amount": 3_000_000,
            "longest_months": 12,
            "collaterals": ("none", "guarantee"),
            "channels": ("offline",),
            "required_data": ("technology_proof",),
        },
    ),
    (
        "CCB-YSD",
        "CCB",
        "云税贷",
        "Tax record loan (online)",
        {
            "limit_amount": 2_000_000,
            "longest_months": 12,
            "collaterals": ("none",),
            "channels": ("online",),
            "required_data": ("tax_record",),
            "tax_grades": ("A", "B", "M"),
            "minimum_age_months": 24,
        },
    ),
    (
        "CCB-DYKD2",
        "CCB",
        "小微企业抵押快贷2.0",
        "Quick mortgage loan for small firms 2.0",
        {
            "limit_amount": 5_000_000,
            "longest_months": 36,
            "collaterals": ("mortgage",),
            "channels": ("online", "offline"),
            "required_data": ("property_title",),
        },
    ),
    (
        "PSBC-YXD",
        "PSBC",
        "邮享贷",
        "Postal personal business loan",
        {
            "limit_amount": 300_000,
            "longest_months": 36,
            "collaterals": ("none",),
            "channels": ("online",),
            "required_data": ("settlement_record",),
        },
    ),
    (
        "PSBC-ZFCGD",
        "PSBC",
        "政府采购贷",
        "Government procurement loan",
        {
            "limit_amount": 5_000_000,
            "longest_months": 12,
            "collaterals": ("none", "pledge"),
            "channels": ("offline",),
            "required_data": ("procurement_contract",),
        },
    ),
    (
        "PSBC-FPFND",
        "PSBC",
        "扶贫富农贷",
        "Poverty alleviation and farming loan",
        {
            "limit_amount": 3_000_000,
            "longest_months": 24,
            "collaterals": ("none", "guarantee", "mortgage"),
            "channels": ("offline",),
            "required_data": ("poverty_alleviation_proof",),
        },
    ),
    (
        "PSBC-KJD",
        "PSBC",
        "小微企业快捷贷",
        "Fast loan for small firms",
        {
            "limit_amount": 10_000_000,
            "longest_months": 36,
            "collaterals": ("mortgage",),
            "channels": ("offline",),
            "required_data": ("property_title",),
        },
    ),
    (
        "PSBC-XWYD",
        "PSBC",
        "小微易贷",
        "Easy loan for small firms",
        {
            "limit_amount": 2_000_000,
            "longest_months": 12,
            "collaterals": ("none",),
            "channels": ("online",),
            "required_data": ("tax_record",),
            "tax_grades": ("A", "B", "M"),
            "minimum_age_months": 12,
        },
    ),
    (
        "PSBC-JTNCD",
        "PSBC",
        "家庭农场贷",
        "Family farm loan",
        {
            "limit_amount": 5_000_000,
            "longest_months": 24,
            "collaterals": ("none", "guarantee", "mortgage"),
            "channels": ("offline",),
            "required_data": ("farm_register",),
            "industries": ("A",),
        },
    ),
)
RATES = {"CCB": (Decimal("4.35"), Decimal("6.525")), "PSBC": (Decimal("4.35"), Decimal("8.7"))}
"""From the benchmark rate of one year to half as much again, and to twice as much; percent a year."""


def upgrade() -> None:
    _seed_banks()
    _seed_products()


def _uuid(kind: int, number: int) -> UUID:
    """The same ids in every city: of version 7, with the instant at which the policy begins."""
    return UUID(f"016806b5-bc00-7000-8{kind:03x}-{number:012x}")


def _seed_banks() -> None:
    bank = sa.table(
        "bank",
        *(sa.column(name, sa.Text()) for name in ("code", "name", "office", "status", "approved_by")),
        sa.column("revision", sa.SmallInteger()),
        sa.column("id", sa.Uuid()),
        sa.column("channels", postgresql.ARRAY(sa.Text())),
        sa.column("approved_on", sa.Date()),
    )
    op.bulk_insert(
        bank,
        [
            {
                "id": _uuid(1, number),
                "code": code,
                "name": name,
                "office": office,
                "status": "active",
                "revision": 0,
                "channels": ["online", "offline"],
                "approved_by": "service:finance",
                "approved_on": OPENED,
            }
            for number, (code, name, office) in enumerate(BANKS, start=1)
        ],
    )


def _seed_products() -> None:
    names = ("code", "bank", "name_zh", "name_en", "status")
    product = sa.table(
        "bank_product",
        sa.column("id", sa.Uuid()),
        sa.column("revision", sa.SmallInteger()),
        *(sa.column(name, sa.Text()) for name in names),
    )
    lists = ("collaterals", "channels", "required_data", "sizes", "industries", "tax_grades")
    texts = ("kind", "status", "recorded_by", "decided_by")
    terms = sa.table(
        "bank_product_terms",
        sa.column("product_id", sa.Uuid()),
        *(sa.column(name, postgresql.ARRAY(sa.Text())) for name in lists),
        *(sa.column(name, sa.Date()) for name in ("valid_from", "recorded_on", "decided_on")),
        *(sa.column(name, sa.Text()) for name in texts),
        *(sa.column(name, sa.SmallInteger()) for name in ("revision", "longest_months", "minimum_age_months")),
        *(sa.column(name, MONEY) for name in ("minimum_amount", "limit_amount")),
        *(sa.column(name, RATE) for name in ("rate_from", "rate_to")),
    )
    numbered = list(enumerate(PRODUCTS, start=1))
    op.bulk_insert(
        product,
        [
            {
                "id": _uuid(2, number),
                "status": "listed",
                "revision": 1,
                "code": code,
                "bank": bank,
                "name_zh": zh,
                "name_en": en,
            }
            for number, (code, bank, zh, en, _) in numbered
        ],
    )
    op.bulk_insert(terms, [_opening(_uuid(2, number), bank, own) for number, (_, bank, _, _, own) in numbered])


def _opening(product_id: UUID, bank: str, own: dict[str, object]) -> dict[str, object]:
    lowest, highest = RATES[bank]
    return {
        "product_id": product_id,
        "revision": 1,
        "kind": "terms",
        "status": "approved",
        "minimum_amount": 0,
        "rate_from": lowest,
        "rate_to": highest,
        "minimum_age_months": 0,
        "sizes": list(SMALL),
        "industries": [],
        "tax_grades": [],
        **{name: list(value) if isinstance(value, tuple) else value for name, value in own.items()},
        "valid_from": OPENED,
        "recorded_by": "service:finance",
        "recorded_on": OPENED,
        "decided_by": "service:policy",
        "decided_on": OPENED,
    }


def downgrade() -> None:
    raise NotImplementedError("what banks have reported is not taken off record: restore a backup instead")
