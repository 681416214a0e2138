"""What `check` finds about deliveries: what a workspace gets, and whether its account takes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from threading import Event

from cdc.database import Database
from cdc.entities.tables import Tables
from cdc.errors import ApiForbidden, ApiUnauthorized, PipelineError
from cdc.records import Model
from cli.finding import Line
from cli.groups import PartitionOffsets, off_models
from cli.mapping_history import changes, replay_command
from config.settings import Settings
from config.workspace import WorkspaceSettings
from sinks.synerise.client import SyneriseClient

_WEBSITES = "SELECT website_id, code FROM {store_website} WHERE website_id > 0 ORDER BY website_id"
_VIEWS = "SELECT store_id, website_id, code FROM {store} WHERE store_id > 0 ORDER BY store_id"
_LISTED_COUNT = 20


def delivery_findings(settings: Settings, offsets: Sequence[PartitionOffsets]) -> Iterator[Line]:
    """Whether anything is sent at all, and whether it is still what was sent before."""
    if not settings.workspaces:
        yield Line(
            "warning", "delivery", "workspaces", "none is configured",
            "Records are captured and sent nowhere.", "add a workspace under workspaces",
        )  # fmt: skip
    if not settings.enabled:
        yield Line(
            "warning", "delivery", "enabled", "is false",
            "Nothing is sent to Synerise, which is right until you have looked at everything.",
            "set enabled: true",
        )  # fmt: skip
    off = off_models(settings)
    if len(off) == len(Model):
        yield Line(
            "warning", "delivery", "mapping.models", "every model is switched off",
            "Records are captured and sent nowhere.", "switch models on in mapping.models",
        )  # fmt: skip
    elif off:
        yield Line("ok", "delivery", "mapping.models", f"not sent: {', '.join(off)}")
    for workspace in settings.workspaces:
        changed = changes(settings, workspace, offsets, is_noted=False)
        if changed:
            names = sorted({name for each in changed.values() for name in each})
            yield Line(
                "warning", f"workspace {workspace.name}", "mapping changed",
                f"not all records of {', '.join(changed)} were looked at with the present "
                f"{', '.join(names)}",
                "What was sent, or left out, before the change stays so until its next change.",
                f"stop the daemon, {replay_command(workspace.name, changed)}, and start it; only "
                "what differs is sent",
            )  # fmt: skip


def view_findings(settings: Settings, database: Database) -> Iterator[Line]:
    """Whether the websites and store views of the workspaces are in the shop."""
    tables = Tables(settings.database.table_prefix)
    try:
        websites = dict(database.tuples(tables.sql(_WEBSITES)))
        views = {row[0]: row[1:] for row in database.tuples(tables.sql(_VIEWS))}
    except PipelineError:
        return  # no shop, or no grants: findings of their own
    for workspace in settings.workspaces:
        yield from scope_findings(workspace, websites, views)


def scope_findings(
    workspace: WorkspaceSettings,
    websites: Mapping[int, str],
    views: Mapping[int, tuple[int, str]],
) -> Iterator[Line]:
    """Whether a workspace gets what its settings seem to say. Pure.

    Args:
        websites: id to code, without the admin one.
        views: id to website and code, without the admin one.
    """
    part = f"workspace {workspace.name}"
    of_websites = workspace.websites if workspace.websites is not None else tuple(websites)
    unknown = [one for one in workspace.websites or () if one not in websites]
    if unknown:
        yield _unknown(part, "websites", unknown, _listed(websites))
    of_stores = workspace.stores if workspace.stores is not None else tuple(views)
    unknown = [one for one in workspace.stores or () if one not in views]
    codes = {view_id: code for view_id, (_, code) in views.items()}
    if unknown:
        yield _unknown(part, "stores", unknown, _listed(codes))
    outside = [
        one for one in workspace.stores or () if one in views and views[one][0] not in of_websites
    ]
    if outside:
        chosen = ", ".join(map(str, of_websites))
        yield Line(
            "error", part, "stores",
            f"not of the websites {chosen}: {', '.join(map(str, outside))}",
            "A store view is sent when it is in stores and its website is in websites.",
            f"add its website ({', '.join(str(views[one][0]) for one in outside)}) to websites, or "
            "take it out of stores",
        )  # fmt: skip
    sent = {one: codes[one] for one in of_stores if one in views and views[one][0] in of_websites}
    if sent:
        yield Line("ok", part, "store views", f"gets {_listed(sent)}")
    else:
        # Empty lists are faults of the settings while delivery is on.
        is_meant = () in (workspace.websites, workspace.stores)
        yield Line(
            "warning" if is_meant else "error", part, "store views",
            "gets nothing: none of its websites has a store view",
            "Every record is passed over without a word.",
            f"correct websites and stores; the shop has the store views {_listed(codes)}",
        )  # fmt: skip


def _unknown(part: str, name: str, unknown: Sequence[int], known: str) -> Line:
    return Line(
        "error", part, name, f"not in the shop: {', '.join(map(str, unknown))}",
        "Nothing is sent for them.",
        f"the shop has {known}; one that was deleted can be taken out once its deletions have "
        "been delivered",
    )  # fmt: skip


def _listed(codes: Mapping[int, str]) -> str:
    shown = [f"{number} ({code})" for number, code in list(codes.items())[:_LISTED_COUNT]]
    more = len(codes) - len(shown)
    return (", ".join(shown) or "none") + (f" and {more} more" if more else "")


def workspace_findings(workspace: WorkspaceSettings) -> Iterator[Line]:
    """Whether the account of a workspace can be used; asks, and changes nothing there."""
    part = f"workspace {workspace.name} at {workspace.url}"
    client = SyneriseClient(workspace, Event())
    try:
        permissions = client.permissions()
        can_read = client.can_read_profiles()
    except (ApiUnauthorized, ApiForbidden) as exc:
        fix = "correct api_key (of the kind workspace), guid, environment or base_url"
        yield _account_error(part, exc, fix)
        return
    except PipelineError as exc:
        fix = "see that the service can be reached from here; correct environment or base_url"
        yield _account_error(part, exc, fix)
        return
    finally:
        client.close()
    missing = sorted(name for name, is_given in permissions.items() if not is_given)
    give = "give them to the API key in the workspace's settings; it takes some minutes to work"
    if missing:
        yield Line(
            "error", part, "permissions", f"missing: {', '.join(missing)}",
            "Requests that need them are answered 403, and deliveries wait.", give,
        )  # fmt: skip
    if not can_read:
        yield Line(
            "error", part, "profiles", "the API key may not read profiles",
            "When a customer takes another e-mail address, the profile that has it is read, and "
            "merged where it is nobody else's. Without that such customers become dead letters.",
            "give the permissions to read and to merge profiles to the API key",
        )  # fmt: skip
    if can_read and not missing:
        yield Line(
            "ok", part, "permissions",
            "login works; all permissions are given, but for merging profiles, which cannot be "
            "asked: see that the key has it",
        )  # fmt: skip


def _account_error(part: str, exc: PipelineError, fix: str) -> Line:
    why = "Nothing can be delivered to the workspace."
    return Line("error", part, type(exc).__name__, str(exc), why, fix)
