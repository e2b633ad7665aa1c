"""A worker that dies at chosen moments, as a power cut would have it: `python -m tests.faults.dying_worker`.

`POINTS_FILE` names a file with one moment a line. At the first that comes the line is taken out and the process, or
Temporal's server, is gone. A moment is `after <activity>` (what it wrote is committed, its answer has reached nobody),
`called <gateway or carrier method>` (the provider has acted, we have not written it down), each perhaps with
` server` at its end. Nothing of this is in the worker itself.
"""

import asyncio
import fcntl
import functools
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django


def is_due(moment: str) -> bool:
    """Whether the process is to die now; a line is good for one death."""
    file = Path(os.environ["POINTS_FILE"])
    if not file.exists():
        return False
    with file.open("r+") as points:
        fcntl.flock(points, fcntl.LOCK_EX)
        lines = points.read().splitlines()
        if moment not in lines:
            return False
        lines.remove(moment)
        points.seek(0)
        points.truncate()
        points.write("".join(f"{line}\n" for line in lines))
    return True


def perhaps_die(moment: str) -> None:
    """Be gone, if that is what is wanted at this moment."""
    if is_due(f"{moment} server"):
        os.kill(int(Path(os.environ["TEMPORAL_PID_FILE"]).read_text()), signal.SIGKILL)
    if is_due(moment):
        os._exit(9)


def dying_after(call: Callable[..., Any], name: str) -> Callable[..., Any]:
    @functools.wraps(call)
    def called(*args: Any, **parameters: Any) -> Any:
        answer = call(*args, **parameters)
        perhaps_die(f"called {name}")
        return answer

    return called


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
            answer = await self.next.execute_activity(input)
            perhaps_die(f"after {activity.info().activity_type}")
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


def main() -> None:
    """Serve every queue, until a moment comes."""
    django.setup()
    from temporal_app.worker import serve

    arm()
    asyncio.run(serve(sys.stdout))


if __name__ == "__main__":
    main()
