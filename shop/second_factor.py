"""The second factor of staff: the fence around the admin, and the page that asks for it or sets it up.

Codes are only tried so often (`Throttle`): django-otp's own throttle doubles the wait without an end, so that
somebody who knows a password could shut its owner out by some tries. Here they have to go on with it.
"""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import django_otp
import segno
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.contrib.auth.views import RedirectURLMixin
from django.core.checks import CheckMessage, Warning
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.deprecation import MiddlewareMixin
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import FormView
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails
from django_otp.plugins.otp_totp.models import TOTPDevice

from orders.authorization import devices
from orders.models.throttle import Throttle
from orders.views.throttle import too_many
from shop import sessions

BEGUN = "second_factor_begun"  # of a session: the app that is set up in it
HAS_ONE = "second_factor"  # of a session: who signed in has one, and is asked for it also where nobody has to
TRIES, EVERY = 5, timedelta(minutes=15)
WITHOUT = ("/admin/login/", "/admin/logout/", "/admin/second-factor/")


def begin(request: HttpRequest, user: User, **ignored: object) -> None:
    """Somebody signs in (Django's signal)."""
    request.session.pop(HAS_ONE, None)
    if user.is_staff and devices.app_of(user):
        request.session[HAS_ONE] = True


class AskSecondFactor(MiddlewareMixin):
    """No page of the admin for staff who have not shown their second factor in this session."""

    def process_view(self, request: HttpRequest, *ignored: object) -> HttpResponse | None:
        path = request.path_info
        if not path.startswith("/admin/") or path in WITHOUT or not _has_to(request):
            return None
        htmx = HtmxDetails(request)
        if htmx:  # a dialog or a part of a page: the whole page goes, and comes back
            return HttpResponseClientRedirect(_page(htmx.current_url_abs_path))
        return HttpResponseRedirect(_page(request.get_full_path() if request.method in ("GET", "HEAD") else None))


def _has_to(request: HttpRequest) -> bool:
    user: Any = request.user
    if not user.is_staff or user.is_verified():
        return False
    return settings.REQUIRE_SECOND_FACTOR or bool(request.session.get(HAS_ONE))


def _page(back: str | None) -> str:
    return f"{reverse('second-factor')}?{urlencode({'next': back or reverse('admin:index')})}"


class CodeForm(forms.Form):
    """A code."""

    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autofocus": True, "spellcheck": "false"}),
        error_messages={"required": gettext_lazy("Please enter the code.")},
    )


class SecondFactor(RedirectURLMixin, FormView):  # type: ignore[type-arg]  # subscripted for the type checker alone
    """Asks for the second factor, or has one set up by who has none yet."""

    template_name, form_class, next_page = "registration/second_factor.html", CodeForm, "admin:index"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        user: Any = request.user
        if user.is_verified():
            return HttpResponseRedirect(self.get_success_url())
        self.app = devices.app_of(user)
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        context["next"] = self.get_redirect_url()
        if self.app is None:
            address = self._being_set_up().config_url
            context["qr"] = segno.make(address).svg_data_uri(scale=4, border=4)
            context["secret"] = re.findall("(?<=secret=)[A-Z2-7]+", address)[0]
        return context

    def form_valid(self, form: CodeForm) -> HttpResponse:
        user = self._user()
        wait = Throttle.spend("second-factor", str(user.pk), limit=TRIES, every=EVERY)
        if wait:
            return too_many(self.request, wait)
        shown = self._shown(re.sub(r"[^a-z0-9]", "", form.cleaned_data["code"].lower()))
        if shown is None:
            form.add_error("code", _("This code is not right. Codes change every 30 seconds, and each works once."))
            return self.form_invalid(form)
        Throttle.forget("second-factor", str(user.pk))
        self.request.session.cycle_key()
        django_otp.login(self.request, shown)
        sessions.go_on(self.request, user)
        if self.app is None:
            return self._begun()
        if shown != self.app:
            left = devices.codes_left(user)
            said = ngettext("%(count)s recovery code is left.", "%(count)s recovery codes are left.", left)
            messages.warning(self.request, said % {"count": left})
        return HttpResponseRedirect(self.get_success_url())

    def _being_set_up(self) -> TOTPDevice:
        app = devices.being_set_up(self._user(), self.request.session.get(BEGUN))
        self.request.session[BEGUN] = app.pk
        return app

    def _user(self) -> User:
        user: Any = self.request.user
        return user  # type: ignore[no-any-return]

    def _shown(self, code: str) -> devices.Device | None:
        """An app's codes are six digits; what has letters was written down."""
        if self.app is None:
            return devices.shown_by_app(self._being_set_up(), code)
        if re.fullmatch("[0-9]{6}", code):
            return devices.shown_by_app(self.app, code)
        return devices.written_down(self._user(), code)

    def _begun(self) -> HttpResponse:
        """Set up: the codes for when the phone is lost, this once."""
        codes = devices.confirm(self._being_set_up())
        self.request.session[HAS_ONE] = True
        half = devices.LENGTH // 2
        context = {"codes": [f"{code[:half]}-{code[half:]}" for code in codes], "go_on": self.get_success_url()}
        return self.response_class(self.request, "registration/recovery_codes.html", context)


def asked_for(**ignored: object) -> list[CheckMessage]:
    """For `check --deploy`: whether staff get in with a password alone."""
    if settings.DEBUG or settings.REQUIRE_SECOND_FACTOR:
        return []
    said = "REQUIRE_SECOND_FACTOR is false: whoever knows a password of staff moves money."
    return [Warning(said, hint="Leave it out, or set it to true.", id="shop.W001")]
