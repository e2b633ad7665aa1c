"""`manage.py schedules`: what the shop does by itself, from the command line."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from temporal_app import client, names
from temporal_app.client import SCHEDULES, ScheduleState
from temporal_app.client.errors import ClientError

CHANGED = {"created": "set up", "updated": "brought up to date", "unchanged": "already as it should be"}


class Command(BaseCommand):
    """Each subcommand is one client function. Exit code 0: done; 1: refused, or Temporal does not answer."""

    help = "What the shop does by itself: set it up (at every deployment), pause it, run it now, look at it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        steps = parser.add_subparsers(dest="step", required=True, metavar="sync|pause|unpause|trigger|describe|delete")
        sync = steps.add_parser("sync", help="make all, or one, what this version of the shop wants; pauses are kept")
        sync.add_argument("name", nargs="?", choices=[*SCHEDULES, ""], default="", help="all, where none is named")
        pause = steps.add_parser("pause", help="start nothing more until it is unpaused")
        pause.add_argument("--note", default="paused from the command line", help="why, for others to read")
        unpause = steps.add_parser("unpause", help="go on as scheduled")
        unpause.add_argument("--note", default="unpaused from the command line", help="why, for others to read")
        trigger = steps.add_parser("trigger", help="start it now, unless it is running; also while it is paused")
        describe = steps.add_parser("describe", help="say how it stands")
        delete = steps.add_parser("delete", help="remove it; what is running goes on")
        for step in (pause, unpause, trigger, describe, delete):
            default = names.PAYMENT_BATCH_SCHEDULE
            step.add_argument("name", nargs="?", choices=list(SCHEDULES), default=default, help=f"default: {default}")

    def handle(self, *args: Any, step: str, name: str, note: str = "", **options: Any) -> None:
        try:
            said = getattr(self, f"_{step}")(name, note)
        except ClientError as error:
            raise CommandError(error.message) from error
        self.stdout.write(said)

    def _sync(self, name: str, note: str) -> str:
        chosen = [name] if name else SCHEDULES
        return "\n".join(f"{one}: {CHANGED[client.sync_schedule(one)]}." for one in chosen)

    def _pause(self, name: str, note: str) -> str:
        client.pause_schedule(name, note=note)
        return f"{name}: paused ({note})."

    def _unpause(self, name: str, note: str) -> str:
        client.unpause_schedule(name, note=note)
        return f"{name}: running again ({note})."

    def _trigger(self, name: str, note: str) -> str:
        client.trigger_schedule(name)
        return f"{name}: was started, unless it was running."

    def _delete(self, name: str, note: str) -> str:
        client.delete_schedule(name)
        return f"{name}: removed."

    def _describe(self, name: str, note: str) -> str:
        return describe(name, client.describe_schedule(name))


def describe(name: str, state: ScheduleState) -> str:
    """How a schedule stands, a line for each fact. Times are in UTC."""
    if not state.exists:
        return f"{name}: not set up (manage.py schedules sync does)."
    facts = [
        ("state", "paused" if state.paused else "running"),
        ("note", state.note or "-"),
        ("every", f"{state.every}" if state.every else "-"),
        ("runs so far", str(state.runs)),
        ("next", ", ".join(f"{at:%Y-%m-%d %H:%M}" for at in state.next_runs[:3]) or "-"),
        ("latest", ", ".join(state.recent[:3]) or "-"),
    ]
    return "\n".join([name, *(f"  {fact + ':':<15}{value}" for fact, value in facts)])
