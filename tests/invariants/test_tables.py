"""Whatever step an order has got to, its rows add up; and whatever else is done to them is found."""

from datetime import timedelta

import pytest
from django.utils import timezone

from orders.invariants import findings
from orders.rules.invariants import Finding
from tests.factories import steps
from tests.factories.orders import write_order
from tests.factories.products import make_product
from tests.factories.steps import order_after
from tests.invariants.drift import DRIFTS

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("silent_notifier")]


def found(grace: timedelta = timedelta(minutes=5)) -> list[Finding]:
    return list(findings(now=timezone.now(), grace=grace))


@pytest.mark.parametrize("last", steps.FORWARD, ids=lambda call: call.__name__)
def test_an_order_adds_up_after_each_step_forward(last: steps.Call) -> None:
    order_after(*steps.up_to(last), last)

    assert found() == []


@pytest.mark.parametrize("last", steps.UNDO, ids=lambda call: call.__name__)
@pytest.mark.parametrize("got", [steps.reserve, steps.hold, steps.charge, steps.capture, steps.book])
def test_an_order_adds_up_after_each_step_back(got: steps.Call, last: steps.Call) -> None:
    order_after(*steps.up_to(got), got, *steps.UNDO[: steps.UNDO.index(last) + 1])

    assert found() == []


@pytest.mark.parametrize("name", DRIFTS)
def test_every_drift_is_found(name: str) -> None:
    drift = DRIFTS[name]
    order = order_after(*drift.after)
    assert found() == []

    drift.plant(order)

    told = {finding.rule: finding for finding in found()}
    assert drift.rule in told
    finding = told[drift.rule]
    assert finding.subject in (order.number, "TEA") or finding.subject.startswith("payment-event-")
    assert (finding.found, finding.wanted) in {(drift.found, drift.wanted), (f"{order.number} received", "matched")}


def test_what_a_later_step_writes_is_late_only_after_a_while() -> None:
    order_after(*steps.up_to(steps.complete))

    assert found() == []
    assert [finding.rule for finding in found(grace=timedelta(0))] == ["ended_has_an_end"]


@pytest.mark.sqlite
def test_prices_that_no_binary_fraction_holds_add_up() -> None:
    for sku, price in {"PEN": "0.10", "CUP": "0.20"}.items():
        make_product(sku, price=price)
    write_order(("PEN", 1), ("CUP", 1))  # 0.30, which SQLite sums to 0.30000000000000004

    assert found() == []
