"""Amounts, moments, people and refusals, written as the reader's language writes them."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.template.defaultfilters import date as format_date
from django.utils.dateparse import parse_datetime
from django.utils.formats import number_format
from django.utils.timezone import is_aware, localtime
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from orders.labels import enums
from orders.labels.checks import mismatch
from orders.labels.reversals import reversal_action, reversal_step
from orders.rules import actors
from orders.rules.approvals import LevelState, Role
from orders.rules.refusals import SENTENCES, Refusal

SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£"}


def money(amount: Decimal | str | None, currency: str = "EUR") -> str:
    """An amount with two decimal places: `1,359.97 €`. What is no amount is shown as it is."""
    try:
        number = number_format(Decimal(str(amount)), decimal_pos=2, use_l10n=True, force_grouping=True)
    except InvalidOperation:
        return str("–" if amount is None else amount)
    return f"{number}\N{NO-BREAK SPACE}{SYMBOLS.get(currency, currency)}"


def moment(at: datetime | str | float | None) -> str:
    """A short date with the time of day in the shop's zone, of a `datetime`, ISO 8601 or a Unix time in seconds."""
    when = parse_datetime(at) if isinstance(at, str) else at
    if isinstance(when, int | float):
        when = datetime.fromtimestamp(when, UTC)
    if when is None:
        return str(at or "–")
    # Translators: a short date with time, see Django's "date" filter
    return format_date(localtime(when) if is_aware(when) else when, pgettext("date format", "j M Y, H:i"))


def day(on: date) -> str:
    """A short date."""
    # Translators: a short date, see Django's "date" filter
    return format_date(on, pgettext("date format", "j M Y"))


def clock(at: datetime) -> str:
    """A time of day to the second, in the shop's zone."""
    return format_date(localtime(at), "H:i:s")


def listed(words: Iterable[str]) -> str:
    """`a, b and c`."""
    *first, last = list(words) or [""]
    return _("%(first)s and %(last)s") % {"first": ", ".join(first), "last": last} if first else last


def roles(values: Iterable[str] | str) -> str:
    """Role labels in a row, from a list of roles or a comma separated text."""
    names = values.split(",") if isinstance(values, str) else values
    return listed(enums.role(name.strip()) for name in names if name.strip())


def actor(by: str, names: Mapping[str, str] | None = None) -> str:
    """Who did something, from its `by`; `names` says what people are called where that may be read."""
    if names and by in names:
        return names[by]
    kind, which = actors.split(by)
    words = {
        actors.USER: pgettext("actor", "Staff"),
        actors.CUSTOMER: pgettext("actor", "Customer"),
        actors.WEBHOOK: pgettext("actor", "Payment provider"),
        actors.STATEMENT: pgettext("actor", "Account statement"),
        actors.SCHEDULE: pgettext("actor", "Schedule"),
        actors.SYSTEM: pgettext("actor", "Shop"),
    }
    return f"{words[kind]} {which}" if kind == actors.USER and which else words.get(kind, by)


def undecided(levels: Mapping[str, str]) -> str:
    """The roles among an approval's levels (role → state) that still have to decide."""
    return roles(role for role in Role if levels.get(role) == LevelState.PENDING) or "–"


VALUES: dict[str, Callable[[Any], str]] = {
    **dict.fromkeys(
        (
            "amount",
            "total",
            "before",
            "after",
            "expected",
            "at_risk",
            "goods",
            "refunded",
            "missing",
            "received",
            "left",
            "balance",
            "credit",
        ),
        money,
    ),
    **dict.fromkeys(("status", "target"), enums.order_status),
    **dict.fromkeys(("role", "escalate_to"), enums.role),
    **dict.fromkeys(("roles", "added", "dropped"), roles),
    **dict.fromkeys(("language", "previous"), enums.language),
    **dict.fromkeys(("method", "payment_method"), enums.payment_method),
    "provider": enums.provider,
    **dict.fromkeys(("until", "deadline", "when", "since"), moment),
    **dict.fromkeys(("who", "by", "acting_for"), actor),
    "levels": undecided,
    "code": enums.end_code,
    "mismatch": mismatch,
    "step": reversal_step,
    "undoing": reversal_action,
    "outcome": enums.approval_outcome,
    "matter": enums.approval_kind,
}
STATES = {"status", "target", "outcome", "mismatch"}


def value(name: str, raw: object) -> str:
    """A detail of a refusal or a event in words, by its name: `total` is an amount, `role` a role."""
    words = VALUES.get(name, str)(raw)
    # a label starts a badge or a cell; inside a sentence a state is written small
    return words[:1].lower() + words[1:] if name in STATES else words


def refusal(code: Refusal | str, params: Mapping[str, object]) -> str:
    """The sentence of a refusal, translated together with the values in it."""
    return _(SENTENCES[Refusal(code)]) % {name: value(name, raw) for name, raw in params.items()}
