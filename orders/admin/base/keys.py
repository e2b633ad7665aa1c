"""Keys of rows as addresses and forms write them: typed by anybody, so they may be no keys at all."""

from collections.abc import Iterable

LONGEST = 18  # digits; every number of so many fits into a key's column


def key(written: object) -> int | None:
    """The key of a row as an address writes it; None where this cannot be one."""
    text = str(written)
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= LONGEST else None


def keys(written: Iterable[str]) -> list[int]:
    """The keys among these, each once and in their order."""
    found = (key(one) for one in dict.fromkeys(written))
    return [one for one in found if one is not None]
