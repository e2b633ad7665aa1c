"""Deciding several approvals at once: first what can be done and what not, then what happened to each."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from orders import labels
from orders.admin.approvals import wording
from orders.admin.approvals.requests import FORMS, submit_decision
from orders.admin.approvals.waiting import voter_of
from orders.admin.base import people
from orders.admin.base.keys import keys
from orders.admin.base.pages import page_context
from orders.authorization.eligibility import Vote, Voter
from orders.authorization.lookups import with_subjects
from orders.models import ApprovalRequest
from orders.rules.refusals import Refusal
from temporal_app.client.errors import ClientError, Refused, Unavailable

AT_ONCE = 100


@dataclass
class Candidate:
    """One approval of those chosen: the vote on it or why there is none, and later what became of it."""

    approval: ApprovalRequest
    vote: Vote | None
    reason: str
    result: str = ""
    done: bool = False

    @property
    def subject(self) -> str:
        return wording.subject(self.approval)

    @property
    def requester(self) -> str:
        return wording.requester(self.approval)

    @property
    def amount(self) -> str:
        return labels.money(self.approval.amount, self.approval.currency)

    @property
    def capacity(self) -> str:
        return wording.capacity(self.vote) if self.vote else ""


@require_http_methods(["GET", "HEAD", "POST"])
def bulk(request: HttpRequest) -> HttpResponse:
    """The confirmation (GET), and what happened to each (POST)."""
    if not request.user.has_perm("orders.decide_approval"):
        raise PermissionDenied
    data = request.POST if request.method == "POST" else request.GET
    decision = data.get("decision")
    chosen = keys(data.getlist("id"))
    if decision not in FORMS or not chosen:
        return HttpResponseRedirect(reverse("admin:approvals"))
    candidates = _candidates(request, chosen[:AT_ONCE])
    comment = data.get("comment", "").strip()
    context = {"decision": decision, "candidates": candidates, "comment": comment, "left_out": len(chosen) - AT_ONCE}
    if request.method != "POST":
        return _confirmation(request, context)
    if error := _wrong(decision, comment):
        return _confirmation(request, {**context, "error": error}, status=400)
    return _carried_out(request, context)


def _wrong(decision: str, comment: str) -> str:
    """What the dialog for one would say about this comment; empty where nothing is wrong."""
    form = FORMS[decision]
    try:
        form.base_fields["comment"].clean(comment)
    except ValidationError as error:
        return " ".join(error.messages)
    return ""


def _candidates(request: HttpRequest, chosen: list[int]) -> list[Candidate]:
    voter = voter_of(request)
    approvals = with_subjects(ApprovalRequest.objects.filter(pk__in=chosen)).order_by("deadline", "pk")
    return [_candidate(voter, approval) for approval in approvals]


def _candidate(voter: Voter, approval: ApprovalRequest) -> Candidate:
    # one's own vote before one cast for somebody else
    votes = sorted(voter.votes(approval), key=lambda vote: vote.acting_for is not None)
    return Candidate(approval, votes[0] if votes else None, wording.why_not(voter, approval))


def _confirmation(request: HttpRequest, context: dict[str, Any], status: int = 200) -> HttpResponse:
    candidates = context["candidates"]
    able = sum(candidate.vote is not None for candidate in candidates)
    numbers = {"able": able, "all": len(candidates)}
    approve = context["decision"] == "approve"
    summary = (
        _("You can approve %(able)s of these %(all)s.") if approve else _("You can reject %(able)s of these %(all)s.")
    )
    title = _("Approve several") if approve else _("Reject several")
    context = {**context, "able": able, "summary": summary % numbers, **page_context(request, title)}
    return TemplateResponse(request, "admin/shop/bulk_confirm.html", context, status=status)


def _carried_out(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    approved = context["decision"] == "approve"
    answering = True
    for candidate in context["candidates"]:
        if not answering:
            candidate.result = _("Not tried.")
            continue
        answering = _carry_out(request, candidate, approved=approved, comment=context["comment"])
    done = sum(candidate.done for candidate in context["candidates"])
    numbers = {"done": done, "all": len(context["candidates"])}
    summary = _("%(done)s of %(all)s approved.") if approved else _("%(done)s of %(all)s rejected.")
    context = {**context, "done": done, "summary": summary % numbers, **page_context(request, _("What happened"))}
    # where nobody answers, the first failure is the answer for the rest: each would take seconds
    return TemplateResponse(request, "admin/shop/bulk_result.html", context, status=200 if answering else 503)


def _carry_out(request: HttpRequest, candidate: Candidate, *, approved: bool, comment: str) -> bool:
    """Decide one, if the confirmation offered it; False where the shop does not answer at all."""
    key = candidate.approval.pk
    role = request.POST.get(f"role-{key}", "")
    if not role:
        since_then = Refused(Refusal.CONTENT_CHANGED, {"total": str(candidate.approval.amount)})
        candidate.result = candidate.reason or people.explain(since_then)
        return True
    seen = request.POST.get(f"seen-{key}", "")
    try:
        candidate.result = submit_decision(
            request, candidate.approval, role=role, approved=approved, comment=comment, seen=seen
        )
        candidate.done = True
    except ClientError as error:
        candidate.result = people.explain(error)
        return not isinstance(error, Unavailable)
    return True
