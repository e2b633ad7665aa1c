"""An expense from the draft to being processed or rejected, and who hears of it."""

from decimal import Decimal

import pytest
from django.core import mail
from django.db.models.signals import post_init

from orders import labels
from orders.http_status import http_status
from orders.models import ApprovalPolicy, ExpenseRequest, Notification
from orders.rules import identifiers
from orders.rules.refusals import Refusal
from temporal_app import client, connection
from temporal_app.client.errors import Refused
from temporal_app.messages import ApprovalResult
from temporal_app.workflows.approval import ApprovalWorkflow
from tests.factories.approvals import People, decide, decisions, levels, refusal_of_decision, row
from tests.factories.orders import ask, eventually
from tests.factories.people import make_user
from tests.factories.rows import make_delegation

pytestmark = pytest.mark.usefixtures("worker")


@pytest.fixture
def erin():
    """Who files expenses, and is a manager too."""
    return make_user("erin", "manager")


@pytest.fixture
def alice():
    return make_user("alice", "manager")


def make_expense(requester, amount: str = "80.00", **policy: object) -> ExpenseRequest:
    """A draft, and the policy that holds for expenses."""
    holds = {"roles": ["manager"], "remind_before_seconds": 0, **policy}
    ApprovalPolicy.objects.update_or_create(kind="expense", from_amount=0, defaults=holds)
    return ExpenseRequest.objects.create(
        requester=requester, amount=amount, category="Travel", description="Train to Köln"
    )


def submit(expense: ExpenseRequest) -> None:
    client.submit_expense(expense.pk)
    eventually(lambda: row(expense))
    expense.refresh_from_db()


def end_of(expense: ExpenseRequest) -> ApprovalResult:
    approval = identifiers.approval("expense", str(expense.pk))
    handle = connection._shared.get_workflow_handle_for(ApprovalWorkflow.run, approval)
    result = ask(handle.result())
    expense.refresh_from_db()
    return result


def sent_to(person) -> list[str]:
    """The subjects of a person's mails, without the amounts."""
    return [one.subject.partition(":")[0] for one in mail.outbox if one.to == [person.email]]


def test_a_submitted_expense_is_mailed_to_the_managers_but_not_to_who_asked(erin, alice):
    expense = make_expense(erin)

    submit(expense)

    assert expense.state == "submitted"
    assert levels(expense) == {"manager": "pending"}
    eventually(lambda: len(mail.outbox) == 2)
    assert (sent_to(alice), sent_to(erin)) == (["Your approval is needed"], ["Your expense was submitted"])
    approval = row(expense)
    request = next(one for one in mail.outbox if one.to == [alice.email])
    assert f"/admin/orders/approvalrequest/{approval.pk}/change/" in request.body
    assert labels.moment(approval.deadline) in request.body


def test_decided_in_time_it_is_processed_and_the_requester_hears_of_it(erin, alice):
    expense = make_expense(erin)
    submit(expense)

    state = decide(expense, alice, comment="have a good trip", fingerprint=expense.fingerprint())
    end_of(expense)

    assert (state.outcome, expense.state) == ("approved", "processed")
    assert expense.decided_at is not None
    eventually(lambda: sent_to(erin) == ["Your expense was submitted", "Your expense was approved"])


def test_rejected_it_is_rejected_with_the_reason_and_the_requester_hears_of_it(erin, alice):
    expense = make_expense(erin)
    submit(expense)

    decide(expense, alice, approved=False, comment="take the bus")
    end_of(expense)

    assert (expense.state, expense.reason) == ("rejected", "take the bus")
    eventually(lambda: sent_to(erin)[1:] == ["Your expense was rejected"])
    assert "take the bus" in mail.outbox[-1].body


