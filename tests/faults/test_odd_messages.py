"""What other programs may say wrongly to an order: it is refused or dropped, and blocks nothing."""

import pytest
from temporalio.client import Client, WorkflowUpdateFailedError

from orders.http_status import http_status
from orders.models import Order
from orders.payments.gateway import ProviderRefused
from orders.payments.sandbox import SandboxGateway
from orders.rules.refusals import Refusal
from temporal_app.activities import payments
from temporal_app.client.errors import Refused
from tests.factories.orders import ask, pay, saga, ship, start_order, wait_until
from tests.factories.products import make_product

pytestmark = pytest.mark.faults

TOO_LONG = "m" * 61
UNKEEPABLE = pytest.mark.parametrize("text", ["a\0b", "\ud800", TOO_LONG], ids=["null", "half a character", "too long"])


def say(order: Order, name: str, **message: str) -> None:
    ask(saga(order).signal(name, message))


@UNKEEPABLE
def test_whatever_name_a_reporter_of_payments_gives_itself_the_order_can_be_paid(worker: Client, text: str) -> None:
    make_product()
    order = start_order()
    wait_until(order, waiting_for="payment")

    say(order, "confirm_payment", reference="transfer", amount="1.00", by=text)

    pay(order)
    wait_until(order, waiting_for="shipment")


@UNKEEPABLE
def test_whoever_asks_for_a_cancellation_and_whyever_the_next_one_is_heard(worker: Client, text: str) -> None:
    make_product()
    order = start_order()
    wait_until(order, waiting_for="payment")

    say(order, "cancel_order", reason="changed_mind", by=text)
    say(order, "cancel_order", reason="changed_mind", by="user:1")

    wait_until(order, status="cancelled")
    assert order.timeline.latest("id").actor == "user:1"


@UNKEEPABLE
def test_a_parcel_with_an_impossible_carrier_has_not_left(worker: Client, text: str) -> None:
    make_product()
    order = start_order()
    wait_until(order, waiting_for="payment")
    pay(order)
    wait_until(order, waiting_for="shipment")

    say(order, "mark_shipped", carrier=text, tracking_number="0034 1")
    ship(order)

    wait_until(order, status="shipped")
    assert order.shipment.carrier == "DHL"


def test_an_update_that_cannot_be_kept_is_refused(worker: Client) -> None:
    make_product()
    order = start_order()
    wait_until(order, waiting_for="payment")

    with pytest.raises(WorkflowUpdateFailedError):
        ask(saga(order).execute_update("add_item", {"sku": "TE\0A", "quantity": 1}))

    pay(order)
    wait_until(order, waiting_for="shipment")


def test_an_update_may_have_an_id_of_any_length(worker: Client) -> None:
    make_product()
    order = start_order()
    wait_until(order, waiting_for="payment")

    totals = ask(saga(order).execute_update("add_item", {"sku": "TEA", "quantity": 1}, id="i" * 500))

    assert totals == {"items": 1, "total": "200.00"}


def test_a_provider_that_says_no_for_good_is_a_refusal_for_whoever_pays(
    worker: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stubborn(SandboxGateway):
        def charge(self, **_parameters: object) -> str:
            raise ProviderRefused("not today")

    monkeypatch.setattr(payments, "gateway_for", lambda _method: Stubborn())
    make_product()
    order = start_order()
    wait_until(order, waiting_for="payment")

    with pytest.raises(Refused) as refused:
        pay(order)

    assert (refused.value.code, http_status(refused.value)) == (Refusal.UNKNOWN, 409)
