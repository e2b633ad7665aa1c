"""What the customers' templates need beyond Django's own tags."""

import zlib
from decimal import Decimal

from django import template
from django.conf import settings
from django.template.context import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import ngettext

from orders import labels
from orders.models import Product
from orders.views import visitor
from orders.views.order_page import Access

register = template.Library()

TINTS = 6
FEW_PIECES = 5
# words in a category's name, and the drawing for it
DRAWINGS = {
    "coffee": "coffee",
    "tea": "tea",
    "tableware": "cup",
    "brewing": "brewer",
    "machine": "machine",
    "care": "care",
    "beverage": "bottle",
    "condiment": "jar",
    "confection": "cake",
    "dairy": "cheese",
    "grain": "wheat",
    "cereal": "wheat",
    "meat": "meat",
    "produce": "apple",
    "seafood": "fish",
}

register.filter("order_status", lambda status: labels.status_for_customers(status))
register.filter("payment_method", lambda method: labels.payment_method(method))
register.filter("language_name", lambda code: labels.language(code))
register.filter("card_state", lambda state: labels.card_state(state))
register.filter("moment", labels.moment)
register.filter("money_text", labels.money)


@register.filter
def unbroken(text: str) -> SafeString:
    """A number that stays on one line, in spite of its hyphens."""
    return format_html('<span class="unbroken">{}</span>', text)


@register.filter
def money(amount: Decimal, currency: str = settings.CURRENCY) -> SafeString:
    """An amount as the reader's language writes it, kept on one line."""
    return format_html('<span class="money">{}</span>', labels.money(amount, currency))


@register.filter
def drawing(product: Product) -> str:
    """The static file that stands for a picture of the product."""
    category = product.category.lower()
    name = next((drawn for word, drawn in DRAWINGS.items() if word in category), "parcel")
    return f"shop/products/{name}.svg"


@register.filter
def tint(product: Product) -> str:
    """The class of the colour behind a product's drawing; always the same for one product."""
    return f"tint-{zlib.crc32(product.sku.encode()) % TINTS}"


@register.filter
def is_few(pieces: int) -> bool:
    """Whether so few pieces are left that the customer should know."""
    return 0 < pieces <= FEW_PIECES


@register.filter
def pieces(count: int) -> str:
    """`1 product`, `3 products`."""
    return ngettext("%(count)s product", "%(count)s products", count) % {"count": count}


@register.simple_tag(takes_context=True)
def cart_size(context: Context) -> int:
    """How many different products the visitor's cart holds."""
    request = context.get("request")
    return visitor.cart_size(request) if request is not None and hasattr(request, "session") else 0


@register.simple_tag
def shop_name() -> str:
    """What the shop is called."""
    return settings.SHOP_NAME


@register.simple_tag(takes_context=True)
def order_url(context: Context, name: str) -> str:
    """The address of one of the order's pages, by the way the visitor came."""
    access: Access = context["access"]
    return access.url(name)


@register.simple_tag(takes_context=True)
def page_url(context: Context, number: int) -> str:
    """This page's address with another page number."""
    query = context["request"].GET.copy()
    query["page"] = str(number)
    return f"?{query.urlencode()}"
