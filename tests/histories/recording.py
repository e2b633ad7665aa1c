"""Runs each scenario and keeps the histories that it left. Not collected with the tests; see `record.py`."""

import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from temporalio.client import Client, WorkflowHistory
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment

from orders.models import Cart, Order
from orders.rules import identifiers
from tests.factories.orders import ask
from tests.histories.deadlines import DEADLINES, placed_anew
from tests.histories.deciding import DECIDING, KEPT
from tests.histories.ends import ENDS
from tests.histories.going_on import account_that_goes_on, order_that_goes_on
from tests.histories.money_out import MONEY_OUT
from tests.histories.refunding import refunded_in_part
from tests.histories.scenarios import REAL_TIME, SKIPPED_TIME, Scenario, cart_that_goes_on
from tests.histories.upkeep import UPKEEP
from tests.histories.waits import WAITS
from tests.histories.with_credit import WITH_CREDIT
from tests.workflows.test_cart_continues import impatient_worker as impatient_worker

FOLDER = Path(__file__).parent
# histories kept of a type in each scenario; otherwise two
AT_MOST = {"NotificationOutboxWorkflow": 1, "OrderSagaWorkflow": 4, "RefundWorkflow": 3}
ABOUT_NO_ORDER = {"NotificationOutboxWorkflow"}  # not kept anew with every wait
# who ran it where, and our source at the time, is nobody's business
PRIVATE = {"identity": "worker", "stackTrace": "", "binaryChecksum": "", "requestId": "request"}


def name_of(scenario: Scenario) -> str:
    return scenario.__name__


@pytest.mark.parametrize(
    "scenario",
    [*REAL_TIME, refunded_in_part, *MONEY_OUT, *UPKEEP, *ENDS, *WITH_CREDIT, placed_anew],
    ids=name_of,
)
def test_record(scenario: Scenario, worker: Client) -> None:
    scenario(None)

    keep(scenario, ask(listed(worker)))


@pytest.mark.parametrize("scenario", DECIDING, ids=name_of)
def test_record_decision(scenario: Scenario, worker: Client) -> None:
    scenario(None)

    keep(scenario, [history for history in ask(listed(worker)) if kind_of(history) in KEPT])


@pytest.mark.parametrize("scenario", [*SKIPPED_TIME, *DEADLINES], ids=name_of)
def test_record_skipping_time(scenario: Scenario, skipping_worker: WorkflowEnvironment) -> None:
    scenario(skipping_worker)

    keep(scenario, ask(guessed(skipping_worker.client)))


@pytest.mark.parametrize("scenario", [cart_that_goes_on, order_that_goes_on, account_that_goes_on], ids=name_of)
def test_record_what_goes_on(scenario: Scenario, impatient_worker: Client) -> None:
    scenario(None)

    keep(scenario, ask(listed(impatient_worker)))


@pytest.mark.parametrize("wait", WAITS, ids=lambda wait: wait.__name__)
def test_record_wait(
    wait: Callable[[pytest.MonkeyPatch], None], worker: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait(monkeypatch)

    keep(wait, [history for history in ask(listed(worker)) if kind_of(history) not in ABOUT_NO_ORDER])


async def listed(temporal: Client) -> list[WorkflowHistory]:
    """Every history on a server."""
    executions = [execution async for execution in temporal.list_workflows()]
    return [
        await temporal.get_workflow_handle(execution.id, run_id=execution.run_id).fetch_history()
        for execution in sorted(executions, key=lambda execution: execution.start_time)
    ]


async def guessed(temporal: Client) -> list[WorkflowHistory]:
    """The histories on a server that has no list, by what stands in the database."""
    numbers = [order.number async for order in Order.objects.all()]
    ids = [identifiers.cart(cart.pk) async for cart in Cart.objects.all()]
    for number in numbers:
        ids += [identifiers.order_saga(number), identifiers.fulfillment(number), identifiers.approval("order", number)]
    histories = []
    for workflow_id in ids:
        try:
            histories.append(await temporal.get_workflow_handle(workflow_id).fetch_history())
        except RPCError:
            continue  # this order did not get so far
    return histories


def kind_of(history: WorkflowHistory) -> str:
    """The type of its workflow."""
    return history.events[0].workflow_execution_started_event_attributes.workflow_type.name


def keep(scenario: Callable[..., None], histories: list[WorkflowHistory]) -> None:
    """Write them down, one event a line."""
    counted: Counter[str] = Counter()
    for history in histories:
        kind = kind_of(history)
        counted[kind] += 1
        if counted[kind] > AT_MOST.get(kind, 2):
            continue
        events = [json.dumps(scrubbed(event)) for event in json.loads(history.to_json())["events"]]
        file = FOLDER / f"{kind}-{scenario.__name__}-{counted[kind]}.json"
        file.write_text('{"events": [\n' + ",\n".join(events) + "\n]}\n")


def scrubbed(value: object) -> object:
    """Without what tells of the machine that it was recorded on."""
    if isinstance(value, dict):
        return {key: PRIVATE.get(key, scrubbed(inner)) for key, inner in value.items()}
    if isinstance(value, list):
        return [scrubbed(inner) for inner in value]
    return re.sub(r"\b\d+@[\w.-]+", "worker", value) if isinstance(value, str) else value
