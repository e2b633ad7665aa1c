"""Creditor references (ISO 11649) that say which order a transfer is for, and finding them in what people type."""

import re

from stdnum import iso11649
from stdnum.iso7064 import mod_97_10

NUMBER = re.compile(r"ORD-(\d{4})-(\d{6,})", re.ASCII)
OURS = re.compile(r"RF\d\dORD(\d{4})(\d{6,12}?)(?:A\d{1,2})?", re.ASCII)
IN_TEXT = re.compile(r"ORD(\d{4})(\d{6})(?!\d)", re.ASCII)
MISTYPED = re.compile(r"RF\d\dORD", re.ASCII)
LONGEST = 25


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
    found = OURS.fullmatch(compact)
    return f"ORD-{found[1]}-{found[2]}" if found and iso11649.is_valid(compact) else ""


def find_reference(text: str) -> str:
    """One of our references somewhere in a text, whatever was put between its characters; empty where there is none."""
    compact = re.sub(r"[^A-Z0-9]", "", text.upper())
    for start in (found.start() for found in re.finditer(r"(?=RF\d\dORD)", compact)):
        # what follows may be digits too, so the shortest that is right counts
        for end in range(start + 17, min(start + LONGEST, len(compact)) + 1):
            if order_of(compact[start:end]):
                return compact[start:end]
    return ""


def find_order(text: str) -> str:
    """The number of the order that a transfer's text names, by reference or as the order's number; empty if none.

    A mistyped reference names none, although there is an order's number in it: that may be the part mistyped.
    """
    reference = find_reference(text)
    if reference:
        return order_of(reference)
    compact = re.sub(r"[^A-Z0-9]", "", text.upper())
    named = None if MISTYPED.search(compact) else IN_TEXT.search(compact)
    return f"ORD-{named[1]}-{named[2]}" if named else ""
