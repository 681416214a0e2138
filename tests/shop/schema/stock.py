"""Stock: the legacy item and status tables and multi-source inventory.

The notation is described in `tests.shop.schema.notation`.
"""

TABLES = """
cataloginventory_stock
  stock_id smallint+ auto; website_id smallint+; stock_name varchar(255)?
  primary stock_id
  index website_id

cataloginventory_stock_item
  item_id int+ auto; product_id int+ =0; stock_id smallint+ =0; qty decimal(12,4)?;
  min_qty decimal(12,4) =0; use_config_min_qty smallint+ =1; is_qty_decimal smallint+ =0;
  backorders smallint+ =0; use_config_backorders smallint+ =1; min_sale_qty decimal(12,4) =1;
  use_config_min_sale_qty smallint+ =1; max_sale_qty decimal(12,4) =0;
  use_config_max_sale_qty smallint+ =1; is_in_stock smallint+ =0; low_stock_date timestamp?;
  notify_stock_qty decimal(12,4)?; use_config_notify_stock_qty smallint+ =1;
  manage_stock smallint+ =0; use_config_manage_stock smallint+ =1;
  stock_status_changed_auto smallint+ =0; use_config_qty_increments smallint+ =1;
  qty_increments decimal(12,4) =0; use_config_enable_qty_inc smallint+ =1;
  enable_qty_increments smallint+ =0; is_decimal_divided smallint+ =0; website_id smallint+ =0
  primary item_id
  unique product_id stock_id
  index stock_id, website_id, website_id product_id
  parent product_id catalog_product_entity.entity_id cascade
  parent stock_id cataloginventory_stock.stock_id cascade

cataloginventory_stock_status
  product_id int+; website_id smallint+; stock_id smallint+; qty decimal(12,4) =0;
  stock_status smallint+
  primary product_id website_id stock_id
  index stock_id, stock_status, website_id

inventory_source
  source_code varchar(255); name varchar(255); enabled smallint+ =1; description text?;
  latitude decimal(8,6)?; longitude decimal(9,6)?; country_id varchar(2); region_id int+?;
  region varchar(255)?; city varchar(255)?; street varchar(255)?; postcode varchar(255);
  contact_name varchar(255)?; email varchar(255)?; phone varchar(255)?; fax varchar(255)?;
  use_default_carrier_config smallint+ =1; is_pickup_location_active tinyint(1) =0;
  frontend_name varchar(255)?; frontend_description text?
  primary source_code

inventory_stock
  stock_id int+ auto; name varchar(255)
  primary stock_id

inventory_source_stock_link
  link_id int+ auto; stock_id int+; source_code varchar(255); priority smallint+
  primary link_id
  unique stock_id source_code
  index stock_id priority, source_code
  parent source_code inventory_source.source_code cascade
  parent stock_id inventory_stock.stock_id cascade

inventory_stock_sales_channel
  type varchar(64); code varchar(64); stock_id int+
  primary type code
  index stock_id
  parent stock_id inventory_stock.stock_id cascade

inventory_source_item
  source_item_id int+ auto; source_code varchar(255); sku varchar(64); quantity decimal(12,4) =0;
  status smallint+ =0
  primary source_item_id
  unique source_code sku
  index sku source_code quantity
  parent source_code inventory_source.source_code cascade

inventory_reservation
  reservation_id int+ auto; stock_id int+; sku varchar(64); quantity decimal(10,4) =0;
  metadata varchar(255)?
  primary reservation_id
  index stock_id sku quantity
"""
