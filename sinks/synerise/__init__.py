"""The only place that knows the HTTP API of Synerise."""
