"""Which hosts a fetch may reach; redirects and connections are in `test_https.py`."""

import pytest

from rolesync.sources.allowed_hosts import AllowedHosts
from rolesync.sources.fetch_context import FetchError
from tests.sources.tools import access_of


def test_the_address_of_a_metadata_service_must_be_named_itself() -> None:
    hosts = AllowedHosts("the list", "https://list.example.edu/", access_of(list_hosts=("list.example.edu",)))
    hosts.check_peer("list.example.edu", "10.0.0.7")
    hosts.check_peer("other.example.edu", "9.9.9.9")
    for address in ("169.254.169.254", "::ffff:169.254.169.254", "fe80::1%eth0"):
        with pytest.raises(FetchError, match="of a metadata service; nothing was sent") as caught:
            hosts.check_peer("list.example.edu", address)
        assert address.partition("%")[0].rpartition(":")[2] in caught.value.hint
