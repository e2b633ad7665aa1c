"""Orders and their lines: the mirror of `OrderSagaWorkflow`."""

import secrets
from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from orders.models.address import Address
from orders.models.catalog import Product
from orders.models.fields import MoneyField, choices, one_of
from orders.models.mutators import move
from orders.rules import identifiers
from orders.rules.invariants import OrderFace
from orders.rules.limits import LANGUAGES, check_total
from orders.rules.refusals import Refusal, RuleBroken
from orders.rules.status import CANCELLABLE, ENDED, ORDER, OrderStatus, WaitingFor
from orders.rules.totals import ZERO, fingerprint, line_total, total


def new_token() -> str:
    """192 random bits that open one order's page to whoever holds them."""
    return secrets.token_urlsafe(24)


class OrderQuerySet(models.QuerySet["Order"]):
    def open(self) -> "OrderQuerySet":
        """Orders that have neither been delivered nor cancelled."""
        return self.exclude(status__in=ENDED)

    def of_customer(self, user: User) -> "OrderQuerySet":
        """Orders placed by a signed-in customer, newest first."""
        return self.filter(customer=user).order_by("-placed_at")

    def locked(self, number: str) -> "Order":
        """The order, its row locked until the transaction ends.

        :raises RuleBroken: there is none of this number
        """
        order = self.select_for_update().filter(number=number).first()
        if order is None:
            raise RuleBroken(Refusal.UNKNOWN_ORDER, number=number)
        return order


