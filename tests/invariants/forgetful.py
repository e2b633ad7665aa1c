"""A saga that has forgotten to set its timer, and one that cannot go on."""

from dataclasses import replace

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from temporal_app.messages import OrderInput, OrderState
    from temporal_app.workflows.saga_state import SagaState


@workflow.defn(name="OrderSagaWorkflow")
class ForgetfulWorkflow:
    """Says that it waits for something until some time, and waits for nothing."""

    @workflow.init
    def __init__(self, order: OrderInput, waiting_for: str, until: str) -> None:
        full = SagaState.of(order, now=workflow.time()).snapshot(done=(), undone=(), failed=())
        self._state = replace(full, waiting_for=waiting_for, waiting_until=until)

    @workflow.run
    async def run(self, order: OrderInput, waiting_for: str, until: str) -> None:
        await workflow.wait_condition(lambda: False)

    @workflow.query
    def get_full_state(self) -> OrderState:
        return self._state


@workflow.defn(name="OrderSagaWorkflow")
class BrokenWorkflow:
    """Has a bug: every one of its workflow tasks fails."""

    @workflow.run
    async def run(self, order: OrderInput, waiting_for: str, until: str) -> None:
        raise RuntimeError("a bug")
