"""`manage.py schedules`: the schedule of the hourly payment check, from the command line."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from temporal_app import client, names
from temporal_app.client import ScheduleState
from temporal_app.client.errors import ClientError

CHANGED = {"created": "set up", "updated": "brought up to date", "unchanged": "already as it should be"}


class Command(BaseCommand):
    """Each subcommand is one client function. Exit code 0: done; 1: refused, or Temporal does not answer."""

    help = (
        "The schedule of the hourly payment check: set it up (at every deployment), pause it, run it now, look at it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        steps = parser.add_subparsers(dest="step", required=True, metavar="sync|pause|unpause|trigger|describe|delete")
        steps.add_parser("sync", help="make it what this version of the shop wants; a pause is kept")
        pause = steps.add_parser("pause", help="start no more checks until it is unpaused")
        pause.add_argument("--note", default="paused from the command line", help="why, for others to read")
        unpause = steps.add_parser("unpause", help="start checks again")
        unpause.add_argument("--note", default="unpaused from the command line", help="why, for others to read")
        steps.add_parser("trigger", help="start a check now, unless one is running; also while it is paused")
        steps.add_parser("describe", help="say how it stands")
        steps.add_parser("delete", help="remove it; a check that is running goes on")

    def handle(self, *args: Any, step: str, note: str = "", **options: Any) -> None:
        try:
            said = getattr(self, f"_{step}")(note)
        except ClientError as error:
            raise CommandError(error.message) from error
        self.stdout.write(said)

    def _sync(self, note: str) -> str:
        return f"{names.PAYMENT_BATCH_SCHEDULE}: {CHANGED[client.sync_schedule()]}."

    def _pause(self, note: str) -> str:
        client.pause_schedule(note=note)
        return f"{names.PAYMENT_BATCH_SCHEDULE}: paused ({note})."

    def _unpause(self, note: str) -> str:
        client.unpause_schedule(note=note)
        return f"{names.PAYMENT_BATCH_SCHEDULE}: running again ({note})."

    def _trigger(self, note: str) -> str:
        client.trigger_schedule()
        return f"{names.PAYMENT_BATCH_SCHEDULE}: a check was started, unless one was running."

    def _delete(self, note: str) -> str:
        client.delete_schedule()
        return f"{names.PAYMENT_BATCH_SCHEDULE}: removed."

    def _describe(self, note: str) -> str:
        return describe(client.describe_schedule())


def describe(state: ScheduleState) -> str:
    """How the schedule stands, a line for each fact. Times are in UTC."""
    if not state.exists:
        return f"{names.PAYMENT_BATCH_SCHEDULE}: not set up (manage.py schedules sync does)."
    facts = [
        ("state", "paused" if state.paused else "running"),
        ("note", state.note or "-"),
        ("every", f"{state.every}" if state.every else "-"),
        ("checks so far", str(state.runs)),
        ("next", ", ".join(f"{at:%Y-%m-%d %H:%M}" for at in state.next_runs[:3]) or "-"),
        ("latest", ", ".join(state.recent[:3]) or "-"),
    ]
    return "\n".join([names.PAYMENT_BATCH_SCHEDULE, *(f"  {name + ':':<15}{value}" for name, value in facts)])
