"""Client functions to customers' accounts."""

import asyncio
from decimal import Decimal
from typing import Literal
from uuid import uuid4

from django.conf import settings
from django.db.models import Q
from temporalio.client import WorkflowUpdateHandle

from orders.models import CreditAdjustment
from orders.payments.account_calls import send_entry
from orders.rules import identifiers
from orders.rules.refusals import Refusal
from orders.rules.states import ResolutionState
from temporal_app import names
from temporal_app.client.calls import (
    UNLESS_DONE,
    accept_timeout,
    answer_of,
    client_function,
    start_once,
    translated,
)
from temporal_app.client.errors import Refused, StillWorking
from temporal_app.client.mirror import wait_until_visible
from temporal_app.messages import AccountEntry
from temporal_app.workflows.credit_adjustment import CreditAdjustmentWorkflow

PAUSE = 0.1  # seconds


@client_function
async def deposit_credit(customer_id: int, *, amount: Decimal, cause: str, by: str, request_id: str = "") -> Decimal:
    """Put an amount on a customer's account; returns what is on it then.

    :param request_id: the same request sent twice is carried out once
    """
    return await _enter(customer_id, names.DEPOSIT, AccountEntry(amount, cause, by), request_id)


@client_function
async def withdraw_credit(customer_id: int, *, amount: Decimal, cause: str, by: str, request_id: str = "") -> Decimal:
    """Take an amount from a customer's account; returns what is left.

    :param request_id: the same request sent twice is carried out once
    """
    return await _enter(customer_id, names.WITHDRAW, AccountEntry(amount, cause, by), request_id)


@client_function
async def adjust_credit(adjustment_id: int) -> CreditAdjustment:
    """Have given or taken what a member of staff has asked for and written down; returns how far that is.

    Asked again, it is carried out once. What needs a second person's approval stays requested until that is given.

    :raises Refused: it could not be done
    """
    await start_once(
        CreditAdjustmentWorkflow.run,
        adjustment_id,
        id=identifiers.credit_adjustment(adjustment_id),
        task_queue=names.ORDERS_QUEUE,
        id_reuse_policy=UNLESS_DONE,
    )
    asked_or_done = ~Q(state=ResolutionState.REQUESTED) | Q(approval__isnull=False)
    await wait_until_visible(CreditAdjustment.objects.filter(asked_or_done, pk=adjustment_id))
    adjustment = await CreditAdjustment.objects.select_related("customer", "approval").aget(pk=adjustment_id)
    if adjustment.state == ResolutionState.REFUSED:
        raise Refused(Refusal(adjustment.result), adjustment.details)
    return adjustment


async def _enter(
    customer_id: int, update: Literal["deposit", "withdraw"], entry: AccountEntry, request_id: str
) -> Decimal:
    id = request_id or uuid4().hex
    clock = asyncio.get_running_loop().time
    until = clock() + settings.ACCEPTED_WITHIN_SECONDS
    while True:
        try:
            with translated():
                handle: WorkflowUpdateHandle[Decimal] = await send_entry(
                    customer_id, update, entry, id=id, within=accept_timeout()
                )
                balance = await answer_of(handle)
            break
        except Refused as refused:  # between two runs of the account
            if refused.code != Refusal.ASK_AGAIN or clock() > until:
                raise
            await asyncio.sleep(PAUSE)
    if balance is None:
        raise StillWorking
    return balance
