"""What the shop asks of a payment provider, whichever it is.

A payment goes: `hold` (opened for an amount) → the customer pays, by `charge` with a card token or on their own →
`capture` (the shop takes the money) → perhaps `refund`; or `release` instead of `capture`. Every call that changes
something carries an idempotency key: the same call under the same key has one effect and one answer, however often
it is made; the same key with other parameters is refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from orders.rules.totals import ZERO


class PaymentError(Exception):
    """A provider did not do what it was asked. The text names no person and no card."""


class Declined(PaymentError):
    """Final: the card or the bank said no. Nothing was charged; another card may work, under another key."""


class ProviderRefused(PaymentError):
    """Final: what was asked is impossible, and stays impossible however often it is asked."""


class PaidAlready(ProviderRefused):
    """Final: the customer has paid on the provider's page; only its report is still to come."""


class UnknownPayment(ProviderRefused):
    """Final: the provider knows no payment of this reference."""


class ProviderUnavailable(PaymentError):
    """Ask again under the same key: no answer, too many requests, a fault, or an answer nobody can read.

    Whether the call had an effect is unknown.
    """


class ProviderState(StrEnum):
    """How far a payment got at its provider."""

    OPEN = "open"
    AUTHORISED = "authorised"
    CAPTURED = "captured"
    RELEASED = "released"
    REFUNDED = "refunded"
    FAILED = "failed"


PAID = frozenset({ProviderState.AUTHORISED, ProviderState.CAPTURED})


@dataclass(frozen=True)
class Hold:
    """A payment opened at a provider: its name there, and for how much."""

    reference: str
    amount: Decimal
    currency: str


@dataclass(frozen=True)
class PaymentStatus:
    """One payment as its provider sees it. `amount` is what was asked for."""

    reference: str
    state: ProviderState
    amount: Decimal
    currency: str
    captured: Decimal = ZERO
    refunded: Decimal = ZERO

    @property
    def is_paid(self) -> bool:
        """The customer's part is done."""
        return self.state in PAID


class PaymentGateway(Protocol):
    """One payment provider. Amounts are `Decimal` in the currency's unit, with two places.

    Every call may raise `ProviderUnavailable`; calls on a reference nobody knows raise `UnknownPayment`, but
    `release` takes it as done.
    """

    name: str
    takes_cards: bool  # whether `charge` works; elsewhere customers pay on their own and the provider reports it

    def hold(self, *, order_number: str, amount: Decimal, currency: str, key: str) -> Hold:
        """Open a payment of this amount; the customer has not paid yet.

        :raises ProviderRefused: an amount or currency the provider does not take
        """

    def charge(self, *, reference: str, amount: Decimal, card_token: str, key: str) -> str:
        """The customer pays by card: authorise exactly the amount that was held. Returns the transaction id.

        :raises Declined: the card was refused; the payment stays open
        :raises ProviderRefused: another amount than was held, no longer open, or no cards taken here
        """

    def capture(self, *, reference: str, amount: Decimal, key: str) -> str:
        """Take what the customer paid. Returns the transaction id.

        :raises ProviderRefused: more than was held, captured before under another key, released, or never paid
        """

    def release(self, *, reference: str, key: str) -> None:
        """Give up a payment that is not captured. Releasing what was released, or was never held, is fine.

        :raises ProviderRefused: it is captured; refund it
        """

    def refund(self, *, reference: str, amount: Decimal, key: str) -> str:
        """Give back some or all of what was captured. Returns the refund's id.

        :raises ProviderRefused: more than was captured and not yet refunded
        """

    def status(self, *, reference: str) -> PaymentStatus:
        """How one payment stands."""

    def statuses(self, *, references: Sequence[str]) -> dict[str, PaymentStatus]:
        """How many payments stand, by reference, in one call; unknown ones are missing from the answer."""

    def find(self, *, order_number: str, key: str) -> Hold | None:
        """What an earlier `hold` under this key opened, although its answer was lost; None if it opened nothing."""


def idempotency_key(order_number: str, step: str, attempt: int | str = 1) -> str:
    """The key of one step of one order, e.g. `ORD-2026-000001:hold:1`.

    :param attempt: what tells deliberate repetitions of a step apart: a payment's attempt, a request's id
    """
    return f"{order_number}:{step}:{attempt}"
