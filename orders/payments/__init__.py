"""Payment providers: which there are, and which of them the shop offers for new orders."""

from collections.abc import Callable, Mapping

from django.conf import settings

from orders.payments.bank_transfer import BankTransferGateway
from orders.payments.gateway import PaymentGateway
from orders.payments.ledger import LedgerGateway
from orders.payments.reports import PaymentReport
from orders.payments.sandbox import SandboxGateway
from orders.payments.sandbox_webhook import read_sandbox
from orders.payments.store_credit import StoreCreditGateway
from orders.payments.stripe import StripeGateway
from orders.payments.stripe_webhook import read_stripe
from orders.rules.refusals import Refusal, RuleBroken

GATEWAYS: dict[str, Callable[[], PaymentGateway]] = {
    "sandbox": SandboxGateway,
    "stripe": StripeGateway,
    "bank_transfer": BankTransferGateway,
    "credit": StoreCreditGateway,
}
# (headers, body, Unix time) → what a provider's webhook says; None for a true message about nothing of ours
READERS: dict[str, Callable[[Mapping[str, str], bytes, int], PaymentReport | None]] = {
    "sandbox": read_sandbox,
    "stripe": read_stripe,
}


def gateway_for(method: str) -> PaymentGateway:
    """The gateway of a payment method, whether it is still offered or not.

    :raises RuleBroken: there is no such method
    """
    if method not in GATEWAYS:
        raise RuleBroken(Refusal.UNKNOWN_PAYMENT_METHOD, method=method)
    return GATEWAYS[method]()


def takes_parts(method: str) -> bool:
    """Whether payments of this method add up; a card is charged for all or nothing."""
    return isinstance(gateway_for(method), LedgerGateway) and method != StoreCreditGateway.name


def offered_methods() -> list[str]:
    """The payment methods that new orders may choose, in the order of the setting."""
    return [method for method in settings.PAYMENT_METHODS if method in GATEWAYS and method != StoreCreditGateway.name]
