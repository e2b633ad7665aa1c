"""Every form and action clicked twice in the same moment has the effect of one click; both clicks are answered."""

from typing import Any

import pytest
from django.apps import apps
from django.db.models import Sum
from temporalio.client import Client
from temporalio.service import RPCError

from orders.authorization.roles import set_up_roles
from orders.models import ExpenseRequest, Notification, Order, Product, StaffSession
from orders.models.notification import MailKind
from orders.rules import identifiers
from tests.factories.approvals import People
from tests.factories.orders import ask, eventually
from tests.factories.people import make_user
from tests.faults.clicks import FORMS, stock_up
from tests.faults.table import Row
from tests.faults.world import World

ROUNDS = 3
ANSWERED = {200, 302, 409}
# the paper stays as often as it was handed in; the money in it is taken once
KEPT = {"upload a statement": {"BankStatement"}}
QUICK = {"file an expense", "adjust stock", "a delegation", "a product"}


def effects() -> dict[str, int]:
    """How many rows there are of each kind, and how many pieces of all goods."""
    tables = set(apps.get_app_config("orders").get_models()) - {StaffSession}
    pieces = Product.objects.aggregate(on_hand=Sum("on_hand"), reserved=Sum("reserved"))
    mails = {f"mail {kind}": Notification.objects.filter(kind=kind).count() for kind in MailKind}
    return {**{table.__name__: table._default_manager.count() for table in tables}, **pieces, **mails}


def quiet(temporal: Client) -> bool:
    """Whether no workflow has anything to do any more but to wait, and every mail is out."""
    if Notification.objects.unsent().exists():
        return False

    known = [identifiers.order_saga(number) for number in Order.objects.values_list("number", flat=True)]
    known += [identifiers.approval("expense", str(one.pk)) for one in ExpenseRequest.objects.all()]

    async def is_so() -> bool:
        running = [one.id async for one in temporal.list_workflows("ExecutionStatus = 'Running'")]
        left = {*known, *running}  # the list comes a moment late
        while left:
            try:
                told = (await temporal.get_workflow_handle(left.pop()).describe()).raw_description
            except RPCError:  # a row that nobody carries
                continue
            children = told.pending_children
            if told.pending_activities or told.HasField("pending_workflow_task") or not all(c.run_id for c in children):
                return False
            left |= {child.workflow_id for child in children}
        return True

    return bool(ask(is_so()))


@pytest.fixture
def world(worker: Client, settings: Any, tmp_path: Any) -> World:
    settings.MEDIA_ROOT, settings.BANK_IBAN = tmp_path, "DE89370400440532013000"
    roles = ("manager", "director", "warehouse", "finance", "support")
    world = World({role: make_user(f"{role}-1", role) for role in roles})
    set_up_roles()
    stock_up()
    return world


def after(temporal: Client, click: Any, clicks: int) -> tuple[dict[str, int], list[int]]:
    """What so many clicks at once changed in the shop, and how they were answered."""
    eventually(lambda: quiet(temporal))
    before = effects()
    with People(clicks) as people:
        answers = people.at_once(lambda _number: click().status_code)
    eventually(lambda: quiet(temporal))
    now = effects()
    return {name: now[name] - before[name] for name in now if now[name] != before[name]}, answers


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in QUICK else pytest.mark.faults) for name in FORMS]
)
def test_a_double_click_has_the_effect_of_one(name: str, worker: Client, world: World, fault_row: Row) -> None:
    once, answers = after(worker, FORMS[name](world), 1)
    assert answers[0] in (200, 302), answers

    for _round in range(ROUNDS):
        twice, answers = after(worker, FORMS[name](world), 2)

        for table in KEPT.get(name, ()):
            assert twice.pop(table) in (1, 2)
            twice[table] = 1
        assert twice == once, (name, answers)
        assert set(answers) <= ANSWERED, answers

    fault_row(6, ROUNDS, f"double click: {name}", "one effect, both clicks answered")
