"""Gathering the decisions that an order or an expense needs."""

import asyncio
from dataclasses import replace

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from orders.rules import actors
    from orders.rules.approvals import (
        ApprovalOutcome,
        AtDeadline,
        LevelState,
        check_content,
        check_decision,
        escalated,
        may_escalate,
        outcome,
        revised,
    )
    from orders.rules.order_events import OrderEvent
    from orders.rules.refusals import Refusal, RuleBroken
    from temporal_app import names, policies
    from temporal_app.activities import approvals, orders
    from temporal_app.failures import refusing
    from temporal_app.messages import (
        ApprovalAmendment,
        ApprovalEnd,
        ApprovalInput,
        ApprovalOpening,
        ApprovalReminder,
        ApprovalResult,
        ApprovalRevision,
        ApprovalState,
        ChildEnd,
        Decision,
        DecisionRecord,
        TimelineMessage,
    )
    from temporal_app.policies import seconds
    from temporal_app.workflows import errands, steps
    from temporal_app.workflows.children import EndReport

LONGEST_NAME = 60


@workflow.defn
class ApprovalWorkflow:
    """Asks every role it was given, in any order; the first rejection ends it, and so does the deadline.

    Whatever changes the levels holds the lock while it is written down, so that no two decisions overtake each other.
    """

    @workflow.init
    def __init__(self, approval: ApprovalInput) -> None:
        self._approval = approval
        self._levels = dict.fromkeys(approval.roles, LevelState.PENDING)
        self._passed_over: dict[str, str] = {}  # who did not answer in time, and who was asked instead
        self._lock = asyncio.Lock()
        self._opened = False
        self._ended_by: ApprovalResult | None = None
        self._last_word_by, self._last_word = actors.SYSTEM, ""
        self._started_at = workflow.time()
        self._deadline = self._started_at + approval.deadline_seconds
        self._reminded = approval.remind_before_seconds == 0
        self._report = EndReport()

    @workflow.run
    async def run(self, approval: ApprovalInput) -> ApprovalResult:
        withdrawn = False
        try:
            await self._open()
            await self._gather_decisions()
        except asyncio.CancelledError:
            withdrawn = True
        async with self._lock:  # a decision being recorded right now still counts
            if withdrawn and not self._decided():
                self._ended_by = ApprovalResult(ApprovalOutcome.WITHDRAWN, reason="withdrawn")
            result = self._ended_by = self._result()
            end = ApprovalEnd(approval.kind, approval.subject, result)
            await steps.record_durably(approvals.end_approval, end)
        if result.outcome == ApprovalOutcome.APPROVED and approval.kind in names.AFTER_APPROVAL:
            await errands.begin(approval.kind, approval.subject)
        await workflow.wait_condition(workflow.all_handlers_finished)
        await self._report.send(ChildEnd(workflow.info().run_id, approval=result))
        return result

    async def _open(self) -> None:
        opening = ApprovalOpening(self._approval, self._deadline)
        unchanged = await steps.record(approvals.open_approval, opening)
        if not unchanged:  # typed over while it was being submitted
            self._ended_by = ApprovalResult(ApprovalOutcome.REJECTED, reason=OrderEvent.APPROVAL_CHANGED)
        self._opened = True

    # The clock

    async def _gather_decisions(self) -> None:
        """Wait for every level; on the way remind, escalate, and at last expire."""
        while not self._decided():
            if workflow.cancellation_reason() is not None:  # came while something was being written down
                raise asyncio.CancelledError
            try:
                await self._something_new(until=self._next_moment())
            except TimeoutError:
                async with self._lock:  # a decision being recorded right now still counts
                    if not self._decided() and workflow.time() >= self._next_moment():
                        await self._time_is_up()

    async def _something_new(self, *, until: float) -> None:
        """Wait for the outcome or another deadline.

        :raises TimeoutError: nobody said anything until then
        """
        patience = seconds(max(0.0, until - workflow.time()))
        await workflow.wait_condition(lambda: self._decided() or self._next_moment() != until, timeout=patience)

    def _next_moment(self) -> float:
        """When something happens if nobody says anything: the reminder, then the deadline."""
        return self._deadline if self._reminded else self._deadline - self._approval.remind_before_seconds

    async def _time_is_up(self) -> None:
        if not self._reminded and workflow.time() < self._deadline:
            self._reminded = True
            reminder = ApprovalReminder(self._approval.kind, self._approval.subject, self._deadline)
            await steps.record(approvals.remind_deciders, reminder)
        elif self._escalates():
            await self._escalate()
        else:
            self._ended_by = ApprovalResult(ApprovalOutcome.EXPIRED, reason=OrderEvent.APPROVAL_EXPIRED)

    def _escalates(self) -> bool:
        """Whether the policy names somebody to ask in place of those who did not answer; it does so once."""
        policy = self._approval
        wanted = policy.at_deadline == AtDeadline.ESCALATE and not self._passed_over
        return wanted and may_escalate(self._levels, to=policy.escalate_to)

    async def _escalate(self) -> None:
        """Ask the next role instead of those who did not answer."""
        to = self._approval.escalate_to
        self._passed_over = {role: to for role, state in self._levels.items() if state == LevelState.PENDING}
        self._levels = escalated(self._levels, to=to)
        self._restart_clock()
        await self._amend("escalated", by=actors.SYSTEM, asked=(to,))

    def _restart_clock(self) -> None:
        """Give those who are asked now the whole time again, within what an approval may take at most."""
        last = self._started_at + policies.longest_approval(self._approval.deadline_seconds)
        self._deadline = min(workflow.time() + self._approval.deadline_seconds, last)
        self._reminded = self._approval.remind_before_seconds == 0

    # What people and machines say

    @workflow.update
    async def decide(self, decision: Decision) -> ApprovalState:
        """Decide for one role; returns how the approval stands afterwards."""
        await self._record(decision)
        return self._state()

    @decide.validator
    def check_decide(self, decision: Decision) -> None:
        """Refuse, without a trace in the history, what can be seen to be wrong from here."""
        with refusing():
            self._check(decision)

    @workflow.signal
    async def approve(self, decision: Decision) -> None:
        """A machine passes an approval on; what is refused is noted, never raised."""
        await self._hear(replace(decision, approved=True))

    @workflow.signal
    async def reject(self, decision: Decision) -> None:
        """A machine passes a rejection on; what is refused is noted, never raised."""
        await self._hear(replace(decision, approved=False))

    @workflow.signal
    async def revise(self, revision: ApprovalRevision) -> None:
        """What is being approved has changed: more of it reopens the levels that it needs, less drops some."""
        await self._until_open()
        async with self._lock:
            if self._decided() or revision.fingerprint == self._approval.fingerprint:
                return  # the saga compares what was approved with what there is now, and asks again
            grown, before = revision.amount >= self._approval.amount, self._levels
            self._adopt(revision, grown=grown)
            asked = (
                role
                for role, state in self._levels.items()
                if state == LevelState.PENDING and (grown or before.get(role) != LevelState.PENDING)
            )
            await self._amend("revised", by=revision.by, asked=tuple(asked))

    def _adopt(self, revision: ApprovalRevision, *, grown: bool) -> None:
        tier = revision.tier
        self._approval = replace(
            self._approval,
            amount=revision.amount,
            fingerprint=revision.fingerprint,
            round=self._approval.round + grown,
            deadline_seconds=tier.deadline_seconds,
            at_deadline=tier.at_deadline,
            remind_before_seconds=tier.remind_before_seconds,
            escalate_to=tier.escalate_to,
        )
        if grown:
            self._passed_over = {}
            self._restart_clock()
        roles = dict.fromkeys(self._passed_over.get(role, role) for role in tier.roles)
        self._levels = revised(self._levels, roles=roles, grown=grown)
        self._last_word_by, self._last_word = revision.by, ""

    @workflow.signal
    def report_end(self, _nothing: None = None) -> None:
        """The order's saga goes on in a new run, which Temporal does not tell how this ends."""
        self._report.wanted = True

    @workflow.query
    def get_approval_status(self) -> dict[str, str]:
        """Each role's state."""
        return {role: state.value for role, state in self._levels.items()}

    @workflow.query
    def is_fully_approved(self) -> bool:
        """Whether every role that was asked has approved."""
        return self._outcome() == ApprovalOutcome.APPROVED

    # How a decision is taken

    def _check(self, decision: Decision) -> None:
        role, approved, comment = decision.role, decision.approved, decision.comment
        check_decision(self._levels, outcome=self._outcome(), role=role, approved=approved, comment=comment)
        if actors.same_person(decision.by, self._approval.requested_by):
            raise RuleBroken(Refusal.OWN_REQUEST)
        if decision.by in self._approval.barred:
            raise RuleBroken(Refusal.OWN_ORDER, number=self._approval.subject)
        content = self._approval
        check_content(seen=decision.fingerprint, fingerprint=content.fingerprint, amount=content.amount)

    async def _record(self, decision: Decision) -> None:
        """Check again under the lock, write the decision down, and only then count it."""
        decision = replace(decision, comment=_legible(decision.comment))
        await self._until_open()
        async with self._lock:
            with refusing():
                self._check(decision)
            approval = self._approval
            record = DecisionRecord(approval.kind, approval.subject, approval.round, decision, workflow.time())
            try:
                await steps.record_durably(approvals.record_decision, record)
            except ActivityError as refused:
                raise refused.cause or refused from refused
            self._levels[decision.role] = LevelState.APPROVED if decision.approved else LevelState.REJECTED
            self._last_word_by, self._last_word = decision.by, decision.comment

    async def _hear(self, decision: Decision) -> None:
        try:
            await self._record(decision)
        except ApplicationError as refused:
            workflow.logger.warning("a decision for %s was refused: %s", self._approval.subject, refused.type)
            if self._approval.kind == "order":
                await self._note_refusal(decision, refused)

    async def _note_refusal(self, decision: Decision, refused: ApplicationError) -> None:
        params = refused.details[0] if refused.details else {}
        words = {**params, "role": decision.role, "refusal": refused.type or ""}
        remark = TimelineMessage(
            number=self._approval.subject,
            kind=OrderEvent.DECISION_REFUSED,
            by=_legible(decision.by)[:LONGEST_NAME],
            key=str(workflow.uuid4()),
            data={name: _legible(word)[:LONGEST_NAME] for name, word in words.items()},
        )
        await steps.record(orders.record_order_event, remark)

    async def _amend(self, change: str, *, by: str, asked: tuple[str, ...]) -> None:
        amendment = ApprovalAmendment(
            kind=self._approval.kind,
            subject=self._approval.subject,
            change=change,
            round=self._approval.round,
            amount=self._approval.amount,
            fingerprint=self._approval.fingerprint,
            levels=self.get_approval_status(),
            deadline=self._deadline,
            by=by,
            asked=asked,
        )
        await steps.record(approvals.amend_approval, amendment)

    # How it stands

    async def _until_open(self) -> None:
        await workflow.wait_condition(lambda: self._opened or self._decided())

    def _outcome(self) -> ApprovalOutcome:
        return ApprovalOutcome(self._ended_by.outcome) if self._ended_by else outcome(self._levels)

    def _decided(self) -> bool:
        return self._outcome() != ApprovalOutcome.PENDING

    def _state(self) -> ApprovalState:
        return ApprovalState(self._outcome(), self.get_approval_status())

    def _result(self) -> ApprovalResult:
        ended = self._ended_by or ApprovalResult(self._outcome(), by=self._last_word_by, reason=self._last_word)
        return replace(ended, fingerprint=self._approval.fingerprint, round=self._approval.round)


def _legible(text: str) -> str:
    """What a stranger wrote, without what no database takes."""
    return text.encode(errors="ignore").decode().replace("\x00", "")
