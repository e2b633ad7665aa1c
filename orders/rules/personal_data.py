"""What the shop knows of people, by how long it keeps it."""

from enum import StrEnum


class Kept(StrEnum):
    """What is removed, or loses the names in it, once it is old enough; how old that is are settings (`KEEP_…`)."""

    SESSIONS = "sessions"
    THROTTLES = "throttles"
    SIGN_INS = "sign_ins"
    CARTS = "carts"
    CONTACTS = "contacts"
    ORIGINS = "origins"
    MAILS = "mails"
    REFUSED_FILES = "refused_files"
    FILES = "files"
    PAYERS = "payers"
    REPORTS = "reports"
    ORDERS = "orders"
    WORDS = "words"
    OPENINGS = "openings"
    ERASURES = "erasures"


class WhyKept(StrEnum):
    """Why something of a customer stays who wants to be forgotten."""

    OPEN_ORDER = "open_order"
    UNSETTLED = "unsettled"
    CREDIT = "credit"
    ACCOUNTS = "accounts"
    CLOSES_ITSELF = "closes_itself"


# What a browser's session holds of what its visitor did
SESSION_CART, SESSION_ORDERS = "cart_id", "orders"
