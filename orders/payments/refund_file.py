"""Refunds as a file that the bank carries out: an ISO 20022 credit transfer (pain.001) in euros.

Which refunds can stand in one, and what it says. Payees and their IBANs come from the refunds' rows.
"""

import re
from xml.etree import ElementTree

from defusedxml.ElementTree import fromstring
from django.conf import settings
from django.utils import timezone
from sepaxml import SepaTransfer
from sepaxml.validation import try_valid_xml
from stdnum import iban
from text_unidecode import unidecode

from orders.models.refund_batch import RefundBatch
from orders.models.refund_task import RefundTask
from orders.rules.states import RefundObstacle, RefundState

SCHEMA = "pain.001.001.09"
NAMESPACE = f"urn:iso:std:iso:20022:tech:xsd:{SCHEMA}"
MOST_AT_ONCE = 500
UNPRINTABLE = re.compile(r"[^A-Za-z0-9/\-?:().,'+ ]")  # what the European Payments Council's rules leave out
# The countries that take part in SEPA.
AREA = frozenset(
    {"AD", "AL", "AT", "BE", "BG", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB", "GI", "GR", "HR", "HU"}
    | {"IE", "IS", "IT", "LI", "LT", "LU", "LV", "MC", "MD", "ME", "MK", "MT", "NL", "NO", "PL", "PT", "RO", "RS"}
    | {"SE", "SI", "SK", "SM", "VA"}
)


def obstacle(task: RefundTask) -> RefundObstacle | None:
    """Why a refund cannot be put into a new file; None where it can."""
    if task.state != RefundState.OPEN:
        return RefundObstacle.MADE
    if task.batch_id is not None:
        return RefundObstacle.IN_A_FILE
    if task.currency != "EUR":
        return RefundObstacle.OTHER_CURRENCY
    if not iban.is_valid(task.iban) or iban.compact(task.iban)[:2] not in AREA:
        return RefundObstacle.NO_IBAN
    return None if plain(task.payee, 70) else RefundObstacle.NO_PAYEE


def plain(text: str, length: int) -> str:
    """A text in the letters that every bank takes."""
    return " ".join(UNPRINTABLE.sub(" ", unidecode(text)).split())[:length].strip()


def write(batch: RefundBatch) -> bytes:
    """The file of a batch. It is the same whenever it is written, as long as the batch holds the same refunds.

    :raises sepaxml.validation.ValidationError: it would not be valid, and no bank would take it
    """
    account = {"name": settings.BANK_ACCOUNT_HOLDER, "IBAN": settings.BANK_IBAN, "currency": batch.currency}
    bic = {"BIC": settings.BANK_BIC} if settings.BANK_BIC else {}
    transfer = SepaTransfer({**account, **bic, "batch": True}, schema=SCHEMA, clean=True)
    for task in batch.tasks.order_by("pk"):
        transfer.add_payment(
            {
                "name": plain(task.payee, 70),
                "IBAN": iban.compact(task.iban),
                "amount": int(task.amount * 100),
                "execution_date": timezone.localdate(batch.made_at),
                "description": plain(task.purpose, 140),
                "endtoend_id": task.end_to_end_id,
            }
        )
    content = _named(transfer.export(validate=False), batch)
    try_valid_xml(content, SCHEMA)
    return content


def _named(content: bytes, batch: RefundBatch) -> bytes:
    """The file under our own names and time, where the library makes up others each time; a bank that we do not name
    is `NOTPROVIDED`."""
    root = fromstring(content)
    texts = {
        "MsgId": batch.message_id,
        "PmtInfId": batch.message_id,
        "CreDtTm": timezone.localtime(batch.made_at).strftime("%Y-%m-%dT%H:%M:%S"),
    }
    for name, text in texts.items():
        for element in root.iter(f"{{{NAMESPACE}}}{name}"):
            element.text = text
    for single in root.iter(f"{{{NAMESPACE}}}BtchBookg"):
        single.text = "false"  # a debit for each transfer, so that each says which refund it is
    for bank in root.iter(f"{{{NAMESPACE}}}FinInstnId"):
        if not len(bank):
            other = ElementTree.SubElement(bank, f"{{{NAMESPACE}}}Othr")
            ElementTree.SubElement(other, f"{{{NAMESPACE}}}Id").text = "NOTPROVIDED"
    ElementTree.register_namespace("", NAMESPACE)
    written: bytes = ElementTree.tostring(root, "utf-8", xml_declaration=True)
    return written
