#!/usr/bin/env python
"""Django's command line for this project."""

import os
import sys

from django.core.management import execute_from_command_line
from django.db import OperationalError, ProgrammingError

if __name__ == "__main__":
    if sys.argv[1:2] == ["dev"]:
        os.environ.setdefault("DJANGO_DEBUG", "true")  # the one command that is never for production
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
    try:
        execute_from_command_line(sys.argv)
    except (OperationalError, ProgrammingError) as error:
        cause = str(error).splitlines()[0]
        sys.exit(f"The database cannot be used: {cause}. Is DATABASE_URL right, and has `manage.py migrate` been run?")
    # Nothing is left to do; a thread of Temporal's that calls back while the interpreter is taken down would crash it.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
