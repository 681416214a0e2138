"""Taxes, catalog rule prices, the price index and cart rules.

The notation is described in `tests.shop.schema.notation`.
"""

TABLES = """
tax_class
  class_id smallint auto; class_name varchar(255); class_type varchar(8) =CUSTOMER
  primary class_id

tax_calculation_rate
  tax_calculation_rate_id int auto; tax_country_id varchar(2); tax_region_id int;
  tax_postcode varchar(21)?; code varchar(255); rate decimal(12,4); zip_is_range smallint?;
  zip_from int+?; zip_to int+?
  primary tax_calculation_rate_id
  index tax_calculation_rate_id tax_country_id tax_region_id zip_is_range tax_postcode, code
  index tax_country_id tax_region_id tax_postcode

tax_calculation_rule
  tax_calculation_rule_id int auto; code varchar(255); priority int; position int;
  calculate_subtotal int
  primary tax_calculation_rule_id
  index code, priority position

tax_calculation
  tax_calculation_id int auto; tax_calculation_rate_id int; tax_calculation_rule_id int;
  customer_tax_class_id smallint; product_tax_class_id smallint
  primary tax_calculation_id
  index customer_tax_class_id, product_tax_class_id, tax_calculation_rule_id
  index tax_calculation_rate_id customer_tax_class_id product_tax_class_id
  parent customer_tax_class_id tax_class.class_id cascade
  parent product_tax_class_id tax_class.class_id cascade
  parent tax_calculation_rate_id tax_calculation_rate.tax_calculation_rate_id cascade
  parent tax_calculation_rule_id tax_calculation_rule.tax_calculation_rule_id cascade

catalogrule
  rule_id int+ auto; name varchar(255)?; description text?; from_date date?; to_date date?;
  is_active smallint =0; conditions_serialized mediumtext?; actions_serialized mediumtext?;
  stop_rules_processing smallint =1; sort_order int+ =0; simple_action varchar(32)?;
  discount_amount decimal(20,6) =0
  primary rule_id
  index is_active sort_order to_date from_date

catalogrule_product_price
  rule_product_price_id int+ auto; rule_date date; customer_group_id int?; product_id int+ =0;
  rule_price decimal(20,6) =0; website_id smallint+; latest_start_date date?;
  earliest_end_date date?
  primary rule_product_price_id
  unique rule_date website_id customer_group_id product_id
  index customer_group_id, product_id, website_id

catalog_product_index_price
  entity_id int+; customer_group_id int+; website_id smallint+; tax_class_id smallint+? =0;
  price decimal(20,6)?; final_price decimal(20,6)?; min_price decimal(20,6)?;
  max_price decimal(20,6)?; tier_price decimal(20,6)?
  primary entity_id customer_group_id website_id
  index customer_group_id, min_price, website_id customer_group_id min_price

salesrule
  rule_id int+ auto; name varchar(255)?; description text?; from_date date?; to_date date?;
  uses_per_customer int =0; is_active smallint =0; conditions_serialized mediumtext?;
  actions_serialized mediumtext?; stop_rules_processing smallint =1; is_advanced smallint+ =1;
  product_ids text?; sort_order int+ =0; simple_action varchar(32)?;
  discount_amount decimal(12,4) =0; discount_qty decimal(12,4)?; discount_step int+ =0;
  apply_to_shipping smallint+ =0; times_used int+ =0; is_rss smallint =0;
  coupon_type smallint+ =1; use_auto_generation smallint =0; uses_per_coupon int =0;
  simple_free_shipping smallint+?
  primary rule_id
  index is_active sort_order to_date from_date

salesrule_website
  rule_id int+; website_id smallint+
  primary rule_id website_id
  index website_id
  parent rule_id salesrule.rule_id cascade
  parent website_id store_website.website_id cascade

salesrule_customer_group
  rule_id int+; customer_group_id int+
  primary rule_id customer_group_id
  index customer_group_id
  parent customer_group_id customer_group.customer_group_id cascade
  parent rule_id salesrule.rule_id cascade

salesrule_coupon
  coupon_id int+ auto; rule_id int+; code varchar(255)?; usage_limit int+?;
  usage_per_customer int+?; times_used int+ =0; expiration_date datetime?; is_primary smallint+?;
  created_at timestamp?; type smallint? =0
  primary coupon_id
  unique code
  unique rule_id is_primary
  index rule_id
  parent rule_id salesrule.rule_id cascade
"""
