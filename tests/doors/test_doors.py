"""Every door of the shop, and who gets through: as `doors.txt` says, and none that it does not name."""

import logging
from pathlib import Path

import pytest
from django.contrib.auth.models import Group, User
from django.db import connections
from django.template import Template
from django.urls import clear_url_caches, path

from orders.admin.orders.notifications import NotificationAdmin
from orders.admin.orders.orders import OrderAdmin
from orders.models import Order
from orders.models.guest_hold import confirmation_key
from orders.views import visitor
from shop import urls
from shop.admin import ShopAdminSite
from temporal_app import connection
from tests.doors.walking import World, every_address, walk
from tests.factories import everything
from tests.factories.people import make_user

TABLE = Path(__file__).with_name("doors.txt")
ROLES = ("manager", "director", "vp", "warehouse", "finance", "support")


def written() -> dict[str, str]:
    """How everybody fares, by address, as the table says."""
    rows = (line.rsplit(maxsplit=3) for line in TABLE.read_text().splitlines() if line and line[0] != "#")
    return {"" if address == "/" else address: " ".join(fared) for address, *fared in rows}


@pytest.fixture
def world(db: None) -> World:
    """One of everything, and everybody, signed in."""
    roles = [make_user(role, role) for role in ROLES]
    root = make_user("root", is_superuser=True)
    other, owner = (User.objects.create_user(name) for name in ("other", "owner"))
    keys = {**everything.make(roles[0], roles[1], root), "user": other.pk, "group": Group.objects.latest("pk").pk}
    order = Order.objects.get()
    Order.objects.update(customer=owner)
    parts = {
        "<order:number>": order.number,
        "<token:token>": order.token,
        "<str:order_id>": str(order.pk),
        "<str:customer_id>": str(owner.pk),
        "<int:refund_id>": str(keys["refund"]),
        "<int:batch_id>": str(keys["refundbatch"]),
        "<str:workflow_id>": "w",
        "<path:sku>": "CHAI-10",
        "<str:provider>": "sandbox",
        "<id>": str(owner.pk),
        "<uidb64>": "MQ",
        "<token>": "never-given",
        "<slug:key>": confirmation_key(order),
        "<path:rest>": "1/1",
        "<path:content_type_id>": "1",
        "^(?P<app_label>orders|auth)/$": "orders/",
        "(?P<url>.*)$": "nothing-here",
    }
    found = World([None, other, owner, *roles, root], [None, owner, root], keys, parts)
    found.sign_in()
    return found


@pytest.fixture
def shut(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever gets through to Temporal is told that it is away; and no page is drawn, which others look at."""

    async def away(**ignored: object) -> None:
        raise connection.NotConnected

    monkeypatch.setattr(connection, "connect", away)
    monkeypatch.setattr(Template, "render", lambda *ignored: "")
    monkeypatch.setattr(ShopAdminSite, "each_context", lambda *ignored: {})
    monkeypatch.setattr(connections["default"], "close", lambda: None)  # some views leave none behind; it is the test's
    monkeypatch.setattr(logging.root.manager, "disable", logging.CRITICAL)  # each refusal would be told of


def test_every_door_is_in_the_table_and_lets_in_whom_the_table_says(world: World, shut: None) -> None:
    found, table = {address: walk(address, world) for address in every_address()}, written()

    otherwise = [f"{address or '/'}  {fared}" for address, fared in found.items() if table.get(address) != fared]
    assert (otherwise, sorted(table.keys() - found.keys())) == ([], [])


def test_an_address_or_action_that_the_table_does_not_name_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def give_away(self: object, request: object, queryset: object) -> None:
        """An action that nobody wrote down."""

    before, back_door = set(every_address()), path("back-door/", lambda _request: None)
    monkeypatch.setattr(urls, "urlpatterns", [*urls.urlpatterns, back_door])
    monkeypatch.setattr(NotificationAdmin, "actions", (give_away,))
    clear_url_caches()
    try:
        new = set(every_address()) - before
    finally:
        monkeypatch.undo()
        clear_url_caches()

    assert new == {"back-door/", "admin/orders/notification/ action give_away"}


def test_a_door_left_open_is_found(world: World, shut: None, monkeypatch: pytest.MonkeyPatch) -> None:
    ship, pay = "admin/orders/order/<path:object_id>/ship/", "orders/<order:number>/pay/"
    as_it_is = {door: walk(door, world) for door in (ship, pay)}
    monkeypatch.setattr(OrderAdmin, "has_ship_permission", lambda *ignored, **others: True)
    monkeypatch.setattr(visitor, "order", lambda _request, number, _token: Order.objects.get(number=number))

    left_open = {door: walk(door, world) for door in (ship, pay)}

    table = written()
    assert as_it_is == {door: table[door] for door in (ship, pay)}
    assert all(left_open[door] != table[door] for door in (ship, pay))
