"""`manage.py erase_customer`: forget a customer."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import translation

from orders import labels
from orders.models import ErasureRecord
from orders.personal_data.customer import UnknownCustomerError, find
from orders.personal_data.erasure import plan
from orders.rules import actors
from temporal_app import client
from temporal_app.client.errors import ClientError, StillWorking, Unavailable


class Command(BaseCommand):
    """Says what would go and what would stay; with `--reason` it does it, in one client function.

    Exit code 0: done, or shown; 1: nobody is known so, or Temporal does not answer.
    """

    help = "Forget a customer: show what would go and what stays, and why; with --reason do it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("customer", help="e-mail address, or name of the account")
        parser.add_argument("--reason", default="", help="for the record, without names: who asked, and when")

    def handle(self, *args: Any, customer: str, reason: str, **options: Any) -> None:
        with translation.override("en"):
            try:
                known = find(customer)
            except UnknownCustomerError as unknown:
                raise CommandError(str(unknown)) from unknown
            found = plan(known)
            self._tell(found.removed, found.kept)
            if not reason.strip():
                self.stdout.write("Nothing was done. Say why with --reason to do it.")
                return
            record = ErasureRecord.objects.create(
                asked_by=actors.SYSTEM, reason=reason.strip()[:300], customer=known.user, email=known.email
            )
            try:
                record = client.erase_customer(record.pk)
            except ClientError as error:
                if isinstance(error, Unavailable) and not isinstance(error, StillWorking):
                    record.take_back()
                raise CommandError(error.message) from error
            self._tell(record.removed, record.kept)
            self.stdout.write(f"Done; it is erasure {record.pk}.")

    def _tell(self, removed: dict[str, int], kept: list[tuple[str, int, str]]) -> None:
        self.stdout.write(f"Goes: {labels.removed_things(removed)}.\nStays: {labels.kept_things(kept)}.")
