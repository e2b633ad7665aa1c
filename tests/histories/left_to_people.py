"""What happens while a history of a failed reversal is recorded."""

from temporalio.testing import WorkflowEnvironment

from orders.models import ApprovalPolicy, CompensationFailure
from orders.rules import actors
from temporal_app import client
from tests.factories.orders import eventually
from tests.factories.people import make_user
from tests.factories.reversals import decide_on, make_reversal, undone_but


def reversals_settled(_environment: WorkflowEnvironment) -> None:
    ApprovalPolicy.objects.get_or_create(kind="write_off", from_amount="0.00", defaults={"roles": ["manager"]})
    fiona, mia = make_user("fiona", "finance"), make_user("mia", "manager")
    retried = undone_but("payment")
    by_hand, written_off = make_reversal(retried.order, "shipping"), make_reversal(retried.order, "stock")
    client.retry_compensation(decide_on(retried, fiona, "retry").pk)
    client.settle_compensation(decide_on(by_hand, fiona, "settle", "ticket 17").pk)
    decision = decide_on(written_off, fiona, "write_off", "lost")
    client.ask_to_write_off(decision.pk)
    client.decide("write_off", str(decision.pk), role="manager", approved=True, by=actors.user(mia.pk))
    eventually(lambda: not CompensationFailure.objects.open().exists())
