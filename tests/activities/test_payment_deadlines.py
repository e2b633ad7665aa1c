"""By when an order has to be paid: who is reminded of it and who is not, and who gets more time."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from temporalio.exceptions import ApplicationError

from orders.mail.recipients import resolve
from orders.mail.rendering import render
from orders.models import Notification, Order, PaymentEvent
from orders.models.stripe import StripeSession
from orders.payments import order_credit
from orders.rules.refusals import Refusal
from temporal_app.activities import reservations
from tests.factories import steps, ways, with_credit
from tests.factories.accounts import enter_at_once
from tests.factories.steps import order_after, up_to


def reminders(order: Order) -> list[Notification]:
    return list(Notification.objects.filter(order=order, kind="payment_reminder"))


def read(mail: Notification) -> str:
    return render(mail, resolve(mail)).text


def not_matched_yet(order: Order) -> None:
    told = {"status": "paid", "amount": order.total, "currency": "EUR", "reference": "early", "reported_by": "user:1"}
    PaymentEvent.receive(provider="sandbox", event_id="evt_1", order_number=order.number, **told)


def paid_on_a_page(order: Order) -> None:
    hold = order.payments.get().reference
    StripeSession.objects.create(
        key="1", order_number=order.number, hold=hold, session="cs_1", intent="pi", is_over=True
    )


ARRIVED: dict[str, Callable[[Order], object]] = {
    "all of it": ways.report,
    "too much, before a person": lambda order: ways.report(order, "305.00"),
    "in another currency, before a person": lambda order: ways.report(order, currency="USD"),
    "by card": steps.charge,
    "reported and not matched yet": not_matched_yet,
    "on Stripe's page, which has not told us": paid_on_a_page,
    "under a name with a slip of the pen": lambda order: ways.report(
        order, order_number=order.number.replace("ORD", "ODR"), reference="?"
    ),
}


def test_a_customer_who_has_not_paid_is_reminded_once_of_the_rest_with_the_way_to_pay(settings) -> None:
    order = order_after(*up_to(steps.charge))
    ways.report(order, "60.00", reference="a part")

    steps.remind(order)
    steps.remind(order)

    (mail,) = reminders(order)
    assert mail.data == {"missing": str(order.total - 60)}
    assert "are still missing" in read(mail)
    assert "Please pay by" in read(mail)
    assert order.get_absolute_url() in read(mail)
    assert order.timeline.filter(kind="payment_reminded", public=False).count() == 1


@pytest.mark.parametrize("came", ARRIVED)
def test_nobody_is_reminded_whose_money_has_arrived(came: str) -> None:
    order = order_after(*up_to(steps.charge))
    ARRIVED[came](order)

    steps.remind(order)

    assert reminders(order) == []


@pytest.fixture
def partly_with_credit(monkeypatch: pytest.MonkeyPatch, settings) -> Order:
    """An order for 300.00, of which credit pays 30.00 and 270.00 come by transfer."""
    settings.BANK_IBAN = "DE89370400440532013000"
    monkeypatch.setattr(order_credit, "enter", enter_at_once)
    return with_credit.waiting(by_transfer=True)


def test_who_pays_partly_with_credit_is_reminded_of_the_rest(partly_with_credit: Order) -> None:
    steps.remind(partly_with_credit)

    assert reminders(partly_with_credit)[0].data == {"missing": "270.00"}


def test_who_pays_partly_with_credit_is_not_reminded_when_the_rest_has_come_with_a_slip_of_the_pen(
    partly_with_credit: Order,
) -> None:
    ways.report(partly_with_credit, "100.00", reference="a part")
    slip = partly_with_credit.number.replace("ORD", "ODR")
    ways.report(partly_with_credit, "270.00", order_number=slip, reference="?")

    steps.remind(partly_with_credit)

    assert reminders(partly_with_credit) == []


def test_more_time_names_the_rest_that_is_not_paid_with_credit(partly_with_credit: Order) -> None:
    steps.extend(partly_with_credit)

    told = read(Notification.objects.get(order=partly_with_credit, kind="payment_extended"))
    assert "270.00 € are still missing" in told.replace("\xa0", " ")


def test_nobody_is_reminded_because_a_stranger_has_paid_another_amount_without_a_name() -> None:
    order = order_after(*up_to(steps.charge))
    ways.report(order, "17.30", order_number="", reference="?")

    steps.remind(order)

    assert len(reminders(order)) == 1


@pytest.mark.parametrize("over", ["undone", "too late"])
def test_nobody_is_reminded_when_it_is_over(over: str) -> None:
    order = order_after(*up_to(steps.charge))
    if over == "undone":
        steps.begin_undo(order)
    else:
        order.wait_for("payment", timezone.now())

    steps.remind(order)

    assert reminders(order) == []


def test_more_time_is_written_down_and_told_the_customer() -> None:
    order = order_after(*up_to(steps.charge))

    steps.extend(order)

    order.refresh_from_db()
    assert order.waiting_until == datetime.fromtimestamp(steps.MORE_TIME, UTC)
    assert order.timeline.get(kind="payment_extended").public
    mail = Notification.objects.get(order=order, kind="payment_extended")
    assert mail.data == {"missing": str(Decimal(order.total))}
    assert "18 May 2033" in read(mail)


def test_a_guest_who_gets_more_time_keeps_the_goods_as_long() -> None:
    order = order_after(*up_to(steps.charge))

    steps.extend(order)

    assert reservations.lapse_guest_holds(steps.MORE_TIME - 1) == []
    assert reservations.lapse_guest_holds(steps.MORE_TIME) == [order.number]


@pytest.mark.parametrize(
    ("trouble", "refusal"),
    [
        (steps.begin_undo, Refusal.ORDER_CLOSING),
        (steps.capture, Refusal.NOT_WAITING_FOR_PAYMENT),
        (lambda order: User.objects.create_user("fay", order.email, is_staff=True), Refusal.OWN_ORDER),
    ],
)
def test_more_time_is_refused_for_what_does_not_wait_and_for_an_order_of_ones_own(
    trouble: Callable[[Order], object], refusal: Refusal
) -> None:
    order = order_after(*up_to(steps.capture))
    person = trouble(order)
    before = steps.everything()

    with pytest.raises(ApplicationError) as refused:
        steps.extend(order, by=f"user:{getattr(person, 'pk', 0)}")

    assert refused.value.type == refusal
    assert steps.everything() == before
