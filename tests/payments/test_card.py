"""One glance at an order's money, for staff and for its customer: true at every stage."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from orders.mail.recipients import resolve
from orders.mail.rendering import render
from orders.models import Order, PaymentEvent, Resolution
from orders.payments.card import payment_card
from orders.rules.states import MismatchReason, PaymentEventOutcome
from tests.admin.browsing import at_browser, dialog_url
from tests.admin.browsing import words as words_of
from tests.factories import steps, ways
from tests.factories.people import make_user
from tests.factories.rows import make_approval, make_order
from tests.factories.steps import order_after
from tests.views.shopping import words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("silent_notifier", "bank")]


@pytest.fixture
def bank(settings) -> None:
    settings.BANK_IBAN = "DE89370400440532013000"


STAGES: dict[Callable[[], Order], tuple[str, str, str, str, str, str]] = {
    # state, received, taken, on account, refunded, to pay back
    ways.waiting: ("awaiting_payment", "0.00", "0.00", "0.00", "0.00", "0.00"),
    ways.partly_paid: ("partly_paid", "60.00", "0.00", "60.00", "0.00", "0.00"),
    ways.paid_in_parts: ("paid", "300.00", "300.00", "0.00", "0.00", "0.00"),
    ways.partly_paid_and_cancelled: ("refunded", "60.00", "0.00", "0.00", "60.00", "0.00"),
    ways.transfer_in_parts_and_cancelled: ("refund_under_way", "160.00", "0.00", "0.00", "160.00", "160.00"),
    ways.assigned: ("paid", "300.00", "0.00", "300.00", "0.00", "0.00"),
    ways.by_card: ("paid", "300.00", "300.00", "0.00", "0.00", "0.00"),
    ways.too_little_accepted: ("paid", "85.20", "85.20", "0.00", "0.00", "0.00"),
    ways.too_much_accepted: ("paid", "1480.00", "300.00", "1180.00", "0.00", "0.00"),
    ways.too_much_accepted_and_cancelled: ("refunded", "1480.00", "0.00", "0.00", "1480.00", "0.00"),
    ways.refunded: ("refunded", "300.00", "0.00", "0.00", "300.00", "0.00"),
    ways.lapsed: ("awaiting_payment", "0.00", "0.00", "0.00", "0.00", "0.00"),
    ways.lapsed_and_paid_anew: ("paid", "300.00", "300.00", "0.00", "0.00", "0.00"),
    ways.cancelled_before_capture: ("not_paid", "0.00", "0.00", "0.00", "0.00", "0.00"),
    ways.transfer_refund_asked: ("refund_under_way", "1480.00", "0.00", "0.00", "1480.00", "1480.00"),
    ways.transfer_refund_made: ("refunded", "1480.00", "0.00", "0.00", "1480.00", "0.00"),
}


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.__name__)
def test_the_card_says_where_the_money_is(stage: Callable[[], Order]) -> None:
    order = stage()
    order.refresh_from_db()

    card = payment_card(order)

    amounts = (card.received, card.taken, card.on_account, card.refunded, card.to_pay_back)
    assert (card.state, *(f"{amount:.2f}" for amount in amounts)) == STAGES[stage]
    assert (card.due, card.difference) == (Decimal("300.00"), card.received - Decimal("300.00"))


def test_a_customer_whose_money_waits_for_a_person_reads_so_and_is_not_asked_again() -> None:
    order = ways.waiting()
    asked = words(Client().get(order.get_absolute_url()))
    ways.report(order, "349.90", reference="odd")

    told = words(Client().get(order.get_absolute_url()))

    assert "Please pay 300.00 €" in asked
    assert "Pay now" in asked
    assert "We received 349.90 €" in told
    assert "You do not have to pay again." in told
    assert "Please pay" not in told
    assert "Pay now" not in told


def test_a_customer_whose_money_went_back_is_asked_again() -> None:
    order = ways.waiting()
    ways.decide(ways.report(order, "349.90", reference="odd"), "refund")

    told = words(Client().get(order.get_absolute_url()))

    assert "Please pay 300.00 €" in told
    assert "We received 349.90" not in told


def test_a_customer_whose_money_came_after_the_end_reads_so_and_then_that_it_goes_back() -> None:
    order = ways.by_transfer_waiting()
    ways.undo(order)
    nothing = words(Client().get(order.get_absolute_url()))
    event = ways.report(order, reference="too late")
    came = words(Client().get(order.get_absolute_url()))

    ways.decide(event, "refund")
    back = words(Client().get(order.get_absolute_url()))

    assert "Nothing was charged." in nothing
    assert "We received 300.00 €; our finance team is looking at it." in came.replace("\u00a0", " ")
    assert "Your money is on its way back to you." in back
    assert "On its way back to you 300.00 €" in back.replace("\u00a0", " ")
    assert "Nothing was charged." not in came + back


def test_a_customer_who_paid_twice_reads_that_the_second_payment_is_being_looked_at() -> None:
    order = ways.paid_in_parts()
    ways.report(order, "300.00", reference="once more")

    told = words(Client().get(order.get_absolute_url())).replace("\u00a0", " ")

    assert "300.00 € received Our finance team is looking at it." in told


def test_staff_read_what_is_due_what_came_and_what_waits_for_finance() -> None:
    order = ways.waiting()
    ways.report(order, "1480.00", reference="odd")

    told = words_of(at_browser(make_user("mona", "manager")).get(reverse("admin:orders_order_change", args=[order.pk])))

    assert "Awaiting payment Due 300.00 €" in told
    assert "1,480.00 € came in and waits for finance: Too much" in told


def test_whoever_accepts_too_much_reads_where_the_rest_stays_and_later_finds_it_there() -> None:
    order = ways.waiting()
    event = ways.report(order, "1480.00", reference="odd")
    browser = at_browser(make_user("fiona", "finance"))

    asked = words_of(browser.get(dialog_url("paymentevent", "accept", event.pk)))
    ways.decide(event, "accept")
    ways.capture(order, "300.00")
    told = words_of(browser.get(reverse("admin:orders_order_change", args=[order.pk])))

    assert "Stays on the order's account 1,180.00 €" in asked
    assert "it goes back to the customer if the order is cancelled" in asked
    assert "Paid Due 300.00 € Received 1,480.00 € Taken 300.00 € On account, not taken 1,180.00 €" in told
    assert PaymentEvent.objects.get().outcome == "matched"
    assert Resolution.objects.get().state == "done"


def test_staff_read_from_where_and_when_each_amount_came_and_what_could_be_given_back() -> None:
    order = ways.paid_in_parts()
    order.refresh_from_db()

    card = payment_card(order)
    told = words_of(at_browser(make_user("mona", "manager")).get(reverse("admin:orders_order_change", args=[order.pk])))

    assert [(f"{one.amount:.2f}", one.provider) for one in card.arrivals] == [
        ("60.00", "sandbox"),
        ("240.00", "sandbox"),
    ]
    assert card.refundable == Decimal("300.00")
    assert "Refundable 300.00 €" in told
    assert "240.00 €" in told


def test_the_customer_reads_what_came() -> None:
    told = words(Client().get(ways.partly_paid().get_absolute_url()))

    assert "Your payment Partly paid" in told
    assert "60.00 € received" in told


@pytest.mark.parametrize("stage", [ways.by_card, ways.paid_in_parts, ways.too_much_accepted_and_cancelled])
def test_the_customers_page_asks_the_database_as_often_however_the_money_went(
    stage: Callable[[], Order], django_assert_max_num_queries
) -> None:
    address = stage().get_absolute_url()

    with django_assert_max_num_queries(8):
        Client().get(address)


def test_money_that_went_on_to_another_order_is_not_among_what_came_for_this_one() -> None:
    one, other = ways.waiting(), make_order("60.00")
    event = ways.report(one, "60.00", reference="a part")
    event.move_to(PaymentEventOutcome.UNMATCHED, MismatchReason.AFTER_CANCELLATION)
    event.assign(other.number)
    event.move_to(PaymentEventOutcome.MATCHED)

    cards = [payment_card(order) for order in (one, other)]

    assert [len(card.arrivals) for card in cards] == [0, 1]
    assert [f"{card.received:.2f}" for card in cards] == ["0.00", "60.00"]


def test_the_customer_reads_what_goes_back() -> None:
    order = ways.transfer_in_parts_and_cancelled()

    told = words(Client().get(order.get_absolute_url()))

    assert "Your payment Refund under way" in told
    assert "On its way back to you 160.00 €" in told


def test_an_approver_sees_the_money_that_has_come_already() -> None:
    order = order_after(steps.reserve)
    ways.report(order, "60.00")
    approval = make_approval(order)

    page = reverse("admin:orders_approvalrequest_change", args=[approval.pk])

    assert "60.00 € have already come for this order." in words_of(at_browser(make_user("mona", "manager")).get(page))


def test_the_mail_of_a_cancellation_says_what_goes_back_of_what_was_never_taken() -> None:
    order = ways.transfer_in_parts_and_cancelled()
    mail = order.notifications.get(kind="order_cancelled")

    assert "We are paying 160.00\xa0€ back to you" in render(mail, resolve(mail)).text
