"""Every provider, one after the other."""

from collections.abc import Iterator

import pytest

from temporal_app.activities import outbox
from tests.payments.contract import Provider
from tests.payments.fake_stripe import FakeStripe
from tests.payments.providers import Bank, Sandbox, Stripe


@pytest.fixture
def fake_stripe(settings) -> Iterator[FakeStripe]:
    """A Stripe with empty books that the shop is set up for."""
    with FakeStripe() as fake:
        settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRET = "sk_test_shop", "whsec_shop"
        settings.STRIPE_API_BASE = settings.STRIPE_CHECKOUT_BASE = fake.url
        settings.STRIPE_TIMEOUT, settings.STRIPE_RETRIES = 5, 0
        yield fake


@pytest.fixture(params=["sandbox", "stripe", "stripe_checkout", "bank_transfer"])
def provider(request: pytest.FixtureRequest, db: None, settings) -> Provider:
    """A provider with empty books."""
    if request.param.startswith("stripe"):
        by_page = request.param == "stripe_checkout"
        return Stripe(request.getfixturevalue("fake_stripe"), settings, by_page=by_page)
    return Bank() if request.param == "bank_transfer" else Sandbox()


@pytest.fixture
def silent_notifier(db: None) -> None:
    """Activities are called as plain functions, and whoever writes mail wakes nobody."""
    outbox.notifier = outbox.OutboxNotifier(lambda: None)
