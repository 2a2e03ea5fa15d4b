"""Which network addresses are internal, and which belong to services that reveal secrets."""

import pytest

from rolesync.model.hosts import is_internal, is_literal, is_loopback, is_metadata


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.9.9.9", "::1"])
def test_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["example.edu", "localhost.example.edu", "10.0.0.1", "127.0.0.1.example.edu", ""])
def test_other_machines(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "::1", "fd12::1", "0.0.0.0", "224.0.0.1"],  # noqa: S104  # no server
)
def test_addresses_of_internal_networks(address: str) -> None:
    assert is_internal(address)


@pytest.mark.parametrize("address", ["::ffff:10.1.2.3", "64:ff9b::a01:203", "2002:a01:203::1", "fe80::1%eth0"])
def test_an_internal_address_inside_another_is_internal(address: str) -> None:
    assert is_internal(address)


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "fd00:ec2::254", "100.100.100.200"]
)
def test_addresses_of_metadata_services(address: str) -> None:
    assert is_metadata(address)
    assert is_internal(address)


@pytest.mark.parametrize("address", ["9.9.9.9", "2620:fe::fe", "::ffff:9.9.9.9", "64:ff9b::909:909"])
def test_public_addresses(address: str) -> None:
    assert not is_internal(address)
    assert not is_metadata(address)


def test_a_network_address_is_no_name() -> None:
    assert [is_literal(host) for host in ("10.0.0.1", "::1", "example.edu", "")] == [True, True, False, False]
