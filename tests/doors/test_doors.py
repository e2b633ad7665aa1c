"""Every door of the shop, and who gets through: as `doors.txt` says, and none that it does not name."""

import logging
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.db import connections
from django.template import Template

from orders.models import Order
from orders.models.guest_hold import confirmation_key
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
    keys = everything.make(roles[0], roles[1], root)
    order = Order.objects.get()
    Order.objects.update(customer=owner)
    parts = {
        "<order:number>": order.number,
        "<token:token>": order.token,
        "<str:order_id>": str(order.pk),
        "<str:customer_id>": str(owner.pk),
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
    found = {address: walk(address, world) for address in every_address()}

    assert found == written()
