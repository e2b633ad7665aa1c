"""Client functions to the keys that payloads are encrypted with: which of them something open still needs."""

from temporal_app.client.calls import accept_timeout, client_function
from temporal_app.client.schedules import describe_schedule, sync_schedule
from temporal_app.client.wanted_schedules import SCHEDULES
from temporal_app.codec import key_of, payloads_in
from temporal_app.connection import get_client


@client_function
async def keys_in_use() -> dict[str, list[str]]:
    """The ids of the workflows that are open, by each key with which anything in their histories is encrypted. It reads
    all of them, which takes a while where thousands are open."""
    client = await get_client()
    found: dict[str, list[str]] = {}
    async for one in client.list_workflows("ExecutionStatus = 'Running'", rpc_timeout=accept_timeout()):
        workflow = client.get_workflow_handle(one.id, run_id=one.run_id)
        history = workflow.fetch_history_events(rpc_timeout=accept_timeout())
        keys = {key_of(payload) async for event in history for payload in payloads_in(event)}
        for key in keys - {None}:
            found.setdefault(str(key), []).append(one.id)
    return found


def encrypt_schedules_anew() -> int:
    """Have what schedules start with encrypted with the first key; returns how many had another. One that was deleted
    stays so."""
    there = [name for name in SCHEDULES if describe_schedule(name).exists]
    return sum(sync_schedule(name) == "updated" for name in there)
