"""A Stripe of our own: its wire format over real HTTP, and as badly behaved as the real one."""

from tests.payments.fake_stripe.books import Books
from tests.payments.fake_stripe.server import FakeStripe

__all__ = ["Books", "FakeStripe"]