class Order(Address):
    """One order. Written by activities alone; the timeline says who did what."""

    number = models.CharField(_("number"), max_length=20, unique=True)
    token = models.CharField(max_length=40, default=new_token, editable=False)
    cart_id = models.CharField(max_length=32, unique=True, editable=False)
    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="orders",
        verbose_name=_("customer"),
    )
    language = models.CharField(_("language"), max_length=5, default="en", choices=[(c, c) for c in LANGUAGES])
    payment_method = models.CharField(_("payment method"), max_length=30)
    status = models.CharField(
        _("status"), max_length=20, choices=choices(OrderStatus), default=OrderStatus.PENDING.value
    )
    waiting_for = models.CharField(_("waiting for"), max_length=12, choices=choices(WaitingFor), blank=True, default="")
    waiting_until = models.DateTimeField(_("until"), null=True, blank=True)
    total = MoneyField(_("total"))
    credit = MoneyField(_("of it with store credit"), default=ZERO)
    currency = models.CharField(_("currency"), max_length=3, default="EUR")
    placed_at = models.DateTimeField(_("placed"))
    anew_of = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="placed_anew",
        verbose_name=_("placed in place of"),
    )
    undo_started_at = models.DateTimeField(_("undo started"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    objects = OrderQuerySet.as_manager()

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        permissions = [
            ("ship_order", "Can mark orders as shipped and delivered"),
            ("cancel_order", "Can cancel orders"),
            ("extend_payment", "Can give customers more time to pay"),
            ("reopen_order", "Can place orders anew that were not paid in time"),
        ]
        indexes = [
            models.Index(fields=["status", "waiting_for"]),
            models.Index(fields=["-placed_at"]),
            models.Index(Upper("email"), name="order_email"),
            models.Index(fields=["waiting_for", "id"], name="order_open_payments"),
        ]
        constraints = [
            one_of("status", OrderStatus, "order_status_known"),
            one_of("waiting_for", WaitingFor, "order_waiting_for_known"),
            models.CheckConstraint(condition=Q(total__gte=0), name="order_total_not_negative"),
            models.CheckConstraint(condition=Q(credit__gte=0), name="order_credit_not_negative"),
            models.CheckConstraint(
                condition=~Q(status__in=sorted((status.value for status in ENDED), reverse=True)) | Q(waiting_for=""),
                name="order_ended_waits_for_nothing",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    # Factories

    @classmethod
    def place(cls, *, at: datetime, lines: list[tuple[Product, int]], **columns: object) -> "Order":
        """Write a new order with its lines; its number comes from its row, so that no two are the same.

        :param at: when it was placed
        :param lines: (product, quantity), priced at the products' prices now
        :raises RuleBroken: more than an order can come to
        """
        amount = total((product.price, quantity) for product, quantity in lines)
        check_total(amount)
        order = cls.objects.create(number=uuid4().hex[:20], total=amount, placed_at=at, **columns)
        order.number = f"ORD-{at.year}-{order.pk:06d}"
        order.save(update_fields=["number"])
        OrderLine.objects.bulk_create(OrderLine.of(order, product, quantity) for product, quantity in lines)
        return order

    # Mutators. Call them inside a transaction that holds the row (`Order.objects.locked`).

    def move_to(
        self, status: OrderStatus, *, waiting_for: WaitingFor = WaitingFor.NOTHING, until: datetime | None = None
    ) -> bool:
        """Move on to `status`, and wait for something else from now on.

        :returns: False where it has that status already; its wait is left alone
        :raises RuleBroken: `status` may not follow
        """
        wait = {"waiting_for": waiting_for, "waiting_until": until}
        return move(self, status, ORDER, wait, column="status")

    def wait_for(self, waiting_for: WaitingFor, until: datetime | None) -> None:
        """Say what the order waits for now, and until when."""
        self.waiting_for, self.waiting_until = waiting_for, until
        self.save(update_fields=["waiting_for", "waiting_until"])

    def begin_undo(self, at: datetime) -> bool:
        """Close the order to every further step forward; False where that was done before."""
        begun = Order.objects.filter(pk=self.pk, undo_started_at=None).update(
            undo_started_at=at, waiting_for=WaitingFor.NOTHING, waiting_until=None
        )
        self.refresh_from_db(fields=["undo_started_at", "waiting_for", "waiting_until"])
        return bool(begun)

    def end(self, at: datetime) -> None:
        """Record when the order came to its end."""
        Order.objects.filter(pk=self.pk, ended_at=None).update(ended_at=at)

    def set_end(self, at: datetime | None) -> None:
        """Say when the order came to its end, or that it has not; for repairs alone."""
        self.ended_at = at
        self.save(update_fields=["ended_at"])

    def restore(self, face: OrderFace) -> None:
        """Make the row say what its workflow says, whatever it said before; for repairs alone."""
        until = datetime.fromtimestamp(face.until, UTC) if face.until else None
        self.waiting_until = (
            self.waiting_until if self.waiting_until and self.waiting_for == face.waiting_for else until
        )
        self.status, self.waiting_for, self.total = face.status, face.waiting_for, face.total
        self.ended_at = self.ended_at if face.status in ENDED else None
        self.save(update_fields=["status", "waiting_for", "waiting_until", "total", "ended_at"])

    def set_line(self, product: Product, quantity: int) -> None:
        """Have `quantity` pieces of `product` on the order, at today's price for a new line; zero takes it off."""
        mine = OrderLine.objects.filter(order=self, sku=product.sku)
        if not quantity:
            mine.delete()
        elif not mine.update(quantity=quantity):
            OrderLine.of(self, product, quantity).save()
        self.count_total()

    def count_total(self) -> None:
        """Make the total the sum of the lines.

        :raises RuleBroken: more than an order can come to, or less than its customer's credit pays of it
        """
        self.total = total(self.lines.values_list("unit_price", "quantity"))
        check_total(self.total)
        if self.credit and self.credit >= self.total:
            raise RuleBroken(Refusal.CREDIT_EXCEEDS_TOTAL, credit=self.credit)
        self.save(update_fields=["total"])

    def set_language(self, language: str) -> None:
        """Set the language that the customer reads."""
        self.language = language
        self.save(update_fields=["language"])

    # Queries

    @property
    def rest(self) -> Decimal:
        """What is to be paid of it in another way than with its customer's credit."""
        return self.total - self.credit

    def fingerprint(self) -> str:
        """What a decision about this order is made on: a digest of its lines and total."""
        return fingerprint(self.lines.values_list("sku", "unit_price", "quantity"), self.total)

    def get_absolute_url(self) -> str:
        return reverse("order", args=[self.number, self.token])

    @property
    def workflow_id(self) -> str:
        return identifiers.order_saga(self.number)

    @property
    def can_be_cancelled(self) -> bool:
        """Whether a cancellation would still be heard."""
        return self.status in CANCELLABLE and self.undo_started_at is None


class OrderLine(models.Model):
    """One product of an order, at the price it had when it was added."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="lines")
    product = models.ForeignKey(Product, models.PROTECT, related_name="+", verbose_name=_("product"))
    sku = models.CharField(_("SKU"), max_length=40)
    name = models.CharField(_("name"), max_length=200)
    unit_price = MoneyField(_("unit price"))
    quantity = models.PositiveIntegerField(_("quantity"))
    held_back = models.PositiveIntegerField(
        _("of it not sent"), default=0, db_default=0
    )  # refunded before the parcel left

    class Meta:
        verbose_name = _("line")
        verbose_name_plural = _("lines")
        constraints = [
            models.UniqueConstraint(fields=["order", "sku"], name="order_line_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="order_line_quantity_positive"),
            models.CheckConstraint(condition=Q(unit_price__gt=0), name="order_line_price_positive"),
            models.CheckConstraint(condition=Q(held_back__lte=F("quantity")), name="order_line_held_back_is_of_it"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.name}"

    @classmethod
    def of(cls, order: Order, product: Product, quantity: int) -> "OrderLine":
        """A new, unsaved line."""
        return cls(
            order=order,
            product=product,
            sku=product.sku,
            name=product.name,
            unit_price=product.price,
            quantity=quantity,
        )

    def hold_back(self, pieces: int) -> None:
        """Keep so many of it from being sent. Call it with the order's row locked."""
        self.held_back += pieces
        self.save(update_fields=["held_back"])

    @property
    def to_ship(self) -> int:
        """How many pieces go to the customer."""
        return self.quantity - self.held_back

    @property
    def line_total(self) -> Decimal:
        """Price of the line, `Decimal`."""
        return line_total(self.unit_price, self.quantity)
