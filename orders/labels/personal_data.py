"""Words for what the shop knows of people, and for why some of it stays."""

from collections.abc import Iterable, Mapping

from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from orders.labels.enums import Labels
from orders.rules.personal_data import WhyKept

# each by how erasures name it; the same word may be about another thing where it stays
REMOVED = Labels(
    None,
    {
        "orders": _("orders that have ended (name, e-mail and address in them)"),
        "contacts": _("contact details as they were typed"),
        "carts": _("closed carts"),
        "mails": _("mails"),
        "words": _("reasons that were typed"),
        "sessions": _("sessions"),
        "sign_ins": _("sign-ins"),
        "account": _("account"),
    },
)
STAYS = Labels(
    None,
    {
        "open_orders": pgettext_lazy("what stays", "open orders"),
        "unsettled_orders": pgettext_lazy("what stays", "orders that have ended, whose money is not settled"),
        "account": pgettext_lazy("what stays", "account"),
        "carts": pgettext_lazy("what stays", "open carts"),
        "orders": pgettext_lazy("what stays", "orders that have ended, without whose they were"),
        "payers": pgettext_lazy("what stays", "payments, refunds and account statements"),
    },
)
WHY = Labels(
    WhyKept,
    {
        WhyKept.OPEN_ORDER: _("until these orders have ended"),
        WhyKept.UNSETTLED: _("until refunds and payments are settled"),
        WhyKept.CREDIT: _("until the store credit on it is used or paid out"),
        WhyKept.ACCOUNTS: _("accounts, which the law asks for"),
        WhyKept.CLOSES_ITSELF: _("they close by themselves"),
    },
)


def removed_things(removed: Mapping[str, int]) -> str:
    """What goes, in words: `mails: 2, account: 1`; always in this order, which a database does not keep."""
    told = ((REMOVED(what), removed.get(what)) for what in REMOVED.words)
    return ", ".join(f"{what}: {count}" for what, count in told if count) or gettext("nothing")


def kept_things(kept: Iterable[tuple[str, int, str]]) -> str:
    """What stays and why, in words."""
    return "; ".join(f"{STAYS(what)}: {count} ({WHY(why)})" for what, count, why in kept) or gettext("nothing")
