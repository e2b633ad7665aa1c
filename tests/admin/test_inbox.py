"""The inbox of approvals, the first page and the sidebar."""

from datetime import timedelta

import pytest
from django.contrib import admin
from django.urls import reverse
from django.utils import timezone

from orders.models import CompensationFailure, Order
from tests.admin.browsing import at_browser, words
from tests.factories.people import make_user
from tests.factories.rows import make_approval, make_decision, make_delegation, make_order

pytestmark = pytest.mark.django_db
INBOX = "/admin/approvals/"


def numbers_in(text: str, *approvals) -> list[str]:
    """Which of these orders a page names, as it orders them."""
    found = {text.find(approval.order.number): approval.order.number for approval in approvals}
    return [found[place] for place in sorted(found) if place >= 0]


def test_waiting_for_me_shows_what_i_can_decide_overdue_first(mia):
    later = make_approval(deadline=timezone.now() + timedelta(days=3))
    overdue = make_approval(deadline=timezone.now() - timedelta(days=2))
    own = make_approval(requested_by=f"user:{mia.pk}")
    other_role = make_approval(levels={"director": "pending"})

    read = words(at_browser(mia).get(INBOX))

    assert numbers_in(read, later, overdue, own, other_role) == [overdue.order.number, later.order.number]
    assert "overdue by 2 days" in read
    assert "Waiting for me 2" in read


def test_undecided_shows_everything_but_buttons_only_where_i_have_a_vote(mia):
    mine, other = make_approval(), make_approval(levels={"director": "pending"})

    page = at_browser(mia).get(INBOX, {"tab": "all"})

    assert numbers_in(words(page), mine, other) == [mine.order.number, other.order.number]
    assert page.content.decode().count('aria-haspopup="dialog"') == 2


def test_decided_by_me_shows_my_decisions_with_their_comments(mia, dora):
    approval = make_approval(levels={"manager": "pending", "director": "pending"})
    make_decision(approval, mia, "director", acting_for=dora, comment="While she is away.")
    make_decision(make_approval(), make_user("other", "manager"), "manager", comment="Not mine.")

    read = words(at_browser(mia).get(INBOX, {"tab": "decided"}))

    assert "While she is away." in read
    assert "in place of Dora Lindqvist" in read
    assert "Not mine." not in read


def test_votes_of_the_absent_wait_for_their_delegate(mia, dora):
    approval = make_approval(levels={"director": "pending"})
    make_delegation(dora, mia, since=timezone.now() - timedelta(hours=1))

    read = words(at_browser(mia).get(INBOX))

    assert approval.order.number in read


def test_an_empty_inbox_says_so(mia):
    assert "Nothing waits for you." in words(at_browser(mia).get(INBOX))


def test_finance_may_read_the_inbox_but_is_offered_no_decision():
    reader = make_user("reader", "finance")
    make_approval()

    page = at_browser(reader).get(INBOX, {"tab": "all"})

    assert page.status_code == 200
    assert b"aria-haspopup" not in page.content
    assert "Approve chosen" not in words(page)


def test_the_warehouse_has_no_inbox(wanda):
    assert at_browser(wanda).get(INBOX).status_code == 403


@pytest.mark.parametrize("query", ["", "?decision=approve", "?id=1", "?decision=dance&id=1", "?decision=approve&id=x"])
def test_a_confirmation_of_nothing_leads_back_to_the_inbox(query: str, mia):
    answer = at_browser(mia).get(reverse("admin:approvals-bulk") + query)

    assert answer["Location"] == INBOX


def test_rejecting_several_without_a_reason_asks_for_one(mia):
    approval = make_approval()
    data = {"decision": "reject", "id": str(approval.pk), f"role-{approval.pk}": "manager", "comment": " "}

    answer = at_browser(mia).post(reverse("admin:approvals-bulk"), data)

    assert answer.status_code == 400
    assert "Please say why: a rejection needs a comment." in words(answer)


@pytest.mark.parametrize("decision", ["approve", "reject"])
def test_a_bulk_decision_takes_no_longer_comment_than_the_dialog(decision: str, mia):
    approval = make_approval()
    data = {"decision": decision, "id": str(approval.pk), f"role-{approval.pk}": "manager", "comment": "x" * 2001}

    answer = at_browser(mia).post(reverse("admin:approvals-bulk"), data)

    assert answer.status_code == 400
    assert "Ensure this value has at most 2000 characters (it has 2001)." in words(answer)


def test_the_sidebar_counts_what_waits_for_me_on_every_page(mia):
    make_approval()
    make_approval()

    assert "Approvals 2" in words(at_browser(mia).get(reverse("admin:orders_product_changelist")))


def test_the_sidebar_shows_only_what_somebody_may_open(wanda):
    read = words(at_browser(wanda).get("/admin/"))

    assert "Stock adjustments" in read
    assert "Approval policies" not in read
    assert "Payment events" not in read


def test_the_first_page_counts_what_orders_wait_for_and_what_is_overdue(mia):
    make_approval(deadline=timezone.now() - timedelta(days=1))
    paying = make_order("80.00")
    paying.wait_for("payment", timezone.now() + timedelta(days=1))
    CompensationFailure.objects.create(
        order=paying, step="refund", error="x", amount_at_risk="80", currency="EUR", happened_at=timezone.now()
    )

    read = words(at_browser(mia).get("/admin/"))

    assert "Waiting for me 1 1 overdue" in read
    assert "Waiting for: Approval 1 300.00 € · 1 overdue" in read
    assert "Waiting for: Payment 1 80.00 €" in read
    assert "1 failed reversal 80.00 € at risk" in read


PAGES = [model._meta.model_name for model in admin.site._registry if model._meta.app_label == "orders"]


def test_every_list_and_every_page_opens(root, one_of_everything):
    browser = at_browser(root)
    lists = [reverse(f"admin:orders_{model}_changelist") for model in PAGES]
    pages = [reverse(f"admin:orders_{model}_change", args=[one_of_everything[model]]) for model in PAGES]

    statuses = {url: browser.get(url, follow=url in pages).status_code for url in [*lists, *pages]}

    assert {url: status for url, status in statuses.items() if status != 200} == {}


def test_an_order_that_is_being_undone_says_so(mia):
    order = make_order()
    Order.objects.filter(pk=order.pk).update(undo_started_at=timezone.now())

    assert "Being cancelled" in words(at_browser(mia).get(reverse("admin:orders_order_change", args=[order.pk])))
