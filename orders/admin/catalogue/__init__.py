"""Products and their stock."""

from orders.admin.catalogue import products, stock_adjustments

__all__ = ["products", "stock_adjustments"]
