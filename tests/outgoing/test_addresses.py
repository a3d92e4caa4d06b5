import pytest

from hub.outgoing.addresses import AddressKind, kind_of


@pytest.mark.parametrize(
    "address",
    ["1.1.1.1", "8.8.8.8", "93.184.216.34", "172.15.255.255", "172.32.0.0", "100.63.255.255", "2606:4700::1111"],
)
def test_the_internet_is_open(address):
    assert kind_of(address) is AddressKind.PUBLIC


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.1", "127.0.0.1", "127.255.255.254", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1",
        "100.127.255.255", "169.254.1.1", "192.0.0.8", "192.0.2.1", "198.18.0.1", "198.51.100.7", "203.0.113.9",
        "240.0.0.1", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "fec0::1",
        "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::808:808",
        "64:ff9b:1::808:808", "2001::1", "2001:db8::1", "2002:7f00:1::", "3fff::1", "100::1", "5f00::1",
    ],
)  # fmt: skip
def test_special_addresses_are_closed_unless_allowed_by_name(address):
    assert kind_of(address) is AddressKind.SPECIAL


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254", "100.100.100.200", "168.63.129.16", "fd00:ec2::254", "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::", "::169.254.169.254", "0.0.0.0", "::", "224.0.0.1", "ff02::1",
        "255.255.255.255", "not an address", "",
    ],
)  # fmt: skip
def test_metadata_services_and_multicast_are_closed_whatever_their_name(address):
    assert kind_of(address) is AddressKind.NEVER
