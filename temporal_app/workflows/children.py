"""A saga's children go on while the saga goes on in a new run: how each run hears what becomes of them.

Temporal tells only the run that started a child how it ended. So before a saga continues as new it asks its child to
report its end by signal (`report_end`); the child does so in `reported`, and the next run takes it up with `SagaChild`.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Generic, TypeVar

from temporalio import workflow
from temporalio.exceptions import ApplicationError, FailureError, TerminatedError

with workflow.unsafe.imports_passed_through():
    from orders.rules.status import OrderStatus
    from temporal_app import names, policies
    from temporal_app.messages import ApprovalResult, ChildEnd, ChildRun
    from temporal_app.workflows import steps

Message = TypeVar("Message")
Answer = TypeVar("Answer")
Workflow = TypeVar("Workflow")

Rest = Callable[[Callable[[], bool], timedelta | None], Awaitable[None]]

LOST = "child_lost"


class SagaChild(Generic[Workflow, Answer]):
    """A child that is waited for, in the run that started it or in a later one.

    :param own: what Temporal gave the run that started it; None in a later one
    :param answer_in: where in its report a child's answer stands
    """

    def __init__(
        self,
        run: ChildRun,
        answer_in: Callable[[ChildEnd], Answer],
        own: workflow.ChildWorkflowHandle[Workflow, Answer] | None = None,
    ) -> None:
        self.run, self._answer_in, self._own = run, answer_in, own
        self._reported: ChildEnd | None = None
        self._gone = False

    @classmethod
    async def start(
        cls,
        run: Callable[[Workflow, Message], Awaitable[Answer]],
        message: Message,
        answer_in: Callable[[ChildEnd], Answer],
        *,
        id: str,
        outlives: bool,
        execution_timeout: timedelta | None = None,
        stopped: Callable[[], bool],
    ) -> "SagaChild[Workflow, Answer]":
        """Start a child, which is cancelled at once if the saga is `stopped` by then.

        :param outlives: whether it goes on when this run of the saga ends; if not, Temporal terminates it
        """
        policy = workflow.ParentClosePolicy.ABANDON if outlives else workflow.ParentClosePolicy.TERMINATE
        own = await steps.start_child(
            run, message, id=id, execution_timeout=execution_timeout, stopped=stopped, parent_close_policy=policy
        )
        return cls(ChildRun(id, own.first_execution_run_id or "", outlives), answer_in, own)

    @property
    def handle(self) -> workflow.ChildWorkflowHandle[Workflow, Answer] | workflow.ExternalWorkflowHandle[Any]:
        """To talk to it."""
        return self._own or workflow.get_external_workflow_handle(self.run.id, run_id=self.run.run_id)

    @property
    def may_be_left(self) -> bool:
        """Whether the saga may go on in a new run while it runs, as far as is known."""
        return self.run.outlives and not self._gone

    def hear(self, end: ChildEnd) -> None:
        """A child has reported its end, which may be this one."""
        if end.run_id == self.run.run_id:
            self._reported = end

    async def will_report(self) -> bool:
        """Have it report its end to whichever run there is then; False where it has ended already."""
        self._gone = not await steps.tell(self.handle, names.REPORT_END, None)
        return not self._gone

    async def answer(self, rest: Rest, *, stopped: Callable[[], bool]) -> Answer:
        """What it answers in the end.

        :param rest: waits for something; the saga may go on in a new run meanwhile
        :param stopped: whether the saga does not want it any more; where it was so from the start of this run, nobody
            has told the child
        :raises FailureError: it failed, or was stopped; of type `LOST` where it is gone and has not said how it ended
        """
        if self._own is not None and not self.run.outlives:
            return await self._own
        try:
            if self._own is None and stopped():
                raise asyncio.CancelledError
            await self._until_ended(rest)
        except asyncio.CancelledError:
            await steps.unstoppable(self._stop())
        return await self._own if self._own is not None else self._read()

    async def _until_ended(self, rest: Rest) -> None:
        """Wait; a child of an earlier run is asked from time to time whether it is still there."""
        patience = None if self._own is not None else policies.LOOK_AFTER_CHILD
        while not self._has_ended():
            try:
                await rest(self._has_ended, patience)
            except TimeoutError:
                await self.will_report()

    def _has_ended(self) -> bool:
        """Whether its answer is there, or about to come."""
        return self._gone or self._reported is not None or (self._own is not None and self._own.done())

    async def _stop(self) -> None:
        """Have it cancelled, and wait until it has ended in its own way."""
        if self._own is not None:
            self._own.cancel()
            await workflow.wait([self._own])
            return
        try:
            await workflow.get_external_workflow_handle(self.run.id, run_id=self.run.run_id).cancel()
        except FailureError:
            workflow.logger.info("%s has ended before it could be cancelled", self.run.id)
        await self._until_ended(_wait)

    def _read(self) -> Answer:
        end = self._reported
        if end is None:
            raise ApplicationError(f"{self.run.id} is gone", type=LOST, non_retryable=True)
        if end.failure:
            raise ApplicationError(end.reason, type=end.failure, non_retryable=True)
        return self._answer_in(end)


def was_taken_away(failure: FailureError) -> bool:
    """Whether a child has not ended by itself: it was terminated from outside, or is gone without a word."""
    lost = isinstance(failure, ApplicationError) and failure.type == LOST
    return lost or isinstance(failure.cause, TerminatedError)


async def _wait(came: Callable[[], bool], patience: timedelta | None) -> None:
    await workflow.wait_condition(came, timeout=patience)


def approval_in(end: ChildEnd) -> ApprovalResult:
    """What an approval reports."""
    assert end.approval is not None
    return end.approval


def delivered(_end: ChildEnd) -> str:
    """What a fulfilment reports: it ends with nothing else."""
    return OrderStatus.DELIVERED


class EndReport:
    """What a child does so that its end is heard by a later run of its saga: nothing, unless it has been asked to."""

    def __init__(self) -> None:
        self.wanted = False

    async def send(self, end: ChildEnd) -> None:
        """Report the end, as the last thing that a child does."""
        parent = workflow.info().parent
        if self.wanted and parent is not None:
            saga = workflow.get_external_workflow_handle(parent.workflow_id)
            await steps.tell(saga, names.CHILD_ENDED, end)

    async def send_failure(self, failure: BaseException) -> None:
        """Report that it ends with a failure, or because it was stopped."""
        while isinstance(failure, FailureError) and failure.cause is not None:
            failure = failure.cause
        reason = failure.message if isinstance(failure, FailureError) else type(failure).__name__
        kind = failure.type if isinstance(failure, ApplicationError) else None
        end = ChildEnd(workflow.info().run_id, failure=kind or "failed", reason=reason)
        await steps.unstoppable(self.send(end))
