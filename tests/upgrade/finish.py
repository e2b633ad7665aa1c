"""Taking to its end what an earlier version has left waiting, as people would."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import connections
from temporalio.client import Client
from temporalio.worker import Replayer
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from orders.models import ExpenseRequest, Order
from orders.rules import actors
from temporal_app import client, connection
from temporal_app.client.errors import ClientError
from temporal_app.queues import QUEUES
from temporal_app.worker import PASSED_THROUGH
from tests.factories.orders import ask, pay, ship
from tests.upgrade.states import GUEST, PEOPLE

PATIENCE = 120.0  # seconds; a retry may be a minute away
UNDONE = "return_money fails"
NONE = "–"
LONGEST = 300  # characters of a failure
NO_ORDER = {"cart", "expense"}


@dataclass(frozen=True)
class Row:
    """What became of one thing that was left waiting.

    :param problem: why it did not end as it should; empty where it did
    """

    state: str
    what: str
    before: str
    after: str
    problem: str = ""


def finish(left: dict[str, str], was: dict[str, str]) -> list[Row]:
    """Take all of it to its end, at once; `was` says on which version each was before."""
    with ThreadPoolExecutor(len(left)) as pool:
        return list(pool.map(lambda state: ended(state, left[state], was.get(state, NONE)), left))


def ended(state: str, what: str, before: str) -> Row:
    """Take one of them to its end."""
    try:
        number = placed(what) if state == "cart" else what
        reached = decided(what) if state == "expense" else carried(number)
        after = NONE if state == "expense" else last_version_of(number)
    finally:
        connections.close_all()
    expected = "processed" if state == "expense" else "cancelled" if state == UNDONE else "delivered"
    problem = "" if reached == expected else f"{reached} instead of {expected}"
    return Row(state, number, before, after, problem)


def versions(left: dict[str, str]) -> dict[str, str]:
    """On which version the saga of each order is."""
    return {state: version_of(number) for state, number in left.items() if state not in NO_ORDER}


def version_of(number: str) -> str:
    """On which version an order's saga ran last."""
    seen = client.inspect_order(number).workflows
    return (seen[0].build_id if seen else "") or NONE


def last_version_of(number: str) -> str:
    """On which version an order's saga ended, once it has."""
    until = time.monotonic() + PATIENCE
    while client.inspect_order(number).workflows[0].is_running and time.monotonic() < until:
        time.sleep(0.2)
    return version_of(number)


def carried(number: str) -> str:
    """Do what the order waits for, until it has ended or for too long; returns its status."""
    until = time.monotonic() + PATIENCE
    while True:
        order = Order.objects.get(number=number)
        if order.ended_at or time.monotonic() > until:
            waits = f", waits for {order.waiting_for}" if order.waiting_for else ""
            return f"{order.status}{waits}"
        with suppress(ClientError):  # somebody was quicker, or it is not so far yet
            take_next_step(order)
        time.sleep(0.3)


def take_next_step(order: Order) -> None:
    """What a customer, a manager or the warehouse does."""
    if order.waiting_for == "approval":
        for level in order.approval.levels.filter(state="pending"):
            decide("order", order.number, level.role)
    elif order.waiting_for == "payment":
        pay(order)
    elif order.waiting_for == "shipment":
        ship(order)
    elif order.waiting_for == "delivery":
        client.mark_delivered(order.number, by="user:1")


def decide(kind: str, subject: str, role: str) -> None:
    """Approve, as the person who has this role."""
    name = next(name for name, has in PEOPLE.items() if has == role)
    client.decide(kind, subject, role=role, approved=True, by=actors.user(User.objects.get(username=name).pk))


def decided(expense: str) -> str:
    """The state of an expense that was approved."""
    with suppress(ClientError):
        decide("expense", expense, "manager")
    until = time.monotonic() + PATIENCE
    while (row := ExpenseRequest.objects.get(pk=expense)).state == "submitted" and time.monotonic() < until:
        time.sleep(0.2)
    return row.state


def placed(cart_id: str) -> str:
    """The number of the order that a cart becomes."""
    return client.check_out(cart_id, payment_method="sandbox", by=GUEST)


def not_replaying() -> list[str]:
    """Which of the workflows that are open right now this version cannot replay, and why."""
    return ask(_not_replaying(connection._shared))


async def _not_replaying(temporal: Client) -> list[str]:
    restrictions = SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH)
    workflows = [workflow for served in QUEUES.values() for workflow in served.workflows]
    runner = SandboxedWorkflowRunner(restrictions=restrictions)
    replayer = Replayer(workflows=workflows, data_converter=temporal.data_converter, workflow_runner=runner)
    histories = temporal.list_workflows("ExecutionStatus = 'Running'").map_histories()
    async with replayer.workflow_replay_iterator(histories) as results:
        found = [(one.history.workflow_id, one.replay_failure) async for one in results if one.replay_failure]
    return [f"{workflow_id}: {str(failure)[:LONGEST]}" for workflow_id, failure in found]
