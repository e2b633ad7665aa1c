"""What people decided about payments that did not match, activity by activity."""

import pytest
from django.utils import timezone
from temporalio.exceptions import ApplicationError

from orders.models.exceptions import ExceptionState
from orders.payments.intake import Oddity
from orders.rules.refusals import Refusal
from temporal_app.activities import exceptions
from tests.payment_checks.making import write_decision
from tests.payments.making import make_notice


@pytest.mark.parametrize("ended", [ExceptionState.DONE, ExceptionState.REFUSED])
def test_a_decision_that_has_ended_is_not_begun_again_although_its_payment_still_needs_one(ended: ExceptionState):
    notice = make_notice(None)
    notice.settle("exception", Oddity.UNKNOWN_ORDER)
    decision = write_decision(notice, "refund")
    decision.end(ended, at=timezone.now())

    with pytest.raises(ApplicationError) as refused:
        exceptions.check_decision(decision.pk)

    assert refused.value.type == Refusal.NOT_AN_EXCEPTION
