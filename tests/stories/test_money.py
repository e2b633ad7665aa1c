"""Money that comes in odd ways, on real workflows: in the end every cent stands in a named place that people read."""

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.test import Client as Browser
from django.utils import timezone

from orders.invariants import check_books
from orders.models import BankStatement, JournalEntry, Order, PaymentEvent, RefundTask
from orders.payments import parts
from orders.payments.bank_transfer import transfer_details
from orders.rules import accounts
from temporal_app import client
from temporal_app.client.errors import Refused
from tests.factories.camt import PAYER_IBAN, Entry, camt
from tests.factories.orders import make_contact, wait_until
from tests.factories.products import make_product
from tests.factories.unmatched import resolve
from tests.views.shopping import words

pytestmark = pytest.mark.usefixtures("worker")


@pytest.fixture(autouse=True)
def bank(settings, tmp_path: Path) -> None:
    settings.PAYMENT_METHODS = ["bank_transfer"]
    settings.BANK_IBAN = "DE89370400440532013000"
    settings.MEDIA_ROOT = tmp_path / "uploads"


def place_order(price: str) -> Order:
    cart_id = uuid4().hex
    sku = f"TEA-{cart_id[:6]}"
    make_product(sku, price=price)
    client.add_to_cart(cart_id, sku=sku, quantity=1)
    make_contact(cart_id)
    number = client.check_out(cart_id, payment_method="bank_transfer", by="customer:guest")
    order = Order.objects.get(number=number)
    wait_until(order, waiting_for="payment")
    return order


def arrive(amount: str, order: Order | None = None, **entry: str) -> PaymentEvent:
    """A transfer arrives on our account and is matched; `order` is the one whose reference it carries."""
    told = {"reference": transfer_details(order.number).reference} if order else {}
    line = Entry(amount=amount, bank_reference=uuid4().hex[:12], **{**told, **entry})
    statement = BankStatement.objects.create(file=ContentFile(camt(line), name="s.xml"), name="s.xml")
    client.import_statement(statement.pk)
    return PaymentEvent.objects.filter(reported_by=f"statement:{statement.pk}").get()


def read(order: Order) -> str:
    """What the customer reads."""
    return words(Browser().get(order.get_absolute_url()))


def places() -> dict[str, str]:
    """Where all the money stands, by kind of place; and the books agree."""
    assert list(check_books(timezone.now() + timedelta(seconds=1))) == []
    balances = JournalEntry.objects.balances()
    assert sum(balances.values()) == 0
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for (account, currency), balance in balances.items():
        if balance and not accounts.is_outside(account):
            sums[f"{accounts.split(account)[0]} {currency}"] += balance
    return {place: f"{amount:.2f}" for place, amount in sums.items()}


def cancel(order: Order) -> None:
    client.cancel_order(order.number, reason="changed_mind", by="customer:guest")
    wait_until(order, status="cancelled")


def pay_back() -> list[str]:
    """Finance makes every refund that there is to make; returns their amounts."""
    tasks = list(RefundTask.objects.filter(state="open").order_by("pk"))
    for task in tasks:
        assert task.iban == PAYER_IBAN
        client.mark_refund_made(task.pk, by="user:17")
    return [f"{task.amount:.2f}" for task in tasks]


def test_1480_for_an_order_of_148_its_rest_has_a_name_and_after_a_cancellation_all_of_it_goes_back() -> None:
    order = place_order("148.00")
    event = arrive("1480.00", order)
    waiting, told = places(), read(order)

    resolve(event, "allocate", shares=[[order.number, "148.00"]])
    wait_until(order, status="paid", waiting_for="shipment")
    paid = places()
    cancel(order)
    cancelled = places()
    resolve(event.shares.get(outcome="unmatched"), "refund")

    assert waiting == {"unmatched EUR": "1480.00"}
    assert "We received 1,480.00 €" in told
    assert "You do not have to pay again." in told
    assert paid == {"sales EUR": "148.00", "unmatched EUR": "1332.00"}
    assert cancelled == {"refund EUR": "148.00", "unmatched EUR": "1332.00"}
    assert pay_back() == ["148.00", "1332.00"]
    assert places() == {}
    assert "Refunded" in read(order)


def test_a_little_too_much_that_is_accepted_goes_back_too_with_the_cancellation() -> None:
    order = place_order("148.00")
    resolve(arrive("190.00", order), "accept")
    wait_until(order, status="paid", waiting_for="shipment")
    paid = places()

    cancel(order)

    assert paid == {"sales EUR": "148.00", "order EUR": "42.00"}
    assert places() == {"refund EUR": "190.00"}
    assert pay_back() == ["190.00"]
    assert places() == {}


