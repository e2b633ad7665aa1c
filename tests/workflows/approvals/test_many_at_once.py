"""Twenty people who decide on the same level at the same moment, twenty times over."""

from collections.abc import Iterator

import pytest

from orders.models import Order
from orders.rules.approvals import ApprovalOutcome
from orders.rules.refusals import Refusal
from temporal_app.activities import outbox
from temporal_app.client.errors import ClientError, Refused
from temporal_app.messages import ApprovalState
from tests.factories.approvals import People, decide, decisions, row, start_approval
from tests.factories.orders import eventually, order_events
from tests.factories.people import make_user
from tests.factories.rows import make_order

PEOPLE = 20
TOO_LATE = {
    ApprovalOutcome.APPROVED: Refusal.ALREADY_APPROVED_BY,
    ApprovalOutcome.REJECTED: Refusal.ALREADY_REJECTED_BY,
}


class Crowd:
    """Managers who sit in front of the same page."""

    def __init__(self, desks: People) -> None:
        self.managers = [make_user(f"manager{number}", "manager") for number in range(PEOPLE)]
        self.desks = desks

    def decide(self, order: Order) -> list[ApprovalState | ClientError]:
        """Everybody decides at once, every other one rejects; what each was answered."""

        def decide_too(number: int) -> ApprovalState | ClientError:
            try:
                return decide(order, self.managers[number], approved=number % 2 == 0, comment=f"says {number}")
            except ClientError as error:
                return error

        return self.desks.at_once(decide_too)


@pytest.fixture
def crowd(worker: object) -> Iterator[Crowd]:
    outbox.notifier = outbox.OutboxNotifier(lambda: None)  # nobody reads the mail here
    with People(PEOPLE) as desks:
        yield Crowd(desks)


# a few times with every `make test`, twenty times with `make faults`
@pytest.mark.parametrize("times", [3, pytest.param(20, marks=pytest.mark.faults)])
def test_of_twenty_who_decide_at_once_one_does_and_nineteen_read_who_it_was(crowd: Crowd, times: int):
    for _time in range(times):
        order = make_order()
        start_approval(order)

        answers = crowd.decide(order)

        states = [answer for answer in answers if isinstance(answer, ApprovalState)]
        assert len(states) == 1, answers
        outcome = ApprovalOutcome(states[0].outcome)
        ((_round, _role, approved, winner),) = decisions(order)
        assert approved == (outcome == ApprovalOutcome.APPROVED)
        refused = [answer for answer in answers if isinstance(answer, Refused)]
        assert {(answer.code, answer.params["who"]) for answer in refused} == {(TOO_LATE[outcome], winner)}
        assert len(refused) == PEOPLE - 1
        eventually(lambda order=order, outcome=outcome: row(order).outcome == outcome)
        assert order_events(order) == ["approval_requested", f"level_{outcome}", f"{outcome}"]
