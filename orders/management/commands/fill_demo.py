"""`manage.py fill_demo`: three weeks of orders for a shop to try things out in."""

import os
import time

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from orders.management.demo.filling import Filling
from orders.management.demo.stories import stories
from orders.models import Order

BEHIND = 10  # the pages, and who works for them, come first


class Command(BaseCommand):
    """Needs the shop, its worker and Temporal running. Broken off, it goes on where it was."""

    help = "Fill the demo shop with three weeks of orders in every state, once. `manage.py dev` runs this itself."

    def handle(self, *args: object, **options: object) -> None:
        if not settings.DEMO:
            raise CommandError("fill_demo makes orders that nobody placed; it needs DEMO=true.")
        filled = settings.DATA_DIR / "demo-filled"
        if filled.exists():
            return
        if Order.objects.exclude(cart_id__startswith="demo-").exists() and not self._begun():
            self._say("this shop has orders of its own and gets no others.")
            return
        os.nice(BEHIND)
        begun = time.monotonic()
        told = stories()
        self._say(f"carrying {len(told)} orders to where they stand today; look around meanwhile …")
        if failed := Filling(self._say, told).run():
            raise CommandError("; ".join(failed))
        filled.touch()
        self._say(f"the shop is at work, after {time.monotonic() - begun:.0f} s. Start with --empty for one without.")

    def _begun(self) -> bool:
        return Order.objects.filter(cart_id__startswith="demo-").exists()

    def _say(self, line: str) -> None:
        self.stdout.write(f"Demo: {line}")
        self.stdout.flush()
