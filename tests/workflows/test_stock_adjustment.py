"""A person's correction of a stock is applied once, or refused with a reason."""

import pytest
from temporalio.client import Client

from orders.models import StockAdjustment
from temporal_app import client
from temporal_app.activities import stock as activities
from tests.factories.orders import eventually, stock
from tests.factories.products import make_product
from tests.workflows.at_once import everybody


def ask_for(delta: int, **columns: int) -> StockAdjustment:
    """What a person types."""
    return StockAdjustment.objects.create(product=make_product(**columns), delta=delta, reason="counted")


@pytest.mark.sqlite
def test_an_adjustment_is_applied_once_however_often_it_is_asked_for(worker: Client) -> None:
    adjustment = ask_for(-5, on_hand=20)

    everybody(lambda _n: client.adjust_stock(adjustment.pk), range(4))
    eventually(lambda: StockAdjustment.objects.get().applied_at)
    activities.adjust_stock(adjustment.pk)

    assert stock() == {"TEA": (15, 0)}


@pytest.mark.django_db
@pytest.mark.parametrize(("delta", "after"), [(5, 25), (-16, 4), (-17, 20), (-1_000_000, 20)])
def test_only_free_pieces_can_be_taken_off(delta: int, after: int) -> None:
    adjustment = ask_for(delta, on_hand=20, reserved=4)

    activities.adjust_stock(adjustment.pk)

    adjustment.refresh_from_db()
    applied = after == 20 + delta
    assert stock() == {"TEA": (after, 4)}
    assert (adjustment.applied_at is not None, adjustment.refused != "") == (applied, not applied)
    assert applied or "16" in adjustment.refused


@pytest.mark.django_db
@pytest.mark.parametrize("delta", [2_147_483_647, 1_000_000_000, -2_147_483_648])
def test_an_adjustment_that_no_stock_can_hold_is_refused_and_not_tried_for_ever(delta: int) -> None:
    adjustment = ask_for(delta, on_hand=20)

    activities.adjust_stock(adjustment.pk)

    adjustment.refresh_from_db()
    assert stock() == {"TEA": (20, 0)}
    assert adjustment.refused
