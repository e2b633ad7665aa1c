"""Products."""

from decimal import Decimal

from orders.models import Product


def make_product(sku: str = "TEA", **columns: object) -> Product:
    """A product with stock; 100.00 apiece and 1,000 pieces unless said otherwise."""
    defaults = {"name": f"Product {sku}", "price": Decimal("100.00"), "on_hand": 1_000}
    return Product.objects.create(sku=sku, **{**defaults, **columns})
