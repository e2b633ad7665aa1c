"""Approving and rejecting in the admin, on real orders: Mia and Max are managers, Dora is director."""

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from orders.models import ApprovalDecision, ApprovalRequest, Order
from orders.rules import actors
from temporal_app import client as client_functions
from tests.admin.browsing import at_browser, dialog_url, fields_of, fill_in, message_shown, send, words
from tests.factories.orders import place_order, wait_until
from tests.factories.people import make_user
from tests.factories.products import make_product
from tests.factories.rows import make_delegation

pytestmark = pytest.mark.usefixtures("worker")


@pytest.fixture
def order(worker) -> Order:
    """An order of 1,200.00, which a manager and a director must approve."""
    make_product("TEA")
    order = place_order(("TEA", 12))
    wait_until(order, waiting_for="approval")
    return order


def approve_url(order: Order) -> str:
    return dialog_url("approvalrequest", "approve", order.approval.pk)


def reject_url(order: Order) -> str:
    return dialog_url("approvalrequest", "reject", order.approval.pk)


def test_each_decision_is_answered_with_what_comes_next(order: Order, mia, dora):
    mias, doras = at_browser(mia), at_browser(dora)

    first = message_shown(mias, fill_in(mias, approve_url(order), comment="Known customer."))
    second = message_shown(doras, fill_in(doras, approve_url(order)))

    assert f"{order.number}: approved, now waiting for: Director." in first
    assert f"{order.number}: fully approved." in second
    wait_until(order, waiting_for="payment")
    assert list(ApprovalDecision.objects.order_by("pk").values_list("person", "role", "comment")) == [
        (mia.pk, "manager", "Known customer."),
        (dora.pk, "director", ""),
    ]


def test_a_rejection_ends_the_matter_at_once(order: Order, mia, dora):
    fill_in(at_browser(dora), reject_url(order), comment="Not at this price.")

    wait_until(order, status="cancelled")
    answer = at_browser(mia).get(approve_url(order))
    assert "Already rejected by Dora Lindqvist at" in words(answer)
    assert "Not at this price." in words(at_browser(mia).get(reverse("admin:orders_order_change", args=[order.pk])))


def test_a_rejection_needs_a_comment(order: Order, mia):
    answer = fill_in(at_browser(mia), reject_url(order), comment="   ")

    assert "Please say why: a rejection needs a comment." in words(answer)
    assert not ApprovalDecision.objects.exists()


def test_a_double_click_decides_once_and_both_clicks_are_answered(order: Order, mia):
    browser, url = at_browser(mia), approve_url(order)
    opened = fields_of(browser.get(url))

    first, second = send(browser, url, opened), send(browser, url, opened)

    assert first.status_code == 200
    assert second.status_code == 409
    assert "Already approved by Mia Keller at" in words(second)
    assert ApprovalDecision.objects.count() == 1


def test_who_comes_second_reads_who_decided_what(order: Order, mia):
    max_ = make_user("max", "manager")
    opened = fields_of(at_browser(max_).get(approve_url(order)))
    fill_in(at_browser(mia), approve_url(order))

    answer = send(at_browser(max_), approve_url(order), opened)

    assert answer.status_code == 409
    assert "Already approved by Mia Keller at" in words(answer)


def test_a_total_that_changed_while_the_dialog_was_open_is_shown_and_can_then_be_approved(order: Order, mia):
    browser, url = at_browser(mia), approve_url(order)
    opened = fields_of(browser.get(url))
    client_functions.add_order_item(order.number, sku="TEA", quantity=1, by=actors.customer(None))

    refused = send(browser, url, opened, comment="Fine")
    again = send(browser, url, fields_of(refused), comment="Fine")

    assert refused.status_code == 409
    assert "The total is now 1,300.00 €; please look again before you decide." in words(refused)
    assert "1,300.00 €" in words(refused)
    assert "now waiting for: Director" in message_shown(browser, again)
    assert ApprovalDecision.objects.get().amount == 1300


