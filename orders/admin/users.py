"""People and roles, in the admin's own looks."""

from functools import partial
from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.models import Group, User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from orders.admin.base.dialogs import ClientForm, call_client, dialog, dialog_action
from orders.admin.base.model_admin import BaseAdmin
from orders.admin.base.proof import password_first
from orders.admin.base.typed import UserAdmin as DjangoUserAdmin
from orders.authorization import devices

admin.site.unregister([User, Group])
admin.site.unregister([TOTPDevice, StaticDevice])  # their pages show the keys of other people's phones


class ResetForm(ClientForm):
    """The dialog before somebody's second factor is taken away."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = get_object_or_404(User, pk=self.object_id)
        if devices.app_of(self.user) is None:
            self.closed = _("%(who)s has not set up a second factor.") % {"who": self.user.get_username()}


RESET = dialog(
    ResetForm,
    gettext_lazy("Reset the second factor"),
    gettext_lazy(
        "For who lost their phone and codes; make sure that it is them. They set up a new one when they sign in."
    ),
    danger=True,
)


@admin.register(User)
class UserAdmin(DjangoUserAdmin, BaseAdmin):
    when_empty = gettext_lazy("Nobody can sign in so far.")
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    actions_detail = ("reset_second_factor",)

    @dialog_action(RESET, permission="reset_second_factor")
    def reset_second_factor(self, request: HttpRequest, form: ResetForm, object_id: str) -> HttpResponse:
        def step() -> str:
            if devices.forget(form.user):
                self.log_change(request, form.user, "second factor reset")
            return _("%(who)s sets up a new second factor when they sign in.") % {"who": form.user.get_username()}

        return call_client(request, form, RESET, step, back=reverse("admin:auth_user_change", args=[object_id]))

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """Whoever gives somebody a new password, themselves too, has typed their own lately."""
        return password_first(request, partial(super().user_change_password, request, id, form_url))

    def has_reset_second_factor_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        """Whoever runs the shop, and nobody else: it opens other people's accounts."""
        return bool(request.user.is_superuser)


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, BaseAdmin):
    when_empty = gettext_lazy("There are no roles so far.")
