"""Whatever step an order has got to, its rows add up; and whatever else is done to them is found."""

from datetime import timedelta

import pytest
from django.utils import timezone

from orders.invariants import findings
from orders.rules.invariants import Finding
from tests.factories import steps
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
