"""A worker process whose only activity takes three seconds: `python -m tests.temporal_app.slow_worker FILE`."""

import asyncio
import os
import sys
import time
from datetime import timedelta
from pathlib import Path

import django
from temporalio import activity, workflow

from shop.leaving import run_and_leave


@activity.defn
def slow(file: str) -> str:
    """Marks its begin in the file, and its end three seconds later."""
    Path(file).write_text("begun")
    time.sleep(3)
    Path(file).write_text("done")
    return "done"


@workflow.defn(sandboxed=False)
class SlowWorkflow:
    """One slow activity."""

    @workflow.run
    async def run(self, file: str) -> str:
        return await workflow.execute_activity(slow, file, start_to_close_timeout=timedelta(seconds=30))


def main() -> None:
    """Serve them on the queue `orders` as `manage.py run_worker` would."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "shop.settings"
    django.setup()
    from temporal_app import queues, worker

    queues.QUEUES.clear()
    queues.QUEUES["orders"] = queues.Served([SlowWorkflow], [slow])
    asyncio.run(worker.serve(sys.stdout))


if __name__ == "__main__":
    run_and_leave(main)
