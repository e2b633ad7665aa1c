"""A worker that dies at chosen moments, as a power cut would have it: `python -m tests.faults.dying_worker`.

`POINTS_FILE` names a file with one moment a line. At the first that comes the line is taken out and the process is
gone. A moment is `before <activity>`, `inside <activity>` (it has written, nothing is committed), `after <activity>`
(committed, its answer has reached nobody), `called <gateway or carrier method>` (the provider has acted, we have not
written it down). With ` server` at its end Temporal's server is gone instead, with ` database` PostgreSQL is restarted.
Nothing of this is in the worker itself.

`STEP_TIMEOUT`, in seconds, cuts every timeout of a step, and every pause before it is tried again: what a dead worker
has begun is missed by its timeout alone.
"""

import asyncio
import functools
import inspect
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import django

from tests.faults import nursery, points

WRITES = ("INSERT", "UPDATE", "DELETE")
WORKERS = 2


def perhaps_die(moment: str, about: str = "") -> None:
    """Be gone, if that is what is wanted at this moment."""
    if points.is_due(f"{moment} database"):
        restart_database()
    if points.is_due(f"{moment} server"):
        os.kill(int(Path(os.environ["TEMPORAL_PID_FILE"]).read_text()), signal.SIGKILL)
    if points.is_due(moment):
        points.note("died", moment, about)
        os._exit(9)


def restart_database() -> None:
    """Have whoever runs PostgreSQL restart it, and go on when that is done."""
    wanted = Path(f"{os.environ['POINTS_FILE']}.restart")
    points.note("restarted", "PostgreSQL")
    wanted.touch()
    while wanted.exists():
        time.sleep(0.02)


def dying_after(call: Callable[..., Any], name: str) -> Callable[..., Any]:
    @functools.wraps(call)
    def called(*args: Any, **parameters: Any) -> Any:
        answer = call(*args, **parameters)
        perhaps_die(f"called {name}")
        return answer

    return called


def dying_inside(act: Callable[..., Any], name: str, about: str) -> Callable[..., Any]:
    """Die after the first thing that is written, before it is committed."""
    from django.db import connection

    def watch(execute: Callable[..., Any], sql: str, *more: Any) -> Any:
        answer = execute(sql, *more)
        if sql.lstrip().upper().startswith(WRITES):
            perhaps_die(f"inside {name}", about)
        return answer

    @functools.wraps(act)
    def run(*args: Any, **parameters: Any) -> Any:
        with connection.execute_wrapper(watch):
            return act(*args, **parameters)

    return run


def arm() -> None:
    """Put the moments into this process: around every activity, and around every call of the outside world."""
    from django_temporalio.interceptors.isolation import ActivityIsolationInterceptor
    from temporalio import activity
    from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput

    from orders.payments.sandbox import SandboxGateway
    from orders.shipping.sandbox import SandboxCarrier
    from temporal_app import worker

    class Dying(ActivityInboundInterceptor):
        async def execute_activity(self, input: ExecuteActivityInput) -> Any:
            info = activity.info()
            name, about = info.activity_type, f"{info.workflow_id} {info.attempt}"
            points.note("begun", name, about, f"{points.busyness():.1f}")
            perhaps_die(f"before {name}", about)
            if not inspect.iscoroutinefunction(input.fn):
                input.fn = dying_inside(input.fn, name, about)
            answer = await self.next.execute_activity(input)
            perhaps_die(f"after {name}", about)
            return answer

    class Interceptor(ActivityIsolationInterceptor):
        def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
            return Dying(super().intercept_activity(next))

    worker.ActivityIsolationInterceptor = Interceptor
    for outside, methods in (
        (SandboxGateway, ["hold", "charge", "capture", "release", "refund"]),
        (SandboxCarrier, ["book", "cancel"]),
    ):
        for method in methods:
            setattr(outside, method, dying_after(getattr(outside, method), method))


def hurry(step_timeout: float) -> None:
    """Miss a dead worker after so many seconds, whatever it was at."""
    from temporal_app import policies, worker

    longest = timedelta(seconds=step_timeout)
    for bundle in vars(policies).values():
        if isinstance(bundle, dict):
            for name in ("start_to_close_timeout", "heartbeat_timeout"):
                if name in bundle:
                    bundle[name] = min(bundle[name], longest)
            if "retry_policy" in bundle:
                policy = bundle["retry_policy"]
                pause = max(policy.initial_interval, longest)
                bundle["retry_policy"] = replace(policy, maximum_interval=pause)
    patient = worker.Worker

    def impatient(*args: Any, **options: Any) -> Any:
        return patient(*args, **options, sticky_queue_schedule_to_start_timeout=longest / 3)

    worker.Worker = impatient  # type: ignore[assignment]


def main() -> None:
    """Serve every queue, in processes that die when a moment comes."""
    django.setup()
    from temporal_app.worker import serve

    arm()
    if "STEP_TIMEOUT" in os.environ:
        hurry(float(os.environ["STEP_TIMEOUT"]))
    nursery.keep(lambda: asyncio.run(serve(sys.stdout)), WORKERS)


if __name__ == "__main__":
    main()
