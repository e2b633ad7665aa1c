"""The mirror of carts, and the contact details that a customer types at checkout."""

from collections.abc import Iterable
from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from orders.models.address import Address
from orders.models.catalog import Product
from orders.models.fields import choices, one_of
from orders.models.mutators import change, move
from orders.rules.limits import LANGUAGES
from orders.rules.states import CART, CartState, OnExpiry
from orders.rules.totals import ZERO, fingerprint, total


class Cart(models.Model):
    """Mirror of one `ShoppingCartWorkflow`; written by its activities alone."""

    cart_id = models.CharField(_("cart"), max_length=32, primary_key=True)
    customer = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="carts")
    state = models.CharField(_("state"), max_length=12, choices=choices(CartState), default=CartState.OPEN.value)
    changed_at = models.DateTimeField(_("last change"))
    closes_at = models.DateTimeField(_("closes"), null=True)
    on_expiry = models.CharField(
        _("when nobody comes back"), max_length=12, choices=choices(OnExpiry), default=OnExpiry.EXPIRE.value
    )

    class Meta:
        verbose_name = _("cart")
        verbose_name_plural = _("carts")
        constraints = [
            one_of("state", CartState, "cart_state_known"),
            one_of("on_expiry", OnExpiry, "cart_on_expiry_known"),
        ]

    def __str__(self) -> str:
        return self.cart_id

    def close(self, state: CartState) -> bool:
        """Take no more items; False where that is so already.

        :raises RuleBroken: it was closed in another way
        """
        return move(self, state, CART, {"closes_at": None})

    def choose_on_expiry(self, choice: OnExpiry) -> None:
        """Say what becomes of it when nobody comes back."""
        change(self, on_expiry=choice)

    @property
    def total(self) -> Decimal:
        """What the cart costs at today's prices, `Decimal`."""
        return total((item.product.price, item.quantity) for item in self.items.select_related("product"))

    def fingerprint(self) -> str:
        """What a customer sees who looks at the cart: a digest of its lines and total at today's prices."""
        return fingerprint_of(self.items.select_related("product"))


class CartItem(models.Model):
    """One product in a cart."""

    cart = models.ForeignKey(Cart, models.CASCADE, related_name="items")
    product = models.ForeignKey(Product, models.PROTECT, related_name="+")
    quantity = models.PositiveIntegerField(_("quantity"))
    position = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("cart item")
        verbose_name_plural = _("cart items")
        constraints = [
            models.UniqueConstraint(fields=["cart", "product"], name="cart_item_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="cart_item_quantity_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.product.sku}"

    @property
    def line_total(self) -> Decimal:
        return self.product.price * self.quantity if self.product_id else ZERO


def fingerprint_of(items: Iterable[CartItem]) -> str:
    """The digest of these items, their products' prices and their total."""
    lines = [(item.product.sku, item.product.price, item.quantity) for item in items]
    return fingerprint(lines, total((price, quantity) for _sku, price, quantity in lines))


class ContactDetails(Address):
    """What the customer typed at checkout. Written by the web; an order copies it when it is placed."""

    cart_id = models.CharField(_("cart"), max_length=32, primary_key=True)
    payment_method = models.CharField(_("payment method"), max_length=30)
    language = models.CharField(_("language"), max_length=5, default="en", choices=[(c, c) for c in LANGUAGES])
    changed_at = models.DateTimeField(auto_now=True)
    # from where it was typed, unreadably: the same for all of one network address, and of one browser
    origin = models.CharField(max_length=32, blank=True, default="", db_default="", db_index=True)
    session = models.CharField(max_length=32, blank=True, default="", db_default="", db_index=True)

    class Meta:
        verbose_name = _("contact details")
        verbose_name_plural = _("contact details")

    def __str__(self) -> str:
        return self.cart_id
