"""`manage.py run_worker`: carries orders, carts and payment checks until it is told to stop."""

import asyncio
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from temporal_app.queues import QUEUES
from temporal_app.worker import serve


class Command(BaseCommand):
    """Serves task queues. The first Ctrl-C or SIGTERM drains, the second stops at once."""

    help = "Serve all task queues, or those named with --queue (which may be given several times)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--queue", action="append", default=[], metavar="NAME", help=", ".join(QUEUES))

    def handle(self, *args: Any, queue: list[str], **options: Any) -> None:
        unknown = [name for name in queue if name not in QUEUES]
        if unknown:
            raise CommandError(f"unknown queue {', '.join(unknown)}; there are {', '.join(QUEUES)}")
        try:
            asyncio.run(serve(self.stdout, *queue))
        except KeyboardInterrupt:  # while it was still waiting for Temporal
            sys.exit(130)
        except (RuntimeError, ValueError) as error:
            raise CommandError(f"the worker stopped: {error}") from error
