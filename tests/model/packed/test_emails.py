"""Keys folded by blocks are the keys of the single addresses."""

from unittest.mock import patch

import pytest
from hypothesis import given, settings, strategies as st

from rolesync.model.keys import email_key
from rolesync.model.packed import emails
from rolesync.model.packed.emails import packed_keys

SPELLINGS = ["ann\u200b@x.edu", "ann@xn--bcher-kva.example", "ann@b\u00fccher.example"]
ADDRESSES = st.lists(
    st.sampled_from(
        ["", "Ann@X.edu", " bo@x.edu", "jos\u00e9@x.edu", "STRA\u00dfE@x.edu", "two\nlines@x.edu", *SPELLINGS]
    )
    | st.text(max_size=5),
    max_size=12,
)


@pytest.mark.parametrize("block", [1, 3, 100])
@settings(deadline=None)
@given(ADDRESSES)
def test_each_address_has_its_key(block: int, addresses: list[str]) -> None:
    with patch.object(emails, "_BLOCK", block):
        keys = [key for packed in packed_keys(addresses) for key in packed.texts()]
    assert keys == [email_key(address) for address in addresses]
