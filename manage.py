#!/usr/bin/env python
"""Django's command line for this project."""

import os
import sys

from django.core.management import execute_from_command_line
from django.db import OperationalError, ProgrammingError

from shop.leaving import run_and_leave


def main() -> None:
    """Run the command that was typed."""
    if sys.argv[1:2] == ["dev"]:
        os.environ.setdefault("DJANGO_DEBUG", "true")  # the one command that is never for production
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
    try:
        execute_from_command_line(sys.argv)
    except (OperationalError, ProgrammingError) as error:
        cause = str(error).splitlines()[0]
        sys.exit(f"The database cannot be used: {cause}. Is DATABASE_URL right, and has `manage.py migrate` been run?")


if __name__ == "__main__":
    run_and_leave(main)
