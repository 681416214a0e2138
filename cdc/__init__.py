"""Capture: a Magento database's binlog becomes change records on topics."""
