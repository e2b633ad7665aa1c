"""Parcel carriers."""

from orders.shipping.carrier import Carrier
from orders.shipping.sandbox import SandboxCarrier


def carrier() -> Carrier:
    """The carrier that fetches the shop's parcels."""
    return SandboxCarrier()
