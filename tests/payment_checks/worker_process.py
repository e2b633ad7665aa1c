"""A worker process of ours that can be killed: `python -m tests.payment_checks.worker_process DATABASE LOG DIES_AT`.

It works on the test's database, appends what it asks the provider to the log, dies while it asks for the time named
`DIES_AT` (0: never), and gives up a dead worker's tasks as soon as a test can wait.
"""

import asyncio
import functools
import json
import os
import signal
import sys
from collections.abc import Sequence
from datetime import timedelta

import django


def main(database: str, log: str, dies_at: str) -> None:
    """Serve all queues as `manage.py run_worker` would."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    from django.conf import settings

    settings.DATABASES["default"].update(json.loads(database))
    django.setup()
    from temporalio.common import RetryPolicy

    import orders.payments
    from orders.payments.sandbox import SandboxGateway
    from temporal_app import policies, worker

    class Logging(SandboxGateway):
        def statuses(self, *, references: Sequence[str]):
            with open(log, "a") as file:
                file.write(" ".join(references) + "\n")
            with open(log) as file:
                if len(file.readlines()) == int(dies_at):
                    os.kill(os.getpid(), signal.SIGKILL)
            return super().statuses(references=references)

    orders.payments.GATEWAYS["sandbox"] = Logging
    policies.ASK_PROVIDER["start_to_close_timeout"] = timedelta(seconds=3)
    # and asks until there is an answer: on a busy machine nothing is passed over for that
    policies.ASK_PROVIDER["retry_policy"] = RetryPolicy(initial_interval=timedelta(seconds=0.5), backoff_coefficient=1)
    quick = functools.partial(worker.Worker, sticky_queue_schedule_to_start_timeout=timedelta(seconds=1))
    setattr(worker, "Worker", quick)  # noqa: B010 - a patch, which types do not allow
    asyncio.run(worker.serve(sys.stdout))


if __name__ == "__main__":
    main(*sys.argv[1:])
