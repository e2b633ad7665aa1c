"""By bank transfer from the cart to the warehouse and back: statement, order, refund; on real workflows."""

import asyncio
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.utils import timezone
from temporalio.client import Client

from orders.models import BankStatement, BankTransfer, Notification, Order, PaymentEvent, RefundTask
from orders.models.notification import MailKind
from orders.payments.bank_transfer import transfer_details
from orders.reconciliation.statements import import_file
from orders.rules import identifiers
from orders.rules.refusals import Refusal
from orders.rules.states import PaymentEventOutcome, StatementState
from temporal_app import client, names
from temporal_app.client.errors import Refused
from temporal_app.messages import StatementImport
from temporal_app.workflows.statement_import import StatementImportWorkflow
from tests.factories.camt import PAYER_IBAN, Entry, camt
from tests.factories.orders import eventually, make_contact, saga, ship, wait_until
from tests.factories.people import make_user
from tests.factories.products import make_product
from tests.factories.unmatched import resolve
from tests.payment_checks.asking import runs_of

pytestmark = pytest.mark.usefixtures("worker")


@pytest.fixture(autouse=True)
def bank(settings, tmp_path: Path) -> None:
    settings.PAYMENT_METHODS = ["bank_transfer"]
    settings.BANK_IBAN = "DE89370400440532013000"
    settings.MEDIA_ROOT = tmp_path / "uploads"


def place_order(price: str = "43.90") -> Order:
    cart_id = uuid4().hex
    make_product(f"TEA-{cart_id[:6]}", price=price)
    client.add_to_cart(cart_id, sku=f"TEA-{cart_id[:6]}", quantity=1)
    make_contact(cart_id)
    number = client.check_out(cart_id, payment_method="bank_transfer", by="customer:guest")
    order = Order.objects.get(number=number)
    wait_until(order, waiting_for="payment")
    return order


def upload(*entries: Entry) -> BankStatement:
    return BankStatement.objects.create(file=ContentFile(camt(*entries), name="s.xml"), name="s.xml")


def reference(order: Order) -> str:
    return transfer_details(order.number).reference


def test_a_statement_pays_orders_or_a_part_of_them_and_what_does_not_match_goes_to_a_person() -> None:
    paid, short = place_order(), place_order()
    entries = [
        Entry(reference=reference(paid)),
        Entry(reference=reference(short), amount="40.00"),
        Entry(purpose="a gift"),
    ]

    done = client.import_statement(upload(*entries).pk)
    again = client.import_statement(upload(*entries).pk)

    wait_until(paid, waiting_for="shipment")
    assert (done, again) == (True, True)
    assert (paid.status, Order.objects.get(pk=short.pk).status) == ("paid", "pending")
    assert list(PaymentEvent.objects.order_by("pk").values_list("outcome", "reason")) == [
        (PaymentEventOutcome.MATCHED, ""),
        (PaymentEventOutcome.MATCHED, ""),
        (PaymentEventOutcome.UNMATCHED, "unknown_order"),
    ]
    assert Notification.objects.filter(order=paid, kind=MailKind.PAYMENT_REQUESTED).count() == 1
    assert Notification.objects.filter(order=paid, kind=MailKind.PAYMENT_RECEIVED).count() == 1


def test_money_of_a_statement_that_was_left_in_the_middle_is_matched_with_the_next_one() -> None:
    order = place_order()
    entry = Entry(reference=reference(order))
    import_file(upload(entry), at=timezone.now())  # written down, and nobody went on to match it

    client.import_statement(upload(entry).pk)

    wait_until(order, status="paid", waiting_for="shipment")
    assert PaymentEvent.objects.get().outcome == PaymentEventOutcome.MATCHED


def test_a_statement_that_is_sent_again_says_nothing_new_of_an_order_delivered_meanwhile(worker: Client) -> None:
    order = place_order()
    statement = upload(Entry(reference=reference(order)))
    client.import_statement(statement.pk)
    wait_until(order, waiting_for="shipment")
    ship(order)
    wait_until(order, status="shipped")
    client.mark_delivered(order.number, by="user:1")
    asyncio.run(saga(order).result())

    client.import_statement(statement.pk)

    assert PaymentEvent.objects.get().outcome == PaymentEventOutcome.MATCHED


def test_an_import_of_more_lines_than_one_run_takes_goes_on_until_all_are_matched(worker: Client) -> None:
    order = place_order()
    gifts = [Entry(purpose=f"gift {number}") for number in range(4)]
    statement = upload(*gifts, Entry(reference=reference(order)))
    start = StatementImport(statement.pk, lines_per_page=1, pages_per_run=2)

    how = {"id": identifiers.statement_import(statement.pk), "task_queue": names.PAYMENT_CHECKS_QUEUE}
    asyncio.run(worker.execute_workflow(StatementImportWorkflow.run, start, **how))

    wait_until(order, waiting_for="shipment")
    assert len(runs_of(worker, how["id"])) == 3
    assert list(PaymentEvent.objects.order_by("pk").values_list("outcome", flat=True)) == [
        *[PaymentEventOutcome.UNMATCHED] * 4,
        PaymentEventOutcome.MATCHED,
    ]


