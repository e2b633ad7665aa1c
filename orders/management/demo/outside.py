"""What reaches the shop from outside in the demo: a payment provider's signed webhook, and the bank's statements."""

import json
import time
import urllib.error
import urllib.request
from datetime import date
from decimal import Decimal

from django.conf import settings
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.urls import reverse

from orders.models import BankStatement
from orders.payments.reports import PAID
from orders.payments.sandbox import SandboxGateway
from orders.payments.sandbox_webhook import SIGNATURE_HEADER, sign
from temporal_app import client
from temporal_app.client.errors import Unavailable

PATIENCE_SECONDS = 10
PAYER_IBAN = "DE02120300000000202051"


def provider_reports(event_id: str, *, number: str, amount: Decimal, reference: str) -> None:
    """The provider reports over HTTP, signed, that an amount has come for an order; 404 where it knows of none.

    :raises Unavailable: the shop did not take it
    """
    said = {"id": event_id, "order_id": number, "status": PAID, "amount": f"{amount:.2f}", "currency": "EUR"}
    body = json.dumps({**said, "reference": reference}).encode()
    headers = {"Content-Type": "application/json", SIGNATURE_HEADER: sign(body, int(time.time()))}
    address = settings.SHOP_BASE_URL + reverse("payment-webhook", args=[SandboxGateway.name])
    request = urllib.request.Request(address, data=body, headers=headers, method="POST")  # noqa: S310 - our own address
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS):  # noqa: S310 # nosec B310 # our own address
            pass
    except urllib.error.HTTPError as answer:
        if answer.code != 404:  # kept all the same
            raise Unavailable from answer
    except OSError as problem:
        raise Unavailable from problem


def bank_reports(name: str, *, on: date, amount: Decimal, purpose: str, payer: str) -> BankStatement:
    """Finance uploads the statement of a day, with one transfer in it, and has it taken, once for each name."""
    statement = BankStatement.objects.filter(name=name).first()
    if statement is None:
        file = ContentFile(_mt940(on, amount, purpose, payer), name=name)
        finance = User.objects.get(username="finance")
        statement = BankStatement.objects.create(file=file, name=name, uploaded_by=finance)
    client.import_statement(statement.pk)
    return statement


def _mt940(on: date, amount: Decimal, purpose: str, payer: str) -> bytes:
    """A statement of our account with one transfer, as German banks write it."""
    account = f"{settings.BANK_IBAN[4:12]}/{settings.BANK_IBAN[12:]}"
    words = f"SVWZ+{purpose}"
    parts = "".join(f"?{20 + at // 27}{words[at : at + 27]}" for at in range(0, len(words), 27))
    details = f"166?00GUTSCHRIFT?109310{parts}?30BYLADEM1001?31{PAYER_IBAN}?32{payer[:27]}"
    wrapped = "\r\n".join(details[at : at + 65] for at in range(0, len(details), 65))
    before, after = Decimal("18240.00"), Decimal("18240.00") + amount
    lines = (
        ":20:STARTUMSE",
        f":25:{account}",
        f":28C:{on:%j}/001",
        f":60F:C{on:%y%m%d}EUR{_comma(before)}",
        f":61:{on:%y%m%d}{on:%m%d}CR{_comma(amount)}NTRFNONREF//{on:%y%m%d}{int(amount * 100):08}",
        f":86:{wrapped}",
        f":62F:C{on:%y%m%d}EUR{_comma(after)}",
        "-",
    )
    return "".join(f"{line}\r\n" for line in lines).encode("latin-1", "replace")


def _comma(amount: Decimal) -> str:
    return f"{amount:.2f}".replace(".", ",")
