"""Money arithmetic: always `Decimal`, always whole cents, never rounded silently."""

import hashlib
from collections.abc import Iterable
from decimal import Decimal

ZERO = Decimal("0.00")


def line_total(unit_price: Decimal, quantity: int) -> Decimal:
    """Price of `quantity` pieces, in the currency's unit."""
    return unit_price * quantity


def total(lines: Iterable[tuple[Decimal, int]]) -> Decimal:
    """Sum over (unit price, quantity)."""
    return sum((line_total(price, quantity) for price, quantity in lines), ZERO)


def fingerprint(lines: Iterable[tuple[str, Decimal, int]], amount: Decimal) -> str:
    """What a decision was made on: a short digest of (sku, unit price, quantity) lines and their total.

    Equal content gives equal fingerprints whatever the lines' order; 16 hex digits.
    """
    content = "\n".join(f"{sku}|{price:.2f}|{quantity}" for sku, price, quantity in sorted(lines))
    return hashlib.sha256(f"{content}\n{amount:.2f}".encode()).hexdigest()[:16]
