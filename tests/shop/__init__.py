"""A Magento-like shop in a database: tables, seeded content, and Magento-like writes."""
