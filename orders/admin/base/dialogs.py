"""Dialogs that go through a client function: one form, one call, and an answer that a person can act on.

`@dialog_action(…)` (Unfold's) shows the form and checks the permission and the CSRF token. When the form is valid,
the action calls `call_client`; a refusal comes back inside the dialog with its own HTTP status, success leaves it.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.functional import Promise
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails
from unfold.decorators import action

from orders.admin.base import people
from orders.admin.base.keys import key
from orders.admin.base.proof import PasswordAgain
from orders.admin.base.typed import BaseDialogForm
from orders.http_status import http_status
from temporal_app.client.errors import ClientError

Words = str | Promise
Dialog = dict[str, Any]  # as Unfold wants it
Handler = TypeVar("Handler", bound=Callable[..., HttpResponse])


class ClientForm(BaseDialogForm):
    """A form in a dialog.

    `facts` are shown above the fields. `closed` says why nothing can be sent, and takes the button away. `refusal`
    is what the client function said last time.
    """

    use_required_attribute = False  # the dialog's own sentences are better than the browser's

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.object_id is not None and key(self.object_id) is None:
            raise Http404
        self.facts: list[tuple[str, object]] = []
        self.closed = ""
        self.refusal = ""

    def again(self) -> "ClientForm":
        """The same form filled in the same way, about the subject as it is now."""
        shown = [name for name, field in self.fields.items() if not field.widget.is_hidden]
        typed = {name: self.cleaned_data[name] for name in shown if name in self.cleaned_data}
        return type(self)(request=self.request, object_id=self.object_id, initial=typed)


class MoneyForm(PasswordAgain, ClientForm):
    """A form in a dialog that moves money, or says how it may be moved: the password has to be typed lately."""


def dialog(
    form: type[ClientForm], title: Words, description: Words = "", *, submit: Words = "", danger: bool = False
) -> Dialog:
    """A dialog.

    :param submit: what stands on the button that sends it; the title, unless something else is said
    :param danger: whether it cannot be taken back
    """
    return {
        "title": title,
        "description": description,
        "form_class": form,
        "form_submit_text": submit or title,
        "danger": danger,
    }


def dialog_action(about: Dialog, *, permission: str) -> Callable[[Handler], Handler]:
    """An action of an admin page that opens this dialog, for those of whom `has_…_permission` says that they may."""
    decorated: Callable[[Handler], Handler] = action(description=about["title"], permissions=[permission], dialog=about)
    return decorated


def call_client(
    request: HttpRequest, form: ClientForm, about: Dialog, step: Callable[[], str], *, back: str
) -> HttpResponse:
    """Take a step through a client function, then say how it went.

    :param step: calls the client function and returns what to tell
    :param back: where to go afterwards, unless the dialog was opened over another page of this site
    """
    try:
        said = step()
    except ClientError as error:
        fresh = form.again()
        fresh.refusal = people.explain(error)
        context = {"dialog": about, "form": fresh, "form_submit_text": about["form_submit_text"]}
        return render(request, "unfold/helpers/dialog.html", context, status=http_status(error))
    messages.success(request, said)
    htmx = HtmxDetails(request)
    if htmx:
        return HttpResponseClientRedirect(htmx.current_url_abs_path or back)
    return HttpResponseRedirect(back)
