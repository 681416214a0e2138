"""The command line: the one place that wires capture, delivery and settings together."""
