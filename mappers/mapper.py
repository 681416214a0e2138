"""One door to all mappers: a change record becomes what a workspace gets."""

from __future__ import annotations

from collections.abc import Callable

from cdc.errors import MappingFailed
from cdc.records import ChangeRecord, Model
from mappers.customer import map_customer
from mappers.order import map_order
from mappers.payload import Mapped, Skipped
from mappers.product import map_product
from mappers.scope import Scope
from mappers.subscriber import map_subscriber

_MAPPERS: dict[Model, Callable[[ChangeRecord, Scope], Mapped]] = {
    Model.CUSTOMER: map_customer,
    Model.PRODUCT: map_product,
    Model.ORDER: map_order,
    Model.SUBSCRIBER: map_subscriber,
}


class Mapper:
    """Maps records for one workspace. Pure: the same record always gives the same result.

    Stateless, safe in any thread.
    """

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def map(self, record: ChangeRecord) -> Mapped:
        """Everything the record means for the workspace, in sending order.

        Mapping the last of several records of one key is enough: identities are cumulative.

        Raises:
            MappingFailed: nothing may be sent of the record. Names the field, never its value.
        """
        if not self._scope.has_model(record.model):
            return Mapped((), (Skipped(f"model {record.model.value} is off"),))
        try:
            return _MAPPERS[record.model](record, self._scope)
        except MappingFailed as exc:
            raise MappingFailed(f"mapping a record of model {record.model.value}: {exc}") from exc
