"""The only place that knows the binlog driver: framing, table maps, row decoding."""
