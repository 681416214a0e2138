"""The admin interface under /__admin: state, records, faults, options. Loopback only, no login."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
from pydantic import ValidationError

from sinks.sandbox import state
from sinks.sandbox.answers import Answer, json_answer
from sinks.sandbox.calls import Request
from sinks.sandbox.comparison import differences
from sinks.sandbox.core import Sandbox
from sinks.sandbox.faults import FaultRule
from sinks.sandbox.invariants import invariants
from sinks.sandbox.options import WorkspaceSpec
from sinks.sandbox.stats import KINDS

PREFIX = "/__admin/"


class Admin:
    """Answers admin requests about one sandbox; ``state_path`` is where ``save`` writes."""

    def __init__(self, sandbox: Sandbox, state_path: Path | None = None) -> None:
        self._sandbox = sandbox
        self._state_path = state_path
        self._calls: dict[tuple[str, str], Callable[[Request], Any]] = {
            ("GET", "state"): self._state,
            ("POST", "compare"): self._compare,
            ("POST", "load"): self._load,
            ("POST", "save"): self._save,
            ("GET", "violations"): lambda request: sandbox.ledger.violations_view(),
            ("GET", "rejects"): lambda request: sandbox.ledger.rejects_view(),
            ("GET", "invariants"): lambda request: invariants(sandbox),
            ("GET", "stats"): self._stats,
            ("GET", "faults"): lambda request: {"faults": sandbox.faults.view()},
            ("POST", "faults"): self._add_faults,
            ("DELETE", "faults"): self._clear_faults,
            ("GET", "options"): lambda request: sandbox.options.model_dump(),
            ("POST", "options"): self._options,
            ("GET", "workspaces"): self._workspaces,
            ("POST", "workspaces"): self._add_workspace,
            ("POST", "expire-tokens"): self._expire_tokens,
            ("POST", "reset"): self._reset,
        }

    def handle(self, request: Request) -> Answer:
        """Answer one admin request: 200 with JSON, 400 with ``{"error": …}``, or 404."""
        call = self._calls.get((request.method, request.path.removeprefix(PREFIX)))
        if call is None:
            names = sorted(f"{method} {PREFIX}{name}" for method, name in self._calls)
            return json_answer({"error": "no such admin call", "calls": names}, 404)
        try:
            return json_answer(call(request))
        except ValidationError as exc:
            problems = [
                {"field": ".".join(map(str, one["loc"])), "problem": one["msg"]}
                for one in exc.errors()
            ]
            return json_answer({"error": "invalid value", "problems": problems}, 400)
        except (ValueError, KeyError, TypeError) as exc:
            return json_answer({"error": f"{type(exc).__name__}: {exc}"}, 400)

    def _state(self, request: Request) -> Any:
        name = request.parameters().get("workspace")
        if name is None:
            return state.dump(self._sandbox)
        return state.dump_workspace(self._sandbox.gate.workspaces[name])

    def _compare(self, request: Request) -> Any:
        asked = orjson.loads(request.body)
        found = differences(
            asked["expected"],
            state.dump(self._sandbox),
            is_exact=bool(asked.get("exact", False)),
            ignore=frozenset(asked.get("ignore", ())),
            limit=int(asked.get("limit", 1000)),
        )
        return {"equal": not found, "differences": found}

    def _load(self, request: Request) -> Any:
        state.load(self._sandbox, orjson.loads(request.body))
        return {"loaded": True}

    def _save(self, request: Request) -> Any:
        if self._state_path is None:
            raise ValueError("the sandbox was started without a state file")
        state.save_file(self._sandbox, self._state_path)
        return {"saved": True}

    def _stats(self, request: Request) -> Any:
        parameters = request.parameters()
        view = self._sandbox.stats.view()
        view["logins"] = {
            name: workspace.login_count for name, workspace in self._sandbox.gate.workspaces.items()
        }
        kinds = [kind for kind in parameters.get("accepted", "").split(",") if kind]
        if any(kind not in KINDS for kind in kinds):
            raise ValueError(f"accepted must name some of {', '.join(KINDS)}")
        if kinds:
            after = int(parameters.get("after", "0"))
            limit = int(parameters.get("limit", "10000"))
            view["accepted_at"] = {
                kind: self._sandbox.stats.accepted_after(kind, after, limit) for kind in kinds
            }
        return view

    def _add_faults(self, request: Request) -> Any:
        asked = orjson.loads(request.body)
        rules = [
            FaultRule.model_validate(one) for one in (asked if type(asked) is list else [asked])
        ]
        return {"ids": [self._sandbox.faults.add(rule) for rule in rules]}

    def _clear_faults(self, request: Request) -> Any:
        self._sandbox.faults.clear()
        return {"cleared": True}

    def _options(self, request: Request) -> Any:
        self._sandbox.options = self._sandbox.options.changed(orjson.loads(request.body))
        return self._sandbox.options.model_dump()

    def _workspaces(self, request: Request) -> Any:
        return {
            "workspaces": [
                {
                    "name": one.name,
                    "guid": one.guid,
                    "kind": one.kind,
                    "basic_enabled": one.is_basic_enabled,
                    "unique_emails": one.unique_emails,
                    "permissions": None if one.permissions is None else sorted(one.permissions),
                }
                for one in self._sandbox.gate.workspaces.values()
            ]
        }

    def _add_workspace(self, request: Request) -> Any:
        workspace = self._sandbox.gate.add(WorkspaceSpec.model_validate_json(request.body))
        return {"name": workspace.name, "guid": workspace.guid}

    def _expire_tokens(self, request: Request) -> Any:
        name = request.parameters().get("workspace")
        return {"expired": self._sandbox.gate.expire_tokens(name)}

    def _reset(self, request: Request) -> Any:
        self._sandbox.reset()
        return {"reset": True}
