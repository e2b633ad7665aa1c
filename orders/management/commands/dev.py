"""`manage.py dev`: the whole shop on this machine, until Ctrl-C."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from orders.management.devstack.places import Places, StackError, choose, reserved
from orders.management.devstack.stack import Stack


class Command(BaseCommand):
    """Temporal, migrations, demo data, worker and web server, each waiting for the one before."""

    help = "Run everything on this machine, for development and trying out. Ctrl-C stops it; the data is kept."
    requires_system_checks: list[str] = []  # its children check themselves

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="of the shop (default 8000; 0: any free one)")
        parser.add_argument("--temporal-port", type=int, default=7233, help="of Temporal (default 7233)")
        parser.add_argument("--temporal-ui-port", type=int, default=8233, help="of Temporal's pages (default 8233)")
        parser.add_argument("--data-dir", type=Path, default=settings.DATA_DIR, help="databases, logs, mails")
        parser.add_argument("--empty", action="store_true", help="a shop without orders, instead of one at work")

    def handle(
        self,
        *args: Any,
        port: int,
        temporal_port: int,
        temporal_ui_port: int,
        data_dir: Path,
        empty: bool,
        **options: Any,
    ) -> None:
        if not settings.DEBUG:
            raise CommandError("`manage.py dev` makes demo users; it does not run with DJANGO_DEBUG=false")
        data_dir = data_dir.absolute()
        try:
            with reserved(data_dir):
                places = choose(port, temporal_port, temporal_ui_port, data_dir)
                with Stack(places, self._say) as stack:
                    self._say("Starting Temporal, the worker and the shop …")
                    self._welcome(places, stack.bring_up())
                    if not empty:
                        stack.fill()
                    stack.watch()
        except KeyboardInterrupt:
            self._say("Stopped.")
        except StackError as error:
            raise CommandError(str(error)) from error

    def _welcome(self, places: Places, how_to_sign_in: str) -> None:
        self._say(
            f"\n{settings.SHOP_NAME} is running; Ctrl-C stops it.\n\n"
            f"  Shop         {places.shop}/\n"
            f"  Admin        {places.shop}/admin/\n"
            f"  Temporal UI  {places.temporal_ui}/\n"
            f"  Data, logs   {places.data_dir}\n\n{how_to_sign_in}"
        )

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
