"""Creditor references (ISO 11649) that say which order a transfer is for, and finding them in what people type."""

import re

from stdnum import iso11649
from stdnum.iso7064 import mod_97_10

NUMBER = re.compile(r"ORD-(\d{4})-(\d{6,})", re.ASCII)
SHOP_REFERENCE = re.compile(r"RF\d\dORD(\d{4})(\d{6,12}?)(?:A\d{1,2})?", re.ASCII)
IN_TEXT = re.compile(r"ORD(\d{4})(\d{6})(?!\d)", re.ASCII)
MISTYPED = re.compile(r"RF\d\dORD", re.ASCII)
SHORTEST, LONGEST = 17, 25


def creditor_reference(order_number: str, attempt: int = 1) -> str:
    """The reference for one attempt at an order's payment, e.g. `RF32ORD2026000123`, later `RF…ORD2026000123A2`.

    :raises ValueError: the number is none of ours
    """
    found = NUMBER.fullmatch(order_number)
    if found is None:
        raise ValueError(f"{order_number} is no order number")
    body = f"ORD{found[1]}{found[2]}{f'A{attempt}' if attempt > 1 else ''}"
    return f"RF{mod_97_10.calc_check_digits(f'{body}RF')}{body}"


def order_of(reference: str) -> str:
    """The number of the order a creditor reference is for; empty where it is none of ours or mistyped."""
    compact = re.sub(r"[^A-Z0-9]", "", reference.upper())
    found = SHOP_REFERENCE.fullmatch(compact)
    return f"ORD-{found[1]}-{found[2]}" if found and iso11649.is_valid(compact) else ""


def find_references(text: str) -> list[str]:
    """Every reference of ours that a text may hold, whatever was put between its characters.

    Where more digits follow, a longer and a shorter piece can both be right (one in 97 is); the longer comes first.
    """
    compact = re.sub(r"[^A-Z0-9]", "", text.upper())
    pieces = (
        compact[found.start() : found.start() + length]
        for found in re.finditer(r"(?=RF\d\dORD)", compact)
        for length in range(LONGEST, SHORTEST - 1, -1)
    )
    return list(dict.fromkeys(piece for piece in pieces if order_of(piece)))


def find_number(text: str) -> str:
    """The number of the order that a text names as such; empty if none.

    A mistyped reference names none, although there is an order's number in it: that may be the part mistyped.
    """
    compact = re.sub(r"[^A-Z0-9]", "", text.upper())
    named = None if MISTYPED.search(compact) else IN_TEXT.search(compact)
    return f"ORD-{named[1]}-{named[2]}" if named else ""
