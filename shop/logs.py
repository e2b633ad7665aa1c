"""How a log record is written: one line, and nobody's data in it."""

import json
import logging
from datetime import UTC, datetime
from typing import Any

from orders.rules.discretion import discreet

LONGEST = 4096  # bytes


def capped(line: str) -> str:
    """The line, at most so long: what is over is taken from its middle, for both ends say the most."""
    text = line.encode(errors="backslashreplace")
    half = LONGEST // 2 - 8
    if len(text) <= LONGEST:
        return line
    return f"{text[:half].decode(errors='ignore')} … {text[-half:].decode(errors='ignore')}"


class DiscreetLine(logging.Formatter):
    """One line per record, tracebacks included; e-mail addresses and the tokens of order pages are blanked."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        return capped(discreet(super().format(record).replace("\r", "").replace("\n", " | ")))


class SecurityLine(DiscreetLine):
    """A line of `shop.security_log`: its facts as `name=value` behind the event, or all of it as JSON."""

    def __init__(self, as_json: bool = False) -> None:
        super().__init__()
        self.as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line; facts are cut before the line would be."""
        facts = {name: _short(value) for name, value in getattr(record, "facts", {}).items() if value != ""}
        if self.as_json:
            at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
            return discreet(json.dumps({"at": at, "event": record.getMessage(), **facts}))
        told = " ".join([record.getMessage(), *(f"{name}={value}" for name, value in facts.items())])
        return super().format(logging.makeLogRecord({**record.__dict__, "msg": told, "args": ()}))


def _short(value: object) -> object:
    """So much of a fact that twenty of them stay below the longest line, however JSON writes them."""
    return value if isinstance(value, int) else str(value).encode("ascii", "backslashreplace").decode()[:100]


def configured(level: str, security_as_json: bool) -> dict[str, Any]:
    """How the shop logs: everything to the console, from this level on, and what `shop.security_log` tells whatever the
    level is."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"throttled": {"()": "django_temporalio.logs.ActivityFailureThrottleFilter"}},
        "formatters": {
            "line": {"()": "shop.logs.DiscreetLine"},
            "security": {"()": "shop.logs.SecurityLine", "as_json": security_as_json},
        },
        "handlers": {
            "console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["throttled"]},
            "security": {"class": "logging.StreamHandler", "formatter": "security"},
        },
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "django": {"handlers": [], "propagate": True},
            "django.server": {"handlers": [], "propagate": True},
            "shop.security": {"handlers": ["security"], "level": "INFO", "propagate": False},
            "axes": {"level": "ERROR"},  # its warnings name people
            "temporalio": {"level": "WARNING"},
            "stripe": {"level": "WARNING"},  # it tells of every call
        },
    }