def test_too_little_is_a_part_the_rest_is_asked_for_and_pays() -> None:
    order = place_order("119.00")
    arrive("85.20", order)
    partly, told, code = places(), read(order), transfer_details(order.number)

    arrive("33.80", order)
    wait_until(order, status="paid", waiting_for="shipment")

    assert partly == {"order EUR": "85.20"}
    assert "We received 85.20 € of 119.00 €" in told
    assert "Please pay the missing 33.80 €" in told
    assert code.amount == Decimal("33.80")
    assert places() == {"sales EUR": "119.00"}


def test_too_little_and_nothing_more_a_cancellation_returns_every_part() -> None:
    order = place_order("120.00")
    arrive("60.00", order)
    arrive("59.00", order)
    partly = places()

    cancel(order)

    assert partly == {"order EUR": "119.00"}
    assert places() == {"refund EUR": "119.00"}
    assert "Refund under way" in read(order)
    assert pay_back() == ["60.00", "59.00"]
    assert places() == {}


def test_two_who_paid_together_each_get_their_own_back_with_a_cancellation() -> None:
    order = place_order("120.00")
    arrive("70.00", order, payer="Maria Anders")
    arrive("50.00", order, payer="Ben Bauer")
    wait_until(order, status="paid", waiting_for="shipment")

    cancel(order)

    tasks = RefundTask.objects.filter(order_number=order.number).order_by("pk")
    assert [(task.payee, f"{task.amount:.2f}") for task in tasks] == [("Maria Anders", "70.00"), ("Ben Bauer", "50.00")]
    assert places() == {"refund EUR": "120.00"}
    assert pay_back() == ["70.00", "50.00"]
    assert places() == {}


def test_the_same_amount_twice_pays_once_and_the_second_goes_back() -> None:
    order = place_order("42.00")
    reference = transfer_details(order.number).reference
    arrive("42.00", order)
    wait_until(order, status="paid", waiting_for="shipment")

    second = arrive("42.00", reference=reference)
    both = places()
    resolve(second, "refund")

    assert second.reason == "second_payment"
    assert both == {"sales EUR": "42.00", "unmatched EUR": "42.00"}
    assert pay_back() == ["42.00"]
    assert places() == {"sales EUR": "42.00"}


def test_the_wrong_currency_waits_under_its_own_and_goes_back() -> None:
    order = place_order("42.00")

    event = arrive("42.00", order, currency="USD")
    told, waiting = read(order), places()
    with pytest.raises(Refused):
        resolve(event, "allocate", shares=[[order.number, "42.00"]])
    resolve(event, "refund")

    assert event.reason == "wrong_currency"
    assert "You do not have to pay again." in told
    assert waiting == {"unmatched USD": "42.00"}
    assert pay_back() == ["42.00"]
    assert places() == {}
    assert "Please pay 42.00 €" in read(order)


def test_after_the_end_it_pays_the_order_placed_anew() -> None:
    order = place_order("42.00")
    reference = transfer_details(order.number).reference
    cancel(order)

    event = arrive("42.00", reference=reference)
    waiting, why = places(), event.reason
    anew = Order.objects.get(number=resolve(event, "reopen").result)
    wait_until(anew, status="paid", waiting_for="shipment")

    assert why == "after_cancellation"
    assert waiting == {"unmatched EUR": "42.00"}
    assert places() == {"sales EUR": "42.00"}


def test_what_came_to_a_strangers_order_is_taken_off_it_and_pays_the_right_one() -> None:
    strangers, mine = place_order("70.00"), place_order("60.00")
    event = arrive("60.00", strangers)
    before = places(), parts.missing(strangers)

    resolve(event, "assign", order_number=mine.number)
    wait_until(mine, status="paid", waiting_for="shipment")

    assert before == ({"order EUR": "60.00"}, Decimal("10.00"))
    assert parts.missing(strangers) == Decimal("70.00")
    assert "Please pay 70.00 €" in read(strangers)
    assert places() == {"sales EUR": "60.00"}


def test_one_transfer_for_two_orders_and_a_little_more_pays_both_and_the_rest_is_named() -> None:
    one, two = place_order("60.00"), place_order("70.00")
    event = arrive("135.00", purpose=f"{one.number} and {two.number}")
    shares = [[one.number, "60.00"], [two.number, "70.00"]]

    resolve(event, "allocate", shares=shares)
    with pytest.raises(Refused):
        resolve(event, "allocate", shares=shares)
    for order in (one, two):
        wait_until(order, status="paid", waiting_for="shipment")

    assert places() == {"sales EUR": "130.00", "unmatched EUR": "5.00"}


def test_an_order_that_ended_meanwhile_gets_nothing_and_neither_does_the_other() -> None:
    one, two = place_order("60.00"), place_order("70.00")
    event = arrive("130.00")
    cancel(two)

    with pytest.raises(Refused) as refused:
        resolve(event, "allocate", shares=[[one.number, "60.00"], [two.number, "70.00"]])

    assert refused.value.code == "order_not_pending"
    assert places() == {"unmatched EUR": "130.00"}
    assert parts.missing(one) == Decimal("60.00")
