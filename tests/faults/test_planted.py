"""Bugs of each kind, planted into a copy of the shop: the tests that are there to find them turn red."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings

SAGA = "temporal_app/workflows/order_saga.py"
PAIRS = "tests/faults/test_pairs.py::test_two_at_once_while_somebody_is_waited_for"
LEFT_BEHIND = shutil.ignore_patterns(".git", ".venv", ".data", "node_modules", "__pycache__", "docs")


@dataclass(frozen=True)
class Bug:
    """A change to one file, and a test that must fail because of it.

    :param said: what the failure says
    """

    file: str
    right: str
    wrong: str
    guard: str
    said: str


BUGS = {
    "an undo left out": Bug(
        SAGA,
        '        self._undo.register("payment")\n',
        "",
        f"{PAIRS}[shipment]",
        "cancelled_keeps_nothing",
    ),
    "a second capture": Bug(
        "temporal_app/activities/payments.py",
        '        key=idempotency_key(step.number, "capture", payment.attempt),\n',
        "        key=f\"capture {__import__('uuid').uuid4()}\",\n",
        "tests/activities/test_run_twice.py::test_an_activity_that_runs_twice_leaves_what_it_left_the_first_time",
        "cannot be captured",
    ),
    "a skipped reservation": Bug(
        SAGA,
        "            await self._reserve_stock()\n",
        '            self._start("reserve_stock")\n',
        f"{PAIRS}[shipment]",
        "lines_are_reserved",
    ),
    "reordered steps": Bug(
        SAGA,
        "        await self._capture_payment()\n        await self._fulfil()\n",
        "        await self._fulfil()\n        await self._capture_payment()\n",
        f"{PAIRS}[shipment]",
        "",
    ),
    "a provider call on the carts' threads": Bug(
        "temporal_app/worker.py",
        '    return ThreadPoolExecutor(count, thread_name_prefix=f"activity-{queue}")\n',
        '    return threads_of_its_own.__dict__.setdefault("everybodys", ThreadPoolExecutor(2))\n',
        "tests/workflows/test_bulkheads.py::test_carts_answer_as_before_while_a_provider_hangs",
        "it never happened",
    ),
    "an answer sent before the verdict": Bug(
        "temporal_app/client/staff.py",
        "        status = await send_update(identifiers.order_saga(number), OrderSagaWorkflow.ship, shipping)\n",
        "        from temporal_app.connection import get_client\n\n"
        "        saga = (await get_client()).get_workflow_handle(identifiers.order_saga(number))\n"
        "        await saga.signal(OrderSagaWorkflow.mark_shipped, shipping)\n"
        "        return str(OrderStatus.SHIPPED)\n",
        "tests/admin/test_true_answers.py::test_a_parcel_of_an_order_that_was_cancelled_a_moment_ago_must_not_leave",
        ">       assert ",
    ),
}


@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_still_fits_into_the_code(bug: str) -> None:
    code = (settings.BASE_DIR / BUGS[bug].file).read_text()

    assert code.count(BUGS[bug].right) == 1


@pytest.mark.faults
@pytest.mark.timeout(600)
@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_turns_its_test_red(bug: str, tmp_path: Path) -> None:
    planted, copy = BUGS[bug], tmp_path / "shop"
    shutil.copytree(settings.BASE_DIR, copy, ignore=LEFT_BEHIND)
    file = copy / planted.file
    file.write_text(file.read_text().replace(planted.right, planted.wrong))

    command = [sys.executable, "-m", "pytest", "-q", "-m", "", "--timeout", "240", planted.guard]
    environment = {**os.environ, "TEST_DATABASE": "sqlite", "PYTHONPATH": str(copy)}
    run = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, timeout=540)

    assert run.returncode == 1, run.stdout[-3_000:] + run.stderr[-3_000:]
    assert " failed" in run.stdout or " error" in run.stdout
    assert planted.said in run.stdout
