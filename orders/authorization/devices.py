"""What staff show as a second factor: an app with changing codes (TOTP), and codes that they wrote down.

django-otp keeps both. Of a written code only a digest is kept.
"""

from typing import TypeAlias

import django_otp
from django.contrib.auth.models import User
from django.db import transaction
from django.utils.crypto import get_random_string, salted_hmac
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

Device: TypeAlias = TOTPDevice | StaticDevice
CODES, LENGTH, LETTERS = 10, 10, "abcdefghjkmnpqrstuvwxyz23456789"


def app_of(user: User) -> TOTPDevice | None:
    """The app that somebody set up."""
    return TOTPDevice.objects.filter(user=user, confirmed=True).order_by("pk").first()


def being_set_up(user: User, key: int | None) -> TOTPDevice:
    """The app that counts as soon as it has shown one right code: the one of this key, or a new one. Its secret is for
    whoever sets it up in this browser; one that somebody else may have seen before would be theirs as well."""
    begun = TOTPDevice.objects.filter(user=user, pk=key, confirmed=False).first() if key else None
    return begun or TOTPDevice.objects.create(user=user, name="app", confirmed=False)


def shown_by_app(app: TOTPDevice, code: str) -> Device | None:
    """The app, where this is its code of now; each is taken once."""
    found: Device | None = django_otp.verify_token(app.user, app.persistent_id, code)
    return found


def written_down(user: User, code: str) -> Device | None:
    """Where the code is one of those that somebody wrote down, what stands for them; the code is used up."""
    written = StaticDevice.objects.filter(user=user).order_by("pk").first()
    found: Device | None = written and django_otp.verify_token(user, written.persistent_id, _digest(code))
    return found


def codes_left(user: User) -> int:
    """How many codes that were written down are not used yet."""
    return sum(written.token_set.count() for written in StaticDevice.objects.filter(user=user))


@transaction.atomic
def confirm(app: TOTPDevice) -> list[str]:
    """The app has shown a right code and counts from now on; returns the codes to write down, this once."""
    TOTPDevice.objects.filter(pk=app.pk).update(confirmed=True)
    TOTPDevice.objects.filter(user=app.user, confirmed=False).delete()
    StaticDevice.objects.filter(user=app.user).delete()
    written = StaticDevice.objects.create(user=app.user, name="written down")
    codes = [get_random_string(LENGTH, LETTERS) for _number in range(CODES)]
    for code in codes:
        written.token_set.create(token=_digest(code))
    return codes


@transaction.atomic
def forget(user: User) -> bool:
    """Take away what somebody shows, so that they set it up anew; returns whether there was anything."""
    StaticDevice.objects.filter(user=user).delete()
    removed, _each = TOTPDevice.objects.filter(user=user).delete()
    return bool(removed)


def _digest(code: str) -> str:
    """As long as django-otp has room for, 64 bits."""
    return salted_hmac("orders.written_code", code, algorithm="sha256").hexdigest()[:16]
