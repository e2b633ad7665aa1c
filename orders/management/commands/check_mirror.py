"""`manage.py check_mirror`: whether the tables add up and say what the workflows say."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from orders import invariants
from orders.models import MirrorCheck
from orders.rules import actors
from temporal_app import client
from temporal_app.client.errors import ClientError, StillWorking

NOT_ALL = 2


class Command(BaseCommand):
    """Two client functions. Where Temporal does not answer, the tables alone are looked at, and nothing is written.

    Exit code 0: everything is as it should be; 1: something is left; 2: not everything could be looked at.
    """

    help = "Look through the shop: do the tables add up, and say what the workflows say? What is left, one a line."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--repair", action="store_true", help="put right what can be derived")
        parser.add_argument("--within", type=int, default=3600, help="seconds to wait for the result (default: 3600)")

    def handle(self, *args: Any, repair: bool, within: int, **options: Any) -> None:
        try:
            workflow_id = client.check_mirror(by=actors.SYSTEM, request_id=uuid4().hex, repair=repair)
            complete = client.mirror_check_ended(workflow_id, within=timedelta(seconds=within))
        except StillWorking as late:
            raise CommandError(f"{late.message} It is {workflow_id}.", returncode=NOT_ALL) from late
        except ClientError as away:
            self._look_at_tables()
            raise CommandError(f"{away.message} Only the tables were looked at.", returncode=NOT_ALL) from away
        self._tell(MirrorCheck.objects.get(workflow_id=workflow_id), complete)

    def _tell(self, check: MirrorCheck, complete: bool) -> None:
        for finding in check.findings.order_by("pk").iterator():
            self.stdout.write(f"{'repaired' if finding.repaired_at else 'left'}: {finding}")
        left = check.left().count()
        found = f"{check.findings.count()} found{', and there is more' if check.more else ''}, {left} left."
        if not complete:
            raise CommandError(f"The check was broken off. {found}", returncode=NOT_ALL)
        if left or check.more:
            raise CommandError(found)
        self.stdout.write(found if check.findings.exists() else "Everything is as it should be.")

    def _look_at_tables(self) -> None:
        for finding in invariants.findings(now=timezone.now()):
            self.stdout.write(f"left: {finding}")
