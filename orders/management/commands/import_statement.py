"""`manage.py import_statement FILE…`: takes account statements (CAMT.053), as uploading them in the admin does."""

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.files import File
from django.core.management.base import BaseCommand, CommandError

from orders import labels
from orders.models import BankStatement
from orders.rules.states import StatementState
from orders.uploads import hand_over
from temporal_app.client.errors import ClientError

LOOK_EVERY = 0.5  # seconds


class Command(BaseCommand):
    """Waits until each file is taken; ends with an error where one could not be."""

    help = "Take account statements (CAMT.053). Payments that were taken before are left alone."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="+", type=Path)
        parser.add_argument("--timeout", type=int, default=1800, metavar="SECONDS", help="how long to wait for each")

    def handle(self, *args: Any, file: list[Path], timeout: int, **options: Any) -> None:
        bad = [path.name for path in file if not self._import(path, timeout)]
        if bad:
            raise CommandError(f"not imported: {', '.join(bad)}")

    def _import(self, path: Path, timeout: int) -> bool:
        try:
            with path.open("rb") as content:
                statement = BankStatement.objects.create(file=File(content, name=path.name), name=path.name)
            statement, _finished = hand_over(statement)
        except OSError as error:
            self.stderr.write(f"{path.name}: {error.strerror}")
            return False
        except ClientError as error:
            self.stderr.write(f"{path.name}: {error.message}")
            return False
        deadline = time.monotonic() + timeout
        while statement.state == StatementState.UPLOADED and time.monotonic() < deadline:
            time.sleep(LOOK_EVERY)
            statement.refresh_from_db()
        self._tell(statement)
        return statement.state == StatementState.IMPORTED

    def _tell(self, statement: BankStatement) -> None:
        problems = statement.problems
        self.stdout.write(
            f"{statement.name}: {_count(statement.credits, 'payment')} received, {statement.repeated} taken before, "
            f"{statement.left_out} left out, {_count(len(problems), 'problem')} ({statement.state})"
        )
        for problem in problems:
            self.stdout.write(f"  {labels.statement_problem(problem)}")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
