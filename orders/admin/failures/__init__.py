"""What went wrong and needs a person."""

from orders.admin.failures import mirror, reversals, workflows

__all__ = ["mirror", "reversals", "workflows"]
