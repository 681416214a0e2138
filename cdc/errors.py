"""Every error the daemon raises on purpose, and what to do about each.

PipelineError                        .disposition
├─ SourceError                       STOP
│  ├─ SourceUnavailable              RETRY        connection lost, server restarting
│  ├─ SourceDenied                   RETRY        credentials or grants refused: slow retry
│  ├─ ServerIdClash                  RETRY        another reader has our server id: a few tries
│  ├─ SourceMisconfigured            STOP exit 2  a server variable or grant that would lose data
│  ├─ BinlogPurged                   STOP exit 3  the position is gone: only a full run helps
│  ├─ PositionUnusable               STOP exit 3  another server, a lost tail, or no event border
│  └─ StreamPoisoned                 STOP exit 3  an event that cannot be decoded, policy "stop"
├─ RecordError                       DEAD_LETTER  carries topic and offset, never the payload
│  ├─ RecordUndecodable              bytes that are no record, or a record of a newer format
│  └─ MappingFailed                  a record no payload can be made of
├─ TopicError                        RETRY
│  ├─ LogUnavailable                 RETRY        broker away, database file busy
│  ├─ LogMisconfigured               STOP exit 2  topics missing, wrong partition count, no rights
│  ├─ PublisherFenced                STOP exit 3  a second daemon publishes for this source
│  ├─ ConsumerFenced                 STOP exit 3  a second process delivers for this workspace
│  ├─ RecordTooLarge                 DEAD_LETTER  one record over the log's limit
│  └─ OffsetLost                     STOP exit 3  the offset asked for is no longer in the topic
├─ ApiError                          see .disposition of each
│  ├─ ApiUnavailable                 RETRY        network, timeout, 408, 5xx
│  ├─ ApiThrottled                   RETRY        429; .retry_after_s
│  ├─ ApiUnauthorized                RETRY        401 after a fresh token
│  ├─ ApiForbidden                   RETRY        403: slow, with an alarm
│  ├─ ApiTooLarge                    SPLIT        413: halve the batch
│  └─ ApiRejected                    DEAD_LETTER  400, 404, 415: refused for good
└─ Stopped                           STOP exit 0  a stop signal ended a wait

Faults in the settings are found before anything of this runs: config.errors.SettingsFaulty, exit 2.
"""

from __future__ import annotations

from enum import Enum

START_ANEW = "magento-cdc offsets reset --capture"
"""The command that gives the stored position up."""


class Disposition(Enum):
    """What the loop that meets an error does about it."""

    RETRY = "retry"
    DEAD_LETTER = "dead_letter"
    SPLIT = "split"
    STOP = "stop"


class PipelineError(Exception):
    """Root of all errors raised on purpose; `disposition` and `exit_code` classify it once."""

    disposition = Disposition.STOP
    exit_code = 1


class SourceError(PipelineError):
    """Something about the Magento database or its binlog."""


class SourceUnavailable(SourceError):
    """The connection to the database was lost or could not be made."""

    disposition = Disposition.RETRY


class SourceDenied(SourceError):
    """The database refused our credentials or a missing grant."""

    disposition = Disposition.RETRY
    exit_code = 2


class ServerIdClash(SourceError):
    """Another replication client uses the same server id; the server throws the older one out."""

    disposition = Disposition.RETRY
    exit_code = 2


class SourceMisconfigured(SourceError):
    """A server setting or grant under which changes would be lost, or a table or column that the
    schema lacks; names it and the fix.
    """

    exit_code = 2


class BinlogPurged(SourceError):
    """The stored position is older than the oldest binlog the server still has."""

    exit_code = 3

    def __init__(self, message: str) -> None:
        super().__init__(f"{message}; only a new full load helps: {START_ANEW}")


class PositionUnusable(SourceError):
    """The stored position does not belong to this server, or points into the middle of an event."""

    exit_code = 3

    def __init__(self, message: str) -> None:
        super().__init__(f"{message}; where nothing else helps, start anew: {START_ANEW}")


class StreamPoisoned(SourceError):
    """A binlog event cannot be decoded and the policy is to stop."""

    exit_code = 3


class RecordError(PipelineError):
    """One record of a topic cannot be used."""

    disposition = Disposition.DEAD_LETTER


class RecordUndecodable(RecordError):
    """The bytes are no record, or a record of a format version we do not know."""


class MappingFailed(RecordError):
    """No payload can be made of the record. Names the field, never its value."""


class TopicError(PipelineError):
    """Something about the topic log."""

    disposition = Disposition.RETRY


class LogUnavailable(TopicError):
    """The broker or the database file does not answer now."""


class LogMisconfigured(TopicError):
    """Topics are missing, differ from the settings, or access is refused."""

    disposition = Disposition.STOP
    exit_code = 2


class PublisherFenced(TopicError):
    """A second publisher took over this source; this one must stop at once."""

    disposition = Disposition.STOP
    exit_code = 3


class ConsumerFenced(TopicError):
    """A second process took this consumer group over; this one must stop at once."""

    disposition = Disposition.STOP
    exit_code = 3


class RecordTooLarge(TopicError):
    """One record is over the log's limit. `index` is its place in the published entries."""

    disposition = Disposition.DEAD_LETTER

    def __init__(self, message: str, *, index: int) -> None:
        super().__init__(message)
        self.index = index


class OffsetLost(TopicError):
    """The offset asked for is not in the topic any more."""

    disposition = Disposition.STOP
    exit_code = 3


class ApiError(PipelineError):
    """A request to Synerise did not succeed. `status` is None when no answer came."""

    disposition = Disposition.RETRY

    def __init__(self, message: str, *, status: int | None = None, body: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.body = body


class ApiUnavailable(ApiError):
    """Network fault, timeout, 408 or 5xx: the request may or may not have been accepted."""


class ApiThrottled(ApiError):
    """429. `retry_after_s` is what the server asked for, None when it did not say."""

    def __init__(self, message: str, *, retry_after_s: float | None = None, body: str = "") -> None:
        super().__init__(message, status=429, body=body)
        self.retry_after_s = retry_after_s


class ApiUnauthorized(ApiError):
    """401 even with a fresh token, or a login that was refused."""


class ApiForbidden(ApiError):
    """403: a permission is missing or not yet in force."""


class ApiTooLarge(ApiError):
    """413: the request has to be split."""

    disposition = Disposition.SPLIT


class ApiRejected(ApiError):
    """The request was refused for good: 400, 404, 415 and other 4xx."""

    disposition = Disposition.DEAD_LETTER


class Stopped(PipelineError):
    """A stop was asked for while waiting."""

    exit_code = 0
