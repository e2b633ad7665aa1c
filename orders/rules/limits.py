"""Limits that people meet, and the checks that speak of them."""

from decimal import Decimal

from orders.rules.refusals import Refusal, RuleBroken
from orders.rules.words import REFERENCE

CART_PRODUCTS = 100
ORDER_LINES = 50
QUANTITY = 9_999
ON_HAND = 1_000_000_000
TOTAL = Decimal("9999999999.99")
CARD_TOKEN_LENGTH = 10
CHECKED_AT_ONCE = 200  # orders chosen for one payment check; each is asked about at once, and watched for up to 14 days
LANGUAGES = ("en", "de")
HOUR = 3600
# What an outsider can repeat, by the name of the saga's update: an order takes so many in an hour.
UPDATES_AN_HOUR = {"add_item": 100, "set_item_quantity": 100, "process_payment": 30, "cancel": 30, "set_language": 20}


def check_quantity(quantity: int, *, may_be_zero: bool = False) -> None:
    """Refuse quantities nobody can order.

    :raises RuleBroken: not positive (or negative, where zero means "remove"), or more than `QUANTITY`
    """
    if quantity < (0 if may_be_zero else 1):
        raise RuleBroken(Refusal.QUANTITY_NOT_POSITIVE)
    if quantity > QUANTITY:
        raise RuleBroken(Refusal.QUANTITY_TOO_LARGE, limit=QUANTITY)


def check_total(total: Decimal) -> None:
    """:raises RuleBroken: more than an order can come to"""
    if total > TOTAL:
        raise RuleBroken(Refusal.TOTAL_TOO_LARGE, limit=TOTAL)


def adjustment_refusal(*, name: str, delta: int, available: int) -> RuleBroken:
    """Why a stock cannot be changed by `delta` pieces: too many to hold, or more taken off than are free."""
    if delta > 0:
        return RuleBroken(Refusal.STOCK_TOO_LARGE, limit=ON_HAND)
    return RuleBroken(Refusal.STOCK_WOULD_BE_NEGATIVE, name=name, available=available)


def check_available(*, name: str, wanted: int, available: int) -> None:
    """Refuse to reserve more of a product than is there.

    :raises RuleBroken: sold out, or fewer left than wanted
    """
    if wanted <= available:
        return
    if available <= 0:
        raise RuleBroken(Refusal.OUT_OF_STOCK, name=name)
    raise RuleBroken(Refusal.NOT_ENOUGH_STOCK, name=name, available=available)


def check_language(language: str) -> None:
    """:raises RuleBroken: the shop does not speak `language`"""
    if language not in LANGUAGES:
        raise RuleBroken(Refusal.UNKNOWN_LANGUAGE, language=language, offered=", ".join(LANGUAGES))


def check_payment(*, amount: Decimal, total: Decimal, card_token: str) -> None:
    """Refuse a card payment that is not for exactly this order.

    :param card_token: a provider's, or the reference of the row that holds it
    :raises RuleBroken: another amount than the total, or a token too short to be one
    """
    if amount != total:
        raise RuleBroken(Refusal.AMOUNT_DIFFERS, amount=amount, total=total)
    if len(card_token) < CARD_TOKEN_LENGTH and not REFERENCE.fullmatch(card_token):
        raise RuleBroken(Refusal.CARD_TOKEN_INVALID)
