"""Money is used once and goes back once, whatever people decide and whenever a step dies."""

from decimal import Decimal

import pytest
from django.db import OperationalError
from django.utils import timezone

from orders.models import Order, SandboxOperation
from orders.rules.refusals import Refusal
from orders.rules.states import PaymentEventOutcome
from temporal_app.activities import resolutions
from temporal_app.client.errors import Refused
from tests.factories.orders import wait_until
from tests.factories.products import make_product
from tests.factories.unmatched import report, resolve, waiting_order, write_decision

pytestmark = pytest.mark.usefixtures("worker")


@pytest.fixture
def order(worker) -> Order:
    """An order of two packets of tea that waits for its money."""
    make_product(price="20.00", on_hand=10)
    return waiting_order(("TEA", 2))


def test_money_sent_back_before_the_database_failed_is_not_sent_again_by_the_next_decision(
    order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment_event = report(order, amount=Decimal("45.00"))
    first = write_decision(payment_event, "refund")
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(resolutions, "_resolve", _cannot_write)
        with pytest.raises(OperationalError):
            resolutions.send_back(first.pk)
    first.delete()  # as the page does that hears no answer

    second = resolve(payment_event, "refund")

    refunds = SandboxOperation.objects.filter(kind="refund")
    assert list(refunds.values_list("amount", "answer")) == [(Decimal("45.00"), second.result)]


def _cannot_write(*arguments: object, **parameters: object) -> None:
    raise OperationalError("the database went away")


def test_a_second_payment_is_not_accepted_where_a_first_was_used(order: Order) -> None:
    another, too_much = report(order, amount=Decimal("44.00")), report(order, amount=Decimal("45.00"))
    too_much.move_to(PaymentEventOutcome.MATCHED)

    with pytest.raises(Refused) as refused:
        resolve(another, "accept")

    another.refresh_from_db()
    assert refused.value.code == Refusal.ORDER_NOT_PENDING
    assert another.outcome == "unmatched"
    wait_until(order, status="pending", waiting_for="payment")


def test_no_difference_is_accepted_for_an_order_that_is_being_undone(order: Order) -> None:
    payment_event = report(order, amount=Decimal("45.00"))
    Order.objects.filter(pk=order.pk).update(undo_started_at=timezone.now())

    with pytest.raises(Refused) as refused:
        resolve(payment_event, "accept")

    payment_event.refresh_from_db()
    assert refused.value.code == Refusal.ORDER_NOT_PENDING
    assert payment_event.outcome == "unmatched"
