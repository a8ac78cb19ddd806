"""Which roles go together and what each must be scoped to, in code and in the table."""

import pytest
from sqlalchemy.exc import IntegrityError

from gateway.accounts.models import Account
from gateway.accounts.rules import ASSIGNABLE_ROLES, check_roles
from gateway.breached.judging import check_password
from shared.clock import utcnow
from shared.db import Database
from shared.errors import DomainError

SCOPED = [
    (["centre_operator"], {"org": "x"}, True),
    (["centre_operator"], {"division": "540102"}, False),
    (["enterprise"], {"org": "x"}, True),
    (["enterprise"], {}, False),
    (["division_officer"], {"division": "540102"}, True),
    (["division_officer"], {"org": "x"}, False),
    (["division_approver"], {"division": "LIUWU"}, True),
    (["division_approver"], {}, False),
    (["provider"], {"provider": "p"}, True),
    (["provider"], {"org": "x"}, True),
    (["provider"], {"person_ref": "r"}, False),
    (["founder"], {"person_ref": "r"}, True),
    (["founder"], {"org": "x"}, False),
    (["bank"], {"bank": "CCB"}, True),
    (["bank"], {}, False),
    (["science_officer"], {}, True),
    (["science_officer", "science_approver"], {}, True),
    (["enterprise", "founder"], {"org": "x"}, False),
    (["enterprise", "founder"], {"org": "x", "person_ref": "r"}, True),
    (["admin"], {}, True),
    (["auditor"], {}, True),
    (["mentor", "expert"], {}, True),
    (["public"], {}, False),
    (["emperor"], {}, False),
    ([], {}, False),
    (["security_admin"], {}, True),
    *(([alone, role], {"org": "x", "division": "y", "person_ref": "z", "bank": "b"}, False)
      for alone in ("admin", "auditor", "security_admin") for role in sorted(ASSIGNABLE_ROLES - {alone})),
]  # fmt: skip


@pytest.mark.parametrize(("roles", "scope", "allowed"), SCOPED, ids=str)
def test_roles_and_their_scope(roles: list[str], scope: dict[str, str], allowed: bool) -> None:
    if allowed:
        assert check_roles([*roles, *roles], scope) == tuple(sorted(roles))
        return
    with pytest.raises(DomainError) as refused:
        check_roles(roles, scope)
    assert refused.value.status == 422


async def test_the_table_refuses_what_the_rules_refuse(db: Database) -> None:
    """But for no roles at all, which an account has whose rights wait for their confirmation."""
    for number, (roles, scope, allowed) in enumerate(rule for rule in SCOPED if rule[0]):
        account = Account(
            username=f"table-{number}", password_hash="-", roles=roles, password_changed_at=utcnow(), **scope
        )
        session = db.sessions()
        session.add(account)
        try:
            await session.flush()
        except IntegrityError:
            assert not allowed, roles
        else:
            assert allowed, roles
        finally:
            await session.rollback()
            await session.close()


@pytest.mark.parametrize("username", ["Upper", "ab", "-dash", "汉字名", "a b c", "x" * 65, "a\n"])
async def test_the_table_refuses_user_names_in_another_form(db: Database, username: str) -> None:
    session = db.sessions()
    session.add(Account(username=username, password_hash="-", roles=["mentor"], password_changed_at=utcnow()))
    with pytest.raises(IntegrityError):
        await session.flush()
    await session.close()


@pytest.mark.parametrize(
    ("password", "allowed"),
    [
        ("elevenchars", False),
        ("twelve chars", True),
        ("拉萨河边有很多很多小树", False),
        ("拉萨河边有很多很多小树林", True),
        ("aaaaaaaaaaaaaaaa", False),
        ("somebody.else", False),
        ("somebody.else1", False),
        ("somebody.else likes tea", True),
        ("x1y2y3z4 and tea" * 16, True),
        ("x1y2y3z4 and tea" * 16 + "z", False),
        ("password1234password1234", False),
        ("1234567890123456789", False),
        ("qwertyuiopqwertyuiop", False),
        ("Mengchuang-Lhasa", False),
        ("Somebody-Else-2019", False),
    ],
)
def test_a_password_is_judged_by_its_length_and_not_by_symbols(password: str, allowed: bool) -> None:
    if allowed:
        check_password(password, "somebody.else")
        return
    with pytest.raises(DomainError) as refused:
        check_password(password, "somebody.else")
    assert refused.value.status == 422
