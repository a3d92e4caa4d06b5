"""Reads the address of a receiver, and says in words what is wrong with one."""

import re

import httpx

from .connecting import is_allowed_by_name

_HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]+")


class UnusableUrl(ValueError):
    """An address that nothing is sent to; the message says what to change and repeats nothing of the address."""


def read_url(text: str) -> httpx.URL:
    """A receiver's address: https, a host, no user or password in it, a web server's port."""
    try:
        url = httpx.URL(text.strip())
    except (httpx.InvalidURL, UnicodeError):
        raise UnusableUrl("This is not an address. Give one such as https://receiver.example/hooks.") from None
    if not _HOST.fullmatch(url.raw_host.decode()) or port_of(url) > 65535:
        raise UnusableUrl("The address names no usable host and port. Give one such as https://receiver.example/hooks.")
    if url.userinfo:
        raise UnusableUrl("Take the user name and password out of the address; there are fields for secrets.")
    if url.fragment:
        raise UnusableUrl("Take the part after # out of the address; it would never be sent.")
    is_allowed = is_allowed_by_name(url.host)
    if url.scheme != "https" and not (url.scheme == "http" and is_allowed):
        raise UnusableUrl(
            "The address must begin with https://. Only hosts that the operator allows by name "
            "(OUTGOING_ALLOWED_HOSTS) are reached without TLS."
        )
    if not is_allowed and port_of(url) != 443 and port_of(url) < 1024:
        raise UnusableUrl("The port belongs to another service. Use 443, or one from 1024 up.")
    return url


def port_of(url: httpx.URL) -> int:
    """The port that is connected to."""
    return url.port or (443 if url.scheme == "https" else 80)
