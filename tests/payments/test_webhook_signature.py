"""Who sent a payment event, and what it says: forged, stale and malformed ones are told apart from true ones."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.payments.reports import BadSignature, Malformed, PaymentReport
from orders.payments.sandbox_webhook import parse, sign, verify

NOW = 1_800_000_000
BODY = b'{"id": "evt_1"}'
CONTENT = {
    "id": "evt_1",
    "order_id": "ORD-2026-000001",
    "status": "paid",
    "amount": "1359.97",
    "currency": "EUR",
    "reference": "sbx_1",
}


@pytest.mark.parametrize("age", [0, 300, -300])
def test_a_signature_holds_for_five_minutes_either_way(age: int) -> None:
    verify(sign(BODY, NOW - age), BODY, NOW)


@pytest.mark.parametrize("age", [301, -301])
def test_an_older_or_future_signature_is_refused(age: int) -> None:
    with pytest.raises(BadSignature):
        verify(sign(BODY, NOW - age), BODY, NOW)


def test_a_tampered_body_or_time_or_secret_is_refused(settings) -> None:
    header = sign(BODY, NOW)
    settings.PAYMENT_WEBHOOK_SECRET = "another secret"
    forged = sign(BODY, NOW)
    settings.PAYMENT_WEBHOOK_SECRET = "a secret"
    moved = sign(BODY, NOW).replace(str(NOW), str(NOW + 1))

    for body, bad in ((BODY + b" ", header), (BODY, forged), (BODY, moved)):
        with pytest.raises(BadSignature):
            verify(bad, body, NOW)


def test_while_a_secret_is_changed_one_of_two_signatures_is_enough() -> None:
    verify(f"{sign(BODY, NOW)},v1={'0' * 64}", BODY, NOW)


@pytest.mark.parametrize(
    "header",
    ["", "t=", "v1=00", f"t={NOW}", f"t={NOW},v1=", f"t=-{NOW},v1=00", f"t={NOW},t={NOW},v1=00", "t=²³,v1=é\udcff",
     "x" * 5000, f"t={'9' * 500},v1=00"],
)  # fmt: skip
def test_an_odd_header_is_refused_and_never_an_accident(header: str) -> None:
    with pytest.raises(BadSignature):
        verify(header, BODY, NOW)


@given(header=st.text(), body=st.binary())
def test_whatever_comes_is_refused_or_read(header: str, body: bytes) -> None:
    with pytest.raises(BadSignature):
        verify(header, body, NOW)
    with pytest.raises(Malformed):
        parse(body)


def test_a_payment_event_is_read() -> None:
    payment_event = parse(json.dumps(CONTENT).encode())

    assert payment_event == PaymentReport("evt_1", "ORD-2026-000001", "paid", Decimal("1359.97"), "EUR", "sbx_1")


OUT_OF_BOUNDS: dict[str, list[object]] = {
    "amount": ["1359.970", "1359.9", "1359", "-1.00", "0.00", "1e3", "NaN", "١.٠٠", "99999999999.00", 1359.97, None],
    "currency": ["eur", "EURO", "", 978],
    "status": ["PAID", "refunded", "", None],
    "id": ["", "x" * 121, 7, None, "evt\u0000", "evt\ud800", ["evt_1"]],
    "order_id": ["O" * 41],
    "reference": ["r" * 141],
}


@pytest.mark.parametrize("field", OUT_OF_BOUNDS)
def test_a_field_out_of_bounds_is_malformed(field: str, subtests: pytest.Subtests) -> None:
    for value in OUT_OF_BOUNDS[field]:
        named = pytest.raises(Malformed, match="id" if field == "order_id" else field)
        with subtests.test(value=value), named:
            parse(json.dumps({**CONTENT, field: value}).encode())


@pytest.mark.parametrize("field", CONTENT)
def test_a_missing_field_is_malformed(field: str) -> None:
    with pytest.raises(Malformed):
        parse(json.dumps({name: value for name, value in CONTENT.items() if name != field}).encode())


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 200_000, json.dumps(CONTENT).encode("utf-16"),
     b'{"id": ' + b"9" * 5000 + b"}"],
)  # fmt: skip
def test_what_is_not_a_json_object_in_utf8_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        parse(body)
