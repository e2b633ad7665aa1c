"""Payment providers: which there are, and which of them the shop offers for new orders."""

from collections.abc import Callable

from django.conf import settings

from orders.payments.gateway import PaymentGateway
from orders.payments.sandbox import SandboxGateway
from orders.payments.stripe import StripeGateway
from orders.rules.refusals import Refusal, RuleBroken

GATEWAYS: dict[str, Callable[[], PaymentGateway]] = {
    "sandbox": SandboxGateway,
    "stripe": StripeGateway,
}


def gateway_for(method: str) -> PaymentGateway:
    """The gateway of a payment method, whether it is still offered or not.

    :raises RuleBroken: there is no such method
    """
    if method not in GATEWAYS:
        raise RuleBroken(Refusal.UNKNOWN_PAYMENT_METHOD, method=method)
    return GATEWAYS[method]()


def offered_methods() -> list[str]:
    """The payment methods that new orders may choose, in the order of the setting."""
    return [method for method in settings.PAYMENT_METHODS if method in GATEWAYS]
