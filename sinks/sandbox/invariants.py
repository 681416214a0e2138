"""What must hold at the end of a run: no doubled orders, no violations, no overlapping writes."""

from typing import Any

from sinks.sandbox.core import Sandbox


def invariants(sandbox: Sandbox) -> dict[str, Any]:
    """Judge a run.

    Returns:
        ``ok`` and the evidence: ``duplicate_charges`` {workspace: {orderId: count}},
        ``violation_counts`` {code: count}, ``violations`` (the first 100), ``note_counts``,
        ``overlapping_writes`` {workspace: [...]}, ``overlapping_write_count``, ``logins``
        {workspace: count}, ``requests_without_user_agent``. Logins are for the caller to judge.
    """
    workspaces = sandbox.gate.workspaces
    duplicates = {
        name: found
        for name, workspace in workspaces.items()
        if (found := workspace.transactions.duplicates())
    }
    overlaps = {
        name: list(workspace.inflight.overlaps)
        for name, workspace in workspaces.items()
        if workspace.inflight.overlap_count
    }
    overlap_count = sum(workspace.inflight.overlap_count for workspace in workspaces.values())
    ledger = sandbox.ledger
    unnamed_count = sandbox.stats.without_user_agent_count
    return {
        "ok": not (duplicates or ledger.violation_counts or overlap_count or unnamed_count),
        "duplicate_charges": duplicates,
        "violation_counts": dict(ledger.violation_counts),
        "violations": list(ledger.violations)[:100],
        "note_counts": dict(ledger.note_counts),
        "overlapping_writes": overlaps,
        "overlapping_write_count": overlap_count,
        "logins": {name: workspace.login_count for name, workspace in workspaces.items()},
        "requests_without_user_agent": unnamed_count,
    }
