"""Approvals to test with: of an order's row without its saga, or of an expense; and ways to decide on them."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from decimal import Decimal
from threading import Barrier
from typing import Any

from django.db import connections
from temporalio.client import WorkflowHandle, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError

from orders.models import ApprovalRequest, ExpenseRequest, Order
from orders.rules import identifiers
from orders.rules.refusals import Refusal
from temporal_app import client, connection, names, policies
from temporal_app.activities import approvals
from temporal_app.client.errors import Refused
from temporal_app.messages import (
    ApprovalEnd,
    ApprovalInput,
    ApprovalOpening,
    ApprovalResult,
    Decision,
    DecisionRecord,
)
from temporal_app.workflows.approval import ApprovalWorkflow
from tests.factories.orders import ask, eventually

DAY = 86_400
LATER = 4_000_000_000.0  # a deadline, Unix time, that no test reaches
Handle = WorkflowHandle[ApprovalWorkflow, ApprovalResult]


def approval_of(order: Order, *roles: str, by: str = "customer:guest", **policy: Any) -> ApprovalInput:
    """What an order's saga asks for; roles: a manager unless said otherwise."""
    return ApprovalInput(
        kind="order",
        subject=order.number,
        amount=order.total,
        roles=roles or ("manager",),
        requested_by=by,
        fingerprint=order.fingerprint(),
        **policy,
    )


def start_approval(order: Order, *roles: str, by: str = "customer:guest", **policy: Any) -> Handle:
    """Have an order approved as its saga does, and wait until everybody has been asked."""
    handle = begin_approval(approval_of(order, *roles, by=by, **policy))
    eventually(lambda: row(order) is not None)
    return handle


def begin_approval(approval: ApprovalInput) -> Handle:
    """Start an approval as a saga or a client function does."""
    return ask(
        connection._shared.start_workflow(
            ApprovalWorkflow.run,
            approval,
            id=identifiers.approval(approval.kind, approval.subject),
            task_queue=names.ORDERS_QUEUE,
            execution_timeout=policies.approval_timeout(approval.deadline_seconds),
        )
    )


def row(subject: Order | ExpenseRequest) -> ApprovalRequest | None:
    """The mirror of an approval."""
    of = {"order": subject} if isinstance(subject, Order) else {"expense": subject}
    return ApprovalRequest.objects.filter(**of).first()


def levels(subject: Order | ExpenseRequest) -> dict[str, str]:
    """Each role's state, as people see it."""
    return dict(row(subject).levels.order_by("position").values_list("role", "state"))


def decisions(subject: Order | ExpenseRequest) -> list[tuple[int, str, bool, str]]:
    """Round, role, verdict and person of each decision, first to last."""
    rows = row(subject).decisions.order_by("pk")
    return list(rows.values_list("round", "role", "approved", "person__username"))


def decide(subject: Order | ExpenseRequest, person: Any, role: str = "manager", **decision: Any):
    """Decide through the client function; a refusal is raised."""
    kind, key = ("order", subject.number) if isinstance(subject, Order) else ("expense", str(subject.pk))
    return client.decide(kind, key, role=role, by=f"user:{person.pk}", **{"approved": True, **decision})


def refusal_of_decision(
    subject: Order | ExpenseRequest, person: Any, role: str = "manager", **decision: Any
) -> Refused:
    """Why the client function refuses a decision; fails if it does not."""
    try:
        state = decide(subject, person, role, **decision)
    except Refused as refused:
        return refused
    raise AssertionError(f"it was taken: {state}")


class People(ThreadPoolExecutor):
    """So many people who do something at the same time, and give their database connections back after it."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.together = Barrier(number)

    def at_once(self, act: Callable[[int], Any]) -> list[Any]:
        """Everybody does it at the same moment; their answers."""
        return list(self.map(lambda number: self.together.wait() >= 0 and act(number), range(self._max_workers)))

    def submit(self, act: Callable, /, *args: Any, **parameters: Any) -> Future:
        def act_and_go() -> Any:
            try:
                return act(*args, **parameters)
            finally:
                connections.close_all()

        return super().submit(act_and_go)


@dataclass
class Way:
    """One of the ways on which a decision arrives; each has to hold the rules for itself."""

    name: str
    handles: dict[str, Handle] = field(default_factory=dict)
    opened: dict[str, ApprovalInput] = field(default_factory=dict)

    def ask_for(self, order: Order, *roles: str, by: str = "customer:guest") -> None:
        """Have the order approved."""
        if self.name == "activity":
            self.opened[order.number] = approval_of(order, *roles, by=by)
            approvals.open_approval(ApprovalOpening(self.opened[order.number], LATER))
        else:
            self.handles[order.number] = start_approval(order, *roles, by=by)

    def decide(
        self, order: Order, person: Any, role: str = "manager", approved: bool = True, comment: str = "", seen: str = ""
    ) -> Refusal | None:
        """Decide; answers why not, or None where it is taken."""
        decision = Decision(role, approved, comment, by=f"user:{person.pk}", fingerprint=seen)
        try:
            getattr(self, f"_by_{self.name}")(order, decision)
        except Refused as refused:
            return refused.code
        except WorkflowUpdateFailedError as failed:
            return Refusal(failed.cause.type)
        except ApplicationError as failed:
            return Refusal(failed.type)
        except RPCError:
            return Refusal.APPROVAL_CLOSED  # there is nobody to hear it any more
        return None

    def end(self, order: Order, outcome: str) -> None:
        """What the workflow does of itself after a last word."""
        if self.name == "activity":
            approvals.end_approval(ApprovalEnd("order", order.number, ApprovalResult(outcome)))
        else:
            ask(self.handles[order.number].result())

    def _by_client(self, order: Order, decision: Decision) -> None:
        client.decide(
            "order",
            order.number,
            role=decision.role,
            approved=decision.approved,
            comment=decision.comment,
            by=decision.by,
            fingerprint=decision.fingerprint,
        )

    def _by_update(self, order: Order, decision: Decision) -> None:
        ask(self.handles[order.number].execute_update(ApprovalWorkflow.decide, decision))

    def _by_activity(self, order: Order, decision: Decision) -> None:
        opened = self.opened[order.number]
        approvals.record_decision(DecisionRecord(opened.kind, opened.subject, opened.round, decision, at=0.0))


def cheaper(order: Order, price: str) -> Order:
    """The same order at another price, as if its line had been changed."""
    line = order.lines.get()
    order.lines.filter(pk=line.pk).update(unit_price=Decimal(price))
    order.count_total()
    return order
