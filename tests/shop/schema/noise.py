"""Tables that a live shop writes all day and that no capture should care about.

The notation is described in `tests.shop.schema.notation`.
"""

TABLES = """
cron_schedule
  schedule_id int+ auto; job_code varchar(255) =0; status varchar(7) =pending; messages text?;
  created_at timestamp now; scheduled_at timestamp?; executed_at timestamp?;
  finished_at timestamp?
  primary schedule_id
  index job_code status scheduled_at

queue
  id int+ auto; name varchar(255)?
  primary id
  unique name

queue_message
  id bigint+ auto; topic_name varchar(255)?; body longtext?
  primary id

queue_message_status
  id bigint+ auto; queue_id int+; message_id bigint+; updated_at timestamp touch;
  status smallint+; number_of_trials smallint+ =0
  primary id
  unique queue_id message_id
  index message_id, status updated_at
  parent message_id queue_message.id cascade
  parent queue_id queue.id cascade

queue_poison_pill
  version varchar(255)

session
  session_id varchar(255); session_expires int+ =0; session_data mediumblob
  primary session_id

quote
  entity_id int+ auto; store_id smallint+ =0; created_at timestamp now;
  updated_at timestamp touch; is_active smallint+? =1; items_count int+? =0;
  items_qty decimal(12,4)? =0; quote_currency_code varchar(255)?;
  grand_total decimal(20,4)? =0; customer_id int+?; customer_email varchar(255)?;
  reserved_order_id varchar(64)?
  primary entity_id
  index customer_id store_id is_active, store_id updated_at
  parent store_id store.store_id cascade

indexer_state
  state_id int+ auto; indexer_id varchar(255)?; status varchar(16)? =invalid; updated datetime?;
  hash_config varchar(32)
  primary state_id
  index indexer_id

importexport_importdata
  id int+ auto; entity varchar(50); behavior varchar(10) =append; data longtext?;
  is_processed tinyint(1) =1; updated_at timestamp touch
  primary id

import_history
  history_id int+ auto; started_at timestamp now; user_id int+ =0; imported_file varchar(255)?;
  execution_time varchar(255)?; summary varchar(255)?; error_file varchar(255)
  primary history_id

jwt_auth_revoked
  user_type_id int+; user_id int+; revoke_before bigint+
  primary user_type_id user_id

magento_bulk
  id int+ auto; uuid varbinary(39)?; user_id int+?; user_type int?; description varchar(255)?;
  operation_count int+; start_time timestamp now
  primary id
  unique uuid
  index start_time, user_id

catalog_product_price_cl
  version_id int+ auto; entity_id int+ =0
  primary version_id

catalog_product_attribute_cl
  version_id int+ auto; entity_id int+ =0
  primary version_id

catalogsearch_fulltext_cl
  version_id int+ auto; entity_id int+ =0
  primary version_id

cataloginventory_stock_cl
  version_id int+ auto; entity_id int+ =0
  primary version_id
"""
