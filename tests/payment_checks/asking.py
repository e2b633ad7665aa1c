"""Talking to payment checks as other programs do."""

import asyncio
from typing import Any

from temporalio.client import Client, WorkflowHandle, WorkflowHistory
from temporalio.service import RPCError

from orders.rules import identifiers
from temporal_app import names
from temporal_app.messages import BatchInput, CheckTotals
from temporal_app.workflows.batch_payment_check import BatchPaymentCheckWorkflow
from temporal_app.workflows.order_saga import OrderSagaWorkflow
from tests.factories.orders import ask

BATCH = "payment-batch"


def check_all(temporal: Client, batch: BatchInput | None = None) -> CheckTotals:
    """One batch from beginning to end."""
    start_batch(temporal, batch)
    return ask(temporal.get_workflow_handle_for(BatchPaymentCheckWorkflow.run, BATCH).result())


def start_batch(temporal: Client, batch: BatchInput | None = None) -> WorkflowHandle:
    """Begin a batch."""
    return ask(
        temporal.start_workflow(
            BatchPaymentCheckWorkflow.run,
            batch or BatchInput(),
            id=BATCH,
            task_queue=names.PAYMENT_CHECKS_QUEUE,
        )
    )


def runs_of(temporal: Client, workflow_id: str = BATCH) -> list[int]:
    """How many events each run of a workflow has, first to last."""
    return [len(run.events) for run in ask(histories(temporal, workflow_id))]


def attempts_lost(temporal: Client, workflow_id: str = BATCH) -> int:
    """How many attempts at activities came to nothing, over all runs of a workflow: each may ask the provider again."""
    started = (event for run in ask(histories(temporal, workflow_id)) for event in run.events)
    counted = (event.activity_task_started_event_attributes.attempt for event in started)
    return sum(attempt - 1 for attempt in counted if attempt)


async def histories(temporal: Client, workflow_id: str) -> list[WorkflowHistory]:
    """The history of each run of a workflow, first to last."""
    runs: list[WorkflowHistory] = []
    run_id = (await first_run(temporal, workflow_id)) or ""
    while run_id:
        runs.append(await temporal.get_workflow_handle(workflow_id, run_id=run_id).fetch_history())
        last = runs[-1].events[-1]
        run_id = last.workflow_execution_continued_as_new_event_attributes.new_execution_run_id
    return runs


async def first_run(temporal: Client, workflow_id: str) -> str | None:
    history = await temporal.get_workflow_handle(workflow_id).fetch_history()
    return history.events[0].workflow_execution_started_event_attributes.first_execution_run_id


def start_silent_sagas(temporal: Client, numbers: list[str]) -> None:
    """Sagas that hear signals but that nobody carries, so that what they hear can be counted."""

    async def start() -> None:
        for begin in range(0, len(numbers), 50):
            await asyncio.gather(*(one(number) for number in numbers[begin : begin + 50]))

    async def one(number: str) -> None:
        await temporal.start_workflow("OrderSagaWorkflow", id=identifiers.order_saga(number), task_queue="nobody")

    ask(start())


def heard(temporal: Client, numbers: list[str]) -> list[int]:
    """How many signals each saga has heard."""

    async def count(number: str) -> int:
        handle = temporal.get_workflow_handle_for(OrderSagaWorkflow.run, identifiers.order_saga(number))
        history = await handle.fetch_history()
        return sum(event.HasField("workflow_execution_signaled_event_attributes") for event in history.events)

    async def count_all() -> list[int]:
        return [await count(number) for number in numbers]

    return ask(count_all())


def query(temporal: Client, name: str, workflow_id: str = BATCH) -> Any:
    """What a query answers."""
    return ask(temporal.get_workflow_handle(workflow_id).query(name))


def wait_for_progress(temporal: Client, processed: int) -> int:
    """Wait as a program would: asks again where a run has ended before it was so far."""

    async def wait() -> int:
        handle = temporal.get_workflow_handle_for(BatchPaymentCheckWorkflow.run, BATCH)
        known = 0
        while known < processed:
            try:
                known = await handle.execute_update(BatchPaymentCheckWorkflow.wait_for_progress, processed)
            except RPCError:  # the batch has ended
                return (await handle.result()).processed
        return known

    return ask(wait())
