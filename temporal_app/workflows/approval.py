"""Gathering the decisions that an order or an expense needs."""

import asyncio
from dataclasses import replace

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from orders.rules.approvals import (
        ApprovalOutcome,
        AtDeadline,
        LevelState,
        check_decision,
        outcome,
        revised,
        same_person,
    )
    from orders.rules.happenings import Happening
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
        Decision,
        DecisionRecord,
        Remark,
    )
    from temporal_app.policies import seconds


@workflow.defn
class ApprovalWorkflow:
    """Asks every role it was given, in any order; the first rejection ends it, and so does the deadline."""

    @workflow.init
    def __init__(self, approval: ApprovalInput) -> None:
        self._approval = approval
        self._levels = dict.fromkeys(approval.roles, LevelState.PENDING)
        self._lock = asyncio.Lock()
        self._opened = False
        self._ended_by: ApprovalResult | None = None
        self._last_decision: Decision | None = None
        self._started_at = workflow.time()
        self._deadline = self._started_at + approval.deadline_seconds
        self._reminded = approval.remind_before_seconds == 0
        self._escalated = False

    @workflow.run
    async def run(self, approval: ApprovalInput) -> ApprovalResult:
        await self._open()
        try:
            await self._gather_decisions()
        except asyncio.CancelledError:
            self._ended_by = ApprovalResult(ApprovalOutcome.WITHDRAWN, reason="withdrawn")
        async with self._lock:
            result = self._result()
            end = ApprovalEnd(approval.kind, approval.subject, result)
            await workflow.execute_local_activity(approvals.end_approval, end, **policies.RECORD)
            self._ended_by = result
        await workflow.wait_condition(workflow.all_handlers_finished)
        return result

    async def _open(self) -> None:
        opening = ApprovalOpening(self._approval, self._deadline)
        await workflow.execute_local_activity(approvals.open_approval, opening, **policies.RECORD)
        self._opened = True

    async def _gather_decisions(self) -> None:
        """Wait for every level; on the way remind, escalate, and at last expire."""
        while not self._decided():
            known = self._deadline
            until = known if self._reminded else max(known - self._approval.remind_before_seconds, workflow.time())
            try:
                await workflow.wait_condition(
                    lambda known=known: self._decided() or self._deadline != known,
                    timeout=seconds(until - workflow.time()),
                )
            except TimeoutError:
                async with self._lock:  # a decision being recorded right now still counts
                    if not self._decided():
                        await self._time_is_up()

    async def _time_is_up(self) -> None:
        if not self._reminded:
            self._reminded = True
            reminder = ApprovalReminder(self._approval.kind, self._approval.subject, self._approval.round)
            await workflow.execute_local_activity(approvals.remind_deciders, reminder, **policies.RECORD)
        elif workflow.time() >= self._deadline:
            if self._approval.at_deadline == AtDeadline.ESCALATE and not self._escalated:
                await self._escalate()
            else:
                self._ended_by = ApprovalResult(ApprovalOutcome.EXPIRED, reason="deadline")

    async def _escalate(self) -> None:
        """Ask the next role instead of those who did not answer."""
        self._escalated = True
        for role, state in self._levels.items():
            if state == LevelState.PENDING:
                self._levels[role] = LevelState.DROPPED
        self._levels.setdefault(self._approval.escalate_to, LevelState.PENDING)
        if self._levels[self._approval.escalate_to] == LevelState.DROPPED:
            self._levels[self._approval.escalate_to] = LevelState.PENDING
        self._restart_clock()
        await self._amend("escalated", by=names.SYSTEM)

    def _restart_clock(self) -> None:
        """Give those who are asked now the whole time again, within what an approval may take at most."""
        last = self._started_at + policies.longest_approval(self._approval.deadline_seconds)
        self._deadline = min(workflow.time() + self._approval.deadline_seconds, last)
        self._reminded = self._approval.remind_before_seconds == 0

    async def _amend(self, change: str, *, by: str) -> None:
        amendment = ApprovalAmendment(
            kind=self._approval.kind,
            subject=self._approval.subject,
            change=change,
            round=self._approval.round,
            amount=self._approval.amount,
            fingerprint=self._approval.fingerprint,
            levels={role: state.value for role, state in self._levels.items()},
            deadline=self._deadline,
            by=by,
        )
        await workflow.execute_local_activity(approvals.amend_approval, amendment, **policies.RECORD)

    # What people and machines say

    @workflow.update
    async def decide(self, decision: Decision) -> ApprovalState:
        """Decide for one role; answers how the approval stands afterwards."""
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
        """What is being approved has changed."""
        async with self._lock:
            if self._decided():
                return  # the saga compares what was approved with what there is now, and asks again
            grown = revision.amount > self._approval.amount
            self._levels = revised(self._levels, roles=revision.roles, grown=grown)
            self._approval = replace(
                self._approval,
                amount=revision.amount,
                fingerprint=revision.fingerprint,
                round=self._approval.round + grown,
            )
            if grown:
                self._restart_clock()
            await self._amend("revised", by=revision.by)

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
        if self._decided():
            raise RuleBroken(Refusal.APPROVAL_CLOSED, outcome=self._outcome())
        check_decision(self._levels, role=decision.role, approved=decision.approved, comment=decision.comment)
        if same_person(decision.by, self._approval.requested_by):
            raise RuleBroken(Refusal.OWN_REQUEST)
        if decision.fingerprint and decision.fingerprint != self._approval.fingerprint:
            raise RuleBroken(Refusal.CONTENT_CHANGED, total=self._approval.amount)

    async def _record(self, decision: Decision) -> None:
        """Check again under the lock, write the decision down, and only then count it."""
        await workflow.wait_condition(lambda: self._opened)
        async with self._lock:
            with refusing():
                self._check(decision)
            record = DecisionRecord(self._approval.kind, self._approval.subject, self._approval.round, decision)
            try:
                await workflow.execute_local_activity(approvals.record_decision, record, **policies.RECORD)
            except ActivityError as refused:
                raise refused.cause or refused from refused
            self._levels[decision.role] = LevelState.APPROVED if decision.approved else LevelState.REJECTED
            self._last_decision = decision

    async def _hear(self, decision: Decision) -> None:
        try:
            await self._record(decision)
        except ApplicationError as refused:
            workflow.logger.warning("a decision for %s was refused: %s", self._approval.subject, refused.type)
            if self._approval.kind == "order":
                await self._note_refusal(decision, refused)

    async def _note_refusal(self, decision: Decision, refused: ApplicationError) -> None:
        remark = Remark(
            number=self._approval.subject,
            kind=Happening.DECISION_REFUSED,
            by=decision.by,
            key=str(workflow.uuid4()),
            data={"role": decision.role, "refusal": refused.type or ""},
        )
        await workflow.execute_local_activity(orders.remark, remark, **policies.RECORD)

    def _outcome(self) -> ApprovalOutcome:
        return ApprovalOutcome(self._ended_by.outcome) if self._ended_by else outcome(self._levels)

    def _decided(self) -> bool:
        return self._outcome() != ApprovalOutcome.PENDING

    def _state(self) -> ApprovalState:
        return ApprovalState(self._outcome(), self.get_approval_status())

    def _result(self) -> ApprovalResult:
        ended = self._ended_by or ApprovalResult(self._outcome())
        if self._ended_by is None and self._last_decision is not None:
            ended = replace(ended, by=self._last_decision.by, reason=self._last_decision.comment)
        return replace(ended, fingerprint=self._approval.fingerprint, round=self._approval.round)
