"""The live stream of an order's page, over HTTP."""

import http.client
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from orders.models import Order, TimelineEntry
from orders.rules.order_events import OrderEvent
from orders.rules.status import OrderStatus, WaitingFor
from orders.views import events, order_watcher
from tests import live
from tests.factories.people import make_user
from tests.views.shopping import written

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The shop over HTTP, whose streams look ten times as often as in life."""
    monkeypatch.setattr(order_watcher, "LOOK_EVERY_SECONDS", 0.1)
    monkeypatch.setattr(events, "HEARTBEAT_SECONDS", 0.3)
    with live.serve() as address:
        yield address


@contextmanager
def listen(shop: str, address: str, **headers: str) -> Iterator[http.client.HTTPResponse]:
    connection = http.client.HTTPConnection(urlsplit(shop).netloc, timeout=60)
    connection.request("GET", address, headers=headers)
    try:
        yield connection.getresponse()
    finally:
        connection.close()


def next_event(stream: http.client.HTTPResponse, name: str = "") -> tuple[str, str]:
    """The next event (of this name), as (name, data); comments count as events called ":"."""
    while True:
        event, data = "", []
        while line := stream.readline().decode().rstrip("\n"):
            if line.startswith(":"):
                event = ":"
            elif line.startswith("event: "):
                event = line.removeprefix("event: ")
            elif line.startswith("data: "):
                data.append(line.removeprefix("data: "))
        assert not stream.isclosed() or event, "the stream ended"
        # a browser drops an event without data
        if (data or event == ":") and name in ("", event):
            return event, "\n".join(data)


def events_of(order: Order) -> str:
    return f"{order.get_absolute_url()}events/"


def current(order: Order) -> str:
    """The stream's address, from the present version of the page on."""
    return f"{events_of(order)}?v={Client().get(order.get_absolute_url()).context['version']}"


def deliver(order: Order) -> None:
    Order.objects.filter(pk=order.pk).update(
        status=OrderStatus.DELIVERED, waiting_for=WaitingFor.NOTHING, waiting_until=None
    )


def test_a_change_is_pushed_as_the_sections_it_touches(shop: str) -> None:
    order = written()

    with listen(shop, current(order)) as stream:
        assert stream.headers["Content-Type"] == "text/event-stream"
        order.move_to(OrderStatus.PAID, waiting_for=WaitingFor.SHIPMENT)
        TimelineEntry.record(order, OrderEvent.PAID, by="system", at=timezone.now(), amount="40.00")

        _event, progress = next_event(stream, "progress")
        _event, timeline = next_event(stream, "timeline")

    assert "We are packing your order" in progress
    assert "We received your payment of 40.00\u00a0€. Thank you!" in timeline


def test_staff_who_read_along_get_the_news_and_no_forms(shop: str) -> None:
    order, staff = written(waiting_for=""), Client()
    staff.force_login(make_user("wanda", "warehouse"))
    address = current(order)
    Order.objects.update(waiting_for=WaitingFor.PAYMENT)

    with listen(shop, address, Cookie=f"sessionid={staff.cookies['sessionid'].value}") as stream:
        _event, progress = next_event(stream, "progress")
        _event, actions = next_event(stream, "actions")
        _event, more = next_event(stream, "more")

    assert "Please pay 40.00\u00a0€" in progress
    assert "<form" not in actions + more


def test_what_can_no_longer_be_done_is_taken_off_the_page(shop: str) -> None:
    order = written()

    with listen(shop, events_of(order)) as stream:
        _event, before = next_event(stream, "actions")
        order.move_to(OrderStatus.PAID, waiting_for=WaitingFor.SHIPMENT)
        _event, after = next_event(stream, "actions")

    assert "Pay now" in before
    assert "Pay now" not in after


def test_nothing_is_pushed_while_nothing_happens(shop: str) -> None:
    order = written()

    with listen(shop, current(order)) as stream:
        seen = {next_event(stream)[0] for _beat in range(3)}

    assert seen == {":"}


