"""Orders in the admin: shipping, delivering and cancelling them, and reading them."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from orders.models import CompensationFailure, Order
from tests.admin.browsing import at_browser, dialog_url, fields_of, fill_in, message_shown, send, words
from tests.factories.orders import pay, place_order, told_in, wait_until
from tests.factories.people import make_user
from tests.factories.products import make_product
from tests.factories.rows import make_approval, make_decision, make_order

LIST = "admin:orders_order_changelist"


def page(order: Order) -> str:
    return reverse("admin:orders_order_change", args=[order.pk])


@pytest.fixture
def paid(worker) -> Order:
    """An order that waits to be shipped."""
    make_product("TEA")
    order = place_order(("TEA", 1))
    wait_until(order, waiting_for="payment")
    pay(order)
    wait_until(order, waiting_for="shipment")
    return order


def test_the_warehouse_ships_and_delivers_an_order(paid: Order, wanda):
    browser = at_browser(wanda)

    parcel = {"carrier": "DHL", "tracking_number": "0034 5"}
    shipped = message_shown(browser, fill_in(browser, dialog_url("order", "ship", paid.pk), **parcel))
    wait_until(paid, waiting_for="delivery")
    delivered = message_shown(browser, fill_in(browser, dialog_url("order", "deliver", paid.pk)))
    wait_until(paid, status="delivered")

    assert f"{paid.number} is on its way with DHL." in shipped
    assert f"{paid.number} is delivered." in delivered
    read = words(browser.get(page(paid)))
    assert "Shipped with DHL, tracking number 0034 5." in read
    assert "Delivered." in read


def test_the_timeline_says_who_shipped_and_who_delivered(paid: Order, wanda):
    wim = make_user("wim", "warehouse")

    fill_in(at_browser(wanda), dialog_url("order", "ship", paid.pk), carrier="DHL", tracking_number="0034 5")
    wait_until(paid, waiting_for="delivery")
    fill_in(at_browser(wim), dialog_url("order", "deliver", paid.pk))
    wait_until(paid, status="delivered")

    assert paid.timeline.get(kind="shipped").actor == f"user:{wanda.pk}"
    assert paid.timeline.get(kind="delivered").actor == f"user:{wim.pk}"


def test_shipping_twice_is_answered_and_done_once(paid: Order, wanda):
    browser, url = at_browser(wanda), dialog_url("order", "ship", paid.pk)
    opened = fields_of(browser.get(url))
    send(browser, url, opened, carrier="DHL", tracking_number="1")
    wait_until(paid, status="shipped")

    again = send(browser, url, opened, carrier="DHL", tracking_number="2")

    assert again.status_code == 409
    assert f"Order {paid.number} is not waiting to be shipped." in words(again)
    assert paid.timeline.filter(kind="shipped").count() == 1


def test_shipping_needs_carrier_and_tracking_number(paid: Order, wanda):
    answer = fill_in(at_browser(wanda), dialog_url("order", "ship", paid.pk), carrier="", tracking_number="")

    assert words(answer).count("This field is required.") == 2
    paid.refresh_from_db()
    assert paid.status == "paid"


def test_support_cancels_an_order_with_a_reason(paid: Order, sina):
    browser = at_browser(sina)

    fill_in(browser, dialog_url("order", "cancel", paid.pk), reason="Ordered by mistake")
    wait_until(paid, status="cancelled")

    again = browser.get(dialog_url("order", "cancel", paid.pk))
    assert "Ordered by mistake" in words(browser.get(page(paid)))
    assert b'type="submit"' not in again.content


def test_the_timeline_says_who_cancelled_and_why_but_no_history_does(paid: Order, sina):
    fill_in(at_browser(sina), dialog_url("order", "cancel", paid.pk), reason="Ordered by mistake")
    wait_until(paid, status="cancelled")

    assert paid.timeline.get(kind="cancelled").actor == f"user:{sina.pk}"
    assert paid.timeline.get(kind="cancelled").data["reason"] == "Ordered by mistake"
    assert "by mistake" not in told_in(paid.workflow_id)


def test_with_temporal_away_a_step_says_so_and_changes_nothing(temporal_away, db, sina, wanda, mia):
    order = make_order()
    approval = make_approval(order)
    before = list(Order.objects.values_list())

    answers = [
        fill_in(at_browser(sina), dialog_url("order", "cancel", order.pk), reason="Because"),
        fill_in(at_browser(mia), dialog_url("approvalrequest", "approve", approval.pk)),
    ]

    assert [answer.status_code for answer in answers] == [503, 503]
    assert all("The shop cannot take this right now. Nothing was changed" in words(answer) for answer in answers)
    assert list(Order.objects.values_list()) == before
    assert at_browser(mia).get(page(order)).status_code == 200


def test_with_temporal_away_several_decisions_stop_at_the_first(temporal_away, db, mia):
    approvals = [make_approval() for _number in range(5)]
    data = {"decision": "approve", "id": [str(approval.pk) for approval in approvals]}
    data |= {f"role-{approval.pk}": "manager" for approval in approvals}

    answer = at_browser(mia).post(reverse("admin:approvals-bulk"), data)

    assert answer.status_code == 503
    assert words(answer).count("Not tried.") == 4


@pytest.fixture
def told_order(db, mia) -> Order:
    """An order with something in every part of its page."""
    order = make_order("1200.00")
    approval = make_approval(order, levels={"manager": "pending", "director": "pending"})
    make_decision(approval, mia, "manager", comment="Known customer.", at=timezone.now())
    CompensationFailure.objects.create(
        order=order,
        step="refund",
        error="no answer",
        amount_at_risk="12.00",
        currency="EUR",
        happened_at=timezone.now(),
    )
    return order


def test_an_orders_page_tells_everything(told_order: Order, dora):
    read = words(at_browser(dora).get(page(told_order)))

    for part in (
        "Chai, 10 boxes",
        "1,200.00 €",
        "Maria Anders",
        "Known customer.",
        "Mia Keller",
        "12.00 € are at risk",
    ):
        assert part in read
    assert f"order-saga-{told_order.number}" in read


def test_an_orders_page_links_to_the_namespace_that_the_environment_names(
    told_order: Order, dora, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("TEMPORAL_NAMESPACE", "shop.production")

    page_ = at_browser(dora).get(page(told_order)).content.decode()

    assert f"/namespaces/shop.production/workflows/order-saga-{told_order.number}" in page_


def test_an_orders_page_takes_as_many_queries_for_a_long_story_as_for_a_short_one(
    told_order: Order, dora, django_assert_num_queries
):
    browser = at_browser(dora)
    told_order.timeline.create(kind="item_added", key="0", actor=f"user:{dora.pk}", public=True, at=timezone.now())
    browser.get(page(told_order))  # warms what Django keeps
    with CaptureQueriesContext(connection) as short:
        assert browser.get(page(told_order)).status_code == 200
    for number in range(1, 30):
        told_order.timeline.create(
            kind="item_added", key=str(number), actor=f"user:{dora.pk}", public=True, at=timezone.now()
        )

    with django_assert_num_queries(len(short)):
        browser.get(page(told_order))

    assert len(short) <= 27  # one of them writes down who opened it


@pytest.mark.parametrize("list_", [LIST, "admin:approvals", "admin:orders_approvalrequest_changelist", "admin:index"])
def test_a_list_of_thirty_takes_as_many_queries_as_one_of_three(list_: str, db, mia, django_assert_num_queries):
    browser = at_browser(mia)
    for _number in range(3):
        make_approval(levels={"manager": "pending", "director": "pending"})
    browser.get(reverse(list_))  # warms what Django keeps
    with CaptureQueriesContext(connection) as short:
        browser.get(reverse(list_))
    for _number in range(27):
        make_approval(levels={"manager": "pending", "director": "pending"})

    with django_assert_num_queries(len(short)):
        browser.get(reverse(list_))


def test_orders_are_found_by_number_name_status_and_what_is_overdue(db, mia):
    late, other = make_order(name="Ana Late"), make_order(name="Bea Other")
    make_approval(late, deadline=timezone.now())
    browser = at_browser(mia)

    for query in ("?q=Late", f"?q={late.number}", "?waiting_for=approval", "?late=yes"):
        read = words(browser.get(reverse(LIST) + query))
        assert late.number in read, query
        assert other.number not in read, query
    assert other.number in words(browser.get(reverse(LIST) + "?status=pending"))


def test_a_button_is_shown_only_to_whom_it_is_for(db, mia, wanda, sina):
    order = make_order()
    order.wait_for("shipment", timezone.now())

    assert "Mark as shipped" in words(at_browser(wanda).get(page(order)))
    assert "Cancel order" not in words(at_browser(wanda).get(page(order)))
    assert "Mark as shipped" not in words(at_browser(sina).get(page(order)))
    assert "Cancel order" in words(at_browser(sina).get(page(order)))
