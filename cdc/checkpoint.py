"""The checkpoint: what the publisher goes on from after a restart. Pure values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from cdc.errors import PositionUnusable
from cdc.position import Position
from cdc.runs import Run

CHECKPOINT_VERSION = 1


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Written in the same atomic step as the records it covers.

    Attributes:
        seq: ordinal of the publishing step.
        position: transaction border up to which every change is in the topics.
        runs: full runs that are not finished, in working order.
        log_id: made when the log was begun; tells it from every other one, and the identity index
            which log it describes. Empty in checkpoints from before there was one.
    """

    seq: int
    position: Position
    runs: tuple[Run, ...] = ()
    log_id: str = ""

    def encode(self) -> bytes:
        """Serialize as JSON."""
        fields: dict[str, Any] = {
            "v": CHECKPOINT_VERSION,
            "seq": self.seq,
            "position": self.position.to_json(),
            "runs": [run.to_json() for run in self.runs],
            "log_id": self.log_id,
        }
        return orjson.dumps(fields)

    @classmethod
    def decode(cls, value: bytes) -> Checkpoint:
        """Read what `encode` wrote.

        Raises:
            PositionUnusable: not a checkpoint, or one of a newer format.
        """
        try:
            fields = orjson.loads(value)
            if fields["v"] != CHECKPOINT_VERSION:
                raise PositionUnusable(
                    f"reading the checkpoint: format {fields['v']} is not {CHECKPOINT_VERSION}; "
                    "start the version of the daemon that wrote it, or a newer one"
                )
            return cls(
                seq=int(fields["seq"]),
                position=Position.from_json(fields["position"]),
                runs=tuple(Run.from_json(run) for run in fields["runs"]),
                log_id=str(fields.get("log_id", "")),
            )
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as exc:
            raise PositionUnusable("reading the checkpoint: it is damaged") from exc
