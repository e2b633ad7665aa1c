"""What is said by other programs is kept in columns: a word that no column takes is refused before anything begins."""

LONGEST = {"by": 60, "carrier": 60, "tracking_number": 80}


class FromOutside:
    """A message that anybody who may talk to Temporal can send. It is checked as it is read: an update is refused
    then, a signal dropped and logged; written down later, it could never be, and the order would wait for ever."""

    def __post_init__(self) -> None:
        """:raises ValueError: a text is too long to be kept, or holds what no database takes"""
        for name, text in vars(self).items():
            if not isinstance(text, str):
                continue
            if len(text) > LONGEST.get(name, len(text)):
                raise ValueError(f"{name} is longer than {LONGEST[name]} characters")
            if "\0" in text or text.encode(errors="ignore").decode() != text:
                raise ValueError(f"{name} holds characters that cannot be kept")
