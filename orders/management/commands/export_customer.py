"""`manage.py export_customer`: everything that the shop knows of a customer, as JSON."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.core.serializers.json import DjangoJSONEncoder

from orders.personal_data.customer import UnknownCustomerError, find
from orders.personal_data.handing_out import export


class Command(BaseCommand):
    """Reads the database alone. Exit code 0: written; 1: nobody is known so, or the file cannot be written."""

    help = "Write everything that the shop knows of a customer as JSON, for them to have."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("customer", help="e-mail address, or name of the account")
        parser.add_argument("--output", type=Path, help="a new file, which only its owner reads; else standard output")

    def handle(self, *args: Any, customer: str, output: Path | None, **options: Any) -> None:
        try:
            known = json.dumps(export(find(customer)), cls=DjangoJSONEncoder, indent=2, ensure_ascii=False)
        except UnknownCustomerError as unknown:
            raise CommandError(str(unknown)) from unknown
        if output is None:
            self.stdout.write(known)
            return
        try:
            output.touch(mode=0o600, exist_ok=False)
            output.write_text(known + "\n", encoding="utf-8")
        except OSError as error:
            raise CommandError(f"{output} cannot be written: {error.strerror}.") from error
        self.stdout.write(f"Written to {output}.")
