"""What happens while histories of files for the bank, of a debit and of a payment page are recorded."""

from datetime import date
from decimal import Decimal
from tempfile import TemporaryDirectory

from django.test import override_settings
from temporalio.testing import WorkflowEnvironment

from orders.models import BankDebit, BankStatement, RefundTask
from temporal_app import client
from tests.factories.camt import IBAN, PAYER_IBAN
from tests.histories.scenarios import Scenario
from tests.payments.checkout import click, session_of, wait_for_card
from tests.payments.fake_stripe import FakeStripe


def refunds_exported_and_withdrawn(_environment: WorkflowEnvironment) -> None:
    payee = {"payee": "Zoe Gross", "iban": PAYER_IBAN, "purpose": "Refund ORD-2026-000001", "currency": "EUR"}
    tasks = [
        RefundTask.objects.create(key=f"refund-{n}", order_number="ORD-2026-000001", amount=Decimal(n), **payee)
        for n in (1, 2)
    ]
    with TemporaryDirectory() as files, override_settings(MEDIA_ROOT=files, BANK_IBAN=IBAN, BANK_BIC=""):
        batch = client.export_refunds([task.pk for task in tasks], by="user:17")
        client.withdraw_refunds(batch, by="user:17")


def debit_settled(_environment: WorkflowEnvironment) -> None:
    statement = BankStatement.objects.create(name="November", file="november.xml")
    debit = BankDebit.objects.create(
        statement=statement, kind="taken_back", amount="43.90", currency="EUR", booked_on=date(2026, 11, 20)
    )
    client.settle_debit(debit.pk, by="user:17")


def card_page_opened(_environment: WorkflowEnvironment) -> None:
    with FakeStripe() as fake:
        stripe = {"STRIPE_SECRET_KEY": "sk_test_shop", "STRIPE_WEBHOOK_SECRET": "whsec_shop", "STRIPE_RETRIES": 0}
        urls = {"STRIPE_API_BASE": fake.url, "STRIPE_CHECKOUT_BASE": fake.url}
        with override_settings(**stripe, **urls, STRIPE_TIMEOUT=5, PAYMENT_METHODS=["stripe"]):
            order = wait_for_card()
            session_of(click(order))
            click(order, amount="1.00")
            client.cancel_order(order.number, reason="changed_mind", by="customer:guest")


MONEY_OUT: tuple[Scenario, ...] = (refunds_exported_and_withdrawn, debit_settled, card_page_opened)
