"""Every history ever recorded replays with the workflows of today, so that no order on its way is lost to a change."""

import asyncio
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from temporal_app.converter import DATA_CONVERTER
from temporal_app.worker import PASSED_THROUGH, QUEUES

WORKFLOWS = [workflow for served in QUEUES.values() for workflow in served.workflows]
RECORDED = sorted(Path(__file__).parent.glob("*.json"))


@pytest.mark.parametrize("file", RECORDED, ids=lambda file: file.stem)
def test_a_recorded_history_replays(file: Path) -> None:
    history = WorkflowHistory.from_json(file.stem, file.read_text())
    restrictions = SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH)
    replayer = Replayer(
        workflows=WORKFLOWS,
        data_converter=DATA_CONVERTER,
        workflow_runner=SandboxedWorkflowRunner(restrictions=restrictions),
    )

    asyncio.run(replayer.replay_workflow(history))


def test_there_is_a_history_of_every_workflow() -> None:
    recorded = {file.stem.partition("-")[0] for file in RECORDED}

    missing = {workflow.__name__ for workflow in WORKFLOWS} - recorded

    assert not missing
