"""What the shop asks of a parcel carrier, whichever it is."""

from typing import Protocol


class CarrierError(Exception):
    """A carrier did not do what it was asked."""


class CarrierRefused(CarrierError):
    """Final: it stays impossible however often it is asked."""


class CarrierUnavailable(CarrierError):
    """Ask again under the same key."""


class Carrier(Protocol):
    """One carrier. The same call under the same key has one effect and one answer; every call may raise
    `CarrierUnavailable`."""

    name: str

    def book(self, *, order_number: str, key: str) -> str:
        """Have a parcel fetched. Returns the booking.

        :raises CarrierRefused: the carrier does not take it
        """

    def find(self, *, order_number: str, key: str) -> str | None:
        """What an earlier `book` under this key booked, although its answer was lost; None if it booked nothing."""

    def cancel(self, *, booking: str, key: str) -> None:
        """Give a booking up. Cancelling one that was cancelled, or never made, is fine.

        :raises CarrierRefused: the parcel is on its way
        """
