"""Signals from outside decide under the same rules; what is refused is noted and breaks nothing."""

from contextlib import suppress
from typing import Any

import pytest
from temporalio.service import RPCError

from orders import labels
from orders.models import Order
from orders.rules.order_events import OrderEvent
from tests.factories.approvals import Handle, decide, decisions, levels, row, start_approval
from tests.factories.orders import ask, eventually
from tests.factories.people import make_user
from tests.factories.rows import make_order

pytestmark = pytest.mark.usefixtures("worker")


def tell(approval: Handle, signal: str, **decision: Any) -> None:
    """A signal as another program sends it: by name, JSON."""
    ask(approval.signal(signal, {"role": "manager", "approved": True, **decision}))


def refused(order: Order) -> list[str]:
    """What has been refused, as staff read it on the timeline."""
    entries = order.timeline.filter(kind=OrderEvent.DECISION_REFUSED).order_by("id")
    return [labels.event(entry) for entry in entries]


def test_a_machine_passes_an_approval_on():
    order, alice = make_order(), make_user("alice", "manager")
    approval = start_approval(order)

    tell(approval, "approve", by=f"user:{alice.pk}", approved=False)

    assert ask(approval.result()).outcome == "approved"
    assert decisions(order) == [(1, "manager", True, "alice")]


def test_a_machine_passes_a_rejection_on():
    order, alice = make_order(), make_user("alice", "manager")
    approval = start_approval(order)

    tell(approval, "reject", by=f"user:{alice.pk}", comment="too much")

    assert (ask(approval.result()).outcome, ask(approval.result()).reason) == ("rejected", "too much")


def test_what_a_machine_may_not_do_is_noted_on_the_timeline():
    order, dora, me = make_order(), make_user("dora", "director"), make_user("me", "manager")
    approval = start_approval(order, by=f"customer:{me.pk}")

    tell(approval, "approve", by=f"user:{dora.pk}")
    tell(approval, "approve", by=f"user:{me.pk}")
    tell(approval, "reject", by=f"user:{dora.pk}")
    tell(approval, "approve", by=f"user:{dora.pk}", fingerprint="seen before")
    tell(approval, "approve", by="system")

    eventually(lambda: len(refused(order)) == 5)
    assert sorted(refused(order)) == [
        "Manager: a decision was refused. Nobody decides on their own request.",
        "Manager: a decision was refused. Only members of the role Manager may decide this.",
        "Manager: a decision was refused. Only members of the role Manager may decide this.",
        "Manager: a decision was refused. Please say why: a rejection needs a comment.",
        "Manager: a decision was refused. The total is now 300.00\u00a0€; please look again before you decide.",
    ]
    assert levels(order) == {"manager": "pending"}


@pytest.mark.parametrize(
    "decision",
    [
        {"by": "user:²"},
        {"by": "user:" + "9" * 5_000},
        {"by": "user:99999999999999999"},
        {"by": "user:1\x00" * 40},
        {"by": "x" * 500, "role": "\x00\ud800" * 100},
        {"by": "user:1", "comment": "\x00", "approved": False},
    ],
)
def test_nonsense_is_noted_and_holds_nothing_up(decision: dict[str, Any]):
    order, alice = make_order(), make_user("alice", "manager")
    approval = start_approval(order)

    tell(approval, "reject", **decision)

    eventually(lambda: refused(order))
    assert decide(order, alice).outcome == "approved"


def test_a_message_that_is_no_decision_holds_nothing_up():
    order, alice = make_order(), make_user("alice", "manager")
    approval = start_approval(order)

    ask(approval.signal("approve", "yes please"))
    ask(approval.signal("approve", {"approved": True}))

    assert decide(order, alice).outcome == "approved"


def test_what_no_database_takes_is_left_out_of_a_comment():
    order, alice = make_order(), make_user("alice", "manager")
    approval = start_approval(order)

    tell(approval, "reject", by=f"user:{alice.pk}", comment="too \x00much \ud800")

    assert ask(approval.result()).outcome == "rejected"
    assert row(order).decisions.get().comment == "too much "


def test_a_decision_that_comes_with_the_last_one_is_noted_and_changes_nothing():
    order, alice, adam = make_order(), make_user("alice", "manager"), make_user("adam", "manager")
    approval = start_approval(order)

    tell(approval, "approve", by=f"user:{alice.pk}")
    with suppress(RPCError):  # nobody is there to hear it
        tell(approval, "reject", by=f"user:{adam.pk}", comment="no")

    assert ask(approval.result()).outcome == "approved"
    assert len(decisions(order)) == 1
