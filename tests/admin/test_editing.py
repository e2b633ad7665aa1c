"""What staff type into the admin: policies, delegations, expenses, products and stock adjustments."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from orders.models import ApprovalPolicy, Delegation, ExpenseRequest, PolicyChange, Product, StockAdjustment
from tests.admin.browsing import at_browser, dialog_url, fields_of, fill_in, message_shown, send, words
from tests.factories.orders import eventually
from tests.factories.people import make_user
from tests.factories.products import make_product
from tests.factories.rows import make_delegation

pytestmark = pytest.mark.django_db
POLICY = {
    "kind": "order",
    "from_amount": "500",
    "roles": ["manager"],
    "deadline_seconds_0": "2",
    "deadline_seconds_1": "12",
    "deadline_seconds_2": "",
    "at_deadline": "reject",
    "escalate_to": "",
    "remind_before_seconds_0": "",
    "remind_before_seconds_1": "6",
    "remind_before_seconds_2": "",
}


def add(user, model: str, **data):
    return at_browser(user).post(reverse(f"admin:orders_{model}_add"), data)


# --- policies


def test_finance_writes_a_policy_with_times_in_days_and_hours(fritz):
    answer = add(fritz, "approvalpolicy", **POLICY)

    assert answer.status_code == 302, words(answer)
    PolicyChange.objects.get().decide(confirmed=True, by=make_user("fiona", "finance"), at=timezone.now())
    policy = ApprovalPolicy.objects.get(from_amount=500)
    assert (policy.deadline_seconds, policy.remind_before_seconds) == (60 * 3600, 6 * 3600)
    assert "2 days 12 hours" in words(at_browser(fritz).get(reverse("admin:orders_approvalpolicy_changelist")))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"remind_before_seconds_0": "3"}, "The reminder must come after the request"),
        ({"at_deadline": "escalate"}, "Say which role is asked when the deadline has passed."),
        ({"at_deadline": "escalate", "escalate_to": "manager"}, "This role is asked already"),
        ({"roles": ["emperor"]}, "emperor is not one of the available choices"),
        ({"roles": ["warehouse"]}, "warehouse is not one of the available choices"),
        ({"roles": []}, "This field is required."),
        ({"deadline_seconds_0": "", "deadline_seconds_1": ""}, "required"),
        ({"deadline_seconds_0": "0", "deadline_seconds_1": "0"}, "Give at least a minute to decide."),
        ({"from_amount": "-1"}, "The amount cannot be negative."),
        ({"from_amount": "250"}, "already exists"),
    ],
)
def test_a_policy_that_cannot_work_is_refused(wrong: dict, said: str, fritz):
    before = ApprovalPolicy.objects.count()

    answer = add(fritz, "approvalpolicy", **{**POLICY, **wrong})

    assert answer.status_code == 200
    assert said in words(answer)
    assert ApprovalPolicy.objects.count() == before


def test_a_manager_reads_policies_but_does_not_write_them(mia):
    assert add(mia, "approvalpolicy", **POLICY).status_code == 403
    assert at_browser(mia).get(reverse("admin:orders_approvalpolicy_changelist")).status_code == 200


# --- delegations


def window(start: timedelta, end: timedelta) -> dict[str, str]:
    now = timezone.localtime()
    moments = {"starts_at": now + start, "ends_at": now + end}
    return {
        f"{name}_{part}": f"{moment:{form}}"
        for name, moment in moments.items()
        for part, form in enumerate(("%Y-%m-%d", "%H:%M:%S"))
    }


WEEK = window(timedelta(0), timedelta(days=7))


def test_somebody_who_goes_away_hands_their_own_votes_over(dora, mia):
    answer = add(dora, "delegation", delegate=mia.pk, **WEEK)

    assert answer.status_code == 302, words(answer)
    delegation = Delegation.objects.get()
    assert (delegation.delegator, delegation.delegate) == (dora, mia)


def test_nobody_delegates_to_themselves_to_customers_to_who_has_left_or_who_decides_nothing(dora, wanda):
    customer = make_user("customer", is_staff=False)
    gone = make_user("gone", "manager", is_active=False)

    for person in (dora, customer, gone, wanda):
        assert "Select a valid choice" in words(add(dora, "delegation", delegate=person.pk, **WEEK))
    assert not Delegation.objects.exists()


def test_only_approvers_are_offered_and_each_once(dora, mia, wanda):
    mia.groups.add(*dora.groups.all())

    page = at_browser(dora).get(reverse("admin:orders_delegation_add"))

    offered = [str(label) for key, label in page.context["adminform"].form.fields["delegate"].choices if key]
    assert offered == ["Mia Keller"]


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        (timedelta(days=2), timedelta(days=1), "The end must come after the beginning."),
        (timedelta(days=-2), timedelta(days=-1), "The end must lie in the future."),
        (timedelta(days=6), timedelta(days=9), "In this time Mia Keller already acts for you"),
    ],
)
def test_a_delegation_in_an_impossible_time_is_refused(start, end, said: str, dora, mia):
    other = make_user("other", "manager")
    make_delegation(dora, mia, since=timezone.now())

    answer = add(dora, "delegation", delegate=other.pk, **window(start, end))

    assert said in words(answer)
    assert Delegation.objects.count() == 1


def test_nobody_changes_the_delegation_of_somebody_else(dora, mia):
    theirs = make_delegation(dora, mia, since=timezone.now())

    for step in ("change", "delete"):
        answer = at_browser(mia).post(reverse(f"admin:orders_delegation_{step}", args=[theirs.pk]), {"post": "yes"})
        assert answer.status_code == 403
    assert Delegation.objects.get() == theirs


def test_a_delegation_can_be_ended_by_whose_votes_they_are(dora, mia):
    own = make_delegation(dora, mia, since=timezone.now())

    at_browser(dora).post(reverse("admin:orders_delegation_delete", args=[own.pk]), {"post": "yes"})

    assert not Delegation.objects.exists()


# --- expenses

EXPENSE = {"amount": "129.90", "category": "Travel", "description": "Train to Leipzig"}


def test_an_expense_is_filed_submitted_and_approved(worker, sina, mia):
    browser = at_browser(sina)
    add(sina, "expenserequest", **EXPENSE)
    expense = ExpenseRequest.objects.get()
    url = dialog_url("expenserequest", "submit", expense.pk)
    opened = fields_of(browser.get(url))

    submitted = message_shown(browser, send(browser, url, opened))
    eventually(lambda: ExpenseRequest.objects.filter(state="submitted").exists())
    again = send(browser, url, opened)
    approval = eventually(lambda: getattr(ExpenseRequest.objects.get(), "approval", None))
    managers = at_browser(mia)
    decided = message_shown(managers, fill_in(managers, dialog_url("approvalrequest", "approve", approval.pk)))
    eventually(lambda: ExpenseRequest.objects.filter(state="processed").exists())

    assert "Submitted; you get a mail when it is decided." in submitted
    assert again.status_code == 409
    assert "This expense has already been submitted." in words(again)
    assert f"Expense {expense.pk}, Travel: fully approved." in decided
    assert ExpenseRequest.objects.get().requester == sina


def test_a_form_that_the_browser_kept_files_another_expense_when_something_else_is_typed(sina):
    browser, url = at_browser(sina), reverse("admin:orders_expenserequest_add")
    kept = fields_of(browser.get(url))

    for amount in ("129.90", "129.90", "54.00"):
        browser.post(url, {**kept, **EXPENSE, "amount": amount})

    assert sorted(f"{one.amount}" for one in ExpenseRequest.objects.all()) == ["129.90", "54.00"]


def test_a_manager_does_not_decide_on_their_own_expense(worker, mia):
    add(mia, "expenserequest", **EXPENSE)
    expense = ExpenseRequest.objects.get()
    fill_in(at_browser(mia), dialog_url("expenserequest", "submit", expense.pk))
    approval = eventually(lambda: getattr(ExpenseRequest.objects.get(), "approval", None))
    url = dialog_url("approvalrequest", "approve", approval.pk)

    read = at_browser(mia).get(url)
    forced = send(at_browser(mia), url, {"_form_submitted": "True", "role": "manager"})

    assert "Nobody decides on their own request." in words(read)
    assert forced.status_code == 403


@pytest.mark.parametrize("amount", ["0", "-5", "x", "1e99", "1.234"])
def test_an_expense_of_no_amount_is_refused(amount: str, sina):
    assert add(sina, "expenserequest", **{**EXPENSE, "amount": amount}).status_code == 200
    assert not ExpenseRequest.objects.exists()


def test_a_draft_is_seen_and_changed_by_its_author_alone(sina, mia, wanda):
    draft = ExpenseRequest.objects.create(requester=sina, **EXPENSE)
    url = reverse("admin:orders_expenserequest_change", args=[draft.pk])

    at_browser(sina).post(url, {**EXPENSE, "category": "Trains"})

    assert ExpenseRequest.objects.get().category == "Trains"
    for other in (mia, wanda):
        assert at_browser(other).get(url).status_code == 302  # there is no such expense for them
        assert "Trains" not in words(at_browser(other).get(reverse("admin:orders_expenserequest_changelist")))
        assert at_browser(other).get(dialog_url("expenserequest", "submit", draft.pk)).status_code == 404


def test_what_was_submitted_is_seen_by_managers_and_changed_by_nobody(sina, mia, wanda):
    submitted = ExpenseRequest.objects.create(requester=sina, state="submitted", **EXPENSE)
    url = reverse("admin:orders_expenserequest_change", args=[submitted.pk])

    assert at_browser(mia).get(url).status_code == 200
    assert at_browser(wanda).get(url).status_code == 302
    assert at_browser(sina).post(url, {**EXPENSE, "amount": "9999"}).status_code == 403
    assert at_browser(sina).post(reverse("admin:orders_expenserequest_delete", args=[submitted.pk])).status_code == 403
    assert ExpenseRequest.objects.get().amount == Decimal("129.90")


# --- products and stock


def test_a_product_is_edited_but_never_its_stock_or_its_sku(mia):
    tea = make_product("TEA", name="Chai, 10 boxes", on_hand=10)
    data = {"name": "Tea", "category": "Tea", "price": "2.50", "active": "on", "on_hand": "999", "sku": "X"}
    inline = {"adjustments-TOTAL_FORMS": "0", "adjustments-INITIAL_FORMS": "0"}

    answer = at_browser(mia).post(reverse("admin:orders_product_change", args=[tea.pk]), {**data, **inline})

    assert answer.status_code == 302, words(answer)
    tea.refresh_from_db()
    assert (tea.name, tea.price, tea.on_hand, tea.sku) == ("Tea", Decimal("2.50"), 10, "TEA")


def test_a_stock_adjustment_is_applied_and_told(worker, wanda):
    tea = make_product("TEA", name="Tea", on_hand=10)
    browser = at_browser(wanda)

    answer = fill_in(browser, dialog_url("product", "adjust", tea.pk), delta="5", reason="Delivery")

    assert "Tea: 15 on hand now." in message_shown(browser, answer)
    adjustment = StockAdjustment.objects.get()
    assert adjustment.applied_at
    assert adjustment.requested_by == wanda


def test_more_than_there_is_cannot_be_taken_off(worker, wanda):
    tea = make_product("TEA", name="Tea", on_hand=10, reserved=4)
    browser = at_browser(wanda)

    answer = fill_in(browser, dialog_url("product", "adjust", tea.pk), delta="-7", reason="Broken")

    assert answer.status_code == 409
    assert "Only 6 of Tea can be taken off the stock" in words(answer)
    assert Product.objects.get().on_hand == 10
    assert "Refused" in words(browser.get(reverse("admin:orders_product_change", args=[tea.pk])))


@pytest.mark.parametrize("delta", ["0", "", "many", "99999999999"])
def test_a_change_by_nothing_is_refused(delta: str, wanda):
    tea = make_product("TEA", name="Chai, 10 boxes", on_hand=10)

    answer = fill_in(at_browser(wanda), dialog_url("product", "adjust", tea.pk), delta=delta, reason="Counted")

    assert answer.status_code == 200
    assert "HX-Redirect" not in answer.headers
    assert not StockAdjustment.objects.exists()


def test_with_temporal_away_no_adjustment_is_left_behind(temporal_away, wanda):
    tea = make_product("TEA", name="Chai, 10 boxes", on_hand=10)

    answer = fill_in(at_browser(wanda), dialog_url("product", "adjust", tea.pk), delta="5", reason="Delivery")

    assert answer.status_code == 503
    assert not StockAdjustment.objects.exists()
    assert Product.objects.get().on_hand == 10