def test_not_decided_in_time_it_is_rejected_and_says_so(erin):
    expense = make_expense(erin, deadline_seconds=1)
    submit(expense)

    assert end_of(expense).outcome == "expired"

    assert (expense.state, labels.reason(expense.reason)) == ("rejected", "The approval was not given in time.")
    eventually(lambda: sent_to(erin)[1:] == ["Your expense was rejected"])
    assert "The approval was not given in time." in mail.outbox[-1].body


def test_nobody_decides_on_their_own_expense_alone_or_through_a_delegate(erin):
    expense, bob = make_expense(erin), make_user("bob")
    make_delegation(erin, bob, days=3_650)
    submit(expense)

    assert refusal_of_decision(expense, erin).code == Refusal.OWN_REQUEST
    assert refusal_of_decision(expense, bob).code == Refusal.OWN_REQUEST


def test_the_second_of_two_clicks_reads_that_it_is_approved_already(erin, alice):
    expense = make_expense(erin)
    submit(expense)
    decide(expense, alice)
    end_of(expense)

    assert refusal_of_decision(expense, alice).code == Refusal.ALREADY_APPROVED_BY
    assert decisions(expense) == [(1, "manager", True, "alice")]


def test_an_expense_is_submitted_once(erin):
    expense = make_expense(erin)

    def click(_time: int) -> str | None:
        try:
            client.submit_expense(expense.pk)
        except Refused as refused:
            return labels.refusal(refused.code, refused.params)
        return None

    with People(2) as pool:
        answers = pool.at_once(click)
    eventually(lambda: row(expense))

    assert set(answers) == {None, "This expense has already been submitted."}
    assert click(3) == "This expense has already been submitted."
    assert Notification.objects.filter(kind="expense_submitted").count() == 1


def test_a_decided_expense_is_not_submitted_again(erin, alice):
    expense = make_expense(erin)
    submit(expense)
    decide(expense, alice, approved=False, comment="no")
    end_of(expense)

    with pytest.raises(Refused) as refused:
        client.submit_expense(expense.pk)

    assert (refused.value.code, http_status(refused.value)) == (Refusal.ALREADY_SUBMITTED, 409)


def test_what_is_typed_over_while_it_is_being_submitted_is_rejected(erin, alice):
    expense = make_expense(erin)

    def type_over(instance: ExpenseRequest, **signal: object) -> None:
        """Right after the client function has read the draft."""
        post_init.disconnect(type_over, sender=ExpenseRequest)
        ExpenseRequest.objects.filter(pk=expense.pk).update(amount=Decimal("8000.00"))

    post_init.connect(type_over, sender=ExpenseRequest)
    client.submit_expense(expense.pk)

    assert (end_of(expense).outcome, expense.state) == ("rejected", "rejected")
    assert labels.reason(expense.reason) == "The amount to approve changed."
    assert not Notification.objects.filter(kind="approval_requested").exists()
    eventually(lambda: sent_to(erin) == ["Your expense was rejected"])


def test_an_expense_keeps_the_policy_it_was_submitted_under(erin, alice):
    expense = make_expense(erin)
    submit(expense)
    before = row(expense).deadline

    ApprovalPolicy.objects.filter(kind="expense").update(
        roles=["vp"], deadline_seconds=1, remind_before_seconds=0, from_amount=1
    )

    assert (levels(expense), row(expense).deadline) == ({"manager": "pending"}, before)
    assert decide(expense, alice).outcome == "approved"


def test_an_expense_below_the_lowest_tier_waits_for_a_decision(erin, alice):
    expense = make_expense(erin, "4.99")
    ApprovalPolicy.objects.filter(kind="expense").update(from_amount="50.00")

    submit(expense)

    assert expense.state == "submitted"
    assert levels(expense) == {"manager": "pending"}


def test_an_expense_waits_for_a_manager_where_no_policy_says_for_whom(erin, alice):
    expense = make_expense(erin)
    ApprovalPolicy.objects.filter(kind="expense").delete()

    submit(expense)

    assert levels(expense) == {"manager": "pending"}
