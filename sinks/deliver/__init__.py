"""From a consumer's messages to accepted payloads: order, batches, decisions, commits."""
