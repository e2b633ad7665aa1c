"""Files of refunds for the bank, and debits that people have dealt with; the web only asks for them."""

from temporalio import workflow
from temporalio.common import VersioningBehavior

with workflow.unsafe.imports_passed_through():
    from temporal_app import policies
    from temporal_app.activities import refund_files
    from temporal_app.messages import DebitSettlement, RefundExport, RefundWithdrawal
    from temporal_app.workflows import steps


@workflow.defn(versioning_behavior=VersioningBehavior.PINNED)
class RefundExportWorkflow:
    """Puts refunds into a file, once; returns the file's key, 0 where there was nothing to put into one."""

    @workflow.run
    async def run(self, export: RefundExport) -> int:
        return await workflow.execute_activity(refund_files.export_refunds, export, **policies.READ_FILE)


@workflow.defn(versioning_behavior=VersioningBehavior.PINNED)
class RefundWithdrawalWorkflow:
    """Frees the refunds of a file that the bank did not carry out."""

    @workflow.run
    async def run(self, withdrawal: RefundWithdrawal) -> None:
        await steps.record(refund_files.withdraw_refunds, withdrawal)


@workflow.defn(versioning_behavior=VersioningBehavior.PINNED)
class DebitSettlementWorkflow:
    """Notes that a member of staff has dealt with a debit."""

    @workflow.run
    async def run(self, settlement: DebitSettlement) -> None:
        await steps.record(refund_files.settle_debit, settlement)
