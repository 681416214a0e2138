"""Settings of what is sent for each model."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from config.base import SettingsModel


class ModelSwitches(SettingsModel):
    """Which models are synchronized."""

    customer: Annotated[bool, Field(description="Send customers.")] = True
    product: Annotated[bool, Field(description="Send products.")] = True
    order: Annotated[bool, Field(description="Send orders.")] = True
    subscriber: Annotated[bool, Field(description="Send newsletter subscribers.")] = True


class CustomerSettings(SettingsModel):
    """What is sent for customers."""

    delete: Annotated[
        Literal["event", "remove", "ignore"],
        Field(
            description=(
                "A deleted customer: event sends client.deleteAccount and keeps the profile, "
                "remove deletes the profile, ignore sends nothing."
            )
        ),
    ] = "event"


class ProductSettings(SettingsModel):
    """What is sent for products."""

    catalog_name: Annotated[
        str,
        Field(
            pattern=r"^([A-Za-z0-9_-]|\{id\}|\{code\})*\{(id|code)\}([A-Za-z0-9_-]|\{id\}|\{code\})*$",
            description=(
                "Name of a store view's catalog. Has {id} or {code}, which stand for the store "
                "view's, so that each view has a catalog of its own. Letters, digits, hyphen and "
                "underscore besides."
            ),
        ),
    ] = "store-{id}"
    price: Annotated[
        Literal["regular_price", "final_price"],
        Field(description="Which price goes into the key `price`."),
    ] = "regular_price"


class OrderSettings(SettingsModel):
    """What is sent for orders."""

    guests: Annotated[
        bool, Field(description="Send a profile of the guest who placed an order.")
    ] = True
    source_default: Annotated[
        Literal["WEB_DESKTOP", "WEB_MOBILE", "MOBILE_APP", "POS", "MOBILE", "DESKTOP"],
        Field(description="`source` of a transaction; Magento does not store the device."),
    ] = "WEB_DESKTOP"


class SubscriberSettings(SettingsModel):
    """What is sent for subscribers."""

    uuid: Annotated[
        bool,
        Field(
            description=(
                "Send the uuid that the shop's tracker derives from an e-mail address, with "
                "subscribers, guests and orders of guests. Left out by itself where it would move "
                "an existing profile."
            )
        ),
    ] = True


class MappingSettings(SettingsModel):
    """What is sent, model by model."""

    models: ModelSwitches = ModelSwitches()
    customer: CustomerSettings = CustomerSettings()
    product: ProductSettings = ProductSettings()
    order: OrderSettings = OrderSettings()
    subscriber: SubscriberSettings = SubscriberSettings()
    application_name: Annotated[
        str, Field(min_length=1, description="`applicationName` in events and order metadata.")
    ] = "magento2"
