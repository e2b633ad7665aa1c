"""How workflows carry what a person typed, or a card's token: not as it is, but as the key of a row, `words:17`."""

import re

REFERENCE = re.compile(r"words:([1-9][0-9]{0,17})", re.ASCII)
