"""How a process of ours ends."""

import logging
import os
import sys
from collections.abc import Callable
from typing import NoReturn


def run_and_leave(work: Callable[[], None]) -> NoReturn:
    """Do the work, then end the process with its exit code, without taking the interpreter down.

    A thread of Temporal's SDK that still has to call back, such as a connection that was given up, would crash an
    interpreter that is being taken down: the process would end by SIGSEGV or SIGABRT whatever it had done (seen at one
    of some hundred ends on a busy machine; https://github.com/temporalio/sdk-python/issues/300).
    """
    code: int | str | None = 0
    try:
        work()
    except SystemExit as asked:
        code = asked.code
    except KeyboardInterrupt:
        code = 130
    finally:
        bug = sys.exc_info()
        if bug[0] is not None:
            sys.excepthook(*bug)
            code = 1
        elif isinstance(code, str):
            sys.stderr.write(f"{code}\n")
            code = 1
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code or 0)
