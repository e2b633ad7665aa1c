"""A guest's goods are kept for a while: the page and the first mail say so, a link confirms, staff may let them go."""

from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from orders.admin.orders import guest_holds
from orders.admin.orders.why_waiting import wait_of
from orders.models import GuestHold, Order
from orders.models.guest_hold import confirmation_key
from orders.models.notification import MailKind
from temporal_app import client
from tests.admin.browsing import at_browser, fill_in, words
from tests.factories.mail import make_mail, send
from tests.factories.people import make_user
from tests.factories.rows import make_order
from tests.views.shopping import written

pytestmark = pytest.mark.django_db


def hold_of(order: Order, **columns: object) -> GuestHold:
    """A guest's order that is kept for two hours."""
    return GuestHold.objects.create(order=order, **{"until": timezone.now() + timedelta(hours=2), **columns})


def test_the_page_and_the_mail_say_for_how_long_and_the_mails_link_confirms() -> None:
    order = written()
    hold_of(order)
    send(make_mail(MailKind.ORDER_PLACED, order=order))
    link = f"{order.get_absolute_url()}confirm/{confirmation_key(order)}/"
    browser = Client()

    before = words(browser.get(order.get_absolute_url()))
    after = words(browser.get(link, follow=True))

    assert "Until " in before
    assert "we keep the goods for you" in before
    assert f"http://testserver{link}" in mail.outbox[0].body
    assert "Your e-mail address is confirmed." in after
    assert "we keep the goods for you" not in after
    assert GuestHold.objects.get().confirmed_at


def test_nobody_confirms_who_has_not_read_the_mail() -> None:
    order = written()
    hold_of(order)

    statuses = [
        Client().get(f"{order.get_absolute_url()}confirm/{key}/").status_code for key in ("0" * 32, order.token)
    ]

    assert statuses == [404, 404]
    assert GuestHold.objects.get().is_open


def test_staff_read_by_when_an_unconfirmed_order_goes_and_the_page_names_one_time_once_they_gave_more() -> None:
    order = written()
    order.wait_for("payment", timezone.now() + timedelta(days=14))
    hold = hold_of(order)
    of_guest, of_order = wait_of(order), hold.until

    hold.put_off(order.waiting_until)

    assert of_guest.until == of_order
    assert of_guest.then == "Then the order is undone, unless its guest has confirmed their address."
    assert wait_of(order).until == order.waiting_until
    assert "we keep the goods for you" not in words(Client().get(order.get_absolute_url()))


def test_who_comes_too_late_is_told_so() -> None:
    order = written()
    hold_of(order, lapsed_at=timezone.now())

    page = words(Client().get(f"{order.get_absolute_url()}confirm/{confirmation_key(order)}/", follow=True))

    assert "this order is not kept any more" in page


def test_staff_see_who_reserves_much_and_release_all_of_it_in_one_step(monkeypatch: pytest.MonkeyPatch) -> None:
    support, told = at_browser(make_user("sina", "support")), []

    def release(numbers: list[str], *, by: str) -> int:
        told.extend(numbers)
        return len(numbers)

    monkeypatch.setattr(client, "release_reservations", release)
    many = [hold_of(make_order(), origin="o" * 32) for _order in range(guest_holds.MANY)]
    one = hold_of(make_order(), origin="p" * 32)

    listed = words(support.get(reverse("admin:orders_guesthold_changelist"), {"suspicious": "yes"}))
    answer = fill_in(support, reverse("admin:orders_guesthold_release", args=[many[0].pk]))

    assert answer.status_code == 200
    assert told == [hold.order.number for hold in many]
    assert many[0].order.number in listed
    assert one.order.number not in listed
