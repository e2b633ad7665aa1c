"""What the built-in provider sends us: who really sent it, and what it says."""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.conf import settings

from orders.payments.reports import FAILED, PAID, TOLERANCE, BadSignature, Malformed, PaymentReport

SIGNATURE_HEADER = "Payment-Signature"
AMOUNT = re.compile(r"[0-9]{1,10}\.[0-9]{2}", re.ASCII)
CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)


def read_sandbox(headers: Mapping[str, str], body: bytes, now: int) -> PaymentReport | None:
    """Check and read what the built-in provider sent.

    :param now: Unix time in seconds
    """
    verify(headers.get(SIGNATURE_HEADER, ""), body, now)
    return parse(body)


def sign(body: bytes, at: int) -> str:
    """The signature header of the built-in provider for a body sent at a Unix time."""
    return f"t={at},v1={_digest(body, str(at))}"


def verify(header: str, body: bytes, now: int) -> None:
    """Check the built-in provider's signature header.

    :param now: Unix time in seconds
    :raises BadSignature: missing, malformed, wrong, or more than `TOLERANCE` seconds from now, either way
    """
    parts = [part.strip().partition("=")[::2] for part in header.split(",")] if len(header) <= 1000 else []
    times = [value for name, value in parts if name == "t"]
    signatures = [value for name, value in parts if name == "v1"]
    if len(times) != 1 or not signatures or not re.fullmatch(r"[0-9]{1,12}", times[0], re.ASCII):
        raise BadSignature("the signature is missing or malformed")
    expected = _digest(body, times[0]).encode()
    # bytes, because comparing text with odd characters in it raises
    if not any(hmac.compare_digest(expected, given.encode(errors="replace")) for given in signatures):
        raise BadSignature("the signature is wrong")
    if abs(now - int(times[0])) > TOLERANCE:
        raise BadSignature("the signature is too old or from the future")


def parse(body: bytes) -> PaymentReport:
    """Read what the built-in provider says.

    :raises Malformed: not JSON, or a field missing or out of bounds
    """
    try:
        content = json.loads(body.decode())
    except (ValueError, RecursionError):
        raise Malformed("the body is not JSON") from None
    if not isinstance(content, dict):
        raise Malformed("the body is not an object")
    status, currency = _text(content, "status", 20), _text(content, "currency", 3)
    if status not in (PAID, FAILED):
        raise Malformed("status must be paid or failed")
    if not CURRENCY.fullmatch(currency):
        raise Malformed("currency must be three capital letters")
    return PaymentReport(
        event_id=_text(content, "id", 120),
        order_number=_text(content, "order_id", 40),
        status=status,
        amount=_amount(content),
        currency=currency,
        reference=_text(content, "reference", 140),
    )


def _text(content: dict[str, Any], name: str, longest: int) -> str:
    value = content.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= longest or not value.isprintable():
        raise Malformed(f"{name} must be a text of 1 to {longest} printable characters")
    return value


def _amount(content: dict[str, Any]) -> Decimal:
    value = content.get("amount")
    if not isinstance(value, str) or not AMOUNT.fullmatch(value) or not Decimal(value):
        raise Malformed('amount must be a positive decimal string with two places, such as "1359.97"')
    return Decimal(value)


def _digest(body: bytes, at: str) -> str:
    secret = settings.PAYMENT_WEBHOOK_SECRET.encode()
    return hmac.new(secret, at.encode() + b"." + body, hashlib.sha256).hexdigest()
