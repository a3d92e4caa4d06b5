"""From where somebody comes, for the lock on wrong passwords: nobody locks others out, behind a proxy either."""

import pytest
from axes.helpers import get_client_ip_address
from django.test import RequestFactory

from tenants.authentication import address_for_lock


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, "203.0.113.9", "192.0.2.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "198.51.100.7, 203.0.113.9", "203.0.113.9"),
        (2, "198.51.100.7, 203.0.113.9", "198.51.100.7"),
        (1, "unknown", "192.0.2.1"),
        (1, "203.0.113.9:4711", "192.0.2.1"),
        (1, "", "192.0.2.1"),
    ],
)
def test_the_lock_on_passwords_sees_the_caller_behind_the_proxy(settings, proxies, forwarded, expected):
    settings.CASEWARD_TRUSTED_PROXIES = proxies
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    request = RequestFactory().post("/admin/login/", headers=headers, REMOTE_ADDR="192.0.2.1")
    assert (address_for_lock(request), get_client_ip_address(request)) == (expected, expected)
