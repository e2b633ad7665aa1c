"""Sending a customer to the payment provider's own page."""

from temporalio import workflow
from temporalio.common import VersioningBehavior
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from orders.rules.refusals import Refusal
    from temporal_app import policies
    from temporal_app.activities import payment_pages
    from temporal_app.messages import PageOpened, PageRequest
    from temporal_app.workflows import steps

PROVIDER = "stripe"


@workflow.defn(versioning_behavior=VersioningBehavior.PINNED)
class PaymentPageWorkflow:
    """Opens one page for an order's payment, whoever clicks how often meanwhile; a no is its answer, not its failure.

    It is apart from the order's saga: clicks come from outside, and what they cost is not the order's.
    """

    @workflow.run
    async def run(self, request: PageRequest) -> PageOpened:
        until = workflow.time() + policies.CHARGE_PATIENCE
        try:
            opened = await steps.call_provider(
                payment_pages.open_payment_page, request, whom=PROVIDER, until=until, too_late=Refusal.NO_ANSWER
            )
        except (ActivityError, ApplicationError) as failure:
            cause = failure.cause if isinstance(failure, ActivityError) else failure
            if not isinstance(cause, ApplicationError):
                raise
            known = cause.type if cause.type in list(Refusal) else Refusal.NOT_WAITING_FOR_PAYMENT
            details = cause.details[0] if cause.details else {}
            return PageOpened(refused=known or "", details={"number": request.number, **details})
        return PageOpened(opened)
