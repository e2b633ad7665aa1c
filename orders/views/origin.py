"""From where a request comes: the network address that counts, and what is remembered of it."""

import ipaddress
import re
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

UNKNOWN = "0.0.0.0"  # noqa: S104 # nosec B104 # nobody listens there; it stands for who cannot be told apart


def client_address(request: HttpRequest, *ignored: Any) -> str:
    """The address of who asks: behind `TRUSTED_PROXIES` proxies of ours, what the outermost of them has seen.

    Each proxy adds whom it was asked by at the end of X-Forwarded-For. What stands before that was written by the
    client itself, and counts for nothing.
    """
    hops = settings.TRUSTED_PROXIES
    seen = [hop for hop in re.split(r"[\s,]+", request.META.get("HTTP_X_FORWARDED_FOR", "")) if hop]
    named = seen[-hops] if 0 < hops <= len(seen) else request.META.get("REMOTE_ADDR", "")
    try:
        return str(ipaddress.ip_address(named))
    except ValueError:
        return UNKNOWN


def network(address: str) -> str:
    """Whom an address belongs to: one of version 6 comes with 2^64 others, which are the same customer's line."""
    found = ipaddress.ip_address(address)
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)


def remembered(request: HttpRequest) -> dict[str, str]:
    """What contact details keep of it (`origin`, `session`): unreadable, the same for all of one network or browser."""
    session = request.session.session_key or ""
    return {
        "origin": _unreadable(network(client_address(request))),
        "session": _unreadable(session) if session else "",
    }


def _unreadable(text: str) -> str:
    return salted_hmac("orders.origin", text).hexdigest()[:32]
