"""How a log record is written: one line, and nobody's data in it."""

import logging
from typing import Any

from orders.rules.discretion import discreet


class DiscreetLine(logging.Formatter):
    """One line per record, tracebacks included; e-mail addresses and the tokens of order pages are blanked."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        return discreet(super().format(record).replace("\r", "").replace("\n", " | "))


def configured(level: str) -> dict[str, Any]:
    """How the shop logs: everything to the console, from this level on."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"throttled": {"()": "django_temporalio.logs.ActivityFailureThrottleFilter"}},
        "formatters": {"line": {"()": "shop.logs.DiscreetLine"}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["throttled"]}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "django": {"handlers": [], "propagate": True},
            "django.server": {"handlers": [], "propagate": True},
            "axes": {"level": "ERROR"},  # its warnings name people
            "temporalio": {"level": "WARNING"},
            "stripe": {"level": "WARNING"},  # it tells of every call
        },
    }
