"""How TLS is agreed on with other machines: their certificates are verified, by the operator's authorities too."""

import ssl
from functools import lru_cache

import certifi


@lru_cache(maxsize=4)
def tls_context(ca_file: str) -> ssl.SSLContext:
    """TLS 1.2 or newer; trusts the public authorities, and those in `ca_file` where one is named."""
    context = ssl.create_default_context(cafile=certifi.where())
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file:
        context.load_verify_locations(cafile=ca_file)
    return context
