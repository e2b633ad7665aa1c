"""What customers get to pay by transfer: references with check digits, and a code that banking apps read."""

import base64
import urllib.parse
from decimal import Decimal

import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st
from stdnum import iso11649

from orders.payments import gateway_for
from orders.payments.bank_transfer import epc_code, transfer_details
from orders.payments.gateway import ProviderRefused
from orders.payments.references import creditor_reference, find_number, find_references, order_of

NUMBER = "ORD-2026-000123"
NUMBERS = st.builds("ORD-{:04d}-{:06d}".format, st.integers(2000, 2999), st.integers(1, 99_999_999))


def decoded(amount: str, reference: str) -> str:
    """What a banking app reads."""
    code = epc_code(amount=Decimal(amount), reference=reference)
    rows = [bytes(0 if dark else 255 for dark in row) for row in code.matrix_iter(scale=4, border=4)]
    picture = memoryview(b"".join(rows)).cast("B", (len(rows), len(rows[0])))
    (found,) = zxingcpp.read_barcodes(picture)
    return found.text


@given(number=NUMBERS, attempt=st.integers(1, 9))
def test_a_reference_is_valid_and_says_which_order_it_is_for(number: str, attempt: int) -> None:
    reference = creditor_reference(number, attempt)

    assert iso11649.is_valid(reference)
    assert order_of(reference) == number
    assert reference in find_references(f"Re. {iso11649.format(reference).lower()}, danke")


@given(number=NUMBERS, place=st.integers(4, 16), digit=st.sampled_from("0123456789"))
def test_one_wrong_digit_in_a_reference_names_no_order(number: str, place: int, digit: str) -> None:
    reference = creditor_reference(number)
    mistyped = f"{reference[:place]}{digit}{reference[place + 1 :]}"

    assert mistyped == reference or (order_of(mistyped), find_number(mistyped)) == ("", "")


@given(text=st.text())
def test_no_text_is_an_accident(text: str) -> None:
    assert (find_references(text), find_number(text)) == ([], "") or "ORD" in text.upper()


@pytest.mark.parametrize("text", [NUMBER, "Bestellung ord 2026 000123, danke", "ORD2026000123 vom 2.3."])
def test_an_orders_number_alone_is_understood_too(text: str) -> None:
    assert find_number(text) == NUMBER


def test_a_qr_code_is_read_back_and_says_what_it_should(settings) -> None:
    settings.BANK_ACCOUNT_HOLDER, settings.BANK_IBAN = "Zoës Läden GmbH", "DE89370400440532013000"
    settings.BANK_BIC = "COBADEFFXXX"

    lines = decoded("1359.97", creditor_reference(NUMBER)).split("\n")

    assert lines[0] == "BCD"
    assert lines[3:10] == [
        "SCT",
        "COBADEFFXXX",
        "Zoës Läden GmbH",
        "DE89370400440532013000",
        "EUR1359.97",
        "",
        creditor_reference(NUMBER),
    ]


@pytest.mark.parametrize("amount", ["0.01", "43.90", "999999999.99"])
def test_the_amount_in_the_code_is_the_amount(amount: str) -> None:
    assert Decimal(decoded(amount, "RF32ORD2026000123").split("\n")[7].removeprefix("EUR")) == Decimal(amount)


@pytest.mark.django_db
def test_the_order_page_has_what_a_customer_needs_once_a_transfer_is_expected(settings) -> None:
    settings.BANK_IBAN = "DE89370400440532013000"
    gateway = gateway_for("bank_transfer")

    before = transfer_details(NUMBER)
    hold = gateway.hold(order_number=NUMBER, amount=Decimal("43.90"), currency="EUR", key=f"{NUMBER}:hold:1")
    details = transfer_details(NUMBER)
    gateway.release(reference=hold.reference, key=f"{NUMBER}:release:1")
    after = transfer_details(NUMBER)

    assert before is after is None
    assert (details.iban_text, details.reference_text) == ("DE89 3704 0044 0532 0130 00", "RF32 ORD2 0260 0012 3")
    assert details.amount == Decimal("43.90")
    assert details.qr.startswith("data:image/svg+xml")
    assert "<svg" in urllib.parse.unquote(details.qr) or b"<svg" in base64.b64decode(details.qr.partition(",")[2])


@pytest.mark.django_db
@pytest.mark.parametrize(("number", "currency"), [("2026-1", "EUR"), (NUMBER, "CHF")])
def test_what_we_cannot_ask_for_by_transfer_is_refused(number: str, currency: str) -> None:
    with pytest.raises(ProviderRefused):
        gateway_for("bank_transfer").hold(
            order_number=number, amount=Decimal("1.00"), currency=currency, key=f"{number}:hold:1"
        )
