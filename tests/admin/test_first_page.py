"""The admin's first page: each role finds on it what it has to do, and the owner how the shop does."""

from datetime import timedelta
from pathlib import Path

import pytest
import unfold
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from orders.models import PaymentEvent, RefundTask, Shipment
from tests.admin.browsing import at_browser, dialog_url, words
from tests.factories.rows import make_order

pytestmark = pytest.mark.django_db
CHARTS = "unfold/js/chart/chart.js"


def to_ship(days: int, **columns: object):
    order = make_order("80.00", at=timezone.now(), **columns)
    order.move_to("paid")
    order.wait_for("shipment", timezone.now() + timedelta(days=9))
    Shipment.objects.create(order=order, scheduled_at=timezone.now() - timedelta(days=days))
    return order


def test_the_warehouse_reads_what_to_ship_oldest_first_and_where_to(wanda):
    young, old = to_ship(1, name="Bea Young"), to_ship(5, name="Ana Old")

    answer = at_browser(wanda).get("/admin/")

    read = words(answer)
    assert "To ship 2" in read
    assert read.index(old.number) < read.index(young.number)
    assert f"/admin/orders/order/{old.pk}/ship" in answer.content.decode()
    assert "Ana Old" in read
    assert "Unmatched payments" not in read
    assert CHARTS not in answer.content.decode()


def test_finance_reads_unmatched_money_what_is_due_and_what_to_pay_back(fritz):
    due = make_order("80.00", name="Ana Due")
    due.wait_for("payment", timezone.now() + timedelta(hours=20))
    told = {"provider": "sandbox", "status": "paid", "currency": "EUR", "reference": "r", "reported_by": "webhook:x"}
    PaymentEvent.objects.create(
        event_id="1", order_number="ORD-1", amount="74.00", outcome="unmatched", reason="unknown_order", **told
    )
    RefundTask.objects.create(
        key="k", order_number=due.number, amount="12.00", currency="EUR", payee="Bea", purpose="p"
    )

    read = words(at_browser(fritz).get("/admin/"))

    assert "Unmatched payments 1" in read
    assert "74.00 € Unknown order ORD-1" in read
    assert f"{due.number} Ana Due 80.00 € in 20 hours" in read
    assert f"{due.number} Bea 12.00 €" in read


def test_who_has_nothing_to_do_reads_that_in_words(wanda, fritz, sina, mia):
    assert "Every parcel has left." in words(at_browser(wanda).get("/admin/"))
    read = words(at_browser(fritz).get("/admin/"))
    assert "Every payment has found its order." in read
    assert "No order waits for its money." in read
    assert "Nobody is owed money." in read
    assert "No order waits for its money." in words(at_browser(sina).get("/admin/"))
    assert "Nothing waits for you." in words(at_browser(mia).get("/admin/"))


def test_the_owner_sees_orders_and_revenue_by_day_and_what_passes_an_alarm_line(root):
    for number in range(3):
        order = to_ship(1)
        paid = timezone.now() + timedelta(days=4)
        order.timeline.create(kind="paid", key="paid", actor="system", public=True, at=paid)
        data = {"code": "payment_deadline"} if number else {}
        order.timeline.create(kind="undo_started", key="undo", actor="system", public=True, at=paid, data=data)

    answer = at_browser(root).get("/admin/")

    read = words(answer)
    assert CHARTS in answer.content.decode()
    assert "Orders 3" in read
    assert "Revenue 240.00 €" in read
    assert "Until an order is paid 4 days alarm line: 3 days" in read
    assert "Not paid in time 40 % alarm line: 10 %" in read
    assert "Cancelled without a rest 100 % alarm below 99 %" in read
    assert answer.content.decode().count('<b class="s-late">') == 2


def test_the_first_page_takes_as_many_queries_for_many_orders_as_for_a_few(root):
    browser = at_browser(root)
    to_ship(1)
    browser.get("/admin/")  # warms what Django keeps
    with CaptureQueriesContext(connection) as few:
        browser.get("/admin/")
    for _number in range(12):
        to_ship(1)

    with CaptureQueriesContext(connection) as many:
        browser.get("/admin/")

    assert len(many) == len(few) <= 45


def test_the_only_change_to_unfolds_skeleton_is_that_charts_are_loaded_where_there_are_some():
    theirs = (Path(unfold.__file__).parent / "templates/unfold/layouts/skeleton.html").read_text()
    loaded = "<script src=\"{% static 'unfold/js/chart/chart.js' %}\"></script>"

    ours = (settings.BASE_DIR / "templates/unfold/layouts/skeleton.html").read_text()

    assert ours == theirs.replace(loaded, f"{{% if charts %}}{loaded}{{% endif %}}")


def test_an_order_is_found_by_where_it_goes_and_the_carrier_of_the_last_parcel_is_proposed_for_the_next(wanda):
    first, second = to_ship(2, city="Luleå"), to_ship(1)
    first.shipment.move_to("shipped", carrier="DPD", tracking_number="0150-77", shipped_at=timezone.now())
    browser = at_browser(wanda)

    for wanted in ("Luleå", "0150-77"):
        read = words(browser.get("/admin/orders/order/", {"q": wanted}))
        assert first.number in read
        assert second.number not in read
    assert 'value="DPD"' in browser.get(dialog_url("order", "ship", second.pk)).content.decode()
