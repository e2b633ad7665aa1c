"""The built-in carrier: takes every parcel, and needs no books, as its bookings follow from the keys."""

import hashlib


class SandboxCarrier:
    """The carrier protocol, deterministic."""

    name = "Sandbox Parcel"

    def book(self, *, order_number: str, key: str) -> str:
        return f"SBX-{order_number}-{hashlib.sha256(key.encode()).hexdigest()[:8].upper()}"

    def find(self, *, order_number: str, key: str) -> str | None:
        return self.book(order_number=order_number, key=key)

    def cancel(self, *, booking: str, key: str) -> None:
        """Nothing to do: nobody fetches a sandbox parcel."""
