"""Operations are told, once, of every workflow that fails, times out or is terminated, of whatever kind it is."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.core.management import call_command
from temporalio.client import Client, WorkflowFailureError

from orders.models import FailedWorkflow, LastLook, Notification
from orders.rules import identifiers
from temporal_app import client, names
from temporal_app.activities import workflow_watch
from temporal_app.messages import FulfillmentInput
from temporal_app.workflows.order_fulfillment import OrderFulfillmentWorkflow
from temporal_app.workflows.stock_adjustment import StockAdjustmentWorkflow
from tests.admin.browsing import at_browser, words
from tests.factories.mail import send
from tests.factories.orders import ask, eventually, saga, start_order, wait_until
from tests.factories.people import make_user
from tests.factories.products import make_product
from tests.workflows.watching import watch


def terminate_an_order() -> str:
    """Somebody terminates the workflow of an order that waits for its payment; answers the workflow's id."""
    make_product()
    order = start_order()
    wait_until(order, waiting_for="payment")
    ask(saga(order).terminate("by hand"))
    return order.workflow_id


def watched(*, until: int = 1) -> None:
    """Look until so many workflows are known; Temporal lists what happened a moment later."""
    eventually(lambda: watch() >= 0 and FailedWorkflow.objects.count() >= until)


def alerts() -> list[Notification]:
    return list(Notification.objects.filter(kind="workflows_failed").order_by("pk"))


def test_a_workflow_that_is_terminated_from_outside_is_told_of_once(worker: Client) -> None:
    workflow_id = terminate_an_order()

    watched()
    again = watch()

    (failed,) = FailedWorkflow.objects.all()
    assert (failed.workflow_id, failed.workflow_type) == (workflow_id, "OrderSagaWorkflow")
    assert failed.ended_as == "terminated"
    assert failed.told_at is not None
    assert again == 0
    assert [alert.recipient for alert in alerts()] == ["operations"]


def test_a_workflow_that_nobody_finishes_in_time_is_told_of(worker: Client) -> None:
    soon = {"task_queue": "nobody-serves-this", "execution_timeout": timedelta(seconds=1)}
    late = ask(worker.start_workflow(StockAdjustmentWorkflow.run, 1, id="stock-adjustment-1", **soon))
    with pytest.raises(WorkflowFailureError):
        ask(late.result())

    watched()

    assert FailedWorkflow.objects.get().ended_as == "timed_out"


def test_a_workflow_that_fails_is_told_of(worker: Client) -> None:
    of_nothing, where = FulfillmentInput("ORD-2026-987654"), {"task_queue": names.ORDERS_QUEUE, "id": "fulfillment-x"}
    broken = ask(worker.start_workflow(OrderFulfillmentWorkflow.run, of_nothing, **where))
    with pytest.raises(WorkflowFailureError):
        ask(broken.result())

    watched()

    assert FailedWorkflow.objects.get().ended_as == "failed"


def test_what_ends_well_or_is_cancelled_is_not_told_of(worker: Client) -> None:
    make_product()
    order = start_order()
    wait_until(order, waiting_for="payment")
    client.cancel_order(order.number, reason="changed_mind", by="user:1")
    wait_until(order, status="cancelled")

    told = watch()

    assert (told, alerts()) == (0, [])
    assert LastLook.objects.get().name == workflow_watch.NAME


def test_a_look_that_dies_before_it_has_told_is_made_up_for_by_the_next(
    worker: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminate_an_order()
    died = []

    def die_once(kind: object, **columns: object) -> None:
        if not died:
            died.append(kind)
            raise OSError("the worker is killed")
        write(kind, **columns)

    write = workflow_watch.mail
    monkeypatch.setattr(workflow_watch, "mail", die_once)

    watched()

    assert died
    assert len(alerts()) == 1


def test_the_mail_names_the_workflow_and_leads_to_the_list(worker: Client, settings) -> None:
    settings.OPERATIONS_EMAIL = "ops@example.test"
    workflow_id = terminate_an_order()
    watched()

    send(alerts()[0])

    # the worker sends mails meanwhile, to the customer and this one as well
    message = next(one for one in mail.outbox if one.to == ["ops@example.test"] and workflow_id in one.body)
    assert f"{workflow_id} (OrderSagaWorkflow): Terminated" in message.body
    assert "/admin/orders/failedworkflow/" in message.body
    assert re.search(r"\bNone\b", message.body) is None


def test_the_schedule_looks_by_itself(worker: Client) -> None:
    terminate_an_order()

    call_command("schedules", "sync", names.WORKFLOW_WATCH_SCHEDULE)

    def looked() -> bool:
        client.trigger_schedule(names.WORKFLOW_WATCH_SCHEDULE)
        return FailedWorkflow.objects.exists()

    assert eventually(looked)


def test_the_admin_lists_them_with_the_order_and_the_way_to_temporal(worker: Client) -> None:
    workflow_id = terminate_an_order()
    watched()
    number = identifiers.order_number(workflow_id)

    page = at_browser(make_user("root", is_superuser=True)).get("/admin/orders/failedworkflow/")

    assert "Terminated" in words(page)
    assert number in words(page)
    assert f"/workflows/{workflow_id}/" in page.content.decode()
