"""Deciding several approvals at once: only on what was seen, and no more than can be looked through."""

from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client as Browser
from django.urls import reverse

from orders.models import ApprovalDecision, ApprovalRequest
from temporal_app import client
from tests.admin.browsing import at_browser, fields_of, words
from tests.factories.orders import eventually, place_order, wait_until
from tests.factories.products import make_product
from tests.factories.rows import make_approval

BULK = "admin:approvals-bulk"


def confirmation(browser: Browser, approvals: list[ApprovalRequest]) -> HttpResponse:
    """The page that says what would be approved."""
    return browser.get(reverse(BULK), [("decision", "approve"), *(("id", approval.pk) for approval in approvals)])


@pytest.mark.usefixtures("worker")
def test_what_changed_while_the_confirmation_was_open_is_not_approved(mia: User):
    make_product("TEA")
    order, other = place_order(("TEA", 3)), place_order(("TEA", 4))
    for waiting in (order, other):
        wait_until(waiting, waiting_for="approval")
    browser, approvals = at_browser(mia), [order.approval, other.approval]
    opened = fields_of(confirmation(browser, approvals))
    client.add_order_item(order.number, sku="TEA", quantity=2, by="customer:guest")
    eventually(lambda: ApprovalRequest.objects.get(order=order).amount == 500)

    result = browser.post(reverse(BULK), {**opened, "id": [approval.pk for approval in approvals]})
    wait_until(other, waiting_for="payment")

    assert "1 of 2 approved." in words(result)
    assert f"{order.number}: approved" not in words(result)
    assert ApprovalDecision.objects.get().request.order == other
    wait_until(order, waiting_for="approval")


def test_a_hundred_and_no_more_are_shown_and_the_rest_is_counted(mia: User):
    approvals = [make_approval() for _number in range(101)]

    read = words(confirmation(at_browser(mia), approvals))

    assert "You can approve 100 of these 100." in read
    assert "1 more were chosen; please decide on them afterwards." in read


def test_a_hundred_and_no_more_are_decided(mia: User, temporal_away):
    approvals = [make_approval() for _number in range(101)]
    roles = [(f"role-{approval.pk}", "manager") for approval in approvals]
    chosen = urlencode([("decision", "approve"), *(("id", approval.pk) for approval in approvals), *roles])

    answer = at_browser(mia).post(reverse(BULK), chosen, content_type="application/x-www-form-urlencoded")

    assert "0 of 100 approved." in words(answer)
    assert words(answer).count("Not tried.") == 99


@pytest.mark.usefixtures("worker")
def test_what_could_not_be_decided_when_the_confirmation_was_opened_is_not_decided_by_it(mia: User):
    make_product("TEA")
    order, other = place_order(("TEA", 12)), place_order(("TEA", 4))
    for waiting in (order, other):
        wait_until(waiting, waiting_for="approval")
    client.decide("order", order.number, role="manager", approved=True, by=f"user:{mia.pk}")
    browser, approvals = at_browser(mia), [order.approval, other.approval]
    page = confirmation(browser, approvals)
    opened = fields_of(page)
    client.add_order_item(order.number, sku="TEA", quantity=2, by="customer:guest")
    eventually(lambda: ApprovalRequest.objects.get(order=order).amount == 1400)

    result = browser.post(reverse(BULK), {**opened, "id": [approval.pk for approval in approvals]})

    assert "You can approve 1 of these 2." in words(page)
    assert "1 of 2 approved." in words(result), words(result)
