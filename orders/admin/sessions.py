"""Your sessions: where one is signed in oneself, and ending that."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from orders import labels
from orders.admin.base import html
from orders.admin.base.keys import key
from orders.admin.base.pages import page_context
from orders.models import StaffSession

OTHERS = "others"


@require_http_methods(["GET", "HEAD", "POST"])
def your_sessions(request: HttpRequest) -> HttpResponse:
    """One's own sessions (GET); ending one of them, or all but this (POST, `end`). Nobody sees or ends another's."""
    mine = StaffSession.objects.filter(user=request.user.pk)
    this = request.session.session_key
    if request.method == "POST":
        chosen = request.POST.get("end", "")
        others = mine.exclude(key=this)
        ended = (others if chosen == OTHERS else others.filter(pk=key(chosen) or 0)).end()
        said = ngettext("%(count)s session was ended.", "%(count)s sessions were ended.", ended)
        messages.success(request, said % {"count": ended})
        return HttpResponseRedirect(reverse("admin:your-sessions"))
    rows = [
        {
            "pk": row.pk,
            "browser": labels.browser(row.browser),
            "address": row.address,
            "began": labels.moment(row.began_at),
            "seen": html.ago(row.seen_at),
            "this": row.key == this,
        }
        for row in mine.going_on().order_by("-seen_at", "-pk")
    ]
    context = {"rows": rows, "others": [row for row in rows if not row["this"]], "end_others": OTHERS}
    return TemplateResponse(
        request, "admin/shop/your_sessions.html", {**page_context(request, _("Your sessions")), **context}
    )


def account(request: HttpRequest) -> list[dict[str, str]]:
    """The links in the menu of who is signed in (named in the settings)."""
    return [{"title": title, "link": link} for title, link in _links(request.user)]


def _links(user: object) -> list[tuple[str, str]]:
    found = [(_("Your sessions"), reverse("admin:your-sessions"))]
    if not getattr(user, "otp_device", None):
        found.append((_("Set up a second factor"), reverse("second-factor")))
    return found