def test_a_paid_order_that_is_cancelled_is_a_refund_for_finance_made_by_one_person() -> None:
    order = place_order()
    client.import_statement(upload(Entry(reference=reference(order))).pk)
    wait_until(order, waiting_for="shipment")

    client.cancel_order(order.number, reason="changed my mind", by="customer:guest")
    wait_until(order, status="cancelled")
    task = RefundTask.objects.get()
    for _time in range(2):
        client.mark_refund_made(task.pk, by="user:17")
    with pytest.raises(Refused) as refused:
        client.mark_refund_made(task.pk, by="user:18")

    task.refresh_from_db()
    assert (task.order_number, task.amount, task.iban) == (order.number, order.total, PAYER_IBAN)
    assert (task.state, task.done_by) == ("done", "user:17")
    assert refused.value.code == Refusal.REFUND_MADE_BEFORE


def test_money_that_arrives_after_the_cancellation_goes_to_a_person() -> None:
    order = place_order()
    given = reference(order)
    client.cancel_order(order.number, reason="too late", by="customer:guest")
    wait_until(order, status="cancelled")

    client.import_statement(upload(Entry(reference=given)).pk)

    payment_event = PaymentEvent.objects.get()
    assert (payment_event.outcome, payment_event.reason) == (PaymentEventOutcome.UNMATCHED, "after_cancellation")
    assert not RefundTask.objects.exists()


def test_a_new_total_that_is_paid_while_the_order_waits_for_approval_pays_it() -> None:
    order = place_order("200.00")
    given, manager = reference(order), make_user("max", "manager")
    client.add_order_item(order.number, sku=order.lines.get().sku, quantity=1, by="customer:guest")
    wait_until(order, waiting_for="approval")
    client.import_statement(upload(Entry(reference=given, amount="400.00")).pk)
    eventually(lambda: PaymentEvent.objects.filter(outcome=PaymentEventOutcome.MATCHED).exists())

    client.decide("order", order.number, role="manager", approved=True, by=f"user:{manager.pk}")

    wait_until(order, status="paid", waiting_for="shipment")
    assert PaymentEvent.objects.get().outcome == PaymentEventOutcome.MATCHED
    assert BankTransfer.objects.latest("pk").captured == order.total


def test_of_what_was_accepted_all_goes_back_also_what_was_too_much() -> None:
    order = place_order("100.00")
    client.import_statement(upload(Entry(reference=reference(order), amount="149.00")).pk)
    resolve(PaymentEvent.objects.get(), "accept")
    wait_until(order, waiting_for="shipment")

    client.cancel_order(order.number, reason="changed my mind", by="customer:guest")
    wait_until(order, status="cancelled")

    task = RefundTask.objects.get()
    assert (task.amount, task.iban) == (Decimal("149.00"), PAYER_IBAN)


def test_of_too_little_that_was_accepted_no_more_goes_back_than_came() -> None:
    order = place_order("100.00")
    client.import_statement(upload(Entry(reference=reference(order), amount="90.00")).pk)
    resolve(PaymentEvent.objects.get(), "accept")
    wait_until(order, waiting_for="shipment")

    client.cancel_order(order.number, reason="changed my mind", by="customer:guest")
    wait_until(order, status="cancelled")

    assert RefundTask.objects.get().amount == Decimal("90.00")


def test_what_a_payer_writes_stands_in_no_history(worker: Client) -> None:
    order = place_order()

    client.import_statement(upload(Entry(purpose=f"From Aunt Zoë for {order.number}")).pk)
    wait_until(order, waiting_for="shipment")

    told = asyncio.run(all_histories(worker))
    assert order.number in told
    assert "Aunt" not in told
    assert "Anders" not in told


async def all_histories(temporal: Client) -> str:
    """Every payload of every workflow's history, as text."""
    parts = []
    async for execution in temporal.list_workflows():
        async for event in temporal.get_workflow_handle(execution.id, run_id=execution.run_id).fetch_history_events():
            parts.append(event.SerializeToString().decode(errors="replace"))
    return "".join(parts)


def test_from_the_command_line_files_are_imported_one_by_one_and_a_bad_one_is_told(tmp_path: Path, capsys) -> None:
    order = place_order()
    good, bad = tmp_path / "good.xml", tmp_path / "bad.xml"
    good.write_bytes(camt(Entry(reference=reference(order)), Entry(amount="x")))
    bad.write_text("no XML")

    with pytest.raises(CommandError, match=r"bad\.xml"):
        call_command("import_statement", str(bad), str(good))

    told = capsys.readouterr().out
    eventually(lambda: BankStatement.objects.filter(state=StatementState.IMPORTED).exists())
    wait_until(order, waiting_for="shipment")
    assert "good.xml: 1 payment received, 0 taken before, 0 left out, 1 problem" in told
    assert "cannot be read" in told
