"""What people and programs do in a shop, each written to the database as Magento writes it."""
