"""Undoing what an order has done: registered before each step, run last first, each undo on its own."""

from collections.abc import Callable
from dataclasses import dataclass, field
from types import MappingProxyType

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from temporal_app import names, policies
    from temporal_app.activities import orders, payments, shipping, stock
    from temporal_app.messages import FailedReversal, OrderStep
    from temporal_app.workflows import steps

# Before this patch, the stock of a parcel that was not taken back was put back all the same.
GOODS_GO_WITH_THEIR_PARCEL = "goods-go-with-their-parcel"

# By the name of its step, which later runs of the saga and retries by staff find it by.
UNDO_OF: MappingProxyType[str, Callable[[OrderStep], None]] = MappingProxyType(
    {
        "stock": stock.release_stock,
        "payment": payments.return_money,
        "shipping": shipping.cancel_shipping,
    }
)


@dataclass
class Undo:
    """What there is to undo of one order. Undos go by the order's number, so a step whose answer was lost is undone
    as well as one that answered. What is refused is asked for `tries` times."""

    number: str
    payment_method: str
    tries: int
    _registered: list[str] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def register(self, step: str) -> None:
        """Remember that there is `step` to undo, before it is taken; a step taken again keeps its place.

        :raises KeyError: nothing in `UNDO_OF` undoes it
        """
        if step not in UNDO_OF:
            raise KeyError(step)
        if step not in self._registered:
            self._registered.append(step)

    @property
    def steps(self) -> tuple[str, ...]:
        """The steps begun so far, first to last."""
        return tuple(self._registered)

    async def run(self, by: str) -> None:
        """Undo everything, last first. What cannot be undone is put in front of people and stops nothing else."""
        for step in reversed(self._registered):
            if step == "stock" and "shipping" in self.failed and workflow.patched(GOODS_GO_WITH_THEIR_PARCEL):
                continue  # until a person has settled what became of the parcel, they stay promised to the order
            try:
                await self._take_back(UNDO_OF[step], OrderStep(self.number, by=by))
                self.done.append(step)
            except (ActivityError, ApplicationError) as failure:
                self.failed.append(step)
                reversal = FailedReversal(self.number, step, error=str(failure.cause or failure))
                await steps.record(orders.record_failed_reversal, reversal)

    async def _take_back(self, undo: Callable[[OrderStep], None], step: OrderStep) -> None:
        """Have a step undone. A refusal is not the last word: what was given up on may still arrive there, and then
        something else is to be undone. The last try's is; and after a day a person looks, whatever is in the way."""
        until, whom = workflow.time() + policies.UNDO_PATIENCE, called_by(undo, self.payment_method)

        async def call() -> None:
            await steps.call_provider(
                undo, step, policies.UNDO, whom=whom, until=until, stopped=lambda: workflow.time() > until
            )

        for pause in policies.UNDO_PAUSES[: self.tries - 1]:
            try:
                return await call()
            except ActivityError as failure:
                if not steps.is_refusal(failure) or not workflow.patched(steps.ONLY_ANSWERS_COUNT):
                    raise
                await workflow.sleep(pause)
        await call()


def called_by(undo: Callable[[OrderStep], None], payment_method: str) -> str:
    """Who is called for an undo: a payment method, the carrier, or nobody."""
    if undo is payments.return_money:
        return payment_method
    return names.CARRIER if undo is shipping.cancel_shipping else ""
