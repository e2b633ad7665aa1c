"""Words for what the shop is doing about an order: the activities that a person may see pending."""

from django.utils.translation import pgettext_lazy

from orders.labels.enums import Labels

activity = Labels(
    None,
    {
        "hold_payment": pgettext_lazy("what the shop does", "Ask for the payment"),
        "charge_card": pgettext_lazy("what the shop does", "Charge the card"),
        "open_payment_page": pgettext_lazy("what the shop does", "Open the payment page"),
        "capture_payment": pgettext_lazy("what the shop does", "Take the payment"),
        "return_money": pgettext_lazy("what the shop does", "Give the money back"),
        "weigh_refund": pgettext_lazy("what the shop does", "Look whether it can be refunded"),
        "approval": pgettext_lazy("what the shop does", "Wait for an approval"),
        "send_refund": pgettext_lazy("what the shop does", "Send the refund"),
        "schedule_shipping": pgettext_lazy("what the shop does", "Book the parcel"),
        "cancel_shipping": pgettext_lazy("what the shop does", "Cancel the parcel"),
        "reserve_stock": pgettext_lazy("what the shop does", "Reserve the stock"),
        "release_stock": pgettext_lazy("what the shop does", "Put the stock back"),
    },
)
activity_partner = Labels(
    None,
    {
        **dict.fromkeys(
            ("hold_payment", "charge_card", "open_payment_page", "capture_payment", "return_money", "send_refund"),
            pgettext_lazy("whom the shop waits for", "the payment provider"),
        ),
        **dict.fromkeys(
            ("schedule_shipping", "cancel_shipping"), pgettext_lazy("whom the shop waits for", "the carrier")
        ),
    },
)
