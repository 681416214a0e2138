"""What the sandbox holds, found by its identifiers and said in a few words."""

from __future__ import annotations

from typing import Any

from sinks.sandbox.client import SandboxAdmin

Found = dict[str, Any]


class HeldWorkspace:
    """One workspace of the sandbox as it was when it was asked for."""

    def __init__(self, dumped: dict[str, Any]) -> None:
        self._dumped = dumped

    @classmethod
    def read(cls, admin: SandboxAdmin, name: str) -> HeldWorkspace:
        """Ask the sandbox."""
        return cls(admin.state(name))

    def profile(self, email: str) -> Found | None:
        """The profile with an e-mail address."""
        return next((one for one in self._dumped["profiles"] if one.get("email") == email), None)

    def consent(self, email: str) -> bool | None:
        """Newsletter consent of a profile; None when there is no such profile or consent."""
        profile = self.profile(email)
        return None if profile is None else profile["agreements"].get("email")

    def order(self, number: str) -> Found | None:
        """The transaction of an order."""
        return next((one for one in self._dumped["transactions"] if one["orderId"] == number), None)

    def item(self, catalog: str, sku: str) -> Found | None:
        """The values of a catalog item."""
        for bag in self._dumped["catalogs"]:
            for item in bag["items"]:
                if bag["name"] == catalog and item["itemKey"] == sku:
                    value: Found = item["value"]
                    return value
        return None

    def is_gone(self, catalog: str, sku: str) -> bool:
        """Whether a catalog item is there and marked deleted."""
        value = self.item(catalog, sku)
        return value is not None and value.get("deleted") == 1

    def has_event(self, salt: str) -> bool:
        """Whether an event with this salt was told."""
        return any(event.get("eventSalt") == salt for event in self._dumped["events"])

    def counts(self) -> dict[str, int]:
        """How many objects of each kind it holds."""
        return {
            "profiles": len(self._dumped["profiles"]),
            "orders": len(self._dumped["transactions"]),
            "items": sum(len(bag["items"]) for bag in self._dumped["catalogs"]),
            "catalogs": len(self._dumped["catalogs"]),
        }

    def profile_in_words(self, email: str) -> str:
        """Like "profile customId 21: Robin Nowak, consent on"."""
        profile = self.profile(email)
        if profile is None:
            return f"no profile of {email} yet"
        custom_id = profile.get("customId")
        who = f"profile customId {custom_id}" if custom_id else "profile"
        names = [profile.get("firstName"), profile.get("lastName")]
        name = " ".join(part for part in names if part) or email
        consent = {True: "consent on", False: "consent off", None: "no consent yet"}
        return f"{who}: {name}, {consent[self.consent(email)]}"

    def item_in_words(self, catalog: str, sku: str) -> str:
        """Like "CANVAS-BAG on sale at 49.90"."""
        value = self.item(catalog, sku)
        if value is None:
            return f"no item {sku} yet"
        if value.get("deleted") == 1:
            return f"{sku} marked deleted"
        return f"{sku} on sale at {value.get('price') or 0:.2f}"

    def order_in_words(self, number: str) -> str:
        """Like "order 000000021: 2 x CANVAS-BAG, 121.77 EUR, pending"."""
        order = self.order(number)
        if order is None:
            return f"no order {number} yet"
        lines = ", ".join(f"{line['quantity']:g} x {line['sku']}" for line in order["products"])
        revenue = order["revenue"]
        total = f"{revenue['amount']:.2f} {revenue['currency']}"
        return f"order {number}: {lines}, {total}, {order['metadata']['orderStatus']}"
