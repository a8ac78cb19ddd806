"""`mengchuang accounts add`: what it refuses before anything is started."""

import pytest

from deploy.commands.accounts import add


@pytest.mark.parametrize("person_ref", [None, ""])
def test_a_mentor_is_a_registered_person(person_ref: str | None) -> None:
    with pytest.raises(RuntimeError, match="--person-ref"):
        add("mentor", ["mentor"], person_ref=person_ref)
