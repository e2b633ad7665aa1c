"""`manage.py rotate_keys`: which keys of TEMPORAL_PAYLOAD_KEYS are still needed."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from temporal_app import client
from temporal_app.client.errors import ClientError

NAMED = 5
MISSING = 2


class Command(BaseCommand):
    """Histories are never written anew, so an old key is needed until the workflows that began with it have ended.

    Exit code 0: nothing open needs any key but the first; 1: an old one is still needed, or Temporal does not answer;
    2: one is needed that the setting does not name.
    """

    help = "After a new first key: encrypt schedules with it, and say which open workflows still need which key."

    def handle(self, *args: Any, **options: Any) -> None:
        keys = list(settings.TEMPORAL_PAYLOAD_KEYS)
        if not keys:
            raise CommandError("TEMPORAL_PAYLOAD_KEYS names no key; nothing is encrypted.")
        try:
            used = client.keys_in_use()
            for key in dict.fromkeys([*keys, *sorted(used)]):
                self.stdout.write(_line(key, used.get(key, []), first=key == keys[0], known=key in keys))
            if missing := sorted(used.keys() - set(keys)):
                raise CommandError(f"Open workflows wait for a missing key: {', '.join(missing)}", returncode=MISSING)
            self.stdout.write(f"Schedules encrypted anew: {client.encrypt_schedules_anew()}.")
        except ClientError as error:
            raise CommandError(error.message) from error
        if old := [key for key in keys[1:] if key in used]:
            raise CommandError(f"Still needed: {', '.join(old)}.")
        self.stdout.write("Nothing open needs any key but the first.")


def _line(key: str, workflows: list[str], *, first: bool, known: bool) -> str:
    role = "encrypts" if first else "reads" if known else "MISSING"
    names = ", ".join(sorted(workflows)[:NAMED])
    return f"{key} ({role}): {len(workflows)} open workflows{f', among them {names}' if names and not first else ''}"
