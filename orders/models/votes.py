"""One decision held against everything the tables know: at the client function, and again by the activity that
records it."""

import re
from datetime import datetime

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User

from orders.models.approval import ApprovalRequest
from orders.models.deciders import Vote, eligibility
from orders.rules.approvals import ApprovalOutcome, LevelState, check_content, check_decision, outcome
from orders.rules.refusals import Refusal, RuleBroken

STAFF = re.compile(r"user:([1-9][0-9]{0,17})")


def check_eligibility(
    request: ApprovalRequest, *, role: str, approved: bool, comment: str, by: str, seen: str, at: datetime
) -> Vote:
    """The vote that a decision is.

    :param by: who decides, as `user:17`; whatever client function they come through, only people in the role decide
    :param seen: the fingerprint of what that person looked at; empty where nobody says
    :param at: when; whoever stands in for somebody else must do so then
    :raises RuleBroken: unknown role; closed, not asked or decided; rejected without a comment; other content than was
        seen; not in the role; own request; has decided another level
    """
    levels = {level.role: LevelState(level.state) for level in request.levels.all()}
    ended = request.outcome if request.outcome != ApprovalOutcome.PENDING else outcome(levels)
    check_decision(levels, outcome=ended, role=role, approved=approved, comment=comment)
    vote = eligibility(request, _person(by, role), role, at)
    check_content(seen=seen, fingerprint=request.fingerprint, amount=request.amount)
    return vote


def _person(by: str, role: str) -> User:
    written = STAFF.fullmatch(by)
    person = get_user_model().objects.filter(pk=int(written[1])).first() if written else None
    if person is None:
        raise RuleBroken(Refusal.NOT_IN_ROLE, role=role)
    return person
