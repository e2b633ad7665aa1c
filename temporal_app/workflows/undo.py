"""Undoing what an order has done: registered before each step, run last first, each undo on its own."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from temporal_app import policies
    from temporal_app.activities import orders
    from temporal_app.messages import FailedReversal, OrderStep
    from temporal_app.workflows.provider_calls import call

Answer = TypeVar("Answer")


def is_cancelled() -> bool:
    """Whether Temporal has been asked to cancel this workflow."""
    return workflow.cancellation_reason() is not None


def stop_if_cancelled() -> None:
    """What was under way when a cancellation came has been waited for, and has ended as if nothing had happened.

    :raises asyncio.CancelledError: the workflow has been asked to stop
    """
    if is_cancelled():
        raise asyncio.CancelledError


async def unstoppable(work: Coroutine[Any, Any, Answer]) -> Answer:
    """Carry something through to its end, although the workflow is cancelled meanwhile."""
    task = asyncio.create_task(work)
    while True:
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if task.done():
                return task.result()


@dataclass
class Undo:
    """What there is to undo of one order. Undos go by the order's number, so a step whose answer was lost is undone
    as well as one that answered."""

    number: str
    _registered: dict[str, Callable[[OrderStep], None]] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def register(self, step: str, undo: Callable[[OrderStep], None]) -> None:
        """Remember how to undo `step`, before it is taken; a step taken again keeps its place."""
        self._registered.setdefault(step, undo)

    @property
    def steps(self) -> tuple[str, ...]:
        """The steps begun so far, first to last."""
        return tuple(self._registered)

    async def run(self, by: str) -> None:
        """Undo everything, last first. What cannot be undone is put in front of people and stops nothing else."""
        for step, undo in reversed(self._registered.items()):
            try:
                await call(undo, OrderStep(self.number, by=by), policies.UNDO)
                self.done.append(step)
            except ActivityError as failure:
                self.failed.append(step)
                trouble = FailedReversal(self.number, step, error=str(failure.cause or failure))
                await workflow.execute_local_activity(orders.record_failed_reversal, trouble, **policies.RECORD)
