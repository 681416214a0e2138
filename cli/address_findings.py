"""What `check` finds about customers of several websites who share an e-mail address."""

from __future__ import annotations

from collections.abc import Iterator

from cdc.database import Database
from cdc.entities.tables import Tables
from cdc.records import Model
from cli.finding import Line
from cli.groups import off_models
from config.settings import Settings
from config.workspace import WorkspaceSettings

_WEBSITES = "SELECT DISTINCT website_id FROM {customer_entity} WHERE website_id > 0"
# Candidates come from Magento's own index on (email, website_id); rows are read of them alone.
_SHARED = """
SELECT COUNT(*) FROM (
  SELECT customer.email FROM (
    SELECT email FROM {{customer_entity}} WHERE website_id IN %s
    GROUP BY email HAVING COUNT(DISTINCT website_id) > 1 LIMIT {most}
  ) candidate
  JOIN {{customer_entity}} customer ON customer.email = candidate.email
  WHERE customer.website_id IN %s AND customer.store_id {views}
  GROUP BY customer.email HAVING COUNT(DISTINCT customer.website_id) > 1
) shared
"""
_MOST_COUNT = 1000


def address_findings(settings: Settings, database: Database) -> Iterator[Line]:
    """Whether a workspace gets accounts that are one profile there: same address, other website.

    Magento keeps accounts per website unless customer/account_share/scope says otherwise. Tells how
    many addresses, never which.

    Raises:
        SourceUnavailable, SourceDenied, SourceError.
    """
    if Model.CUSTOMER.value in off_models(settings):
        return
    tables = Tables(settings.database.table_prefix)
    populated = sorted(int(row[0]) for row in database.tuples(tables.sql(_WEBSITES)))
    for workspace in settings.workspaces:
        chosen = workspace.websites
        websites = tuple(one for one in populated if chosen is None or one in chosen)
        if len(websites) < 2 or workspace.stores == ():
            continue
        count = _shared_count(database, tables, workspace, websites)
        if count:
            yield _warning(workspace, websites, count)


def _shared_count(
    database: Database, tables: Tables, workspace: WorkspaceSettings, websites: tuple[int, ...]
) -> int:
    # Accounts of the admin's view 0, or of no view, are sent nowhere.
    views = "> 0" if workspace.stores is None else "IN %s"
    arguments = (websites, websites, *(() if workspace.stores is None else (workspace.stores,)))
    statement = tables.sql(_SHARED.format(most=_MOST_COUNT, views=views))
    return int(database.value(statement, arguments))


def _warning(workspace: WorkspaceSettings, websites: tuple[int, ...], count: int) -> Line:
    number = f"{count} or more" if count >= _MOST_COUNT else str(count)
    listed = ", ".join(map(str, websites))
    return Line(
        "warning", f"workspace {workspace.name}", "shared addresses",
        f"e-mail addresses with an account in more than one of the websites {listed}: {number}",
        "A workspace has one profile for each address: these accounts overwrite each other in it.",
        "give each website a workspace of its own (websites), or know that the account that was "
        "saved last wins",
    )  # fmt: skip
