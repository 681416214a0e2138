"""Websites, groups, store views, configuration, sequences and the directory tables.

The notation is described in `tests.shop.schema.notation`.
"""

TABLES = """
store_website
  website_id smallint+ auto; code varchar(32)?; name varchar(64)?; sort_order smallint+ =0;
  default_group_id smallint+ =0; is_default smallint+? =0
  primary website_id
  unique code
  index default_group_id, sort_order

store_group
  group_id smallint+ auto; website_id smallint+ =0; name varchar(255); root_category_id int+ =0;
  default_store_id smallint+ =0; code varchar(32)?
  primary group_id
  unique code
  index default_store_id, website_id
  parent website_id store_website.website_id cascade

store
  store_id smallint+ auto; code varchar(32)?; website_id smallint+ =0; group_id smallint+ =0;
  name varchar(255); sort_order smallint+ =0; is_active smallint+ =0
  primary store_id
  unique code
  index group_id, is_active sort_order, website_id
  parent group_id store_group.group_id cascade
  parent website_id store_website.website_id cascade

core_config_data
  config_id int+ auto; scope varchar(8) =default; scope_id int =0; path varchar(255) =general;
  value text?; updated_at timestamp touch
  primary config_id
  unique scope scope_id path

sales_sequence_meta
  meta_id int+ auto; entity_type varchar(32); store_id smallint+; sequence_table varchar(64)
  primary meta_id
  unique entity_type store_id

sales_sequence_profile
  profile_id int+ auto; meta_id int+; prefix varchar(32)?; suffix varchar(32)?;
  start_value int+ =1; step int+ =1; max_value int+; warning_value int+; is_active tinyint(1) =0
  primary profile_id
  unique meta_id prefix suffix
  parent meta_id sales_sequence_meta.meta_id cascade

directory_country
  country_id varchar(2); iso2_code varchar(2)?; iso3_code varchar(3)?
  primary country_id

directory_country_region
  region_id int+ auto; country_id varchar(4) =0; code varchar(32)?; default_name varchar(255)?
  primary region_id
  index country_id

directory_country_region_name
  locale varchar(16); region_id int+ =0; name varchar(255)?
  primary locale region_id
  index region_id
  parent region_id directory_country_region.region_id cascade

directory_currency_rate
  currency_from varchar(3); currency_to varchar(3); rate decimal(24,12) =0
  primary currency_from currency_to
  index currency_to
"""
