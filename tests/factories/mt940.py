"""Account statements in MT940 as German banks write them, made to measure from the same entries as CAMT's."""

from decimal import Decimal

from tests.factories.camt import Entry

ACCOUNT = "37040044/0532013000"
LINE = 27  # characters that a subfield of field 86 holds


def money(amount: Decimal | str) -> str:
    return str(amount).replace(".", ",")


def entry(one: Entry) -> str:
    """Fields 61 and 86 of one entry."""
    day = f"{one.booked[2:4]}{one.booked[5:7]}{one.booked[8:10]}"
    mark = {("CRDT", False): "C", ("DBIT", False): "D", ("DBIT", True): "RC", ("CRDT", True): "RD"}[
        one.direction, one.reversal
    ]
    reference = f"//{one.bank_reference}" if one.bank_reference else ""
    words = f"SVWZ+{one.purpose}{one.reference}"
    if one.end_to_end != "NOTPROVIDED":
        words = f"EREF+{one.end_to_end}{words}"
    parts = [words[at : at + LINE] for at in range(0, len(words), LINE)][:10]
    purpose = "".join(f"?{20 + number}{part}" for number, part in enumerate(parts))
    code = "159" if one.return_code else "166"
    details = f"{code}?00UMSATZ?109310{purpose}?30BYLADEM1001?31{one.payer_iban}?32{one.payer[:LINE]}"
    lines = "\r\n".join(details[at : at + 65] for at in range(0, len(details), 65))
    return f":61:{day}{day[2:]}{mark}R{money(one.amount)}NTRFNONREF{reference}\r\n:86:{lines}\r\n"


def signed(one: Entry) -> Decimal:
    return Decimal(one.amount) * (1 if one.direction == "CRDT" else -1)


def statement(*entries: Entry, account: str = ACCOUNT, currency: str = "EUR", number: int = 1) -> str:
    closing = Decimal("1000.00") + sum(signed(one) for one in entries)
    mark = "D" if closing < 0 else "C"
    return (
        f":20:STARTUMSE\r\n:25:{account}\r\n:28C:{number:05}/001\r\n:60F:C260301{currency}1000,00\r\n"
        f"{''.join(map(entry, entries))}:62F:{mark}260302{currency}{money(abs(closing))}\r\n-\r\n"
    )


def mt940(*entries: Entry, account: str = ACCOUNT, currency: str = "EUR", encoding: str = "latin-1") -> bytes:
    """One file with one statement."""
    return statement(*entries, account=account, currency=currency).encode(encoding)
