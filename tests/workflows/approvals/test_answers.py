"""What the client function answers: who came first, why it is too late, and that nothing of it compensation_failures
the workflow."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone, translation
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowUpdateFailedError

from orders import labels
from orders.http_status import http_status
from orders.rules.refusals import Refusal
from temporal_app import client
from temporal_app.client import approvals as client_functions
from temporal_app.client import calls
from temporal_app.client.errors import Refused, Unavailable
from temporal_app.messages import Decision
from temporal_app.workflows.approval import ApprovalWorkflow
from tests.factories.approvals import (
    People,
    cheaper,
    decide,
    decisions,
    levels,
    refusal_of_decision,
    row,
    start_approval,
)
from tests.factories.orders import ask
from tests.factories.people import make_user
from tests.factories.rows import make_order

pytestmark = pytest.mark.usefixtures("worker")


def said(refused: Refused) -> str:
    return labels.refusal(refused.code, refused.params)


def test_an_approval_is_answered_with_who_is_asked_next():
    order, alice, dora = make_order(), make_user("alice", "manager"), make_user("dora", "director")
    approval = start_approval(order, "manager", "director")

    first, second = decide(order, alice), decide(order, dora, "director")

    assert (first.outcome, first.levels) == ("pending", {"manager": "approved", "director": "pending"})
    assert (second.outcome, second.levels) == ("approved", {"manager": "approved", "director": "approved"})
    assert ask(approval.result()).outcome == "approved"
    assert ask(approval.query(ApprovalWorkflow.is_fully_approved))


@pytest.mark.parametrize("others", [(), ("director",)])
def test_the_second_of_two_clicks_reads_that_it_is_approved_already(others: tuple[str, ...]):
    order, alice = make_order(), make_user("alice", "manager")
    start_approval(order, "manager", *others)
    decide(order, alice)

    again = refusal_of_decision(order, alice)

    at = timezone.localtime(row(order).decisions.get().at)
    assert (http_status(again), said(again)) == (409, f"Already approved by alice at {at:%H:%M}.")
    assert len(decisions(order)) == 1


def test_who_comes_too_late_reads_who_rejected_what_and_when():
    order, alice, dora = make_order(), make_user("alice", "manager"), make_user("dora", "director")
    alice.first_name, alice.last_name = "Alice", "Äther"
    alice.save()
    approval = start_approval(order, "manager", "director")
    decide(order, alice, approved=False, comment="too much")
    ask(approval.result())

    late = refusal_of_decision(order, dora, "director")

    at = timezone.localtime(row(order).decisions.get().at)
    assert said(late) == f"Already rejected by Alice Äther at {at:%H:%M}."


def test_a_decision_of_another_day_is_told_with_its_date():
    order, alice = make_order(), make_user("alice", "manager")
    start_approval(order, "manager", "director")
    decide(order, alice)
    at = timezone.now() - timedelta(days=3)
    row(order).decisions.update(at=at)

    assert said(refusal_of_decision(order, alice)) == f"Already approved by alice at {labels.moment(at)}."


def test_of_two_people_at_once_one_wins_and_the_other_reads_who_it_was():
    order = make_order()
    people = [make_user("alice", "manager"), make_user("adam", "manager")]
    start_approval(order, "manager", "director")

    def decide_too(number: int) -> Refused | None:
        try:
            decide(order, people[number])
        except Refused as refused:
            return refused
        return None

    with People(2) as pool:
        answers = pool.at_once(decide_too)

    (_round, _role, _approved, winner) = decisions(order)[0]
    (loser,) = [answer for answer in answers if answer is not None]
    assert (loser.code, loser.params["who"], len(decisions(order))) == (Refusal.ALREADY_APPROVED_BY, winner, 1)


def test_a_decision_that_was_taken_is_answered_though_the_workflow_answers_late(monkeypatch: pytest.MonkeyPatch):
    order, alice, adam = make_order(), make_user("alice", "manager"), make_user("adam", "manager")
    start_approval(order, "manager", "director")

    async def late(*args: Any) -> None:
        with suppress(Refused):
            await calls.send_update(*args)
        raise Unavailable

    monkeypatch.setattr(client_functions, "send_update", late)
    state = decide(order, alice)
    monkeypatch.setattr(client_functions, "_check", lambda *args: None)

    assert (state.outcome, state.levels) == ("pending", {"manager": "approved", "director": "pending"})
    assert refusal_of_decision(order, adam).code == Refusal.ALREADY_APPROVED_BY


def test_who_hears_nothing_while_nothing_is_decided_is_told_to_try_again(monkeypatch: pytest.MonkeyPatch):
    order, alice = make_order(), make_user("alice", "manager")
    start_approval(order)

    async def nobody(*args: Any) -> None:
        return None

    monkeypatch.setattr(client_functions, "send_update", nobody)

    with pytest.raises(Unavailable):
        decide(order, alice)


def test_a_decision_after_the_deadline_is_late():
    order, alice = make_order(), make_user("alice", "manager")
    approval = start_approval(order, deadline_seconds=1)
    ask(approval.result())

    late = refusal_of_decision(order, alice)

    assert (late.code, http_status(late)) == (Refusal.APPROVAL_CLOSED, 409)
    assert said(late) == "This approval is closed: expired."


def test_there_is_nothing_to_decide_on_an_order_that_nobody_has_to_approve():
    order, alice = make_order(), make_user("alice", "manager")

    assert refusal_of_decision(order, alice).code == Refusal.ROLE_NOT_ASKED


def test_there_is_nothing_to_decide_on_an_order_that_does_not_exist():
    with pytest.raises(Refused) as refused:
        client.decide("order", "ORD-2026-999999", role="manager", approved=True, by="user:1")

    assert (refused.value.code, http_status(refused.value)) == (Refusal.UNKNOWN_ORDER, 404)


@pytest.mark.parametrize(("language", "amount"), [("en", "1,240.00\u00a0€"), ("de", "1.240,00\u00a0€")])
def test_who_looked_at_another_amount_reads_the_new_one_and_looks_again(language: str, amount: str):
    order, alice = make_order("1000.00"), make_user("alice", "manager")
    seen = order.fingerprint()
    start_approval(cheaper(order, "1240.00"))

    with translation.override(language):
        assert amount in said(refusal_of_decision(order, alice, fingerprint=seen))
    assert decide(order, alice, fingerprint=row(order).fingerprint).outcome == "approved"


@pytest.mark.parametrize(
    ("decision", "why"),
    [
        (Decision("emperor", True, by="user:1"), Refusal.UNKNOWN_ROLE),
        (Decision("vp", True, by="user:1"), Refusal.ROLE_NOT_ASKED),
        (Decision("manager", False, by="user:1"), Refusal.COMMENT_MISSING),
        (Decision("manager", True, by="user:17"), Refusal.OWN_REQUEST),
        (Decision("manager", True, by="user:1", fingerprint="another"), Refusal.CONTENT_CHANGED),
    ],
)
def test_what_the_workflow_can_see_to_be_wrong_leaves_no_trace_in_its_history(decision: Decision, why: Refusal):
    order = make_order()
    approval = start_approval(order, by="customer:17")

    with pytest.raises(WorkflowUpdateFailedError) as failed:
        ask(approval.execute_update(ApprovalWorkflow.decide, decision))

    assert failed.value.cause.type == why
    happened = [EventType.Name(event.event_type) for event in ask(approval.fetch_history()).events]
    assert not [name for name in happened if "UPDATE" in name]
    assert levels(order) == {"manager": "pending"}
