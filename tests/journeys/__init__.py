"""Long ways through a running shop, from outside."""
