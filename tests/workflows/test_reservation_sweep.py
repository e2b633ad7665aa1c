"""What a guest reserved, did not pay and did not confirm is free again."""

from temporalio.client import Client

from temporal_app import client
from tests.factories.orders import ask, assert_as_it_began, place_order, saga, stock, wait_until
from tests.factories.products import make_product
from tests.workflows.lapsing import sweep_lapsed


def test_what_lapsed_is_cancelled_and_what_is_kept_is_not_and_staff_release_the_rest(worker: Client) -> None:
    make_product("TEA")
    before = stock()
    lapses, kept = place_order(), place_order()
    for order in (lapses, kept):
        wait_until(order, waiting_for="payment")

    sweep_lapsed(lapses)
    ask(saga(lapses).result())
    kept.refresh_from_db()
    status = kept.status
    released = client.release_reservations([lapses.number, kept.number], by="user:1")
    wait_until(kept, status="cancelled")

    assert (status, released) == ("pending", 1)
    assert_as_it_began(lapses, before)
    cancelled = [order.timeline.get(kind="cancelled").data["reason"] for order in (lapses, kept)]
    assert cancelled == ["not_confirmed", "suspicious"]
