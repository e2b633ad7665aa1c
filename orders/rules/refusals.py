"""Every way the shop says no: a code, the English sentence for it, and the exception that carries both.

The sentences are marked for translation here and translated where a person reads them; programs compare codes.
"""

from orders.rules.refusal_codes import Refusal as Refusal  # whoever refuses needs both


def gettext_noop(text: str) -> str:
    """Mark a sentence for translation (``makemessages`` looks for this name) and return it unchanged."""
    return text


SENTENCES: dict[Refusal, str] = {
    Refusal.UNKNOWN_SKU: gettext_noop(
        "There is no product %(sku)s in this shop. Please choose one from the catalogue."
    ),
    Refusal.QUANTITY_NOT_POSITIVE: gettext_noop("The quantity must be at least 1."),
    Refusal.QUANTITY_TOO_LARGE: gettext_noop("At most %(limit)s pieces of one product can be ordered at once."),
    Refusal.OUT_OF_STOCK: gettext_noop(
        "%(name)s is sold out at the moment. Please remove it or choose another product."
    ),
    Refusal.NOT_ENOUGH_STOCK: gettext_noop(
        "Only %(available)s of %(name)s are left. Please choose a smaller quantity."
    ),
    Refusal.CART_FULL: gettext_noop("A cart holds at most %(limit)s different products. Please remove one first."),
    Refusal.CART_EMPTY: gettext_noop("Your cart is empty. Please put something into it first."),
    Refusal.CART_CHANGED: gettext_noop("Your cart or a price in it has changed. Please look at it once more."),
    Refusal.CART_CLOSED: gettext_noop("This cart has already been closed. Please start a new one."),
    Refusal.ADDRESS_MISSING: gettext_noop("Please tell us your name, e-mail and address first."),
    Refusal.TOO_MANY_UNPAID: gettext_noop(
        "At most %(limit)s orders can wait for their payment at once. "
        "Please pay for one of yours, or cancel one, first."
    ),
    Refusal.TOO_MUCH_UNPAID: gettext_noop(
        "At most %(limit)s pieces of %(name)s are kept for you before they are paid. "
        "Please choose fewer, or pay for those that you have ordered first."
    ),
    Refusal.UNKNOWN_PAYMENT_METHOD: gettext_noop("This shop does not offer the payment method %(method)s."),
    Refusal.ORDER_FULL: gettext_noop("An order holds at most %(limit)s different products."),
    Refusal.LAST_LINE: gettext_noop("An order keeps at least one product. Please cancel it instead."),
    Refusal.ORDER_NOT_PENDING: gettext_noop("Order %(number)s is %(status)s and can no longer be changed."),
    Refusal.ORDER_CLOSING: gettext_noop("Order %(number)s is being cancelled."),
    Refusal.NOT_UNDONE_YET: gettext_noop(
        "Order %(number)s could not be undone completely so far. Please settle its failed reversals first."
    ),
    Refusal.UNKNOWN_ORDER: gettext_noop("There is no order %(number)s."),
    Refusal.ILLEGAL_TRANSITION: gettext_noop("%(what)s is %(status)s and cannot become %(target)s."),
    Refusal.AMOUNT_DIFFERS: gettext_noop(
        "The amount %(amount)s is not the order's total of %(total)s. Please look again."
    ),
    Refusal.CARD_TOKEN_INVALID: gettext_noop("The card could not be read. Please enter it again."),
    Refusal.NOT_WAITING_FOR_PAYMENT: gettext_noop("Order %(number)s is not waiting for a payment right now."),
    Refusal.PAID_ON_PAGE: gettext_noop(
        "You have paid already; the payment provider has not told us so far. This page shows it as soon as it does."
    ),
    Refusal.PAYMENT_DECLINED: gettext_noop("The payment was declined. Nothing was charged; please try another card."),
    Refusal.PAYMENT_LAPSED: gettext_noop(
        "The payment could not be taken: the card's authorisation has run out. Nothing was charged."
    ),
    Refusal.PARTLY_PAID: gettext_noop(
        "%(received)s have come for order %(number)s already. Please transfer the rest; nothing was charged."
    ),
    Refusal.TOO_LATE_TO_CANCEL: gettext_noop("Order %(number)s is already %(status)s and can no longer be cancelled."),
    Refusal.NOT_WAITING_FOR_SHIPMENT: gettext_noop("Order %(number)s is not waiting to be shipped."),
    Refusal.UNKNOWN_LANGUAGE: gettext_noop("The language %(language)s is not offered. Choose one of: %(offered)s."),
    Refusal.UNKNOWN_STATUS: gettext_noop("There is no order status %(status)s."),
    Refusal.STATUS_NEVER: gettext_noop("Order %(number)s ended as %(status)s and will never be %(target)s."),
    Refusal.TOO_MANY_WAIT: gettext_noop("Too many wait for order %(number)s already. Please look at it instead."),
    Refusal.ASK_AGAIN: gettext_noop("Nothing has come of it so far. Please ask again."),
    Refusal.TOO_OFTEN: gettext_noop("Order %(number)s has been changed too often. Please try again in an hour."),
    Refusal.TOO_MANY_FROM_THERE: gettext_noop(
        "Too much is asked for from your network at the moment. Please try again in %(minutes)s minutes."
    ),
    Refusal.NOTHING_NEW: gettext_noop("It is so already."),
    Refusal.DEADLINE_NOT_LATER: gettext_noop("A new deadline has to be later than %(until)s."),
    Refusal.DEADLINE_TOO_LATE: gettext_noop("The deadline can be extended to %(until)s at most."),
    Refusal.NOT_EXPIRED: gettext_noop(
        "Only orders that were not paid in time can be placed anew; order %(number)s is not one of them."
    ),
    Refusal.REOPENED_BEFORE: gettext_noop("Order %(number)s was placed anew before, as %(new)s."),
    Refusal.CREDIT_NOT_BACK: gettext_noop(
        "%(amount)s of order %(number)s were paid with store credit and have not come back to the account, so it "
        "cannot be placed anew for its whole price. Please look at how that was settled."
    ),
    Refusal.CUSTOMER_FORGOTTEN: gettext_noop(
        "The customer of order %(number)s is forgotten: there is no name or address left to place it anew for."
    ),
    Refusal.ROLE_NOT_ASKED: gettext_noop("No decision of the role %(role)s is asked for here."),
    Refusal.UNKNOWN_ROLE: gettext_noop("There is no role %(role)s."),
    Refusal.NOT_IN_ROLE: gettext_noop("Only members of the role %(role)s may decide this."),
    Refusal.ALREADY_DECIDED: gettext_noop("This level has already been decided."),
    Refusal.ALREADY_APPROVED_BY: gettext_noop("Already approved by %(who)s at %(when)s."),
    Refusal.ALREADY_REJECTED_BY: gettext_noop("Already rejected by %(who)s at %(when)s."),
    Refusal.APPROVAL_CLOSED: gettext_noop("This approval is closed: %(outcome)s."),
    Refusal.COMMENT_MISSING: gettext_noop("Please say why: a rejection needs a comment."),
    Refusal.OWN_REQUEST: gettext_noop("Nobody decides on their own request."),
    Refusal.OWN_ORDER: gettext_noop(
        "Order %(number)s is your own: its account, e-mail address or name is yours. Somebody else must do this."
    ),
    Refusal.NOT_APPROVED: gettext_noop("A second person has not approved this (%(why)s)."),
    Refusal.NOT_COUNTED: gettext_noop("This report does not count: nobody else approved it, or the order is your own."),
    Refusal.NOT_ALLOWED: gettext_noop("You may not do this."),
    Refusal.POLICY_CHANGE_WAITS: gettext_noop(
        "Another change of this policy waits to be confirmed. Somebody has to decide on that one first."
    ),
    Refusal.POLICY_CHANGED: gettext_noop(
        "The policy is not any more what it was when this was proposed. Please reject it and propose it anew."
    ),
    Refusal.ONE_LEVEL_PER_PERSON: gettext_noop(
        "You have already decided another level of this approval; another person must decide this one."
    ),
    Refusal.CONTENT_CHANGED: gettext_noop("The total is now %(total)s; please look again before you decide."),
    Refusal.ALREADY_SUBMITTED: gettext_noop("This expense has already been submitted."),
    Refusal.STOCK_TOO_LARGE: gettext_noop("At most %(limit)s pieces of one product can be on hand."),
    Refusal.TOTAL_TOO_LARGE: gettext_noop("An order can come to at most %(limit)s. Please choose a smaller quantity."),
    Refusal.STOCK_WOULD_BE_NEGATIVE: gettext_noop(
        "Only %(available)s of %(name)s can be taken off the stock; the rest is reserved or gone."
    ),
    Refusal.NO_SCHEDULE: gettext_noop("The schedule %(name)s is not set up. Please set it up first."),
    Refusal.NOT_UNMATCHED: gettext_noop("This payment has been dealt with already."),
    Refusal.DECISION_UNDER_WAY: gettext_noop(
        "%(who)s has decided about this payment already (%(action)s), and that is still to be carried out. "
        "Choose the same to send it again."
    ),
    Refusal.SHARES_EXCEED_PAYMENT: gettext_noop(
        "The shares come to %(total)s, but only %(amount)s came in. Nothing was shared out."
    ),
    Refusal.SHARE_EXCEEDS_MISSING: gettext_noop(
        "Order %(number)s waits for no more than %(missing)s; %(amount)s are too much for it. Nothing was shared out."
    ),
    Refusal.SHARE_IN_OTHER_CURRENCY: gettext_noop(
        "Order %(number)s is in %(currency)s, and this payment is not. Nothing was shared out."
    ),
    Refusal.SHARE_OTHER_METHOD: gettext_noop(
        "Order %(number)s is to be paid in another way (%(method)s). Nothing was shared out."
    ),
    Refusal.NO_SUCH_WAY_OUT: gettext_noop("This cannot be done about this payment. Please look again."),
    Refusal.CANNOT_SEND_BACK: gettext_noop(
        "The payment provider refuses to send this money back. Please look this payment up at the provider before "
        "anything else is done about it."
    ),
    Refusal.PAYMENT_IN_USE: gettext_noop(
        "An order waits for this very payment, or has used it. Nothing was sent back; cancel that order instead."
    ),
    Refusal.REFUND_MADE_BEFORE: gettext_noop("This refund has been marked as made already, by %(who)s at %(when)s."),
    Refusal.DEBIT_SETTLED: gettext_noop("This debit has been settled already, by %(who)s at %(when)s."),
    Refusal.DEBIT_NOT_SO: gettext_noop(
        "This debit does not belong there: no open refunds come to it, or it names no order. Please look again."
    ),
    Refusal.DEBIT_BUSY: gettext_noop(
        "%(who)s has asked to write this debit off. Somebody else has to decide about that first."
    ),
    Refusal.NOTHING_TO_EXPORT: gettext_noop(
        "None of these refunds can stand in a file any more: they were made, or went into one that was withdrawn. "
        "Please look at the list again."
    ),
    Refusal.NOT_REFUNDABLE: gettext_noop(
        "Order %(number)s is %(status)s. Only an order that is paid, shipped or delivered can be refunded."
    ),
    Refusal.REFUND_TOO_MUCH: gettext_noop("At most %(left)s can still be refunded for order %(number)s."),
    Refusal.REFUND_TOO_MANY: gettext_noop("Of %(name)s, %(pieces)s can still be refunded."),
    Refusal.REFUND_OF_NOTHING: gettext_noop("Please say how many pieces, or which amount, to refund."),
    Refusal.REFUND_CURRENCY: gettext_noop("Order %(number)s is in %(currency)s. Please give the amount in it."),
    Refusal.REFUND_MEANWHILE: gettext_noop(
        "Meanwhile %(who)s has asked for a refund of %(amount)s for this order. Please look again."
    ),
    Refusal.REFUND_REJECTED: gettext_noop("This refund was not approved."),
    Refusal.REFUND_IMPOSSIBLE: gettext_noop(
        "The payment provider refuses this refund; nothing was sent. Please look the payment up at the provider."
    ),
    Refusal.NOTHING_TO_SHIP: gettext_noop(
        "Nothing of order %(number)s would be left to send. Please cancel it instead, or refund an amount alone."
    ),
    Refusal.PARCEL_CHANGED: gettext_noop(
        "What goes into the parcel of order %(number)s has changed: something was refunded and stays here. Please look "
        "again."
    ),
    Refusal.GOODS_NOT_OUT: gettext_noop(
        "The goods of order %(number)s have not left, so none can come back. They go out as ordered."
    ),
    Refusal.NO_ANSWER: gettext_noop(
        "The payment provider does not answer right now. Please try again in a few minutes; nothing is charged twice."
    ),
    Refusal.NOT_PASSED_ON: gettext_noop(
        "We could not pass your payment on in time. Please try again in a few minutes; nothing is charged twice."
    ),
    Refusal.REVERSAL_SETTLED: gettext_noop("This failed reversal has been settled already."),
    Refusal.REVERSAL_BUSY: gettext_noop(
        "%(who)s has decided about this already (%(undoing)s), and that is still under way. Please look again later."
    ),
    Refusal.REVERSAL_RETRIED: gettext_noop("This was tried again meanwhile. Please look at how that went."),
    Refusal.STILL_NOT_UNDONE: gettext_noop("It still could not be undone: %(error)s."),
    Refusal.NOT_AN_AMOUNT: gettext_noop(
        "An amount is more than zero, at most %(limit)s, and has at most two decimal places."
    ),
    Refusal.NOT_A_CAUSE: gettext_noop("A cause is a name and a number, as in order-ORD-2026-000123."),
    Refusal.CREDIT_TOO_LITTLE: gettext_noop("The credit is %(balance)s; %(amount)s cannot be taken from it."),
    Refusal.CREDIT_EXCEEDS_TOTAL: gettext_noop("The order has to cost more than the %(credit)s of store credit."),
    Refusal.CREDIT_DAILY_LIMIT: gettext_noop(
        "At most %(limit)s of a credit can be taken in a day; today it is %(left)s more."
    ),
    Refusal.CREDIT_NOT_THERE: gettext_noop("Only %(left)s of this can be credited, not %(amount)s."),
    Refusal.OWN_CREDIT: gettext_noop("Nobody changes their own credit."),
    Refusal.UNKNOWN_CUSTOMER: gettext_noop("There is no customer account %(customer)s."),
    Refusal.UNKNOWN: gettext_noop("This was refused."),
}


class RuleBroken(Exception):
    """A rule of the shop forbids what was asked.

    :param code: which rule
    :param params: the words its sentence needs; plain strings or numbers, never personal data
    """

    def __init__(self, code: Refusal, **params: object) -> None:
        self.code = code
        self.params = {name: str(value) for name, value in params.items()}
        super().__init__(sentence(code, self.params))


def sentence(code: Refusal, params: dict[str, str]) -> str:
    """The English sentence of a refusal, its words filled in."""
    return SENTENCES[code] % params
