"""Every history ever recorded replays with the workflows of today, so that no order on its way is lost to a change."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from temporal_app.connection import data_converter
from temporal_app.queues import QUEUES
from temporal_app.worker import PASSED_THROUGH
from tests.histories.waits import WAITS

WORKFLOWS = [workflow for served in QUEUES.values() for workflow in served.workflows]
RECORDED = sorted(Path(__file__).parent.glob("*.json"))


@pytest.mark.parametrize("file", RECORDED, ids=lambda file: file.stem)
def test_a_recorded_history_replays(file: Path) -> None:
    history = WorkflowHistory.from_json(file.stem, file.read_text())
    restrictions = SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH)
    replayer = Replayer(
        workflows=WORKFLOWS,
        data_converter=data_converter(),
        workflow_runner=SandboxedWorkflowRunner(restrictions=restrictions),
    )

    asyncio.run(replayer.replay_workflow(history))


def test_there_is_a_history_of_every_workflow() -> None:
    recorded = {file.stem.partition("-")[0] for file in RECORDED}

    missing = {workflow.__name__ for workflow in WORKFLOWS} - recorded

    assert not missing


@pytest.mark.parametrize("wait", WAITS, ids=lambda wait: wait.__name__)
def test_there_is_a_history_of_every_wait_that_had_not_ended(wait: Callable[..., None]) -> None:
    files = [file for file in RECORDED if file.stem.split("-")[1] == wait.__name__]

    open_ones = [file for file in files if "EXECUTION_COMPLETED" not in file.read_text().splitlines()[-2]]

    assert open_ones