def test_a_role_taken_away_while_the_dialog_was_open_counts(order: Order, mia):
    browser = at_browser(mia)
    opened = fields_of(browser.get(approve_url(order)))
    mia.groups.set([])
    mia.user_permissions.set(Permission.objects.filter(codename="decide_approval"))

    answer = send(browser, approve_url(order), opened)

    assert answer.status_code == 403
    assert "Only members of the role Manager may decide this." in words(answer)
    assert not ApprovalDecision.objects.exists()


def test_a_permission_taken_away_while_the_dialog_was_open_counts(order: Order, mia):
    browser = at_browser(mia)
    opened = fields_of(browser.get(approve_url(order)))
    mia.groups.set([])

    answer = send(browser, approve_url(order), opened)

    assert answer.status_code == 403
    assert not ApprovalDecision.objects.exists()


def test_a_superuser_has_no_special_vote(order: Order, root):
    browser = at_browser(root)

    opened = browser.get(approve_url(order))
    forced = send(browser, approve_url(order), {"_form_submitted": "True", "role": "manager"})

    assert "Only members of the role Manager may decide this." in words(opened)
    assert b'type="submit"' not in opened.content
    assert forced.status_code == 403


@pytest.mark.parametrize("role", ["vp", "emperor"])
def test_a_level_that_nobody_asked_for_cannot_be_decided(role: str, order: Order, mia):
    opened = fields_of(at_browser(mia).get(approve_url(order)))

    answer = send(at_browser(mia), approve_url(order), {**opened, "role": role})

    assert answer.status_code in (400, 403, 409)
    assert not ApprovalDecision.objects.exists()


def test_who_has_two_roles_is_asked_as_what_to_decide_and_counts_for_one(order: Order):
    both = make_user("both", "manager", "director")
    browser = at_browser(both)

    asked = browser.get(approve_url(order))
    taken = fill_in(browser, approve_url(order), role="director")
    again = browser.get(approve_url(order))

    assert "Decide as" in words(asked)
    assert "now waiting for: Manager" in message_shown(browser, taken)
    assert "You have already decided another level of this approval" in words(again)


def test_a_delegate_decides_in_the_place_of_the_absent_and_both_names_are_kept(order: Order, mia, dora):
    make_delegation(dora, mia, since=timezone.now())

    fill_in(at_browser(mia), approve_url(order), role="director", comment="Dora is away.")

    decision = ApprovalDecision.objects.get()
    assert (decision.person, decision.acting_for, decision.role) == (mia, dora, "director")
    page = words(at_browser(mia).get(reverse("admin:orders_approvalrequest_change", args=[order.approval.pk])))
    assert "Mia Keller, in place of Dora Lindqvist" in page


def test_opening_the_decision_page_from_a_mail_decides_nothing(order: Order, mia, client):
    url = reverse("admin:orders_approvalrequest_change", args=[order.approval.pk])

    stranger, answer = client.get(url), at_browser(mia).get(url)

    assert stranger["Location"] == f"/admin/login/?next={url}"
    assert answer.status_code == 200
    assert ApprovalRequest.objects.get().outcome == "pending"


def test_several_at_once_say_before_and_after_what_happens_to_each(order: Order, mia):
    small, own = place_order(("TEA", 3)), place_order(("TEA", 4), customer_id=mia.pk)
    free = place_order(("TEA", 1))
    for other in (small, own):
        wait_until(other, waiting_for="approval")
    browser = at_browser(mia)
    keys = [("id", other.approval.pk) for other in (order, small, own)]

    confirmation = browser.get(reverse("admin:approvals-bulk"), [("decision", "approve"), *keys])
    fill = fields_of(confirmation)
    data = {**fill, "id": [str(key) for _id, key in keys], "comment": "All fine"}
    result = browser.post(reverse("admin:approvals-bulk"), data)

    assert "You can approve 2 of these 3." in words(confirmation)
    assert "Nobody decides on their own request." in words(confirmation)
    assert "2 of 3 approved." in words(result)
    assert f"{order.number}: approved, now waiting for: Director." in words(result)
    assert f"{small.number}: fully approved." in words(result)
    assert set(ApprovalDecision.objects.values_list("comment", flat=True)) == {"All fine"}
    assert not hasattr(free, "approval")
