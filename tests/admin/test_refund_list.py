"""Refunds in part in one list: what was asked, by whom, what came of it; one that was broken off is sent again."""

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from orders.models import Order, Refund
from orders.payments.sandbox import SandboxGateway
from orders.rules.refusals import Refusal
from temporal_app.activities import refunds
from tests.admin.browsing import at_browser, dialog_url, fill_in, words
from tests.factories.orders import ledger
from tests.factories.people import make_user
from tests.factories.refunds import ask_refund, paid_order

LIST = reverse("admin:orders_refund_changelist")


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("temporal_app.activities.outbox.notifier.wake", lambda: None)


@pytest.mark.django_db
@pytest.mark.usefixtures("silent")
def test_finance_reads_what_was_asked_for_and_why_it_was_not_made(fritz: User, sina: User) -> None:
    order = paid_order()
    ask_refund(order, fritz, "7.00", reason="a lid was missing")
    refused = ask_refund(order, fritz, "5.00", reason="too bitter")
    refused.end("refused", at=order.placed_at, result=Refusal.REFUND_REJECTED, reason="not without a picture")

    every = words(at_browser(fritz).get(LIST))
    only_refused = words(at_browser(fritz).get(LIST, {"state": "refused"}))
    page = words(at_browser(fritz).get(reverse("admin:orders_refund_change", args=[refused.pk])))

    assert "a lid was missing" in every
    assert "This refund was not approved." in every
    assert "too bitter" in only_refused
    assert "a lid was missing" not in only_refused
    assert "not without a picture" in page
    assert at_browser(sina).get(LIST).status_code == 403


@pytest.mark.usefixtures("worker")
def test_a_refund_that_was_broken_off_is_sent_again_and_goes_back_once(transactional_db: None) -> None:
    fiona = make_user("fiona", "finance")
    order = paid_order()
    refund = broken_off(order, fiona)
    browser, part = at_browser(fiona), reverse("admin:refund-workflow", args=[refund.pk])

    told = words(browser.get(part))
    answer = fill_in(browser, dialog_url("refund", "send_again", refund.pk))
    refund.refresh_from_db()
    again = words(browser.get(dialog_url("refund", "send_again", refund.pk)))

    assert "it was broken off" in told
    assert (answer.status_code, refund.state) == (200, "done")
    assert "This refund has come to its end." in again
    assert "It has come to its end." in words(browser.get(part))
    assert [str(went) for _state, _taken, went in ledger(order)] == ["20.00"]


def broken_off(order: Order, person: User) -> Refund:
    """A refund that its provider has made, without our hearing of it, and that no workflow carries any more."""
    refund = ask_refund(order, person, "20.00")
    refunds.weigh_refund(refund.pk)
    refunds.begin_refund(refund.pk)
    SandboxGateway().refund(reference=order.payments.get().reference, amount=refund.amount, key=refund.key)
    return refund
