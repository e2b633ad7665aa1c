"""A web server that dies between any two lines of ours: `python -m tests.faults.dying_web HOST PORT`.

`POINTS_FILE` may hold `web <path> <number>`: in the next POST to that path the process is gone before the line of that
number, counted over all files of the shop in the order they are run. Number 0 only counts; how many lines there were is
noted in the journal.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import django

from tests.faults import nursery, points

ROOT = Path(__file__).resolve().parent.parent.parent
OURS = tuple(f"{ROOT / room}/" for room in ("orders", "shop", "temporal_app"))


class Lines:
    """Counts the lines of ours that are run, and ends the process before one of them."""

    def __init__(self, last: int) -> None:
        self.last, self.count = last, 0

    def trace(self, frame: FrameType, event: str, _arg: Any) -> Callable[..., Any] | None:
        if not frame.f_code.co_filename.startswith(OURS):
            return None
        if event == "line":
            self.count += 1
            if self.count == self.last:
                points.note("web died", f"{Path(frame.f_code.co_filename).relative_to(ROOT)}:{frame.f_lineno}")
                os._exit(9)
        return self.trace


def dying(view: Callable[..., Any]) -> Callable[..., Any]:
    """The view, perhaps with an end in the middle of it; what it asks Temporal runs on the loop's own thread."""
    from asgiref.sync import SyncToAsync, iscoroutinefunction

    if iscoroutinefunction(view):
        return view

    def run(request: Any, *args: Any, **parameters: Any) -> Any:
        point = points.take(f"web {request.path}") if request.method == "POST" else None
        if point is None:
            return view(request, *args, **parameters)
        lines = Lines(int(point.rsplit(" ", 1)[1]))
        loop = SyncToAsync.threadlocal.main_event_loop
        loop.call_soon_threadsafe(sys.settrace, lines.trace)
        sys.settrace(lines.trace)
        try:
            return view(request, *args, **parameters)
        finally:
            sys.settrace(None)
            loop.call_soon_threadsafe(sys.settrace, None)
            points.note("web lines", request.path, lines.count)

    run.__dict__.update(view.__dict__)
    return run


def main() -> None:
    """Serve the shop."""
    import uvicorn

    django.setup()
    from django.core.handlers.base import BaseHandler
    from django.urls import get_resolver

    from shop.asgi import application

    _ = get_resolver().url_patterns  # read now, not in every copy
    plain = BaseHandler.make_view_atomic
    BaseHandler.make_view_atomic = lambda self, view: dying(plain(self, view))  # type: ignore[method-assign]
    host, port = sys.argv[1], int(sys.argv[2])
    nursery.keep(
        lambda: uvicorn.run(
            application, host=host, port=port, access_log=False, log_level="warning", timeout_graceful_shutdown=1
        )
    )


if __name__ == "__main__":
    main()
