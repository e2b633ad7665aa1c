"""What a form's page showed, carried along by the form, so that nobody orders what they did not see."""

import json
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _

from orders.labels import money
from orders.models import CartItem, Product

Line = tuple[int, Decimal]  # pieces, unit price
LONGEST = 10_000


def written(items: Iterable[CartItem]) -> str:
    """The lines of a cart as a form carries them: `[["TEA", 2, "11.90"], ["CUP", 1, "42.00"]]`."""
    return json.dumps([(item.product.sku, item.quantity, f"{item.product.price:.2f}") for item in items])


def changes(seen: str, items: Iterable[CartItem]) -> list[str]:
    """What differs between what a page showed and what the cart holds now, a sentence a product; nothing where the
    text is none of ours."""
    then, now = _read(seen), {item.product.sku: item for item in items}
    names = dict(Product.objects.filter(sku__in=then).values_list("sku", "name"))
    sentences = [
        _("%(name)s is not in your cart any more.") % {"name": names[sku]}
        for sku in then
        if sku not in now and sku in names
    ]
    for sku, item in now.items() if then else ():
        sentences += _changed(item, then.get(sku))
    return sentences


def _changed(item: CartItem, then: Line | None) -> list[str]:
    name, quantity, price = item.product.name, item.quantity, item.product.price
    if then is None:
        return [_("%(quantity)s × %(name)s was added.") % {"quantity": quantity, "name": name}]
    sentences = []
    if then[0] != quantity:
        words = {"name": name, "before": then[0], "now": quantity}
        sentences.append(_("%(name)s: %(now)s pieces instead of %(before)s.") % words)
    if then[1] != price:
        words = {"name": name, "before": money(then[1]), "now": money(price)}
        sentences.append(_("%(name)s costs %(now)s each now instead of %(before)s.") % words)
    return sentences


def _read(text: str) -> dict[str, Line]:
    """The lines by their SKU; none where the text is not one of ours."""
    if len(text) > LONGEST:
        return {}
    try:
        return {str(sku): (int(quantity), Decimal(price)) for sku, quantity, price in json.loads(text)}
    except (ValueError, TypeError, InvalidOperation, RecursionError):
        return {}
