"""Column kinds that several tables share."""

from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django.db import models

if TYPE_CHECKING:
    DecimalField = models.DecimalField[Decimal | str, Decimal]
    TextColumn = models.CharField[str, str]
else:
    DecimalField = models.DecimalField
    TextColumn = models.CharField


class MoneyField(DecimalField):
    """An amount in the shop's currency with two decimal places, up to 9,999,999,999.99."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"max_digits": 12, "decimal_places": 2, **kwargs})


class RequestKeyField(TextColumn):
    """Which submission of a form wrote a row, so that a double click writes one; empty where no form did."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"max_length": 64, "blank": True, "default": "", "editable": False, **kwargs})


def once_a_request(name: str) -> models.UniqueConstraint:
    """A constraint: one row for each `request_key`."""
    return models.UniqueConstraint(fields=["request_key"], condition=~models.Q(request_key=""), name=name)


def choices(enum: type[StrEnum]) -> list[tuple[str, str]]:
    """The values of an enum as choices of a column; the empty value reads as a dash."""
    return [(member.value, member.value or "–") for member in enum]


def one_of(column: str, enum: type[StrEnum], name: str) -> models.CheckConstraint:
    """A constraint: `column` holds a value of `enum` and nothing else."""
    values = [member.value for member in enum]
    return models.CheckConstraint(condition=models.Q(**{f"{column}__in": values}), name=name)
