"""The rows of an order and how they change through invoice, shipment, refund and cancellation."""
