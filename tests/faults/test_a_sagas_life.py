"""Whatever happens to an order in whatever order, its saga decides rightly; and where it would not, this is seen."""

from contextlib import nullcontext
from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from temporal_app.workflows.saga_state import SagaState
from temporal_app.workflows.update_log import UpdateLog
from tests.faults.saga_life import DEARER, AnySagasLife
from tests.faults.table import Row


def live(lives: int, **options: Any) -> None:
    how = settings(max_examples=lives, stateful_step_count=30, deadline=None, database=None, **options)
    run_state_machine_as_test(AnySagasLife, settings=how)


def test_two_hundred_sagas_decide_rightly() -> None:
    live(200)


@pytest.mark.faults
@pytest.mark.timeout(900)
def test_two_thousand_sagas_decide_rightly(fault_row: Row) -> None:
    live(2_000)

    fault_row(9, 2_000, "lives of what a saga knows, in plain Python", "all invariants after every step")


def forget_to_look(*_args: object, **_parameters: object) -> None:
    """A check that lets everything pass."""


def approve_any_change(state: SagaState, content: Any) -> None:
    state.approved = content.fingerprint
    state.items, state.total, state.fingerprint = content.items, content.total, content.fingerprint


def capture_all_that_came(state: SagaState, *, now: float) -> Any:
    assert state.paid is not None
    return STEP(state, now=now).__class__(state.number, attempt=state.attempt, amount=state.paid.amount + 1)


def cancel_whenever(state: SagaState, request: Any) -> bool:
    state.cancelled = request
    return True


def wait_as_long_as_it_takes(state: SagaState, pause: float) -> None:
    state.pay_until += pause if state.pay_until else 0


STEP = SagaState.capture
BUGS = {
    "lines change whenever somebody asks": (SagaState, "check_changeable", forget_to_look),
    "any amount is payable": (SagaState, "check_payable", forget_to_look),
    "any money is the order's": (SagaState, "accepts", lambda *_args: True),
    "what is not paid leaves": (SagaState, "check_shippable", forget_to_look),
    "what has left is cancelled": (SagaState, "cancel", cancel_whenever),
    "whatever was approved stays so": (SagaState, "change", approve_any_change),
    "more is captured than there is": (SagaState, "capture", capture_all_that_came),
    "the time to pay has no end": (SagaState, "allow_more_time", wait_as_long_as_it_takes),
    "a language is changed without end": (UpdateLog, "check", forget_to_look),
    "the next run forgets": (
        SagaState,
        "for_next_run",
        lambda state, **_rest: SagaState(state.order, state.step_since),
    ),
}


# chance comes by it once in some thousand lives: here in a minute, below on a walk that leads there
RARE = "the time to pay has no end"


@pytest.mark.parametrize("bug", [pytest.param(bug, marks=[pytest.mark.faults] * (bug == RARE)) for bug in BUGS])
def test_a_wrong_decision_is_found(bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    of, name, wrong = BUGS[bug]
    monkeypatch.setattr(of, name, wrong)

    with pytest.raises((AssertionError, pytest.fail.Exception)):
        live(10_000, phases=[Phase.generate], derandomize=True, report_multiple_bugs=False)


@pytest.mark.parametrize("bug", ["", RARE])
def test_an_order_changed_while_it_waits_for_its_money_is_not_payable_for_ever(
    bug: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if bug:
        monkeypatch.setattr(*BUGS[bug])
    life = AnySagasLife()
    life.it_has_come_so_far(steps=4, paid=False)
    life.the_time_to_pay_has_an_end()

    life.somebody_changes_a_line(DEARER)
    life.the_process_goes_on(True)
    life.time_passes(4_000.0)
    life.the_process_goes_on(True)

    assert (life.state.step, life.state.attempt) == ("hold_payment", 2)
    with pytest.raises(AssertionError) if bug else nullcontext():
        life.the_time_to_pay_has_an_end()
