"""What nobody gets back is written off by two people: one asks, another decides, by the rules of approvals."""

from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from orders.models import ApprovalRequest, CompensationFailure, Notification, Product
from orders.rules.approvals import Role
from tests.admin.browsing import at_browser, dialog_url, fields_of, send, words
from tests.admin.settling import approval_of, decide, dialog, do, page, told
from tests.factories.approvals import People
from tests.factories.orders import eventually, money_kept, order_events, stock
from tests.factories.reversals import make_reversal, make_settler, undone_but

running = pytest.mark.usefixtures("worker")


@pytest.fixture
def fiona(transactional_db: None) -> User:
    """She works in finance."""
    return make_settler("fiona")


@pytest.fixture
def mia(transactional_db: None) -> User:
    """A manager, who may settle as well as approve."""
    return make_settler("mia", Role.MANAGER)


@running
def test_a_second_person_decides_what_is_written_off(fiona: User, mia: User) -> None:
    failure = undone_but("payment")

    asked = told(fiona, dialog(failure, "write_off"), text="the customer cannot be found")
    still = CompensationFailure.objects.get(pk=failure.pk).state
    decided = told(mia, dialog_url("approvalrequest", "approve", approval_of(failure).pk))

    assert asked.count("Waits for somebody else's approval.") == 2  # the message and the decision
    assert "fully approved" in decided
    eventually(lambda: CompensationFailure.objects.filter(pk=failure.pk, state="written_off").exists())
    failure.order.refresh_from_db()
    assert (still, failure.order.status) == ("open", "cancelled")
    assert failure.order.timeline.get(kind="written_off").actor == f"user:{mia.pk}"
    assert Notification.objects.filter(kind="write_off_decided", recipient=f"user:{fiona.pk}").count() == 1


@running
def test_nobody_decides_on_their_own_write_off(mia: User) -> None:
    failure = undone_but("payment")
    do(mia, failure, "write_off", text="lost")

    answer = decide(mia, failure, "approve")

    assert "Nobody decides on their own request." in words(answer)
    assert CompensationFailure.objects.get().state == "open"


@running
def test_what_is_not_approved_is_open_again_and_may_be_asked_anew(fiona: User, mia: User) -> None:
    failure = undone_but("payment")
    do(fiona, failure, "write_off", text="lost")

    decide(mia, failure, "reject", comment="ask the bank first")
    eventually(lambda: failure.decisions.filter(state="refused").exists())
    again = page(fiona, failure)
    do(fiona, failure, "write_off", text="the bank does not know it either")

    failure.refresh_from_db()
    assert "Not approved. ask the bank first" in again
    assert (failure.state, failure.order.status) == ("open", "rollback_incomplete")
    assert failure.decisions.count() == 2
    assert approval_of_latest(failure).outcome == "pending"


def approval_of_latest(failure: CompensationFailure) -> ApprovalRequest:
    return failure.decisions.latest("pk").approval


@running
def test_the_money_at_risk_says_who_has_to_approve(fiona: User) -> None:
    failure = make_reversal(amount_at_risk="900.00", goods_at_risk="100.00")

    do(fiona, failure, "write_off", text="lost")

    approval = approval_of(failure)
    assert approval.amount == Decimal("1000.00")
    assert list(approval.levels.order_by("position").values_list("role", flat=True)) == ["manager", "director"]


@running
def test_goods_that_are_written_off_leave_the_stock(fiona: User, mia: User) -> None:
    failure = undone_but("shipping")
    do(fiona, failure, "write_off", text="the parcel is lost")

    decide(mia, failure, "approve")
    eventually(lambda: CompensationFailure.objects.filter(state="written_off").exists())

    assert stock()["TEA"] == (97, 0)
    assert Product.objects.get(sku="TEA").available == 97


@running
def test_whoever_approves_reads_what_it_is_about(fiona: User, mia: User) -> None:
    failure = undone_but("payment")
    do(fiona, failure, "write_off", text="the customer cannot be found")

    inbox = words(at_browser(mia).get(reverse("admin:approvals")))
    approval = words(
        at_browser(mia).get(reverse("admin:orders_approvalrequest_change", args=[approval_of(failure).pk]))
    )

    found = words(at_browser(mia).get(f"/admin/orders/approvalrequest/?q={failure.order.number}"))

    assert f"Write-off: Payment of {failure.order.number}" in inbox
    assert f"Write-off: Payment of {failure.order.number}" in found
    assert "the customer cannot be found" in approval
    assert "it would not" in approval


@running
def test_a_double_click_asks_once(fiona: User) -> None:
    failure, browser = undone_but("payment"), at_browser(fiona)
    fields = {**fields_of(browser.get(dialog(failure, "write_off"))), "text": "lost"}

    answers = [send(browser, dialog(failure, "write_off"), fields) for _click in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert ApprovalRequest.objects.count() == 1
    assert order_events(failure.order).count("write_off_requested") == 1


@running
def test_what_is_to_be_written_off_is_neither_tried_again_nor_settled_by_hand(fiona: User) -> None:
    failure = undone_but("payment")
    do(fiona, failure, "write_off", text="lost")

    answers = [do(fiona, failure, "retry"), do(fiona, failure, "settle", text="reference 4711")]

    assert [answer.status_code for answer in answers] == [409, 409]
    assert money_kept(failure.order) == failure.order.total


@running
def test_of_three_who_decide_otherwise_in_the_same_moment_one_is_heard(fiona: User, mia: User) -> None:
    failure = undone_but("payment")
    typed = {"retry": {}, "settle": {"text": "reference 4711"}, "write_off": {"text": "lost"}}
    urls = {action: dialog(failure, action) for action in typed}
    fields = {action: {**fields_of(at_browser(mia).get(urls[action])), **typed[action]} for action in typed}
    browsers = [(at_browser(person), action) for person, action in zip((fiona, mia, fiona), typed, strict=True)]

    with People(3) as people:
        answers = people.at_once(lambda n: send(browsers[n][0], urls[browsers[n][1]], fields[browsers[n][1]]))

    failure.refresh_from_db()
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    assert failure.decisions.count() == 1
    assert (failure.state == "open") == (failure.decisions.get().action == "write_off")
