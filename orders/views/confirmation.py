"""The link in a guest's first mail: it confirms that the address is theirs, and so their goods are kept for longer."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from orders.models import GuestHold
from orders.models.guest_hold import is_confirmation_key
from orders.views import visitor
from orders.views.order_page import Access


@require_GET
@never_cache
def confirm(request: HttpRequest, number: str, token: str, key: str) -> HttpResponse:
    """Confirm by GET, as links in mails are followed; it only says that the mail was read, and does so once."""
    order = visitor.order(request, number, token)
    if not is_confirmation_key(order, key):
        raise Http404
    hold = GuestHold.objects.filter(order=order).first()
    if hold is None or hold.confirm(timezone.now()):
        messages.success(request, _("Thank you! Your e-mail address is confirmed."))
    else:
        messages.warning(request, _("The time to confirm your e-mail address was up; this order is not kept any more."))
    return redirect(Access(number, token).url("order"))
