"""How values cross the wire: as JSON, amounts as decimal strings (`"1359.97"`), never as binary fractions."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any

from temporalio.converter import (
    AdvancedJSONEncoder,
    CompositePayloadConverter,
    DataConverter,
    DefaultFailureConverterWithEncodedAttributes,
    DefaultPayloadConverter,
    JSONPlainPayloadConverter,
    JSONTypeConverter,
)

from temporal_app.codec import EncryptionCodec


class _Encoder(AdvancedJSONEncoder):
    def default(self, o: Any) -> Any:
        return format(o, "f") if isinstance(o, Decimal) else super().default(o)


class _DecimalType(JSONTypeConverter):
    def to_typed_value(self, hint: type, value: Any) -> Any:
        if hint is not Decimal:
            return JSONTypeConverter.Unhandled
        if isinstance(value, bool) or not isinstance(value, str | int):
            # a JSON fraction has lost its cents before it gets here
            raise TypeError(f'an amount is a decimal string such as "12.50", not {value!r}')
        try:
            amount = Decimal(value)
        except InvalidOperation:
            raise ValueError(f'an amount is a decimal string such as "12.50", not {value!r}') from None
        if not amount.is_finite():
            raise ValueError(f"an amount is a finite number, not {value!r}")
        return amount


class PayloadConverter(CompositePayloadConverter):
    """Temporal's own converter, with decimals; dataclasses, enums and plain containers work as there."""

    def __init__(self) -> None:
        json = JSONPlainPayloadConverter(encoder=_Encoder, custom_type_converters=[_DecimalType()])
        originals = DefaultPayloadConverter.default_encoding_payload_converters
        super().__init__(*(json if isinstance(one, JSONPlainPayloadConverter) else one for one in originals))


DATA_CONVERTER = replace(DataConverter.default, payload_converter_class=PayloadConverter)


def converter_with(keys: Mapping[str, bytes]) -> DataConverter:
    """The converter of a process that has these keys: it encrypts with the first, messages and stack traces of failures
    as well. Without keys it writes plainly, and says clearly which key is missing where something is encrypted."""
    converter = replace(DATA_CONVERTER, payload_codec=EncryptionCodec(keys))
    if not keys:
        return converter
    return replace(converter, failure_converter_class=DefaultFailureConverterWithEncodedAttributes)