def test_a_note_in_the_timeline_leaves_the_forms_alone(shop: str) -> None:
    order = written()

    with listen(shop, events_of(order)) as stream:
        next_event(stream, "more")
        TimelineEntry.record(order, OrderEvent.APPROVED, by="user:1", at=timezone.now())
        seen = [next_event(stream)[0] for _event in range(3)]

    assert "timeline" in seen
    assert not {"actions", "more"} & set(seen)


def test_the_first_news_of_a_page_leave_its_forms_alone(shop: str) -> None:
    order = written()

    with listen(shop, current(order)) as stream:
        TimelineEntry.record(order, OrderEvent.APPROVED, by="user:1", at=timezone.now())
        seen = [next_event(stream)[0] for _event in range(5)]

    assert "timeline" in seen
    assert not {"actions", "more"} & set(seen)


def test_a_page_that_is_behind_is_brought_up_to_date_at_once(shop: str) -> None:
    order = written()

    with listen(shop, f"{events_of(order)}?v=somethingold") as stream:
        names = [next_event(stream)[0] for _section in range(5)]

    assert names == ["progress", "actions", "lines", "timeline", "more"]


def test_the_stream_ends_with_the_order(shop: str) -> None:
    order = written()

    with listen(shop, current(order)) as stream:
        deliver(order)
        next_event(stream, "end")

        assert stream.read() == b""


def test_a_stream_speaks_the_language_of_the_page(shop: str) -> None:
    order = written()

    with listen(shop, events_of(order), **{"Accept-Language": "de"}) as stream:
        _event, lines = next_event(stream, "lines")

    assert "40,00\u00a0€" in lines


def test_a_database_that_goes_away_is_waited_for(shop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    order = written()
    look, failures = order_watcher.versions, iter([True] * 5)

    def hiccup(pks: list[int]) -> dict[int, str]:
        if next(failures, False):
            raise OperationalError("gone for a moment")
        return look(pks)

    with listen(shop, current(order)) as stream:
        monkeypatch.setattr(order_watcher, "versions", hiccup)
        next_event(stream, ":")
        deliver(order)
        next_event(stream, "end")


def test_nobody_listens_to_a_foreign_order(shop: str) -> None:
    order = written()

    for address in (f"/orders/{order.number}/events/", f"/orders/{order.number}/{'x' * 32}/events/"):
        with listen(shop, address) as stream:
            assert stream.status == 404


def test_a_hundred_pages_make_one_query_a_look(shop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    order, asked = written(), []
    look = order_watcher.versions

    def look_and_count(pks):
        asked.append(list(pks))
        return look(pks)

    monkeypatch.setattr(order_watcher, "versions", look_and_count)

    with ExitStack() as pages:
        streams = [pages.enter_context(listen(shop, current(order))) for _page in range(100)]
        asked.clear()
        next_event(streams[0], ":")
        next_event(streams[99], ":")

        assert asked
        assert all(pks == [order.pk] for pks in asked)
        assert len(asked) < 20


@pytest.mark.parametrize("end", ["sign out", "lock the account", "the time is up"])
def test_an_owners_stream_ends_with_the_session(shop: str, monkeypatch: pytest.MonkeyPatch, end: str) -> None:
    monkeypatch.setattr(events, "ALLOWED_FOR_SECONDS", 0.0)
    owner, browser = User.objects.create_user("alice"), Client()
    browser.force_login(owner)
    order = written(customer=owner)
    cookie = f"sessionid={browser.cookies['sessionid'].value}"

    with listen(shop, f"/orders/{order.number}/events/", Cookie=cookie) as stream:
        next_event(stream, "progress")
        if end == "sign out":
            browser.post("/accounts/logout/")
        elif end == "the time is up":
            Session.objects.update(expire_date=timezone.now())
        else:
            User.objects.update(is_active=False)
        last, _data = next_event(stream, "end")

    assert last == "end"
