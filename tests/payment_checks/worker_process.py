"""A worker process of ours that can be killed: `python -m tests.payment_checks.worker_process DATABASE LOG`.

It works on the test's database, appends what it asks the provider to the log, and gives up a dead worker's tasks as
soon as a test can wait.
"""

import asyncio
import functools
import json
import os
import sys
from collections.abc import Sequence
from datetime import timedelta

import django


def main(database: str, log: str) -> None:
    """Serve all queues as `manage.py run_worker` would."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    from django.conf import settings

    settings.DATABASES["default"].update(json.loads(database))
    django.setup()
    import orders.payments
    from orders.payments.sandbox import SandboxGateway
    from temporal_app import policies, worker

    class Logging(SandboxGateway):
        def statuses(self, *, references: Sequence[str]):
            with open(log, "a") as file:
                file.write(" ".join(references) + "\n")
            return super().statuses(references=references)

    orders.payments.GATEWAYS["sandbox"] = Logging
    policies.ASK_PROVIDER["start_to_close_timeout"] = timedelta(seconds=3)
    worker.Worker = functools.partial(worker.Worker, sticky_queue_schedule_to_start_timeout=timedelta(seconds=1))
    asyncio.run(worker.Runner(sys.stdout).start())


if __name__ == "__main__":
    main(*sys.argv[1:])
