"""Money is moved by who typed their password lately: a browser that somebody left open moves none.

A dialog's form asks in itself (`PasswordAgain`), so that nothing typed is lost. What has no form goes by a page that
asks, and comes back (`password_first`).
"""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.contrib.auth.models import User
from django.forms.boundfield import BoundField
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.forms import AdminOwnPasswordChangeForm
from unfold.widgets import UnfoldAdminPasswordWidget

from orders.admin.base.people import signed_in
from orders.models.throttle import Throttle

TYPED = "password_typed"  # of a session: when, in seconds since 1970
TRIES, EVERY = 5, timedelta(minutes=15)


def note(request: HttpRequest) -> None:
    """They typed their password, just now."""
    request.session[TYPED] = int(time.time())


def asks(request: HttpRequest) -> bool:
    """Whether they have to type it again."""
    after = settings.PASSWORD_AGAIN_AFTER
    return bool(after) and time.time() - request.session.get(TYPED, 0) >= after


class PasswordAgain(forms.Form):
    """A form that asks for the password where it was not typed lately. Give it the `request`."""

    request: HttpRequest
    password = forms.CharField(
        label=gettext_lazy("Your password"),
        strip=False,
        max_length=1000,
        widget=UnfoldAdminPasswordWidget({"autocomplete": "current-password"}),
        help_text=gettext_lazy("You have not typed it for a while, and this is about money."),
        error_messages={"required": gettext_lazy("Please type your password.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not asks(self.request):
            del self.fields["password"]

    def __iter__(self) -> Iterator[BoundField]:
        """The password last, whatever a form adds to its fields."""
        return iter(sorted(super().__iter__(), key=lambda field: field.name == "password"))

    def full_clean(self) -> None:
        """What else is wrong does not ask for the password once more."""
        super().full_clean()
        if self.is_bound and not asks(self.request):
            self.fields.pop("password", None)

    def clean_password(self) -> str:
        """The word itself is for nobody after this."""
        check_password(signed_in(self.request), self.cleaned_data["password"])
        note(self.request)
        return ""


class OwnPasswordForm(AdminOwnPasswordChangeForm):  # type: ignore[misc]  # Unfold ships no types
    """Changing one's own password: the old one is tried no more often here than where money is moved."""

    def clean_old_password(self) -> str:
        typed: str = self.cleaned_data["old_password"]
        check_password(self.user, typed)
        return typed


def check_password(user: User, typed: str) -> None:
    """Whether this is somebody's password. Wherever whoever is signed in is asked again, tries count together.

    :raises ValidationError: it is not, or was tried too often
    """
    wait = Throttle.spend("password-again", str(user.pk), limit=TRIES, every=EVERY)
    if wait:
        minutes = -(-wait // 60)
        said = ngettext(
            "That was tried too often. Please wait %(minutes)s minute.",
            "That was tried too often. Please wait %(minutes)s minutes.",
            minutes,
        )
        raise forms.ValidationError(said % {"minutes": minutes})
    if not user.check_password(typed):
        raise forms.ValidationError(_("This is not your password."))
    Throttle.forget("password-again", str(user.pk))


def with_password(form: type[forms.BaseForm], request: HttpRequest) -> type[forms.BaseForm]:
    """A form of one of Django's own admin pages, which asks for the password too."""
    return type(form.__name__, (PasswordAgain, form), {"request": request}) if asks(request) else form


def password_first(request: HttpRequest, view: Callable[[], HttpResponse]) -> HttpResponse:
    """What the view answers, where the password was typed lately; else the page that asks, and comes back here."""
    if not asks(request):
        return view()
    return HttpResponseRedirect(f"{reverse('admin:password-again')}?{urlencode({'next': request.get_full_path()})}")
