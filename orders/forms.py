"""What customers type. A form checks that input can be read; whether the shop can do it is for the client functions
to say."""

import hashlib
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator, RegexValidator
from django.utils.translation import gettext_lazy as _

from orders import labels
from orders.models import ContactDetails
from orders.payments import offered_methods
from orders.rules import limits
from orders.rules.credit import DAILY_LIMIT, METHOD
from orders.rules.refusals import RuleBroken
from orders.rules.states import OnExpiry
from orders.rules.totals import ZERO

ONE_LINE = RegexValidator(r"[\x00-\x1f\x7f]", _("Please use one line without control characters."), inverse_match=True)
HAS_LETTER = RegexValidator(r"[^\W\d_]", _("Please write this out; it needs at least one letter."))
NO_LINK = RegexValidator(
    r"://|www\.|@", _("Please leave web and e-mail addresses out of this."), inverse_match=True, flags=re.IGNORECASE
)
# mail to a machine by its number, which nobody has
NO_LITERAL = RegexValidator(r"@\[", _("Enter a valid email address."), inverse_match=True)
POSTAL_CODE = RegexValidator(r"^[^\W_][\w .\-/]*$", _("Please enter a postal code of letters and digits."))

if TYPE_CHECKING:  # Django's types tell a form's model, Django itself does not
    ContactDetailsForm = forms.ModelForm[ContactDetails]
else:
    ContactDetailsForm = forms.ModelForm
REQUEST_ID = re.compile(r"[0-9a-f]{32,40}")


def new_request_id() -> str:
    """Tells one submission of a form from the next, so that a double click does something once."""
    return uuid4().hex


def readable(text: str) -> str:
    """What was sent outside a form's checks, without the one character that no database can look for."""
    return text.replace("\x00", "")


def request_key(request_id: str, *typed: object) -> str:
    """Tells what was typed into one rendering of a form from everything else: 64 hex digits.

    Sent twice it is the same; typed anew on a page that the browser kept, it is something else.
    """
    return hashlib.sha256("\n".join([request_id, *map(str, typed)]).encode()).hexdigest()


class OnceForm(forms.Form):
    """A form that carries the id of its rendering; programs may leave it out."""

    request_id = forms.CharField(required=False, widget=forms.HiddenInput, initial=new_request_id)

    def clean_request_id(self) -> str:
        """The id that came along, or a new one where none of ours did."""
        sent = self.cleaned_data["request_id"]
        return sent if REQUEST_ID.fullmatch(sent) else new_request_id()

    def renew(self) -> None:
        """Give the form, shown again after a refusal, a new id: the old one would be answered the same again."""
        self.data = {
            **{name: self.data.get(name) for name in self.data},
            self.add_prefix("request_id"): new_request_id(),
        }


class QuantityForm(OnceForm):
    """So many pieces of one product."""

    sku = forms.CharField(max_length=40, widget=forms.HiddenInput)
    quantity = forms.IntegerField(
        label=_("Quantity"),
        initial=1,
        error_messages={"invalid": _("The quantity must be a whole number.")},
        widget=forms.NumberInput(
            attrs={"min": 1, "max": limits.QUANTITY, "inputmode": "numeric", "autocomplete": "off"}
        ),
    )
    may_be_zero = False

    def clean_quantity(self) -> int:
        """The quantity, if anybody can order that many."""
        quantity: int = self.cleaned_data["quantity"]
        try:
            limits.check_quantity(quantity, may_be_zero=self.may_be_zero)
        except RuleBroken as broken:
            raise ValidationError(labels.refusal(broken.code, broken.params), code=broken.code) from broken
        return quantity


class CartRowForm(QuantityForm):
    """A changed quantity of something in the cart; zero takes it out."""

    may_be_zero = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["quantity"].widget.attrs["min"] = 0
        self.fields["quantity"].validators.append(MinValueValidator(0, _("The quantity must be 0 or more.")))


class ExpiryForm(forms.Form):
    """What shall become of the cart that `fingerprint` describes, when nobody comes back to it."""

    on_expiry = forms.ChoiceField(choices=[(choice.value, choice.value) for choice in OnExpiry])
    fingerprint = forms.CharField(required=False, max_length=16)


