"""What people decided about payments that did not match, activity by activity."""

import pytest
from django.utils import timezone
from temporalio.exceptions import ApplicationError

from orders.rules.refusals import Refusal
from orders.rules.states import MismatchReason, ResolutionState
from temporal_app.activities import resolutions
from tests.factories.payments import make_payment_event
from tests.factories.unmatched import write_decision


@pytest.mark.parametrize("ended", [ResolutionState.DONE, ResolutionState.REFUSED])
def test_a_decision_that_has_ended_is_not_begun_again_although_its_payment_still_needs_one(ended: ResolutionState):
    payment_event = make_payment_event(None)
    payment_event.move_to("unmatched", MismatchReason.UNKNOWN_ORDER)
    decision = write_decision(payment_event, "refund")
    decision.move_to(ended, at=timezone.now())

    with pytest.raises(ApplicationError) as refused:
        resolutions.check_decision(decision.pk)

    assert refused.value.type == Refusal.NOT_UNMATCHED
