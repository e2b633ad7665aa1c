"""Whom the shop's processes trust on the network."""

import ipaddress

from temporalio.envconfig import ClientConfig


def temporal_is_protected() -> bool:
    """Whether Temporal, as the environment names it, is on this machine, or is reached by TLS or with a key."""
    config = ClientConfig.load_client_connect_config()
    host = config.get("target_host", "localhost").rpartition(":")[0].strip("[]") or "localhost"
    return bool(config.get("tls") or config.get("api_key")) or _is_this_machine(host)


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
