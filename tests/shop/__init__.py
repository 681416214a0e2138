"""A Magento-like shop in a database: tables, seeded content, and Magento-like writes.

    load_schema(connection)                                   # tests.shop.schema.loading
    shop = generate(connection, ShopSize(products=200), 7)    # tests.shop.generation.generator
    actions = ShopActions(connection, shop)                   # tests.shop.actions.shop_actions
    actions.customers.change_email(3, "new@example.com")
    for done in random_actions(connection, seed=7, count=300):  # tests.shop.randomness
        print(done)

`connection` is an open PyMySQL connection with a database chosen; it is left in autocommit mode, in
UTC and without strict mode. Nothing here is for use by two threads over one connection.
"""
