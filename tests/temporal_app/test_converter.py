"""What crosses the wire, and what it looks like from a terminal."""

import json
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from temporal_app.converter import DATA_CONVERTER

converter = DATA_CONVERTER.payload_converter


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True)
class Line:
    amount: Decimal
    colour: Colour = Colour.RED


@dataclass(frozen=True)
class Bill:
    total: Decimal
    tip: Decimal | None = None
    lines: tuple[Line, ...] = ()
    by_name: dict[str, Decimal] = field(default_factory=dict)
    history: list[Decimal] = field(default_factory=list)


def wire(value: Any) -> Any:
    """The JSON that this value becomes."""
    return json.loads(converter.to_payload(value).data)


def read(text: str, hint: Any) -> Any:
    """What JSON typed at a terminal is read as."""
    payload = converter.to_payload(None)
    payload.metadata["encoding"] = b"json/plain"
    payload.data = text.encode()
    return converter.from_payload(payload, hint)


def test_an_amount_is_a_decimal_string_on_the_wire() -> None:
    assert wire(Decimal("1359.97")) == "1359.97"
    assert wire(Bill(total=Decimal("1E+3")))["total"] == "1000"


@given(st.decimals(allow_nan=False, allow_infinity=False, places=2))
def test_every_amount_comes_back_as_it_was(amount: Decimal) -> None:
    assert converter.from_payload(converter.to_payload(amount), Decimal) == amount


def test_amounts_inside_dataclasses_lists_and_dicts_come_back_as_decimals() -> None:
    bill = Bill(
        total=Decimal("12.50"),
        tip=Decimal("0.50"),
        lines=(Line(Decimal("12.00")),),
        by_name={"alice": Decimal("12.50")},
        history=[Decimal("1.00"), Decimal("2.00")],
    )

    back = converter.from_payload(converter.to_payload(bill), Bill)

    assert back == bill
    assert isinstance(back.lines[0].colour, Colour)


def test_an_amount_may_be_absent() -> None:
    assert read('{"total": "1.00"}', Bill) == Bill(total=Decimal("1.00"))
    assert read('{"total": "1.00", "tip": null}', Bill).tip is None


def test_json_typed_at_a_terminal_is_understood() -> None:
    bill = read('{"total": "1359.97", "lines": [{"amount": "5", "colour": "red"}], "tip": 2}', Bill)

    assert bill == Bill(total=Decimal("1359.97"), lines=(Line(Decimal(5)),), tip=Decimal(2))


@pytest.mark.parametrize("text", ["12.5", "true", '"a lot"', '"NaN"', '"Infinity"', "[]"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises((TypeError, ValueError), match="amount"):
        read(text, Decimal)
