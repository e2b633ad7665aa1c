"""Forgotten and changed passwords: mails through the outbox, with links to the shop's own address alone."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.forms import PasswordResetForm
from django.contrib.auth.models import User
from django.contrib.auth.views import PasswordResetView
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import get_random_string

from orders.models import Notification
from orders.models.notification import MailKind
from orders.models.throttle import Throttle
from orders.rules import actors
from orders.views.origin import client_address, network
from orders.views.throttle import too_many
from shop import security_log
from temporal_app import client
from temporal_app.client.errors import ClientError

EVERY = timedelta(hours=1)


class OutboxResetForm(PasswordResetForm):
    """Writes a mail for each account of the address into the outbox; the link is made when it is sent."""

    def save(self, *args: Any, **kwargs: Any) -> None:
        email = self.cleaned_data["email"]
        if not Throttle.spend("reset-mail", email, limit=settings.RESETS_PER_NAME, every=EVERY):
            for user in self.get_users(email):
                write_to(user, MailKind.PASSWORD_RESET)
        wake()  # also where there is no such account, which nobody is to find out by the clock


class ResetView(PasswordResetView):
    """Asking for a new password: so many times an hour from one network address, and from anywhere for one account."""

    form_class = OutboxResetForm

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        whose = network(client_address(request))
        wait = Throttle.spend("reset-address", whose, limit=settings.RESETS_PER_ADDRESS, every=EVERY)
        return too_many(request, wait) if wait else super().post(request, *args, **kwargs)


class TellOwner:
    """Tells whoever has an account, by mail, that its password was changed. Django asks `AUTH_PASSWORD_VALIDATORS`
    about each password, and tells them of each that was saved."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Every password will do."""

    def get_help_text(self) -> str:
        """Nothing that anybody has to know."""
        return ""

    def password_changed(self, password: str, user: User | None = None) -> None:
        """A new account's first password is no change, though the log tells of both."""
        if user is not None:
            security_log.tell("password_changed", by=actors.user(user.pk))
        if user is not None and user.pk and timezone.now() - user.date_joined > timedelta(minutes=1):
            write_to(user, MailKind.PASSWORD_CHANGED)
            wake()


def write_to(user: User, kind: MailKind) -> None:
    """A mail to the owner of an account, each anew."""
    if user.email:
        Notification.write(kind, recipient=actors.user(user.pk), key=get_random_string(20))


def wake() -> None:
    """Have the mail sent soon; where Temporal is away, the watch that looks every five minutes has it sent later."""
    try:
        client.send_mail()
    except ClientError:
        return