class CheckoutForm(ContactDetailsForm):
    """Whom to write to, where to deliver, how to pay. `cart` tells which cart the person was looking at, `seen` and
    `fingerprint` what they saw in it; programs may leave them out. `credit` is what is paid of it with store credit."""

    cart = forms.CharField(required=False, max_length=32, widget=forms.HiddenInput)
    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    fingerprint = forms.CharField(required=False, max_length=16, widget=forms.HiddenInput)
    payment_method = forms.ChoiceField(label=_("Payment method"), widget=forms.RadioSelect)
    credit = forms.DecimalField(
        required=False,
        max_digits=12,
        decimal_places=2,
        min_value=Decimal("0.01"),
        error_messages={"invalid": _("Please choose again how much of your store credit to use.")},
        widget=forms.HiddenInput,  # the page offers it as one thing to tick, to those who have some
    )

    class Meta:
        model = ContactDetails
        fields = [*ContactDetails.address_fields(), "payment_method"]

    AUTOCOMPLETE = {
        "name": "name",
        "email": "email",
        "street": "address-line1",
        "postal_code": "postal-code",
        "city": "address-level2",
        "country": "country-name",
    }
    CHECKS = {
        "name": [HAS_LETTER, NO_LINK],
        "email": [NO_LITERAL],
        "street": [HAS_LETTER, NO_LINK],
        "postal_code": [POSTAL_CODE],
        "city": [HAS_LETTER, NO_LINK],
        "country": [HAS_LETTER, NO_LINK],
    }

    def __init__(self, *args: Any, credit: Decimal | None = None, total: Decimal = ZERO, **kwargs: Any) -> None:
        """:param credit: what a signed-in customer may pay with"""
        super().__init__(*args, **kwargs)
        self.part: Decimal | None = None  # what of the order can be paid with credit, where that is not all
        self.offer(credit, total, sent=str(self.data.get("payment_method", "")))
        for name, hint in self.AUTOCOMPLETE.items():
            self.fields[name].widget.attrs["autocomplete"] = hint
            self.fields[name].validators.extend([ONE_LINE, *self.CHECKS.get(name, [])])

    def offer(self, credit: Decimal | None, total: Decimal, *, sent: str = "") -> None:
        """Let the customer choose among the ways to pay so much, with so much credit.

        :param sent: was chosen; credit that is not there any more is refused with a better sentence later
        """
        methods = [(method, labels.payment_method(method)) for method in offered_methods()]
        usable = min(credit or ZERO, DAILY_LIMIT)
        if credit is not None and (usable >= total or sent == METHOD):
            words = {"method": labels.payment_method(METHOD), "balance": labels.money(credit)}
            methods.append((METHOD, _("%(method)s (you have %(balance)s)") % words))
        self.part = usable if ZERO < usable < total else None
        payment_method = self.fields["payment_method"]
        assert isinstance(payment_method, forms.ChoiceField)
        payment_method.choices, payment_method.initial = methods, methods[0][0]

    def offer_anew(self, credit: Decimal | None, total: Decimal) -> None:
        """Ask again how to pay, with the credit that there is now: it may have been spent since the page was shown."""
        self.offer(credit, total)
        sent = {name: self.data.get(name) for name in self.data}
        if self.part is None or sent.get("credit") != f"{self.part:.2f}":
            sent.pop("credit", None)
        if sent.get("payment_method") == METHOD and (credit is None or min(credit, DAILY_LIMIT) < total):
            sent["payment_method"] = self.fields["payment_method"].initial
        self.data = sent


class PayForm(OnceForm):
    """Pay an order by card. The token is the provider's name for the card; the shop never sees the card."""

    amount = forms.DecimalField(max_digits=12, decimal_places=2, min_value=Decimal("0.01"), widget=forms.HiddenInput)
    card_token = forms.CharField(label=_("Card"), max_length=200, strip=True)

    TEST_CARDS = [
        ("tok_chargeable_visa", _("Test card that works")),
        ("tok_declined_card", _("Test card that is declined")),
    ]

    def offer_test_cards(self) -> None:
        """Let a person choose among the built-in provider's cards; a program may send any other token."""
        self.fields["card_token"].widget = forms.RadioSelect(choices=self.TEST_CARDS, attrs={"required": True})
        self.fields["card_token"].initial = self.TEST_CARDS[0][0]


class PageForm(OnceForm):
    """Pay an order on the payment provider's page."""

    amount = forms.DecimalField(max_digits=12, decimal_places=2, min_value=Decimal("0.01"), widget=forms.HiddenInput)


class CancelForm(forms.Form):
    """Why a customer cancels: one of a few reasons, because free text would carry personal data into histories."""

    reason = forms.ChoiceField(label=_("Reason"), choices=labels.cancel_reason.choices)


class LanguageForm(forms.Form):
    """In which language the shop writes to the customer."""

    language = forms.ChoiceField(label=_("Language of our mails"), choices=labels.language.choices)
