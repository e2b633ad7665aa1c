"""An order that was not paid in time is placed anew: once, at what it costs and what there is of it today."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from temporalio.exceptions import ApplicationError

from orders.invariants import check_books
from orders.mail.recipients import resolve
from orders.mail.rendering import render
from orders.models import Notification, Order, Product
from orders.models.resolution import ResolutionAction
from orders.payments import order_credit, parts
from orders.payments.reopenable import offer
from orders.personal_data.orders import forget_customers
from orders.reconciliation import unmatched
from orders.rules.refusals import Refusal
from temporal_app.activities import placing_anew, resolutions
from temporal_app.messages import OrderInput, Reopening
from tests.admin.browsing import FROM_DIALOG, at_browser, dialog_url, words
from tests.factories import steps, ways, with_credit
from tests.factories.accounts import enter_at_once, mirrored
from tests.factories.steps import everything, order_after
from tests.factories.unmatched import fritz, write_decision


def expired() -> Order:
    return order_after(steps.reserve, steps.hold, steps.expire)


def reopen(order: Order, *, seen: str = "", key: str = "one form", by: str = "system") -> OrderInput:
    return placing_anew.reopen_order(Reopening(order.number, seen or offer(order).fingerprint, by, key))


def refused(order: Order, **how: str) -> str | None:
    before = everything()
    with pytest.raises(ApplicationError) as refusal:
        reopen(order, **how)
    assert everything() == before
    return refusal.value.type


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def browse(order: Order) -> HttpResponse:
    """Its page, as its customer reads it."""
    return Client().get(order.get_absolute_url())


def dialog(model: str, key: int) -> HttpResponse:
    """'Place anew', as somebody in finance opens it."""
    return at_browser(fritz()).get(dialog_url(model, "reopen", key), **FROM_DIALOG)


def test_the_new_order_has_the_same_lines_at_todays_prices_and_both_say_where_the_other_is() -> None:
    old = expired()
    Product.objects.update(price="110.00")

    start = reopen(old)

    new = Order.objects.get(number=start.number)
    assert (new.total, start.total, old.total) == (Decimal("330.00"), Decimal("330.00"), Decimal("300.00"))
    assert (new.anew_of, new.address(), new.payment_method) == (old, old.address(), old.payment_method)
    assert start.deadlines.payment == 14 * 86_400
    assert [entry.data.get("old") for entry in new.timeline.order_by("pk")] == [None, old.number]
    assert old.timeline.latest("pk").data == {"new": new.number}
    mail = Notification.objects.get(order=new, kind="order_placed")
    assert f"takes the place of your order {old.number}" in render(mail, resolve(mail)).text


def test_what_was_paid_with_credit_is_back_and_the_new_order_is_to_be_paid_whole(monkeypatch) -> None:
    monkeypatch.setattr(order_credit, "enter", enter_at_once)
    old = with_credit.waiting()
    steps.expire(old)

    new = Order.objects.get(number=reopen(old).number)

    assert (new.total, new.credit, new.rest) == (Decimal("300.00"), 0, Decimal("300.00"))
    assert mirrored(old.customer_id) == Decimal("30.00")
    assert list(check_books(timezone.now() + timedelta(seconds=1))) == []
    mail = Notification.objects.get(order=new, kind="order_placed")
    assert "The 30.00 € that were paid with store credit then are back on your account" in plain(
        render(mail, resolve(mail)).text
    )
    assert "The 30.00 € that were paid with store credit then are back" in plain(words(browse(new)))


def test_the_same_is_so_where_the_money_came_late_and_waits_for_the_rest(monkeypatch, settings) -> None:
    settings.BANK_IBAN = "DE89370400440532013000"
    monkeypatch.setattr(order_credit, "enter", enter_at_once)
    old = with_credit.waiting(by_transfer=True)
    steps.expire(old)
    decision = write_decision(ways.report(old, "270.00"), "reopen")

    start = resolutions.place_anew(decision.pk)
    resolutions.hand_to_order(decision.pk)

    new = Order.objects.get(number=start.number)
    assert (new.credit, parts.missing(new), parts.received(new)) == (0, Decimal("30.00"), Decimal("270.00"))
    assert mirrored(old.customer_id) == Decimal("30.00")
    assert list(check_books(timezone.now() + timedelta(seconds=1))) == []


def test_an_order_whose_credit_has_not_come_back_is_not_placed_anew_for_its_whole_price(monkeypatch, settings) -> None:
    settings.BANK_IBAN, settings.PAYMENT_METHODS = "DE89370400440532013000", ["sandbox", "bank_transfer"]
    monkeypatch.setattr(order_credit, "enter", enter_at_once)
    old = with_credit.waiting(by_transfer=True)
    monkeypatch.setattr(order_credit, "return_part", lambda _order: None)  # people have settled that in another way
    steps.expire(old)
    decision = write_decision(ways.report(old, "270.00"), "reopen")

    with pytest.raises(ApplicationError) as late:
        resolutions.place_anew(decision.pk)

    assert late.value.type == Refusal.CREDIT_NOT_BACK
    assert refused(old) == Refusal.CREDIT_NOT_BACK
    assert "30.00 € of order" in plain(words(dialog("order", old.pk)))
    assert "30.00 € of order" in plain(words(dialog("paymentevent", decision.payment_event_id)))


def test_a_request_that_comes_twice_is_one_order_and_another_one_is_refused() -> None:
    old = expired()

    first, again = reopen(old), reopen(old)

    assert first == again
    assert Order.objects.count() == 2
    assert refused(old, key="another browser") == Refusal.REOPENED_BEFORE


def test_it_is_not_placed_at_another_price_than_a_person_saw() -> None:
    old = expired()
    seen = offer(old).fingerprint
    Product.objects.update(price="110.00")

    assert refused(old, seen=seen) == Refusal.CONTENT_CHANGED


@pytest.mark.parametrize(
    ("stock", "refusal"),
    [
        ({"on_hand": 2}, Refusal.NOT_ENOUGH_STOCK),
        ({"on_hand": 0}, Refusal.OUT_OF_STOCK),
        ({"active": False}, Refusal.OUT_OF_STOCK),
    ],
)
def test_what_is_not_there_any_more_is_not_placed(stock: dict[str, object], refusal: Refusal) -> None:
    old = expired()
    Product.objects.update(**stock)

    assert refused(old) == refusal


STILL_WAITS: tuple[Callable[[Order], object], ...] = (steps.reserve, steps.hold)


@pytest.mark.parametrize(
    ("calls", "refusal"),
    [
        (STILL_WAITS, Refusal.NOT_EXPIRED),
        ((*STILL_WAITS, *steps.UNDO), Refusal.NOT_EXPIRED),
        ((*STILL_WAITS, steps.begin_undo, steps.trouble, steps.cancelled), Refusal.NOT_UNDONE_YET),
    ],
)
def test_only_what_was_not_paid_in_time_and_is_undone_completely_is_placed_anew(
    calls: tuple[Callable[[Order], object], ...], refusal: Refusal
) -> None:
    assert refused(order_after(*calls)) == refusal


def test_nobody_places_an_order_of_their_own_anew_and_nobody_one_whose_way_to_pay_is_gone(settings) -> None:
    old = expired()
    own = User.objects.create_user("fay", old.email, is_staff=True)

    assert refused(old, by=f"user:{own.pk}") == Refusal.OWN_ORDER
    settings.PAYMENT_METHODS = ["bank_transfer"]
    assert refused(old) == Refusal.UNKNOWN_PAYMENT_METHOD


def test_an_order_whose_customer_is_forgotten_is_not_placed_anew_by_any_way(settings) -> None:
    settings.BANK_IBAN = "DE89370400440532013000"
    old = expired()
    decision = write_decision(ways.report(old, "300.00"), "reopen")
    forget_customers([old])

    with pytest.raises(ApplicationError) as late:
        resolutions.place_anew(decision.pk)

    assert late.value.type == Refusal.CUSTOMER_FORGOTTEN
    assert refused(old) == Refusal.CUSTOMER_FORGOTTEN
    assert ResolutionAction.REOPEN not in unmatched.ways_out(decision.payment_event)
    assert "is forgotten" in words(dialog("order", old.pk))
    assert Order.objects.count() == 1
