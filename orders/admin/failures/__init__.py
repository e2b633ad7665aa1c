"""What went wrong and needs a person."""

from orders.admin.failures import reversals, workflows

__all__ = ["reversals", "workflows"]
