"""Pure decisions of the shop: no I/O, no clock, no Django."""
