"""Ports in use: said before anything starts, with who needs the port, who has it and what changes it."""

from collections.abc import Mapping

import psutil

from deploy.embedded.process import port_is_free
from deploy.settings import PORT_VARIABLES


class PortsBusy(RuntimeError):
    """One line for each port that somebody else listens on."""


def check_ports(needed: Mapping[str, int]) -> None:
    """Raises PortsBusy, naming all that are taken at once, also when two of our own want the same."""
    problems = [_taken(name, port) for name, port in needed.items() if not port_is_free(port)]
    owners: dict[int, str] = {}
    for name, port in needed.items():
        if port in owners:
            problems.append(f"Port {port} is wanted by {owners[port]} and by {name}. Set {PORT_VARIABLES[name]}.")
        owners.setdefault(port, name)
    if problems:
        raise PortsBusy("\n".join(problems))


def _taken(name: str, port: int) -> str:
    holder = _holder(port)
    by = f" by {holder}" if holder else ""
    return f"Port {port} is in use{by}; {name} needs it. Free it, or set {PORT_VARIABLES[name]} to another port."


def _holder(port: int) -> str:
    """The listening process, where we may know it: that of another user is hidden from us."""
    try:
        for connection in psutil.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr and connection.laddr.port == port:
                return f"{psutil.Process(connection.pid).name()} (pid {connection.pid})" if connection.pid else ""
    except psutil.Error:
        return ""
    return ""
