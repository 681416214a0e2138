"""The topic log: one small protocol, an embedded and a Kafka implementation."""
