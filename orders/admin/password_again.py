"""The pages of one's own password: asking for it before what moves money and has no form of its own; changing it."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.views import PasswordChangeView, RedirectURLMixin
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.views.generic import FormView

from orders.admin.base.pages import page_context
from orders.admin.base.proof import OwnPasswordForm, PasswordAgain, asks


class AskingForm(PasswordAgain):
    """The password, and nothing else."""

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        self.request = request
        super().__init__(*args, **kwargs)


class PasswordPage(RedirectURLMixin, FormView):  # type: ignore[type-arg]  # subscripted for the type checker alone
    """Asks, and goes on to where somebody was going (`next`)."""

    template_name, form_class, next_page = "admin/shop/password_again.html", AskingForm, "admin:index"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not asks(request):
            return HttpResponseRedirect(self.get_success_url())
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "request": self.request}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        return {**context, **page_context(self.request, _("Your password, please")), "next": self.get_redirect_url()}

    def form_valid(self, form: AskingForm) -> HttpResponse:
        return HttpResponseRedirect(self.get_success_url())


class OwnPasswordPage(PasswordChangeView):
    """Changes it, in Unfold's looks."""

    form_class, success_url = OwnPasswordForm, reverse_lazy("admin:password_change_done")
    template_name = "registration/password_change_form.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), **admin.site.each_context(self.request)}
