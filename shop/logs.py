"""How a log record is written: one line, and nobody's data in it."""

import logging

from orders.rules.discretion import discreet


class DiscreetLine(logging.Formatter):
    """One line per record, tracebacks included; e-mail addresses and the tokens of order pages are blanked."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        return discreet(super().format(record).replace("\r", "").replace("\n", " | "))
