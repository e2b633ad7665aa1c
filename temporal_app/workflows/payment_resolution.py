"""Carrying out what a person decided about a payment that did not match."""

from temporalio import workflow
from temporalio.common import VersioningBehavior
from temporalio.exceptions import ActivityError, ApplicationError, FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from orders.models.resolution import ResolutionAction
    from orders.rules.refusals import Refusal
    from temporal_app import names, policies
    from temporal_app.activities import allocations, crediting, resolutions, second_person
    from temporal_app.activities.payments import PROVIDER_REFUSALS
    from temporal_app.messages import ResolutionRefusal
    from temporal_app.workflows import steps
    from temporal_app.workflows.order_start import start_order_saga
    from temporal_app.workflows.paid_orders import tell_saga
    from temporal_app.workflows.second_person import ask_second_person

FOUR_EYES = frozenset({ResolutionAction.ACCEPT, ResolutionAction.CREDIT})
SECOND_PERSON = "a-second-person-accepts-a-difference"
CALLS = names.calls_queue(names.ANY_PROVIDER)


@workflow.defn(versioning_behavior=VersioningBehavior.PINNED)
class PaymentResolutionWorkflow:
    """Sends money back, keeps it as a credit, matches it with another order or in spite of a difference, shares it out,
    places the order anew, or puts the payment aside; what cannot be done is said, and changes nothing."""

    @workflow.run
    async def run(self, decision_id: int) -> str:
        try:
            action = await steps.record(resolutions.check_decision, decision_id)
            if action in FOUR_EYES and await self._needs_second_person(decision_id):
                return "asked"
            if action == ResolutionAction.REFUND:
                await self._send_back(decision_id)
            elif action == ResolutionAction.IGNORE:
                await steps.record(resolutions.put_aside, decision_id)
            elif action in (ResolutionAction.CREDIT, ResolutionAction.GIVE_BACK):
                await self._keep_or_return(decision_id, credit=action == ResolutionAction.CREDIT)
            elif action == ResolutionAction.ALLOCATE:
                for paid in await steps.record(allocations.share_out, decision_id):
                    await tell_saga(paid)
            else:
                if action == ResolutionAction.REOPEN:
                    await self._place_anew(decision_id)
                await self._hand_to_order(decision_id)
        except FailureError as failure:
            refusal = _refusal(decision_id, failure)
            if refusal is None:  # it was broken off; the same decision, sent again, takes it up
                raise
            await steps.record(resolutions.refuse_decision, refusal)
            return "refused"
        return "done"

    async def _needs_second_person(self, decision_id: int) -> bool:
        """Whether somebody else has to approve it; that is asked for, and once it is given this is carried out anew."""
        if not workflow.patched(SECOND_PERSON):
            return False
        approval = await steps.record(second_person.second_person_for_decision, decision_id)
        if approval is not None:
            await ask_second_person(approval)
        return approval is not None

    async def _send_back(self, decision_id: int) -> None:
        """Money goes back once, and only the provider says that it cannot.

        Whatever else comes between, its outcome is not known: that is said, and looked up until it is.
        """
        try:
            await workflow.execute_activity(resolutions.send_back, decision_id, task_queue=CALLS, **policies.SEND_BACK)
        except ActivityError as failure:
            if is_cancelled_exception(failure) or _refusal(decision_id, failure):
                raise
            await steps.record(resolutions.note_unknown, decision_id)
            await workflow.execute_activity(resolutions.send_back, decision_id, task_queue=CALLS, **policies.SETTLE)

    async def _keep_or_return(self, decision_id: int, *, credit: bool) -> None:
        """What a payment is for is the order's; the rest is the customer's, as a credit or sent back. What cannot be
        done about the rest is said there, where it waits under a name of its own."""
        split = await steps.record(allocations.split, decision_id)
        for paid in split.paid:
            await tell_saga(paid)
        try:
            if credit:
                await steps.call_provider(crediting.credit_payment, split.decision_id, whom=names.ANY_PROVIDER)
            else:
                await self._send_back(split.decision_id)
        except FailureError as failure:
            refusal = _refusal(split.decision_id, failure)
            if refusal is None or split.decision_id == decision_id:
                raise
            await steps.record(resolutions.refuse_decision, refusal)

    async def _place_anew(self, decision_id: int) -> None:
        order = await steps.record(resolutions.place_anew, decision_id)
        await start_order_saga(order)

    async def _hand_to_order(self, decision_id: int) -> None:
        """Tell the order's saga; if that has ended meanwhile, the payment is back in front of people."""
        paid = await steps.record(resolutions.hand_to_order, decision_id)
        if paid is not None:
            await tell_saga(paid)


def _refusal(decision_id: int, failure: BaseException | None) -> ResolutionRefusal | None:
    """The word of a rule or of the provider that it cannot be done; None where nobody has said so."""
    while isinstance(failure, FailureError):
        if isinstance(failure, ApplicationError) and failure.type in list(Refusal):
            return ResolutionRefusal(decision_id, failure.type, failure.details[0] if failure.details else {})
        if isinstance(failure, ApplicationError) and failure.type in PROVIDER_REFUSALS.values():
            return ResolutionRefusal(decision_id, Refusal.CANNOT_SEND_BACK)
        failure = failure.cause
    return None
