"""Which version of the shop a worker is, so that two of them may run side by side; docs/decisions/09."""

from dataclasses import replace

from django.conf import settings
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.worker import (
    UnsandboxedWorkflowRunner,
    WorkerDeploymentConfig,
    WorkflowInstance,
    WorkflowInstanceDetails,
    WorkflowRunner,
)


def deployment() -> WorkerDeploymentConfig | None:
    """The version that `TEMPORAL_WORKER_BUILD_ID` names; None without it, where a worker takes whatever comes.

    A workflow moves on to the version that is current, unless its type says that it ends on the one it began with.
    """
    if not settings.TEMPORAL_WORKER_BUILD_ID:
        return None
    return WorkerDeploymentConfig(
        version=WorkerDeploymentVersion(settings.TEMPORAL_DEPLOYMENT_NAME, settings.TEMPORAL_WORKER_BUILD_ID),
        use_worker_versioning=True,
        default_versioning_behavior=VersioningBehavior.AUTO_UPGRADE,
    )


class UnversionedRunner(UnsandboxedWorkflowRunner):
    """Runs workflows on a worker without a version: none of them says on which it ends, because from such a worker the
    server takes nothing that says so, and the workflow would hang for ever. To be run in the sandbox, as always."""

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        defn = replace(det.defn, versioning_behavior=VersioningBehavior.UNSPECIFIED)
        return super().create_instance(replace(det, defn=defn))


def runner_class() -> type[WorkflowRunner]:
    """What runs workflows inside the sandbox."""
    return UnversionedRunner if deployment() is None else UnsandboxedWorkflowRunner


def as_version() -> str:
    """The version for the log: ` as shop.2026-11-24`; empty without one."""
    version = deployment()
    return f" as {version.version.to_canonical_string()}" if version else ""
