"""Staff give the customer of an order that is not paid yet more time."""

from datetime import datetime, time, timedelta

import pytest
from django.utils import timezone, translation

from orders.models import Order
from tests.admin.browsing import at_browser, dialog_url, fill_in, message_shown, words
from tests.factories.orders import order_events, start_order, wait_until
from tests.factories.people import make_user
from tests.factories.products import make_product
from tests.factories.rows import make_order


def in_days(days: int) -> str:
    return (timezone.localdate() + timedelta(days=days)).isoformat()


def asked(order: Order, person, day: str):
    return fill_in(at_browser(person), dialog_url("order", "extend", order.pk), until=day)


@pytest.mark.parametrize("role", ["finance", "support"])
def test_more_time_is_given_to_the_end_of_a_day_and_stands_on_the_page(worker, role: str):
    make_product()
    order = start_order()
    wait_until(order, waiting_for="payment")
    browser, day = at_browser(make_user("pat", role)), timezone.localdate() + timedelta(days=20)

    with translation.override("en"):
        said = message_shown(browser, fill_in(browser, dialog_url("order", "extend", order.pk), until=day.isoformat()))

    order.refresh_from_db()
    assert f"{order.number} can be paid until" in said
    assert order.waiting_until == timezone.make_aware(datetime.combine(day, time(23, 59, 59)))
    assert order.timeline.get(kind="payment_extended").actor.startswith("user:")
    assert "To be paid by" in words(browser.get(f"/admin/orders/order/{order.pk}/change/"))
    assert order_events(order)[-1] == "payment_extended"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("day", "why"),
    [
        (in_days(1), "A new deadline has to be later than"),
        (in_days(-3), "A new deadline has to be later than"),
        (in_days(40), "The deadline can be extended to"),
        ("tomorrow", "Enter a valid date."),
        ("", "This field is required."),
    ],
)
def test_a_day_that_cannot_be_is_refused_in_words(day: str, why: str):
    order = make_order(waiting_for="payment", waiting_until=timezone.now() + timedelta(days=2))

    answer = asked(order, make_user("fay", "finance"), day)

    assert answer.status_code == 200
    assert why in words(answer)


@pytest.mark.django_db
@pytest.mark.parametrize("trouble", ["it waits for nothing", "it is the own order"])
def test_an_order_that_does_not_wait_and_an_order_of_ones_own_get_no_more_time(trouble: str):
    fay = make_user("fay", "finance")
    waits = {"waiting_for": "payment", "waiting_until": timezone.now() + timedelta(days=2)}
    order = make_order(**({} if trouble == "it waits for nothing" else {**waits, "email": fay.email}))

    answer = at_browser(fay).get(dialog_url("order", "extend", order.pk))

    why = {"it waits for nothing": "is not waiting for a payment", "it is the own order": "is your own"}
    assert why[trouble] in words(answer)
