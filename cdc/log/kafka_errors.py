"""What each error of the Kafka client means to us: the one place where that is decided."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from kafka import errors
from kafka.consumer.fetcher import RecordTooLargeError

from cdc.errors import (
    ConsumerFenced,
    LogMisconfigured,
    LogUnavailable,
    OffsetLost,
    PublisherFenced,
    RecordTooLarge,
    TopicError,
)

# A class that is not here is judged by its nearest base class that is, so that RetriableError and
# AuthorizationError speak for their families. A test makes sure that no class of the client's error
# module is left to the general bases at the end.
_UNAVAILABLE: tuple[type[Exception], ...] = (
    errors.RetriableError,
    errors.KafkaProtocolError,
    errors.UnknownError,
    # The cluster changes, or a broker has trouble of its own.
    errors.BrokerNotAvailableError,
    errors.BrokerIdNotRegisteredError,
    errors.DuplicateBrokerRegistrationError,
    errors.ElectionNotNeededError,
    errors.FeatureUpdateFailedError,
    errors.FencedStateEpochError,
    errors.IneligibleReplicaError,
    errors.InconsistentVoterSetError,
    errors.InvalidUpdateVersionError,
    errors.LogDirNotFoundError,
    errors.NewLeaderElectedError,
    errors.NoReassignmentInProgressError,
    errors.OffsetMovedToTieredStorageError,
    errors.OperationNotAttemptedError,
    errors.QuotaViolationError,
    errors.ReassignmentInProgressError,
    errors.SnapshotNotFoundError,
    errors.StaleBrokerEpochError,
    errors.StaleControllerEpochError,
    errors.TelemetryTooLargeError,
    errors.UnknownBrokerIdError,
    errors.UnknownControllerIdError,
    errors.UnknownSubscriptionIdError,
    # A transaction was lost: the outcome is in the checkpoint that the next open reads.
    errors.DuplicateSequenceNumberError,
    errors.InvalidProducerIdMappingError,
    errors.InvalidTxnStateError,
    errors.OutOfOrderSequenceNumberError,
    errors.TransactionAbortableError,
    errors.TransactionAbortedError,
    errors.TransactionCoordinatorFencedError,
    errors.TransactionalIdNotFoundError,
    errors.UnknownProducerIdError,
    # The membership was lost: the next poll joins again.
    errors.CommitFailedError,
    errors.FencedMemberEpochError,
    errors.IllegalGenerationError,
    errors.MemberIdRequiredError,
    errors.RebalanceInProgressError,
    errors.StaleMemberEpochError,
    errors.UnknownMemberIdError,
    errors.UnreleasedInstanceIdError,
    # Damage on the way or on a disk is reported and read again, never skipped.
    errors.CorruptRecordError,
    errors.InvalidRecordError,
    errors.InvalidRecordStateError,
    # The client object was closed or is in no state to go on: a new one helps.
    errors.IllegalStateError,
)
_MISCONFIGURED: tuple[type[Exception], ...] = (
    errors.AuthorizationError,
    errors.SaslAuthenticationFailedError,
    errors.UnsupportedSaslMechanismError,
    errors.IllegalSaslStateError,
    errors.SecurityDisabledError,
    errors.DelegationTokenAuthDisabledError,
    errors.DelegationTokenExpiredError,
    errors.DelegationTokenNotFoundError,
    errors.DelegationTokenOwnerMismatchError,
    errors.DelegationTokenRequestNotAllowedError,
    errors.InvalidPrincipalTypeError,
    errors.PrincipalDeserializationFailureError,
    errors.UnacceptableCredentialError,
    errors.KafkaConfigurationError,
    errors.IllegalArgumentError,
    errors.UnrecognizedBrokerVersion,
    errors.UnsupportedVersionError,
    errors.UnsupportedCodecError,
    errors.UnsupportedCompressionTypeError,
    errors.UnsupportedForMessageFormatError,
    errors.UnsupportedAssignorError,
    errors.UnsupportedEndpointTypeError,
    errors.MismatchedEndpointTypeError,
    errors.InconsistentClusterIdError,
    errors.InconsistentGroupProtocolError,
    errors.InvalidCommitOffsetSizeError,
    errors.InvalidConfigurationError,
    errors.InvalidFetchRequestError,
    errors.InvalidGroupIdError,
    errors.InvalidPartitionsError,
    errors.InvalidRegistrationError,
    errors.InvalidReplicationAssignmentError,
    errors.InvalidReplicationFactorError,
    errors.InvalidRequestError,
    errors.InvalidRequiredAcksError,
    errors.InvalidSessionTimeoutError,
    errors.InvalidTimestampError,
    errors.InvalidTopicError,
    errors.InvalidTransactionTimeoutError,
    errors.InvalidVoterKeyError,
    errors.DuplicateResourceError,
    errors.DuplicateVoterError,
    errors.VoterNotFoundError,
    errors.GroupIdNotFoundError,
    errors.GroupMaxSizeReachedError,
    errors.GroupSubscribedToTopicError,
    errors.NonEmptyGroupError,
    errors.OffsetMetadataTooLargeError,
    errors.PolicyViolationError,
    errors.ResourceNotFoundError,
    errors.TopicAlreadyExistsError,
    errors.TopicDeletionDisabledError,
)
_FENCED: tuple[type[Exception], ...] = (
    errors.ProducerFencedError,
    errors.InvalidProducerEpochError,
)
_TOO_LARGE: tuple[type[Exception], ...] = (
    errors.MessageSizeTooLargeError,
    errors.RecordListTooLargeError,
    RecordTooLargeError,
)
_LOST: tuple[type[Exception], ...] = (
    errors.OffsetOutOfRangeError,
    errors.NoOffsetForPartitionError,
    errors.LogTruncationError,
    errors.PositionOutOfRangeError,
)
# KafkaError itself is what the client wraps other causes in; outside of its errors, a refused
# certificate needs a person and other trouble of the network goes away.
_GENERAL: dict[type[Exception], type[TopicError]] = {
    errors.KafkaError: LogUnavailable,
    ssl.SSLError: LogMisconfigured,
    OSError: LogUnavailable,
}
_MEANINGS: dict[type[Exception], type[TopicError]] = {
    **dict.fromkeys(_UNAVAILABLE, LogUnavailable),
    **dict.fromkeys(_MISCONFIGURED, LogMisconfigured),
    **dict.fromkeys(_FENCED, PublisherFenced),
    # A second process joined with our name: it works on, this one must not.
    errors.FencedInstanceIdError: ConsumerFenced,
    **dict.fromkeys(_TOO_LARGE, RecordTooLarge),
    **dict.fromkeys(_LOST, OffsetLost),
}
_ADVICE: dict[type[Exception], str] = {
    errors.FencedInstanceIdError: "another process took the group over; run one delivery for each"
    " workspace",
    errors.ProducerFencedError: "a second daemon publishes to these topics",
    errors.InvalidProducerEpochError: "a second daemon publishes to these topics",
    errors.UnknownMemberIdError: "the group is live; stop its delivery first, and after a crash"
    " wait until its session ends (log.kafka.session_timeout_ms)",
}

_UNKNOWN_INDEX = -1


def meaning(kind: type[BaseException]) -> type[TopicError] | None:
    """Return our class for a class of the client, None when only a general base would answer."""
    return next((_MEANINGS[base] for base in kind.__mro__ if base in _MEANINGS), None)


def translate(exc: BaseException, doing: str, *, index: int = _UNKNOWN_INDEX) -> TopicError:
    """Make one of our errors of one of the client's.

    Args:
        index: place of the entry among those published, for a record that is too large.
    """
    kind = type(exc)
    found = meaning(kind) or next(
        (_GENERAL[base] for base in kind.__mro__ if base in _GENERAL), LogUnavailable
    )
    advice = next((_ADVICE[base] for base in kind.__mro__ if base in _ADVICE), None)
    text = f"{doing}: {advice} ({kind.__name__})" if advice else f"{doing}: {kind.__name__}: {exc}"
    if issubclass(found, RecordTooLarge):
        return RecordTooLarge(text, index=index)
    return found(text)


@contextmanager
def kafka_door(doing: str) -> Iterator[None]:
    """Turn every error of the client inside the block into one of ours.

    Raises:
        TopicError: the subclass that fits.
    """
    try:
        yield
    except (errors.KafkaError, RecordTooLargeError, OSError) as exc:
        raise translate(exc, doing) from exc
