"""Which accounts are ours, however a statement writes them."""

import re

from django.conf import settings


def ours(written: str) -> str:
    """The IBAN of the account of ours that is meant; empty where it is somebody else's.

    MT940 may write `37040044/0532013000` (bank code and number), or an IBAN with its currency behind it.
    """
    plain = re.sub(r"[^A-Z0-9/]", "", written.upper())
    return next((iban for iban in all_ours() if plain in _names(iban) or plain[:-3] == iban), "")


def all_ours() -> list[str]:
    """Our IBANs: customers pay to the first one, the others are looked at too."""
    return [iban for iban in (settings.BANK_IBAN, *settings.BANK_OTHER_IBANS) if iban]


def _names(iban: str) -> set[str]:
    names = {iban, iban[4:]}
    if iban.startswith("DE"):
        bank, number = iban[4:12], iban[12:]
        names |= {f"{bank}/{number}", f"{bank}/{number.lstrip('0')}"}
    return names
