"""Products and what of them is there."""

from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from orders.models.fields import MoneyField, RequestKeyField, once_a_request
from orders.rules.limits import ON_HAND

SKU = r"\A[A-Za-z0-9][A-Za-z0-9._-]*\Z"  # it stands in addresses; read the same by Python and PostgreSQL


class ProductQuerySet(models.QuerySet["Product"]):
    def on_sale(self) -> "ProductQuerySet":
        """Products that customers see."""
        return self.filter(active=True)

    def in_stock(self) -> "ProductQuerySet":
        """Products of which at least one piece is free."""
        return self.filter(on_hand__gt=F("reserved"))

    # Mutators. Each is one UPDATE; a violated stock rule changes nothing and returns False.

    def reserve(self, quantity: int) -> bool:
        """Promise `quantity` pieces, if that many are free."""
        return bool(self.filter(on_hand__gte=F("reserved") + quantity).update(reserved=F("reserved") + quantity))

    def release(self, quantity: int) -> bool:
        """Take a reserve of `quantity` pieces back."""
        return bool(self.filter(reserved__gte=quantity).update(reserved=F("reserved") - quantity))

    def ship(self, quantity: int) -> bool:
        """Send `quantity` promised pieces out of the house."""
        return bool(
            self.filter(reserved__gte=quantity, on_hand__gte=quantity).update(
                on_hand=F("on_hand") - quantity, reserved=F("reserved") - quantity
            )
        )

    def set_reserved(self, quantity: int) -> bool:
        """Have exactly `quantity` pieces promised, if that many are there; for repairs alone."""
        return bool(self.filter(on_hand__gte=quantity).update(reserved=quantity))

    def adjust(self, delta: int) -> bool:
        """Add pieces, or take away free ones (negative)."""
        if abs(delta) > ON_HAND:  # what the column cannot hold would be an error of the database
            return False
        possible = self.filter(on_hand__gte=F("reserved") - delta, on_hand__lte=ON_HAND - delta)
        return bool(possible.update(on_hand=F("on_hand") + delta))


class Product(models.Model):
    """Something the shop sells. People edit what it is; only workflows change its stock."""

    sku = models.CharField(
        _("SKU"),
        max_length=40,
        unique=True,
        validators=[
            RegexValidator(SKU, _("Please use letters (A to Z) and digits; after the first one also . _ and -."))
        ],
    )
    name = models.CharField(_("name"), max_length=200)
    description = models.TextField(_("description"), blank=True)
    category = models.CharField(_("category"), max_length=80, blank=True)
    price = MoneyField(_("price"))
    active = models.BooleanField(_("on sale"), default=True)
    on_hand = models.PositiveIntegerField(_("on hand"), default=0)
    reserved = models.PositiveIntegerField(_("reserved"), default=0)

    objects = ProductQuerySet.as_manager()

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        constraints = [
            models.CheckConstraint(condition=Q(sku__regex=SKU), name="product_sku_fits_an_address"),
            models.CheckConstraint(condition=Q(price__gt=Decimal("0")), name="product_price_positive"),
            models.CheckConstraint(condition=Q(on_hand__gte=0), name="product_on_hand_not_negative"),
            models.CheckConstraint(condition=Q(reserved__gte=0), name="product_reserved_not_negative"),
            models.CheckConstraint(condition=Q(reserved__lte=F("on_hand")), name="product_reserved_is_on_hand"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.sku})"

    def get_absolute_url(self) -> str:
        return reverse("product", args=[self.sku])

    @property
    def available(self) -> int:
        """Pieces that can still be promised."""
        return self.on_hand - self.reserved


class StockAdjustment(models.Model):
    """A person's request to change a stock: goods received, counted, broken. A workflow applies it once."""

    product = models.ForeignKey(Product, models.PROTECT, related_name="adjustments", verbose_name=_("product"))
    delta = models.IntegerField(_("change"), help_text=_("Pieces to add; negative to take away."))
    reason = models.CharField(_("reason"), max_length=200)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, verbose_name=_("by"))
    requested_at = models.DateTimeField(_("requested"), auto_now_add=True)
    applied_at = models.DateTimeField(_("applied"), null=True, editable=False)
    refused = models.CharField(_("refused because"), max_length=300, blank=True, editable=False)
    request_key = RequestKeyField()

    class Meta:
        verbose_name = _("stock adjustment")
        verbose_name_plural = _("stock adjustments")
        constraints = [
            models.CheckConstraint(condition=~Q(delta=0), name="adjustment_changes_something"),
            once_a_request("adjustment_once_a_request"),
        ]

    def __str__(self) -> str:
        return f"{self.product.sku} {self.delta:+d}"

    @property
    def has_ended(self) -> bool:
        """Whether it was applied or refused."""
        return self.applied_at is not None or bool(self.refused)

    def end(self, *, at: datetime | None = None, refused: str = "") -> bool:
        """Record that it was applied at a time, or why it was refused; False where it had ended before."""
        open_still = StockAdjustment.objects.filter(pk=self.pk, applied_at=None, refused="")
        return bool(open_still.update(applied_at=at, refused=refused[:300]))
