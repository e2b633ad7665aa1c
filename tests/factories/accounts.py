"""Customers' accounts, talked to as other programs talk to them."""

from decimal import Decimal
from uuid import uuid4

from temporalio.client import WorkflowHandle
from temporalio.exceptions import ApplicationError

from orders.models import JournalEntry, Order
from orders.rules import accounts, actors, credit, identifiers
from orders.rules.refusals import Refusal, RuleBroken
from temporal_app import client, connection, names
from temporal_app.activities.accounts import record_movement
from temporal_app.messages import AccountEntry, AccountMovement
from temporal_app.workflows.customer_account import CustomerAccountWorkflow
from tests.factories.orders import ask
from tests.factories.people import make_user

GOODWILL = "goodwill-1"


def make_customer(name: str = "carla", *, credit: str = "0.00") -> int:
    """The id of a customer who has signed up, with so much credit from the shop."""
    customer = make_user(name, is_staff=False)
    if Decimal(credit):
        deposit(customer.pk, credit)
    return customer.pk


def deposit(customer_id: int, amount: str, *, id: str = "", cause: str = GOODWILL, by: str = "system") -> Decimal:
    return client.deposit_credit(customer_id, amount=Decimal(amount), cause=cause, by=by, request_id=id or uuid4().hex)


def withdraw(customer_id: int, amount: str, *, id: str = "", cause: str = GOODWILL, by: str = "system") -> Decimal:
    return client.withdraw_credit(customer_id, amount=Decimal(amount), cause=cause, by=by, request_id=id or uuid4().hex)


def account(customer_id: int) -> WorkflowHandle:
    return connection._shared.get_workflow_handle_for(CustomerAccountWorkflow.run, identifiers.account(customer_id))


def balance(customer_id: int) -> Decimal:
    """What the workflow says is on the account."""
    return ask(account(customer_id).query(CustomerAccountWorkflow.get_balance))


def mirrored(customer_id: int) -> Decimal:
    """What the journal says is on the account."""
    return JournalEntry.objects.balance(accounts.credit(customer_id), "EUR")


def enter_at_once(order_number: str, update: str, amount: Decimal, key: str) -> None:
    """What a customer's account does when an order asks it, in a test without Temporal: it writes the entry down."""
    order = Order.objects.get(number=order_number)
    entry = AccountEntry(amount, credit.cause(credit.ORDER, order_number), actors.customer(order.customer_id))
    try:
        record_movement(AccountMovement(order.customer_id, entry, update == names.WITHDRAW, key))
    except ApplicationError as refused:
        raise RuleBroken(Refusal(refused.type), **refused.details[0]) from refused
