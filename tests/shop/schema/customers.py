"""Customers, their addresses and values, groups, log tables and newsletter subscribers.

The notation is described in `tests.shop.schema.notation`.
"""

TABLES = """
customer_group
  customer_group_id int+ auto; customer_group_code varchar(32); tax_class_id int+ =0
  primary customer_group_id
  index customer_group_code

customer_entity
  entity_id int+ auto; website_id smallint+?; email varchar(255)?; group_id smallint+ =0;
  increment_id varchar(50)?; store_id smallint+? =0; created_at timestamp now;
  updated_at timestamp touch; is_active smallint+ =1; disable_auto_group_change smallint+ =0;
  created_in varchar(255)?; prefix varchar(40)?; firstname varchar(255)?;
  middlename varchar(255)?; lastname varchar(255)?; suffix varchar(40)?; dob date?;
  password_hash varchar(128)?; rp_token varchar(128)?; rp_token_created_at datetime?;
  default_billing int+?; default_shipping int+?; taxvat varchar(50)?; confirmation varchar(64)?;
  gender smallint+?; failures_num smallint? =0; first_failure timestamp?;
  lock_expires timestamp?; session_cutoff timestamp?
  primary entity_id
  unique email website_id
  index firstname, lastname, store_id, website_id
  parent store_id store.store_id null
  parent website_id store_website.website_id null

customer_entity_datetime
  value_id int auto; attribute_id smallint+ =0; entity_id int+ =0; value datetime?
  primary value_id
  unique entity_id attribute_id
  index attribute_id, entity_id attribute_id value
  parent attribute_id eav_attribute.attribute_id cascade
  parent entity_id customer_entity.entity_id cascade

customer_entity_decimal
  value_id int auto; attribute_id smallint+ =0; entity_id int+ =0; value decimal(12,4) =0
  primary value_id
  unique entity_id attribute_id
  index attribute_id, entity_id attribute_id value
  parent attribute_id eav_attribute.attribute_id cascade
  parent entity_id customer_entity.entity_id cascade

customer_entity_int
  value_id int auto; attribute_id smallint+ =0; entity_id int+ =0; value int =0
  primary value_id
  unique entity_id attribute_id
  index attribute_id, entity_id attribute_id value
  parent attribute_id eav_attribute.attribute_id cascade
  parent entity_id customer_entity.entity_id cascade

customer_entity_text
  value_id int auto; attribute_id smallint+ =0; entity_id int+ =0; value text
  primary value_id
  unique entity_id attribute_id
  index attribute_id
  parent attribute_id eav_attribute.attribute_id cascade
  parent entity_id customer_entity.entity_id cascade

customer_entity_varchar
  value_id int auto; attribute_id smallint+ =0; entity_id int+ =0; value varchar(255)?
  primary value_id
  unique entity_id attribute_id
  index attribute_id, entity_id attribute_id value
  parent attribute_id eav_attribute.attribute_id cascade
  parent entity_id customer_entity.entity_id cascade

customer_address_entity
  entity_id int+ auto; increment_id varchar(50)?; parent_id int+?; created_at timestamp now;
  updated_at timestamp touch; is_active smallint+ =1; city varchar(255); company varchar(255)?;
  country_id varchar(255); fax varchar(255)?; firstname varchar(255); lastname varchar(255);
  middlename varchar(255)?; postcode varchar(255)?; prefix varchar(40)?; region varchar(255)?;
  region_id int+?; street text; suffix varchar(40)?; telephone varchar(255);
  vat_id varchar(255)?; vat_is_valid int+?; vat_request_date varchar(255)?;
  vat_request_id varchar(255)?; vat_request_success int+?
  primary entity_id
  index parent_id
  parent parent_id customer_entity.entity_id cascade

customer_address_entity_datetime
  value_id int auto; attribute_id smallint+ =0; entity_id int+ =0; value datetime?
  primary value_id
  unique entity_id attribute_id
  index attribute_id, entity_id attribute_id value
  parent attribute_id eav_attribute.attribute_id cascade
  parent entity_id customer_address_entity.entity_id cascade

customer_address_entity_decimal
  value_id int auto; attribute_id smallint+ =0; entity_id int+ =0; value decimal(12,4) =0
  primary value_id
  unique entity_id attribute_id
  index attribute_id, entity_id attribute_id value
  parent attribute_id eav_attribute.attribute_id cascade
  parent entity_id customer_address_entity.entity_id cascade

customer_address_entity_int
  value_id int auto; attribute_id smallint+ =0; entity_id int+ =0; value int =0
  primary value_id
  unique entity_id attribute_id
  index attribute_id, entity_id attribute_id value
  parent attribute_id eav_attribute.attribute_id cascade
  parent entity_id customer_address_entity.entity_id cascade

customer_address_entity_text
  value_id int auto; attribute_id smallint+ =0; entity_id int+ =0; value text
  primary value_id
  unique entity_id attribute_id
  index attribute_id
  parent attribute_id eav_attribute.attribute_id cascade
  parent entity_id customer_address_entity.entity_id cascade

customer_address_entity_varchar
  value_id int auto; attribute_id smallint+ =0; entity_id int+ =0; value varchar(255)?
  primary value_id
  unique entity_id attribute_id
  index attribute_id, entity_id attribute_id value
  parent attribute_id eav_attribute.attribute_id cascade
  parent entity_id customer_address_entity.entity_id cascade

customer_grid_flat
  entity_id int+; name text?; email varchar(255)?; group_id int?; created_at timestamp?;
  website_id int?; confirmation varchar(255)?; created_in text?; dob date?; gender int?;
  taxvat varchar(255)?; lock_expires timestamp?; shipping_full text?; billing_full text?;
  billing_firstname varchar(255)?; billing_lastname varchar(255)?;
  billing_telephone varchar(255)?; billing_postcode varchar(255)?;
  billing_country_id varchar(255)?; billing_region varchar(255)?; billing_region_id int?;
  billing_street varchar(255)?; billing_city varchar(255)?; billing_fax varchar(255)?;
  billing_vat_id varchar(255)?; billing_company varchar(255)?
  primary entity_id
  index billing_country_id, confirmation, created_at, dob, gender, group_id, website_id

customer_log
  log_id int auto; customer_id int; last_login_at timestamp?; last_logout_at timestamp?
  primary log_id
  unique customer_id

customer_visitor
  visitor_id bigint+ auto; customer_id int?; session_id varchar(1)?; created_at timestamp now;
  last_visit_at timestamp touch
  primary visitor_id
  index customer_id, last_visit_at

newsletter_subscriber
  subscriber_id int+ auto; store_id smallint+? =0; change_status_at timestamp?;
  customer_id int+ =0; subscriber_email varchar(150)?; subscriber_status int =0;
  subscriber_confirm_code varchar(32)? =NULL
  primary subscriber_id
  index customer_id, store_id, subscriber_email
  parent store_id store.store_id null
"""
