"""Names, addresses, card tokens and what people typed stay in the database: no history and no log line has them, and
where payloads are encrypted, nobody who reads Temporal's database reads anything at all."""

import json
import os
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from google.protobuf.message import Message
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client

from orders.models import CreditAdjustment, ExpenseRequest, Notification, Order, Product, StockAdjustment, TypedWords
from orders.rules import actors
from shop.logs import DiscreetLine
from temporal_app import client
from temporal_app.codec import key_of
from temporal_app.messages import CartItem
from tests.factories.orders import ADDRESS, ask, eventually, pay, place_order, ship, told_by, wait_until
from tests.factories.people import make_user
from tests.factories.products import make_product
from tests.factories.refunds import ask_refund
from tests.factories.unmatched import report, resolve
from tests.workflows.encrypted import ours_in, shop_with

KEYS = {"now": os.urandom(32)}
CARD = "tok_Kartenfuchs_4711"
NAMES = {"mia": ("Miamaria", "Managerova"), "fiona": ("Fionabella", "Finanzski"), "carla": ("Carlotta", "Käuferin")}
# What each of them types, somewhere in the walks
REJECTED, CANCELLED, RETURNED, DECIDED = "Ablehnungsmond", "Stornoröte", "Beulendose", "Absprachewolke"
GIVEN, SPENT, COUNTED, NOT_PAID_BACK = "Kulanzgarten", "Zugfahrtnebel", "Bruchlager", "Fotowunsch"
TYPED = (REJECTED, CANCELLED, RETURNED, DECIDED, GIVEN, SPENT, COUNTED, NOT_PAID_BACK)


def person(name: str, *roles: str) -> User:
    first, last = NAMES[name]
    return make_user(name, *roles, first_name=first, last_name=last)


def waiting_for_approval() -> Order:
    order = place_order(("TEA", 3))
    wait_until(order, waiting_for="approval")
    return order


def delivered_and_refunded(fiona: User, mia: User) -> None:
    order = place_order(("TEA", 2))
    wait_until(order, waiting_for="payment")
    pay(order, card_token=CARD)
    wait_until(order, waiting_for="shipment")
    ship(order, by=actors.user(mia.pk))
    wait_until(order, waiting_for="delivery")
    client.mark_delivered(order.number, by=actors.user(mia.pk))
    small, large = (ask_refund(order, fiona, amount, reason=RETURNED) for amount in ("5.00", "100.00"))
    client.refund_in_part(small.pk)
    client.refund_in_part(large.pk)
    how = {"role": "manager", "approved": False, "comment": NOT_PAID_BACK, "by": actors.user(mia.pk)}
    client.decide("refund", str(large.pk), **how)


def rejected(mia: User) -> None:
    order = waiting_for_approval()
    by = actors.user(mia.pk)
    client.decide("order", order.number, role="manager", approved=False, comment=REJECTED, by=by)
    wait_until(order, status="cancelled")


def approved_changed_and_cancelled(mia: User) -> None:
    order = waiting_for_approval()
    client.decide("order", order.number, role="manager", approved=True, by=actors.user(mia.pk))
    wait_until(order, waiting_for="payment")
    client.add_order_item(order.number, sku="TEA", quantity=1, by="customer:guest")
    client.cancel_order(order.number, reason=CANCELLED, by=actors.user(mia.pk))
    wait_until(order, status="cancelled")


def other_notes(fiona: User, mia: User) -> None:
    """What finance and the warehouse decide, give, spend and count, with a reason each."""
    resolve(report(), "ignore", reason=DECIDED)
    adjusted = {"customer_id": person("carla").pk, "amount": Decimal("9.00"), "reason": GIVEN, "asked_by": fiona}
    client.adjust_credit(CreditAdjustment.objects.create(**adjusted).pk)
    spent = {"requester": fiona, "amount": Decimal("5.00"), "category": SPENT, "description": SPENT}
    expense = ExpenseRequest.objects.create(**spent)
    client.submit_expense(expense.pk)
    how = {"role": "manager", "approved": True, "comment": REJECTED, "by": actors.user(mia.pk)}
    client.decide("expense", str(expense.pk), **how)
    counted = StockAdjustment.objects.create(product=Product.objects.get(), delta=-1, reason=COUNTED)
    client.adjust_stock(counted.pk)
    client.order_again("9" * 32, items=[CartItem("TEA", 1)])
    eventually(lambda: StockAdjustment.objects.get(pk=counted.pk).applied_at)
    eventually(lambda: not Notification.objects.unsent().exists())


async def everything_on(temporal: Client) -> list[Message]:
    """Every event of every workflow, and what Temporal lists of it."""
    kept: list[Message] = []
    async for execution in temporal.list_workflows():
        history = temporal.get_workflow_handle(execution.id, run_id=execution.run_id).fetch_history_events()
        kept += [event async for event in history]
        kept.append(execution.raw_info)
    return kept


def spelt(words: list[str]) -> set[str]:
    """The words, as they are and as JSON has them."""
    return {spelling for word in words for spelling in (word, json.dumps(word)[1:-1])}


def test_no_history_and_no_log_line_holds_a_person_a_card_or_what_somebody_typed(
    transactional_db: None, temporal: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    mia, fiona = person("mia", "manager"), person("fiona", "finance")
    make_product("TEA")
    with shop_with(KEYS, temporal) as ours:
        delivered_and_refunded(fiona, mia)
        rejected(mia)
        approved_changed_and_cancelled(mia)
        other_notes(fiona, mia)
        kept = ask(everything_on(ours))
        raw = "\n".join(one.SerializeToString().decode(errors="replace") for one in kept)
        keys = {key_of(payload) for one in kept if isinstance(one, HistoryEvent) for payload in ours_in(one)}
        readable = "\n".join(told_by(one) for one in kept)

    log = "\n".join(DiscreetLine().format(record) for record in caplog.records)
    names = [name for both in NAMES.values() for name in both]
    people = [*ADDRESS.values(), "Alice", "Obere", "example.org", "example.test", *names]
    typed = set(TypedWords.objects.values_list("text", flat=True))
    seeded = spelt([*people, *TYPED, CARD])
    assert {REJECTED, CANCELLED, NOT_PAID_BACK} <= typed
    assert CARD not in typed  # forgotten, once the provider had answered
    assert [word for word in seeded if word in readable] == []
    assert [word for word in seeded if word in log] == []
    assert "words:" in readable
    assert str(Decimal("200.00")) in readable
    assert keys == {"now"}
    assert [word for word in ("words:", "200.00", "user:") if word in raw] == []
