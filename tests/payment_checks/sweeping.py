"""Payment events that nobody has looked at, and the sweep that does."""

from datetime import timedelta

from django.utils import timezone

from orders.models import PaymentEvent
from orders.rules import identifiers
from temporal_app import connection, names, policies
from temporal_app.workflows.payment_event_sweep import PaymentEventSweepWorkflow
from tests.factories.orders import ask


def let_it_wait(payment_event: PaymentEvent) -> None:
    """It came a while ago."""
    long_ago = timezone.now() - policies.UNHEARD_AFTER - timedelta(seconds=1)
    PaymentEvent.objects.filter(pk=payment_event.pk).update(received_at=long_ago)


def sweep() -> None:
    """Sweep once."""
    handle = connection._shared.execute_workflow(
        PaymentEventSweepWorkflow.run, 0, id=identifiers.PAYMENT_EVENT_SWEEP, task_queue=names.PAYMENT_CHECKS_QUEUE
    )
    ask(handle)
