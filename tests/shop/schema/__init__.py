"""The tables of the test shop, with the columns, keys and foreign keys of Magento 2.4.8."""
